"""All parameters of a network in one vector, so that an optimiser takes a step in a few long operations."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnncalc.layers import Shape
from cnncalc.numerics.workspace import Array


class Parameters:
    """Named arrays in PyTorch's layout, each a view of one vector.

    A convolution's weight (K, C, kh, *) lies in the vector as (K, kh, C, *), the order in which correlate reads it.
    """

    def __init__(self, shapes: dict[str, Shape], dtype: np.dtype[Any], vector: Array | None = None) -> None:
        """In a vector that is there already, or in a new one of zeros."""
        self.vector: Array = np.zeros(sum(map(prod, shapes.values())), dtype) if vector is None else vector
        self.views: dict[str, Array] = {}
        self.weights: list[slice] = []  # where in the vector weights lie, and not biases, scales or shifts
        at = 0
        for name, shape in shapes.items():
            part = self.vector[at : at + prod(shape)]
            if len(shape) > 1:
                self.weights.append(slice(at, at + prod(shape)))
            if len(shape) > 3:
                k, c, kh, *rest = shape
                self.views[name] = part.reshape(k, kh, c, *rest).swapaxes(1, 2)
            else:
                self.views[name] = part.reshape(shape)
            at += prod(shape)

    def like(self, vector: Array | None = None) -> Parameters:
        """The same names and layout over another vector, such as gradients have; without one over zeros."""
        return Parameters({name: view.shape for name, view in self.views.items()}, self.vector.dtype, vector)
