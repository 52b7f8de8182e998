"""Batch normalisations folded into the convolutions before them, for a network that does not learn.

With the statistics gathered in training, y = factor·(w∗x) + offset is a convolution with other weights and a bias
(Jacob et al. 2018, Quantization and Training of Neural Networks, section 3.2). A pass over the image less, and the
bias may be added behind a maximum.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

import numpy as np

from cnncalc.layers import Layer, Model, Serial
from cnncalc.layers.activation import Identity
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.normalisation import EPSILON, BatchNorm
from cnncalc.learning.network import Network
from cnncalc.numerics.workspace import Array

Some = TypeVar("Some", bound=Layer)


class Folded:
    """A network, and the same without those batch normalisations; itself where it has none, or frozen layers."""

    def __init__(self, network: Network) -> None:
        self.network = network
        body = network.model.body if network.frozen else _folded(network.model.body)
        same = body == network.model.body
        self.plain = network if same else Network(Model(network.model.input, body), dtype=network.dtype)
        leaves = list(zip(network.steps, self.plain.steps, strict=True))
        self.norms = {  # by the convolution before each
            before.path: step.path
            for (before, _), (step, other) in pairwise(leaves)
            if isinstance(step.layer, BatchNorm) and step.layer != other.layer
        }

    def current(self) -> Network:
        """The network for tests, with the numbers that the one that learns has now."""
        if self.plain is not self.network:
            own = self.network.tensors()
            for name, value in self.plain.tensors().items():
                path, _, kind = name.rpartition(".")
                if path not in self.norms:
                    np.copyto(value, own[name])
                    continue
                factor, offset = self._line(self.norms[path])
                if kind == "weight":
                    np.multiply(own[name], factor.reshape(-1, *[1] * (value.ndim - 1)), out=value)
                else:
                    np.add(offset, factor * own.get(name, 0), out=value)
        return self.plain

    def _line(self, path: str) -> tuple[Array, Array]:
        """What the batch normalisation there multiplies by and adds."""
        values, buffers = self.network.values, self.network.buffers
        factor = values.get(f"{path}.weight", 1) / np.sqrt(buffers[f"{path}.running_var"] + EPSILON)
        return factor, values.get(f"{path}.bias", 0) - buffers[f"{path}.running_mean"] * factor


def _folded(layer: Some) -> Some:
    """The layer with biases in place of the batch normalisations inside that follow a convolution."""
    found = {
        each.name: tuple(map(_folded, inside)) if each.many else _folded(inside)
        for each in layer.inners()
        for inside in [getattr(layer, each.name)]
    }
    if isinstance(layer, Serial):
        layers = list(found["layers"])
        for i in range(1, len(layers)):
            before = layers[i - 1]
            if isinstance(layers[i], BatchNorm) and isinstance(before, Convolution) and not before.table:
                layers[i - 1], layers[i] = before.but(bias=True), Identity()
        found["layers"] = tuple(layers)
    return layer.but(**found) if found else layer
