"""The layers that PyTorch has no module for, or none that takes their numbers, by their definitions."""

# ruff: noqa: ARG001, ARG005, N812 - all layers are called alike; functional is F wherever PyTorch is written

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

from cnncalc.layers import Layer, dense, pooling, shaping, transposed
from cnncalc.layers import convolution as conv
from cnncalc.layers import normalisation as norm
from cnncalc.layers.depthwise import Depthwise, Separable

Tensors = dict[str, Any]


def of_axes(name: str, x: Any) -> Any:
    """The function of that name for as many axes as x (N, C, *spatial) has."""
    return getattr(F, f"{name}{x.ndim - 2}d")


def broad(values: Any, x: Any) -> Any:
    return values.reshape(-1, *(1,) * (x.ndim - 2))


def padded(x: Any, windows: Any, sizes: tuple[int, ...], value: float, *, exact: bool = False) -> Any:
    """x with its pads around it; exact: as long as its windows reach, no more and no less."""
    sides: list[int] = []
    for window, n in zip(windows, sizes, strict=True):
        before, after = window.pads(n)
        if exact:
            after = (window.out(n) - 1) * window.stride + window.extent - n - before
        sides = [before, after, *sides]
    return F.pad(x, sides, value=value)


def unfolded(x: Any, windows: Any) -> Any:
    """All windows: (N, C, *out, *kernel)."""
    for axis, window in enumerate(windows):
        x = x.unfold(axis + 2, window.extent, window.stride)[..., :: window.dilation]
    return x


def summed(x: Any, windows: Any) -> Any:
    """The sum of every window, pads being zeros."""
    sizes = x.shape[2:]
    return unfolded(padded(x, windows, sizes, 0.0, exact=True), windows).flatten(x.ndim).sum(-1)


def convolved(x: Any, weight: Any, bias: Any, layer: Any, groups: int) -> Any:
    x = padded(x, layer.windows, tuple(x.shape[2:]), 0.0)
    return of_axes("conv", x)(x, weight, bias, layer.stride, 0, layer.dilation, groups)


def convolution(layer: conv.Convolution, x: Any, own: Tensors) -> Any:
    weight = own["weight"]
    if layer.table:
        whole = torch.zeros(layer.filters, x.shape[1], *layer.kernel, dtype=x.dtype)
        pairs = [(f, c) for f, row in enumerate(layer.table) for c in row]
        f, c = zip(*pairs, strict=True)
        weight = whole.index_put((torch.tensor(f), torch.tensor(c)), weight)
    return convolved(x, weight, own.get("bias"), layer, layer.groups)


def separable(layer: Separable, x: Any, own: Tensors) -> Any:
    between = convolved(x, own["depthwise.weight"], None, layer, x.shape[1])
    return of_axes("conv", x)(between, own["pointwise.weight"], own.get("pointwise.bias"))


def deconvolution(layer: transposed.TransposedConvolution, x: Any, own: Tensors) -> Any:
    full = of_axes("conv_transpose", x)(
        x, own["weight"], None, layer.stride, 0, 0, layer.groups, layer.dilation
    )
    sides: list[int] = []
    for window, n, whole in zip(layer.windows, x.shape[2:], full.shape[2:], strict=True):
        before = window.pads(n)[0]
        sides = [-before, window.out(n) - (whole - before), *sides]
    y = F.pad(full, sides)
    return y + broad(own["bias"], y) if layer.bias else y


def upsampled(layer: transposed.Upsample, x: Any, own: Tensors) -> Any:
    factors = layer.factor * (x.ndim - 2) if len(layer.factor) == 1 else layer.factor
    for axis, factor in enumerate(factors):
        x = x.repeat_interleave(factor, axis + 2)
    return x


def max_pool(layer: pooling.MaxPooling, x: Any, own: Tensors) -> Any:
    x = padded(x, layer.windows, tuple(x.shape[2:]), -torch.inf, exact=True)
    return of_axes("max_pool", x)(x, layer.kernel, layer.stride, 0, layer.dilation)


def average_pool(layer: pooling.AveragePooling, x: Any, own: Tensors) -> Any:
    windows, sizes = layer.windows, tuple(x.shape[2:])
    counted = torch.ones(1, 1, *sizes, dtype=x.dtype)
    if layer.countpad:
        counted = padded(counted, windows, sizes, 1.0)
    sides: list[int] = []
    for window, n in zip(windows, sizes, strict=True):
        before = 0 if layer.countpad else window.pads(n)[0]
        length = (window.out(n) - 1) * window.stride + window.extent
        here = n + sum(window.pads(n)) if layer.countpad else n
        sides = [before, length - here - before, *sides]
    counts = unfolded(F.pad(counted, sides), windows).flatten(x.ndim).sum(-1)
    return summed(x, windows) / counts


def layer_norm(layer: norm.LayerNorm, x: Any, own: Tensors) -> Any:
    last = F.layer_norm(x.movedim(1, -1), x.shape[1:2], own.get("weight"), own.get("bias"), norm.EPSILON)
    return last.movedim(-1, 1)


def response(layer: norm.LocalResponseNorm, x: Any, own: Tensors) -> Any:
    some = x if x.ndim > 2 else x[..., None]
    return F.local_response_norm(some, layer.size, layer.alpha, layer.beta, layer.k).reshape(x.shape)


def contrast(layer: norm.LocalContrastNorm, x: Any, own: Tensors) -> Any:
    if not layer.kernel:
        everything = tuple(range(1, x.ndim))
        mean = x.mean(everything, keepdim=True)
        variance = ((x - mean) ** 2).mean(everything, keepdim=True)
    else:
        count = summed(torch.ones_like(x[:, :1]), layer.windows) * x.shape[1]
        mean = summed(x.sum(1, keepdim=True), layer.windows) / count
        variance = summed((x**2).sum(1, keepdim=True), layer.windows) / count - mean**2
    return (x - mean) / torch.where(variance < 1e-12, torch.ones_like(variance), variance).sqrt()


def margin(layer: shaping.Margin, x: Any, own: Tensors) -> Any:
    sides = layer.sides((*x.shape[2:], x.shape[1]))
    return F.pad(x, [layer.sign * n for side in reversed(sides) for n in side])


def pad_channels(layer: shaping.PadChannels, x: Any, own: Tensors) -> Any:
    before, behind = (x.new_zeros(x.shape[0], n, *x.shape[2:]) for n in layer.sides)
    return torch.cat([before, x, behind], 1)


def shuffle(layer: shaping.ChannelShuffle, x: Any, own: Tensors) -> Any:
    return x.unflatten(1, (layer.groups, -1)).transpose(1, 2).flatten(1, 2)


LEAVES: dict[type[Layer], Any] = {
    conv.Convolution: convolution,
    Depthwise: lambda layer, x, own: convolved(x, own["weight"], own.get("bias"), layer, x.shape[1]),
    Separable: separable,
    transposed.TransposedConvolution: deconvolution,
    transposed.Upsample: upsampled,
    pooling.MaxPooling: max_pool,
    pooling.AveragePooling: average_pool,
    pooling.Subsampling: lambda layer, x, own: (
        summed(x, layer.windows) * broad(own["weight"], x) + broad(own["bias"], x)
    ),
    dense.RadialBasis: lambda layer, x, own: ((x[:, None] - own["weight"]) ** 2).sum(-1),
    norm.LayerNorm: layer_norm,
    norm.LayerScale: lambda layer, x, own: x * broad(own["weight"], x),
    norm.LocalResponseNorm: response,
    norm.LocalContrastNorm: contrast,
    shaping.ZeroPad: margin,
    shaping.Crop: margin,
    shaping.PadChannels: pad_channels,
    shaping.TakeChannels: lambda layer, x, own: x[:, layer.range[0] : layer.range[1]],
    shaping.ChannelShuffle: shuffle,
}
