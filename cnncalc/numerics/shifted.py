"""Correlation without a copy of the pixels, where windows go along a row by one pixel.

The rows under a row of windows are one block of memory. Multiplied by one column of the kernel it gives that column's
share of every output in the row, and the shares of all columns, each moved by its place in the kernel, are added.
Where BLAS packs the block for every product, one product gives the shares of all columns.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cnncalc.numerics.columns import Sizes, lie_ready
from cnncalc.numerics.correlation_back import add_rows, turned
from cnncalc.numerics.products import multiply, packs
from cnncalc.numerics.windows import Axis, kernel_rows, taps
from cnncalc.numerics.workspace import Array, Workspace, portion, rows

_ENOUGH = 20_000  # numbers under a column of the kernel, in a row of windows: fewer are better gathered
_FEW = 8  # filters: with fewer the products are slow
_BEYOND = 1.1  # times as many pixels in a row as outputs, where all columns of the kernel meet all pixels
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
        and not (packs() and x.shape[2] > _BEYOND * s.out[0])
        and rows(x).flags.c_contiguous
        and not lie_ready(x.shape, axes, s)
    )


def slide(x: Array, weight: Array, axes: tuple[Axis, ...], s: Sizes, y: Array, space: Workspace) -> None:
    """Fills y (K, oh, ow, N) with the correlation of x (C, H, W, N) and a weight (1, K, C, kh, kw)."""
    by_column = space.array(("shifted", "weight"), (*s.kernel, s.k, s.kh, s.c), weight.dtype)
    space.do(np.copyto, by_column, weight[0].transpose(3, 0, 2, 1))
    lying = rows(y).reshape(s.oh, s.k, s.length)
    places = _places(axes[1], x.shape[2], s)
    fill = _all_columns if packs() else _one_column_after_the_other
    for band in _bands(axes[0], x.shape[1], s, x.itemsize):
        matrices = by_column[:, :, band.kernel].reshape(*s.kernel, s.k, -1)
        fill(matrices, _under(x, band, axes[0].stride), places, lying[band.outputs], space)


def _one_column_after_the_other(
    matrices: Array, under: Array, places: tuple[_Place, ...], into: Array, space: Workspace
) -> None:
    """Fills some rows of outputs (rows, K, ow·N) by a product for each column of the kernel, (kw, K, high·C)."""
    first, *others = places
    # zeros where the first column sees no pixel; and products go faster into memory that has just been fetched
    space.do(into.fill, 0)
    multiply(matrices[first.column], under[..., first.pixels], into[..., first.outputs], space)
    for column, outputs, pixels in others:
        there = into[..., outputs]
        products = space.array(("shifted", "products"), there.shape, into.dtype)
        multiply(matrices[column], under[..., pixels], products, space)
        space.do(np.add, there, products, out=there)


def _all_columns(
    matrices: Array, under: Array, places: tuple[_Place, ...], into: Array, space: Workspace
) -> None:
    """Likewise, by one product for all columns: what BLAS packs for it serves them all."""
    kw, k, _ = matrices.shape
    products = space.array(("shifted", "products"), (len(into), kw * k, under.shape[-1]), into.dtype)
    space.do(np.matmul, matrices.reshape(kw * k, -1, copy=False), under, out=products)
    shares = products.reshape(len(into), kw, k, -1).swapaxes(0, 1)
    first, *others = places
    found = shares[first.column, ..., first.pixels]
    if others and found.shape == into.shape:  # the first two are added without a copy of the first
        column, outputs, pixels = others.pop(0)
        space.do(np.add, found[..., outputs], shares[column, ..., pixels], out=into[..., outputs])
        for rest in (slice(0, outputs.start), slice(outputs.stop, into.shape[-1])):
            if rest.start < rest.stop:
                space.do(np.copyto, into[..., rest], found[..., rest])
    else:
        space.do(into.fill, 0)
        space.do(np.copyto, into[..., first.outputs], found)
    for column, outputs, pixels in others:
        there = into[..., outputs]
        space.do(np.add, there, shares[column, ..., pixels], out=there)


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
    most = _NEAR // (s.k * s.length * itemsize * (s.kernel[0] if packs() else 1))
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
