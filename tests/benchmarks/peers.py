"""The same networks in PyTorch."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import nn

from cnncalc.layers import Layer, Model
from cnncalc.layers.activation import Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Softplus, Tanh
from cnncalc.layers.branching import Residual
from cnncalc.layers.combining import Serial
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.dense import Dense, Flatten
from cnncalc.layers.normalisation import BatchNorm, Dropout
from cnncalc.layers.pooling import AveragePooling, GlobalAveragePooling, MaxPooling


def sequential(model: Model) -> nn.Sequential:
    """The model as PyTorch writes it, without a softmax at the end, which is in its loss."""
    layers = model.body.layers
    return serial(layers[:-1] if isinstance(layers[-1], Softmax) else layers, model.input)


def serial(layers: tuple[Layer, ...], x: tuple[int, ...]) -> nn.Sequential:
    """One module for each layer, and one to flatten a volume where a vector is wanted."""
    modules: list[nn.Module] = []
    for layer in layers:
        if layer.flat and len(x) > 1:
            modules.append(nn.Flatten())
            x = (prod(x),)
        modules.append(module(layer, x))
        x = [step.output for step in Model(x, Serial((layer,))).steps()][-1]
    return nn.Sequential(*modules)


class Added(nn.Module):
    """A residual block."""

    def __init__(self, block: Residual, x: tuple[int, ...]) -> None:
        super().__init__()
        self.body = serial(block.body.layers, x)
        self.shortcut = serial(block.shortcut.layers, x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x) + self.shortcut(x)


def module(layer: Layer, x: tuple[int, ...]) -> nn.Module:
    """One leaf in two dimensions, with the same padding on both sides."""
    match layer:
        case Convolution():
            settings: dict[str, Any] = {
                "dilation": layer.dilation,
                "groups": layer.groups,
                "bias": layer.bias,
            }
            return nn.Conv2d(x[-1], layer.filters, layer.kernel, layer.stride, padding(layer, x), **settings)
        case MaxPooling():
            return nn.MaxPool2d(
                layer.kernel, layer.stride, padding(layer, x), dilation=layer.dilation, ceil_mode=layer.ceil
            )
        case AveragePooling():
            return nn.AvgPool2d(layer.kernel, layer.stride, padding(layer, x), layer.ceil, layer.countpad)
        case Residual():
            return Added(layer, x)
        case GlobalAveragePooling():
            return nn.AdaptiveAvgPool2d(1)
        case Dense():
            return nn.Linear(x[0], layer.units, bias=layer.bias)
        case Flatten():
            return nn.Flatten()
        case BatchNorm():
            return (nn.BatchNorm2d if len(x) == 3 else nn.BatchNorm1d)(x[-1], affine=layer.affine)
        case Dropout():
            return nn.Dropout(layer.rate)
        case LeakyReLU():
            return nn.LeakyReLU(layer.slope)
        case Softmax():
            return nn.Softmax(dim=1)
    plain = {Identity: nn.Identity, ReLU: nn.ReLU, Sigmoid: nn.Sigmoid, Tanh: nn.Tanh, Softplus: nn.Softplus}
    return plain[type(layer)]()


def padding(layer: Convolution | MaxPooling | AveragePooling, x: tuple[int, ...]) -> tuple[int, ...]:
    """The zeros on either side of each axis."""
    pads = [window.pads(n) for window, n in zip(layer.windows, x, strict=False)]
    assert all(before == after for before, after in pads), "PyTorch pads both sides alike"
    return tuple(before for before, _ in pads)


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
