"""The one door where pictures change layout: bytes, channels last, to standardised floats, batch last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from cnncalc.errors import ShapeError
from cnncalc.layers import Shape, show
from cnncalc.numerics.workspace import Array, Workspace


@dataclass(frozen=True)
class Inputs:
    """How pictures of one shape become inputs of another: black around them, (x/255 − mean)/deviation."""

    dtype: ClassVar[Any] = np.uint8  # what it takes
    behind: ClassVar[bool] = False  # whether what it gives is beyond the frozen layers of the network

    picture: Shape  # (H, W, C)
    network: Shape
    mean: float
    deviation: float

    def __post_init__(self) -> None:
        fits = len(self.network) == 3 and self.network[2] == self.picture[2]
        if not fits or any(self.margin(axis) < 0 for axis in (0, 1)):
            raise ShapeError(
                f"pictures of {show(self.picture)} do not fit an input of {show(self.network)}",
                f"give the network --input {'x'.join(map(str, self.picture))}; a larger one is filled up with black",
            )

    def margin(self, axis: int) -> int:
        """Black pixels before the picture along an axis; after it there may be one more."""
        return (self.network[axis] - self.picture[axis]) // 2

    def batch(self, images: Array, space: Workspace, dtype: np.dtype[np.floating]) -> Array:
        """Pictures (N, H, W, C), uint8, as the network takes them, (C, H, W, N)."""
        height, width, channels = self.network
        x = space.image("batch", (channels, height, width, len(images)), dtype)
        if self.network != self.picture:
            x.fill(0)
        top, left = self.margin(0), self.margin(1)
        inner = x[:, top : top + self.picture[0], left : left + self.picture[1]]
        np.copyto(inner, images.transpose(3, 1, 2, 0))
        np.multiply(x, dtype.type(1 / (255 * self.deviation)), out=x)
        np.subtract(x, dtype.type(self.mean / self.deviation), out=x)
        return x


@dataclass(frozen=True)
class Features(Inputs):
    """The door for what the frozen layers of a network made of pictures, kept as (N, *spatial, C)."""

    dtype = np.float32
    behind = True

    def __post_init__(self) -> None:
        """They fit, as the layer before made them."""

    def batch(self, images: Array, space: Workspace, dtype: np.dtype[np.floating]) -> Array:
        """Features (N, *spatial, C) as the layers behind take them, (C, *spatial, N)."""
        x = space.image("batch", (*self.picture[-1:], *self.picture[:-1], len(images)), dtype)
        np.copyto(x, np.moveaxis(images, (0, -1), (-1, 0)))
        return x
