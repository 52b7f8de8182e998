"""Where branches meet: sums, channels behind each other, products; and the way back to each branch."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import prod

import numpy as np

from cnncalc.numerics.workspace import Array, Workspace


def add(parts: list[Array], space: Workspace, key: Hashable, *, into: int | None) -> Array:
    """The sum of arrays of one shape, in the memory of one of them or of its own."""
    first, second, *others = parts
    y = space.image((key, "y"), first.shape, first.dtype) if into is None else parts[into]
    np.add(first, second, out=y)
    for other in others:
        np.add(y, other, out=y)
    return y


def concatenate(
    parts: list[Array], space: Workspace, key: Hashable
) -> tuple[Array, Callable[[Array], list[Array]]]:
    """The channels of all parts behind each other: some (Cᵢ, *spatial, N) to (ΣCᵢ, *spatial, N).

    The pullback gives the parts of dy, without copying them.
    """
    ends = np.cumsum([len(part) for part in parts]).tolist()
    places = [slice(end - len(part), end) for part, end in zip(parts, ends, strict=True)]
    y = space.image((key, "y"), (ends[-1], *parts[0].shape[1:]), parts[0].dtype)
    for part, place in zip(parts, places, strict=True):
        np.copyto(y[place], part)
    return y, lambda dy: [dy[place] for place in places]


def multiply(
    parts: list[Array], space: Workspace, key: Hashable
) -> tuple[Array, Callable[[Array], list[Array]]]:
    """The product of all parts; of some spatial axes of a part there may be one pixel, for all of them.

    The pullback gives the gradient of each part, in its own shape.
    """
    shape = np.broadcast_shapes(*(part.shape for part in parts))
    y = space.image((key, "y"), shape, parts[0].dtype)
    np.copyto(y, parts[0])
    for part in parts[1:]:
        np.multiply(y, part, out=y)

    def pullback(dy: Array) -> list[Array]:
        found = []
        for index, part in enumerate(parts):
            slope = space.image((key, "d", index), shape, dy.dtype)
            np.copyto(slope, dy)
            for other in (*parts[:index], *parts[index + 1 :]):
                np.multiply(slope, other, out=slope)
            alone = tuple(axis for axis, n in enumerate(part.shape) if n < shape[axis])
            found.append(slope.sum(axis=alone, keepdims=True) if prod(part.shape) < prod(shape) else slope)
        return found

    return y, pullback
