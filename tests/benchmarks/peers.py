"""The same networks in PyTorch."""

# ruff: noqa: ARG005 - whatever makes a module is called alike

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from math import prod
from typing import Any

import torch
from torch import nn

from cnncalc.layers import (
    Layer,
    Model,
    Serial,
    activation,
    convolution,
    dense,
    depthwise,
    normalisation,
    pooling,
)
from cnncalc.layers import branching as block
from cnncalc.layers.combining import Auxiliary
from cnncalc.layers.transposed import TransposedConvolution
from tests.benchmarks.torch_stacks import LEAVES

Sizes = tuple[int, ...]


def sequential(model: Model) -> nn.Sequential:
    """The model as PyTorch writes it, without a softmax at the end, which is in its loss; distances negated."""
    *others, last = model.body.layers
    modules = serial(others if isinstance(last, activation.Softmax) else model.body.layers, model.input)
    if isinstance(last, dense.RadialBasis):
        modules.append(Function(torch.neg))
    return modules


def serial(layers: Any, x: Sizes) -> nn.Sequential:
    """One module for each layer, and one to flatten a volume where a vector is wanted."""
    modules: list[nn.Module] = []
    for layer in layers:
        if layer.flat and len(x) > 1:
            modules.append(nn.Flatten())
            x = (prod(x),)
        modules.append(module(layer, x))
        x = [step.output for step in Model(x, Serial((layer,))).steps()][-1]
    return nn.Sequential(*modules)


class Function(nn.Module):
    """A function without parameters."""

    def __init__(self, function: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.forward = function


class Branches(nn.Module):
    """Modules by name that all see the input, and what is made of their outputs."""

    def __init__(self, layer: Any, x: Sizes, join: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        for name, branch in layer.branches_by_name():
            self.add_module(name, serial(branch.layers, x))
        self.join = join

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.join(*(branch(x) for branch in self.children()))


class Aside(Branches):
    """Holds modules beside the main way, and passes on its input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


class Leaf(nn.Module):
    """A layer that PyTorch has no module for, with its parameters by their names, by its definition."""

    def __init__(self, layer: Layer, x: Sizes) -> None:
        super().__init__()
        self.layer = layer
        for path, shape in layer.param_shapes(x).items():
            *outer, name = path.split(".")
            holder: nn.Module = self
            for part in outer:
                if not hasattr(holder, part):
                    holder.add_module(part, nn.Module())
                holder = getattr(holder, part)
            holder.register_parameter(name, nn.Parameter(torch.zeros(shape)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = LEAVES[type(self.layer)](self.layer, x, dict(self.named_parameters()))
        return y


def module(layer: Layer, x: Sizes) -> nn.Module:
    """PyTorch's own module for a layer, where it has one and takes these numbers."""
    make = OWN.get(type(layer))
    made = make(layer, x) if make else None
    return Leaf(layer, x) if made is None else made


def of_axes(name: str, x: Sizes) -> Any:
    return getattr(nn, f"{name}{len(x) - 1}d")


def padding(layer: Any, x: Sizes) -> Sizes | None:
    """The zeros on either side of each axis; PyTorch pads both alike, or not at all."""
    pads = [window.pads(n) for window, n in zip(layer.windows, x, strict=False)]
    return tuple(before for before, _ in pads) if all(a == b for a, b in pads) else None


def correlation(layer: Any, x: Sizes, filters: int, groups: int) -> nn.Module | None:
    pads = padding(layer, x)
    if pads is None or getattr(layer, "table", ()):
        return None
    how = {"dilation": layer.dilation, "groups": groups, "bias": layer.bias}
    made: nn.Module = of_axes("Conv", x)(x[-1], filters, layer.kernel, layer.stride, pads, **how)
    return made


def deconvolution(layer: TransposedConvolution, x: Sizes) -> nn.Module | None:
    pads = padding(layer, x)
    if pads is None:
        return None
    extra = tuple(window.extra for window in layer.windows)
    how = (layer.kernel, layer.stride, pads, extra, layer.groups, layer.bias, layer.dilation)
    made: nn.Module = of_axes("ConvTranspose", x)(x[-1], layer.filters, *how)
    return made


def max_pool(layer: pooling.MaxPooling, x: Sizes) -> nn.Module | None:
    """By their definition where pads are more than half of a window, which a dilated one may have with pad same."""
    pads = padding(layer, x)
    if pads is None or any(pad > size // 2 for pad, size in zip(pads, layer.kernel, strict=True)):
        return None
    how = {"dilation": layer.dilation, "ceil_mode": layer.ceil}
    made: nn.Module = of_axes("MaxPool", x)(layer.kernel, layer.stride, pads, **how)
    return made


def average_pool(layer: pooling.AveragePooling, x: Sizes) -> nn.Module | None:
    """By their definition, too, where in three dimensions a window is larger than its input without the pads."""
    pads = padding(layer, x)
    larger = len(x) == 4 and any(size > n for size, n in zip(layer.kernel, x, strict=False))
    if pads is None or larger:
        return None
    made: nn.Module = of_axes("AvgPool", x)(layer.kernel, layer.stride, pads, layer.ceil, layer.countpad)
    return made


def batch_norm(layer: normalisation.BatchNorm, x: Sizes) -> nn.Module:
    made: nn.Module = (nn.BatchNorm1d if len(x) == 1 else of_axes("BatchNorm", x))(x[-1], affine=layer.affine)
    return made


def adaptive(name: str, layer: Any, x: Sizes) -> nn.Module:
    made: nn.Module = of_axes(name, x)(layer.sizes(x))
    return made


OWN: dict[type[Layer], Callable[[Any, Sizes], nn.Module | None]] = {
    convolution.Convolution: lambda layer, x: correlation(layer, x, layer.filters, layer.groups),
    depthwise.Depthwise: lambda layer, x: correlation(layer, x, layer.multiplier * x[-1], x[-1]),
    TransposedConvolution: deconvolution,
    pooling.MaxPooling: max_pool,
    pooling.AveragePooling: average_pool,
    pooling.GlobalAveragePooling: lambda layer, x: of_axes("AdaptiveAvgPool", x)(1),
    pooling.GlobalMaxPooling: lambda layer, x: of_axes("AdaptiveMaxPool", x)(1),
    pooling.AdaptiveAveragePooling: partial(adaptive, "AdaptiveAvgPool"),
    pooling.AdaptiveMaxPooling: partial(adaptive, "AdaptiveMaxPool"),
    dense.Flatten: lambda layer, x: nn.Flatten(),
    dense.Dense: lambda layer, x: nn.Linear(x[0], layer.units, bias=layer.bias),
    activation.Identity: lambda layer, x: nn.Identity(),
    activation.ReLU: lambda layer, x: nn.ReLU(),
    activation.ReLU6: lambda layer, x: nn.ReLU6(),
    activation.SiLU: lambda layer, x: nn.SiLU(),
    activation.GELU: lambda layer, x: nn.GELU(),
    activation.LeakyReLU: lambda layer, x: nn.LeakyReLU(layer.slope),
    activation.Sigmoid: lambda layer, x: nn.Sigmoid(),
    activation.Tanh: lambda layer, x: nn.Tanh(),
    activation.Softplus: lambda layer, x: nn.Softplus(threshold=40),  # ln(1 + e⁻⁴⁰) is nothing beside 40
    activation.Softmax: lambda layer, x: nn.Softmax(dim=1),
    normalisation.BatchNorm: batch_norm,
    normalisation.Dropout: lambda layer, x: nn.Dropout(layer.rate),
    block.Residual: lambda layer, x: Branches(layer, x, torch.add),
    block.Concat: lambda layer, x: Branches(layer, x, lambda *ends: torch.cat(ends, 1)),
    block.Multiply: lambda layer, x: Branches(layer, x, lambda *ends: reduce(torch.mul, ends)),
    Auxiliary: lambda layer, x: Aside(layer, x, torch.add),
}


class Peer:
    """A network in training in PyTorch, on pictures (N, C, H, W) that are standardised beforehand."""

    def __init__(
        self, model: Model, images: Any, labels: Any, *, channels_last: bool = False, compiled: bool = False
    ) -> None:
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.plain = sequential(model).to(memory_format=layout)
        self.network = torch.compile(self.plain) if compiled else self.plain
        self.images = torch.from_numpy(images).to(memory_format=layout)
        self.labels = torch.from_numpy(labels)
        self.optimiser = torch.optim.Adam(self.plain.parameters(), lr=0.001, betas=(0.9, 0.99), foreach=True)

    def step(self, rows: Any) -> float:
        """One batch: forward, backward, a step of Adam; the mean loss."""
        index = torch.from_numpy(rows)
        self.optimiser.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(self.network(self.images[index]), self.labels[index])
        loss.backward()
        self.optimiser.step()
        return float(loss.detach())

    def right(self, images: Any, labels: Any, batch: int) -> int:
        """How many of the pictures (N, C, H, W) it classifies rightly, so many at once."""
        self.plain.eval()
        with torch.inference_mode():
            found = [
                int((self.network(part).argmax(1) == classes).sum())
                for part, classes in zip(
                    torch.from_numpy(images).split(batch), torch.from_numpy(labels).split(batch), strict=True
                )
            ]
        self.plain.train()
        return sum(found)

    def load(self, tensors: dict[str, Any]) -> None:
        """Takes over parameters by their names."""
        found = {name: torch.from_numpy(value) for name, value in tensors.items()}
        missing, unexpected = self.plain.load_state_dict(found, strict=False)
        assert not unexpected, unexpected
        assert all(name.endswith("num_batches_tracked") for name in missing), missing
