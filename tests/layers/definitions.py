"""What a layer makes of one example, channels last, told as its definition says it: one number after the other."""

# ruff: noqa: ARG005 - all functions are called alike

import math
from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from cnncalc.layers import Layer
from cnncalc.layers.activation import GELU, Identity, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Softplus, Tanh
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.dense import Dense, Flatten, RadialBasis
from cnncalc.layers.depthwise import Depthwise, Separable
from cnncalc.layers.normalisation import LayerNorm, LayerScale, LocalContrastNorm, LocalResponseNorm
from cnncalc.layers.pooling import (
    AdaptiveAveragePooling,
    AdaptiveMaxPooling,
    AveragePooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    MaxPooling,
    Subsampling,
)
from cnncalc.layers.shaping import ChannelShuffle, Crop, PadChannels, TakeChannels, ZeroPad
from cnncalc.layers.transposed import TransposedConvolution, Upsample
from cnncalc.numerics.workspace import Array

Place = tuple[int, ...]
Params = dict[str, Array]

FUNCTIONS: dict[type[Layer], Callable[[Layer, float], float]] = {
    Identity: lambda layer, v: v,
    ReLU: lambda layer, v: max(v, 0),
    ReLU6: lambda layer, v: min(max(v, 0), 6),
    SiLU: lambda layer, v: v / (1 + math.exp(-v)),
    GELU: lambda layer, v: v * (1 + math.erf(v / math.sqrt(2))) / 2,
    LeakyReLU: lambda layer, v: max(v, layer.slope * v),  # type: ignore[attr-defined]
    Sigmoid: lambda layer, v: 1 / (1 + math.exp(-v)),
    Tanh: lambda layer, v: 2 / (1 + math.exp(-2 * v)) - 1,
    Softplus: lambda layer, v: math.log(1 + math.exp(v)),
}


def seen(layer: Layer, x: Array, place: Place) -> Iterator[tuple[Place, Place]]:
    """The taps of the window at a place, and the pixels under them that are real."""
    windows = layer.slides(x.shape) or layer.windows  # type: ignore[attr-defined]
    for tap in product(*(range(window.kernel) for window in windows)):
        pixel = tuple(
            p * w.stride - w.pads(n)[0] + t * w.dilation
            for p, w, n, t in zip(place, windows, x.shape, tap, strict=False)
        )
        if all(0 <= i < n for i, n in zip(pixel, x.shape, strict=False)):
            yield tap, pixel


def by_definition(layer: Layer, x: Array, params: Params) -> Array:
    y = np.zeros(layer.out_shape(x.shape))
    for place in product(*map(range, y.shape)):
        y[place] = number(layer, x, params, place)
    return y


def number(layer: Layer, x: Array, params: Params, place: Place) -> float:
    """One number of the output."""
    at, channel = place[:-1], place[-1]
    if type(layer) in FUNCTIONS:
        return FUNCTIONS[type(layer)](layer, float(x[place]))
    match layer:
        case Convolution() if layer.table:
            bias = params["bias"][channel] if layer.bias else 0
            row = layer.table[channel]
            first = sum(map(len, layer.table[:channel]))
            return bias + sum(
                params["weight"][(first + i, *tap)] * x[(*pixel, c)]
                for tap, pixel in seen(layer, x, at)
                for i, c in enumerate(row)
            )
        case Depthwise():
            bias = params["bias"][channel] if layer.bias else 0
            return bias + channelwise(layer, x, params["weight"], at, channel)
        case Separable():
            bias = params["pointwise.bias"][channel] if layer.bias else 0
            between = [
                channelwise(layer, x, params["depthwise.weight"], at, c)
                for c in range(x.shape[-1] * layer.multiplier)
            ]
            return bias + float(params["pointwise.weight"][channel].ravel() @ between)
        case TransposedConvolution():
            return transposed(layer, x, params, at, channel)
        case Upsample():
            factors = layer.factor * len(at) if len(layer.factor) == 1 else layer.factor
            return x[(*(p // f for p, f in zip(at, factors, strict=True)), channel)]
        case MaxPooling():
            return max(x[(*pixel, channel)] for _, pixel in seen(layer, x, at))
        case AveragePooling():
            under = [x[(*pixel, channel)] for _, pixel in seen(layer, x, at)]
            return sum(under) / (counted(layer, x, at) if layer.countpad else len(under))
        case Subsampling():
            total = sum(x[(*pixel, channel)] for _, pixel in seen(layer, x, at))
            return params["weight"][channel] * total + params["bias"][channel]
        case GlobalAveragePooling():
            return x[..., channel].mean()
        case GlobalMaxPooling():
            return x[..., channel].max()
        case AdaptiveAveragePooling() | AdaptiveMaxPooling():
            m = layer.out_shape(x.shape)
            part = x[..., channel][
                tuple(
                    slice(math.floor(i * n / k), math.ceil((i + 1) * n / k))
                    for i, n, k in zip(at, x.shape, m, strict=False)
                )
            ]
            return part.mean() if isinstance(layer, AdaptiveAveragePooling) else part.max()
        case Flatten():
            return np.moveaxis(x, -1, 0).ravel()[channel]
        case Dense():
            return params["weight"][channel] @ x + (params["bias"][channel] if layer.bias else 0)
        case RadialBasis():
            return sum((a - b) ** 2 for a, b in zip(x, params["weight"][channel], strict=True))
        case LayerNorm():
            pixel = x[at]
            normal = (x[place] - pixel.mean()) / math.sqrt(pixel.var() + 1e-5)
            return normal * params["weight"][channel] + params["bias"][channel] if layer.affine else normal
        case LayerScale():
            return x[place] * params["weight"][channel]
        case LocalResponseNorm():
            near = range(channel - layer.size // 2, channel - layer.size // 2 + layer.size)
            energy = sum(x[(*at, c)] ** 2 for c in near if 0 <= c < x.shape[-1])
            return x[place] / (layer.k + layer.alpha / layer.size * energy) ** layer.beta
        case LocalContrastNorm():
            under = x[tuple(np.transpose([p for _, p in seen(layer, x, at)]))] if layer.kernel else x
            return (x[place] - under.mean()) / (under.std() if under.std() > 1e-6 else 1)
        case ZeroPad() | Crop():
            source = tuple(p - layer.sign * side[0] for p, side in zip(at, layer.sides(x.shape), strict=True))
            inside = all(0 <= p < n for p, n in zip(source, x.shape, strict=False))
            return x[(*source, channel)] if inside else 0
        case PadChannels():
            source_channel = channel - layer.sides[0]
            return x[(*at, source_channel)] if 0 <= source_channel < x.shape[-1] else 0
        case TakeChannels():
            return x[(*at, layer.range[0] + channel)]
        case ChannelShuffle():
            each = x.shape[-1] // layer.groups
            return x[(*at, channel % layer.groups * each + channel // layer.groups)]
    raise NotImplementedError(layer.word)


def channelwise(layer: Depthwise | Separable, x: Array, weight: Array, at: Place, filter_: int) -> float:
    channel = filter_ // layer.multiplier
    return sum(weight[(filter_, 0, *tap)] * x[(*pixel, channel)] for tap, pixel in seen(layer, x, at))


def transposed(layer: TransposedConvolution, x: Array, params: Params, at: Place, filter_: int) -> float:
    """Every element lays its kernel from its place times the stride on; so much is cut off before."""
    share = layer.filters // layer.groups
    each = x.shape[-1] // layer.groups
    channels = range(filter_ // share * each, (filter_ // share + 1) * each)
    total = float(params["bias"][filter_]) if layer.bias else 0.0
    for element in product(*map(range, x.shape[:-1])):
        for tap in product(*map(range, layer.kernel)):
            laid = tuple(
                e * w.stride + t * w.dilation - w.pads(n)[0]
                for e, w, t, n in zip(element, layer.windows, tap, x.shape, strict=False)
            )
            if laid == at:
                total += sum(
                    params["weight"][(c, filter_ % share, *tap)] * x[(*element, c)] for c in channels
                )
    return total


def counted(layer: AveragePooling, x: Array, at: Place) -> int:
    """How many pixels of the input and its padding a window holds."""
    return math.prod(
        sum(-w.pads(n)[0] <= p * w.stride - w.pads(n)[0] + t < n + w.pads(n)[1] for t in range(w.kernel))
        for p, w, n in zip(at, layer.windows, x.shape, strict=False)
    )
