"""Correlation without a copy of the pixels, where windows go along a row by one pixel.

The rows under a row of windows are one block of memory. Multiplied by one column of the kernel it gives that column's
share of every output in the row, and the shares of all columns, each moved by its place in the kernel, are added.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cnncalc.numerics.columns import Sizes, lie_ready
from cnncalc.numerics.correlation_back import add_rows, turned
from cnncalc.numerics.products import multiply
from cnncalc.numerics.windows import Axis, kernel_rows, taps
from cnncalc.numerics.workspace import Array, Workspace, portion, rows

_ENOUGH = 20_000  # numbers under a column of the kernel, in a row of windows: fewer are better gathered
_FEW = 8  # filters: with fewer the products are slow
_NEAR = 1 << 20  # bytes of products at a time: they are added before they leave the cache


class _Place(NamedTuple):
    """A column of the kernel, and which outputs of a row see which of its pixels, as slices over the batch, too."""

    column: int
    outputs: slice
    pixels: slice


class _Band(NamedTuple):
    """Rows of outputs that see equally many rows of the image, through these rows of the kernel."""

    outputs: slice
    top: int  # the first row of the image that the first of them sees, if it sees any
    kernel: slice


def suits(x: Array, axes: tuple[Axis, ...], s: Sizes) -> bool:
    """Whether an image (C, H, W, N) is best correlated so: one group, long rows, and not without a copy anyway."""
    return (
        len(axes) == 2
        and s.g == 1
        and axes[1].stride == 1
        and s.k >= _FEW
        and s.c * s.kh * s.length >= _ENOUGH
        and rows(x).flags.c_contiguous
        and not lie_ready(x.shape, axes, s)
    )


def slide(x: Array, weight: Array, axes: tuple[Axis, ...], s: Sizes, y: Array, space: Workspace) -> None:
    """Fills y (K, oh, ow, N) with the correlation of x (C, H, W, N) and a weight (1, K, C, kh, kw)."""
    by_column = space.array(("shifted", "weight"), (*s.kernel, s.k, s.kh, s.c), weight.dtype)
    space.do(np.copyto, by_column, weight[0].transpose(3, 0, 2, 1))
    lying = rows(y).reshape(s.oh, s.k, s.length)
    first, *others = _places(axes[1], x.shape[2], s)
    for band in _bands(axes[0], x.shape[1], s, x.itemsize):
        into, under = lying[band.outputs], _under(x, band, axes[0].stride)
        matrices = by_column[:, :, band.kernel].reshape(*s.kernel, s.k, -1)
        # zeros where the first column sees no pixel; and products go faster into memory that has just been fetched
        space.do(into.fill, 0)
        multiply(matrices[first.column], under[..., first.pixels], into[..., first.outputs], space)
        for column, outputs, pixels in others:
            there = into[..., outputs]
            products = space.array(("shifted", "products"), there.shape, y.dtype)
            multiply(matrices[column], under[..., pixels], products, space)
            space.do(np.add, there, products, out=there)


def weight_gradient(
    x: Array, dy: Array, axes: tuple[Axis, ...], s: Sizes, dweight: Array, space: Workspace
) -> None:
    """Fills dweight (1, K, kh, C, kw), from x (C, H, W, N) and dy (1, oh, K, ow·N)."""
    total = space.array(("shifted", "dweight"), (*s.kernel, s.k, s.kh, s.c), x.dtype)
    space.do(total.fill, 0)
    for band in _bands(axes[0], x.shape[1], s, x.itemsize):
        part, under = dy[:, band.outputs], _under(x, band, axes[0].stride)[None]
        high = band.kernel.stop - band.kernel.start
        lying = turned(part, s.c, high, space)
        for column, outputs, pixels in _places(axes[1], x.shape[2], s):
            some = None if lying is None else lying[:, :, outputs]
            share = total[column, :, band.kernel].reshape(1, s.k, high * s.c, copy=False)
            add_rows(part[..., outputs], some, under[..., pixels], high, share, space)
    space.do(np.copyto, dweight[0], total.transpose(1, 2, 3, 0))


@lru_cache(maxsize=1024)
def _places(axis: Axis, width: int, s: Sizes) -> tuple[_Place, ...]:
    """Every column of the kernel that sees a pixel, the one that serves most outputs first."""
    found = []
    for tap in taps((axis,), (width,), s.out):
        outputs, pixels = (slice(each.start * s.n, each.stop * s.n) for each in (*tap.outputs, *tap.inputs))
        found.append(_Place(tap.offset[0], outputs, pixels))
    first, *others = sorted(found, key=lambda place: place.outputs.start - place.outputs.stop)
    return first, *(place for place in others if place.outputs.stop > place.outputs.start)


@lru_cache(maxsize=1024)
def _bands(axis: Axis, height: int, s: Sizes, itemsize: int) -> tuple[_Band, ...]:
    """All rows of outputs, so many at a time that their products stay near."""
    most = _NEAR // (s.k * s.length * itemsize)
    found = []
    for outputs, kernel in kernel_rows(axis, height, s.oh):
        step = portion(outputs.stop - outputs.start, most)
        for first in range(outputs.start, outputs.stop, step):
            top = first * axis.stride - axis.before + kernel.start if kernel.stop > kernel.start else 0
            found.append(_Band(slice(first, min(first + step, outputs.stop)), top, kernel))
    return tuple(found)


def _under(x: Array, band: _Band, stride: int) -> Array:
    """The pixels under the rows of a band, (rows, kernel rows · C, W·N); they overlap, nothing is copied."""
    c, _, width, n = x.shape
    line = width * n * x.itemsize
    return np.ndarray(
        (band.outputs.stop - band.outputs.start, (band.kernel.stop - band.kernel.start) * c, width * n),
        x.dtype,
        rows(x),
        offset=band.top * c * line,
        strides=(stride * c * line, line, x.itemsize),
    )
