"""The pixels under the windows of a correlation, as the columns of matrices.

Only the spatial axes after the first are gathered into columns, so each pixel is copied kw times, not kh·kw
times. Along the first axis the windows of the columns overlap in memory, and each row of outputs is a matrix of
its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from cnncalc.numerics.windows import Axis, Tap, common, last_axes, seen, taps, under, without
from cnncalc.numerics.workspace import Array, Workspace, portion, rows

_NEAR = 3 << 20  # bytes of columns at a time: few calls, and most of it stays in the caches


@dataclass(frozen=True, eq=False)
class Sizes:
    """The extents of one correlation; kernel and out are those of the axes after the first."""

    g: int
    k: int  # output channels a group
    c: int  # input channels a group
    kh: int
    oh: int
    kernel: tuple[int, ...]  # of the axes after the first
    out: tuple[int, ...]
    n: int

    @cached_property
    def r(self) -> int:
        """How many rows of the columns belong to one row of the image, a group."""
        return self.c * prod(self.kernel)

    @cached_property
    def depth(self) -> int:
        """How many numbers are under a window, a group."""
        return self.kh * self.r

    @cached_property
    def length(self) -> int:
        """How many windows there are in a row of outputs, over the whole batch."""
        return prod(self.out) * self.n


class Columns(NamedTuple):
    """Those of some rows of outputs: (g, rows of the image, c, *kernel, *out, n)."""

    outputs: slice
    array: Array

    def windows(self, stride: int, s: Sizes) -> Array:
        """The matrix under each row of outputs, (g, rows, kh·r, length); they overlap, nothing is copied."""
        line = s.length * self.array.itemsize
        row = s.r * line
        return np.ndarray(
            (s.g, self.outputs.stop - self.outputs.start, s.depth, s.length),
            self.array.dtype,
            self.array,
            strides=(self.array.shape[1] * row, stride * row, line, self.array.itemsize),
        )


@lru_cache(maxsize=1024)
def are_pixels(shape: tuple[int, ...], rest: tuple[Axis, ...], s: Sizes) -> bool:
    """Whether the columns of an image (C, *spatial, N) would be its pixels, in the same order."""
    visited = all(axis.visits for axis in rest)
    covered = all(axis.covers(size) for axis, size in zip(rest, shape[2:-1], strict=True))
    return s.g == 1 and (visited or covered)


def lie_ready(shape: tuple[int, ...], axes: tuple[Axis, ...], s: Sizes) -> bool:
    """Whether the columns of an image are its pixels as they lie, if it lies in runs."""
    return not axes[0].before and not axes[0].after and are_pixels(shape, axes[1:], s)


def come_at_once(shape: tuple[int, ...], axes: tuple[Axis, ...], s: Sizes, itemsize: int) -> bool:
    """Whether the columns of an image are few enough to be gathered for all rows of outputs, or need not be."""
    return lie_ready(shape, axes, s) or _rows_at_once(axes[0], s, itemsize) >= s.oh


def gathered(
    x: Array, axes: tuple[Axis, ...], s: Sizes, space: Workspace, key: Hashable, *, again: bool = False
) -> Iterator[Columns]:
    """The columns of x (C, *spatial, N) for some rows of outputs after the other.

    Only where all come at once do they last as long as the key; else the next ones take their place: what has just
    been gathered is near, and to gather it again on the way back is quicker than to fetch it from far away.
    again: they have been gathered before, and are still there if they last.
    """
    row, rest = axes[0], axes[1:]
    lying, height = rows(x), x.shape[1]
    if lie_ready(x.shape, axes, s) and lying.flags.c_contiguous:
        yield Columns(slice(0, s.oh), lying[None])
        return
    image = lying.reshape(height, s.g, s.c, *x.shape[2:]).swapaxes(0, 1)  # (g, height, c, *spatial, n)
    most = _rows_at_once(row, s, x.itemsize)
    name = (key if most >= s.oh else "columns", "columns")
    for first in range(0, s.oh, most):
        last = min(first + most, s.oh)
        high = (last - first - 1) * row.stride + s.kh
        columns = space.array(name, (s.g, high, s.c, *s.kernel, *s.out, s.n), x.dtype)
        if again and most >= s.oh:
            yield Columns(slice(0, s.oh), columns)
            return
        top = first * row.stride - row.before  # of the image; above it and below it are zeros
        low = min(high, max(0, -top))
        stop = max(low, min(high, height - top))
        for beyond in (columns[:, :low], columns[:, stop:]):
            if beyond.size:
                space.do(beyond.fill, 0)
        if low < stop:
            _fill(columns[:, low:stop], image[:, top + low : top + stop], rest, s, space)
        yield Columns(slice(first, last), columns)


def _rows_at_once(row: Axis, s: Sizes, itemsize: int) -> int:
    """How many rows of outputs to gather for, in portions about equally large."""
    line = s.g * s.r * s.length * itemsize
    return portion(s.oh, (_NEAR // max(line, 1) - s.kh) // row.stride + 1)


def _fill(columns: Array, image: Array, rest: tuple[Axis, ...], s: Sizes, space: Workspace) -> None:
    """Lays the pixels of some rows under every place of the window where they belong, and zeros where there are none.

    columns (g, rows, c, *kernel, *out, n), image (g, rows, c, *spatial, n). Under the windows that lie inside the image
    all places are copied at once, so that its pixels are fetched but once.
    """
    places = taps(rest, image.shape[3:-1], s.out)
    every = tuple(slice(0, size) for size in s.out)
    inside = _inside(places, s.out)
    if inside is not None:
        into = last_axes(columns, (*(slice(None) for _ in rest), *inside))
        space.do(np.copyto, into, under(image, rest, inside))
    for tap in places:
        place = last_axes(columns, (*tap.offset, *(slice(None) for _ in rest)))
        for box in without(every, tap.outputs):
            space.do(last_axes(place, box).fill, 0)
        for box in [tap.outputs] if inside is None else without(tap.outputs, inside):
            pixels = tuple(map(seen, rest, tap.offset, box))
            space.do(np.copyto, last_axes(place, box), last_axes(image, pixels))


def _inside(places: tuple[Tap, ...], out: tuple[int, ...]) -> tuple[slice, ...] | None:
    """The outputs whose windows lie inside the image, if they are most of them."""
    found = tuple(common(each) for each in zip(*(tap.outputs for tap in places), strict=True))
    return found if 2 * prod(some.stop - some.start for some in found) > prod(out) else None
