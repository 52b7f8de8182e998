"""Kernels taken apart: into a column and a row, or into rectangles of equal weights."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Box(NamedTuple):
    """A rectangle of equal weights in a kernel."""

    weight: int
    rows: range
    columns: range


def boxes(kernel: NDArray[Any]) -> tuple[Box, ...]:
    """The kernel as rectangles of equal weights, each within the one before; none if it is not of that kind.

    Taking the weight of the corner from all must leave a smaller rectangle that is not zero.
    """
    found = []
    rest, top, left = kernel, 0, 0
    while rest.any():
        h, w = rest.shape
        found.append(Box(rest[0, 0].item(), range(top, top + h), range(left, left + w)))
        rest = rest - rest[0, 0]
        if rest.any():
            i, j = np.flatnonzero(rest.any(axis=1)), np.flatnonzero(rest.any(axis=0))
            rest = rest[i[0] : i[-1] + 1, j[0] : j[-1] + 1]
            top, left = top + int(i[0]), left + int(j[0])
            if rest.size == h * w or len(found) == 3:
                return ()
    return tuple(found) if all(box.weight for box in found) else ()


def product(kernel: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """A column and a row whose product the kernel is, if it is one.

    Whole weights stay whole. Of float weights the product may differ by a relative 1e-13 each.
    """
    if not kernel.any():
        return None
    i, j = np.unravel_index(np.abs(kernel).argmax(), kernel.shape)
    line = kernel[i]
    if kernel.dtype.kind == "i" or ((np.rint(kernel) == kernel).all() and abs(kernel[i, j]) < 2**53):
        line = line // np.gcd.reduce(line.astype(np.int64))
        column = kernel[:, j] // line[j]
        return (column, line) if (np.outer(column, line) == kernel).all() else None
    column = kernel[:, j] / line[j]
    near = np.abs(np.outer(column, line) - kernel) <= 1e-13 * np.abs(kernel)
    return (column, line) if near.all() else None
