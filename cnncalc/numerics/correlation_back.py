"""The way back through a correlation: the gradient of its weight, and two ways to that of its image.

Where windows step by one pixel, the image's gradient is a correlation of dy with the filters turned around. Elsewhere
every row of the image gathers its columns from the rows of outputs that saw it, and the columns are added.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from math import gcd, prod
from typing import NamedTuple

import numpy as np

from cnncalc.numerics.columns import Columns, Sizes, are_pixels
from cnncalc.numerics.products import LEAST, SMALL, multiply, packs, piece, split
from cnncalc.numerics.windows import (
    Axis,
    Tap,
    common,
    last_axes,
    reach,
    row_runs,
    seen,
    tap_order,
    taps,
    under,
    without,
)
from cnncalc.numerics.workspace import Array, Workspace, portion, rows

_DEEP, _LONG = 8, 112  # rows and columns of a piece of the windows: with fewer they are multiplied whole
_WIDE = 800  # numbers in a product of pieces: from so many on it pays to turn dy for BLAS
_NEAR = 1 << 20  # bytes of columns at a time: they are added before they leave the cache
_BEYOND = 1.2  # times as many pixels as outputs: the rest of what a turned filter slides over are zeros


def weight_gradient(
    dy: Array, columns: Iterable[Columns], stride: int, s: Sizes, dweight: Array, space: Workspace
) -> None:
    """Fills dweight (g, k, kh, c, *kernel) with Σ over rows of outputs of dy · windowsᵀ; dy (g, oh, k, length)."""
    total = dweight.reshape(s.g, s.k, s.depth, copy=False)
    space.do(total.fill, 0)
    for some in columns:
        part = dy[:, some.outputs]
        add_rows(part, turned(part, s.r, s.kh, space), some.windows(stride, s), s.kh, total, space)


def turned(dy: Array, r: int, high: int, space: Workspace) -> Array | None:
    """The rows of dy (g, rows, k, length) turned, (g, rows, length, k), if that pays for products with r·high rows."""
    k, length = dy.shape[2:]
    if r * k < _WIDE or _columns(length, k, r, high) is None:
        return None
    lying = space.array(("correlate", "turned dy"), dy.swapaxes(2, 3).shape, dy.dtype)
    space.do(np.copyto, lying, dy.swapaxes(2, 3))
    return lying


@cache
def _columns(length: int, k: int, r: int, high: int) -> int | None:
    """How many windows to multiply by k rows at a time, under one row of the kernel each; None: all at once."""
    n = piece(length, r * k)
    small = piece(length, r * high * k) == length
    return None if small or r < _DEEP or n < _LONG or length % n else n


def add_rows(
    dy: Array, lying: Array | None, windows: Array, high: int, total: Array, space: Workspace
) -> None:
    """Adds Σ over rows of dy · windowsᵀ to a total (g, k, depth).

    dy (g, rows, k, length), windows (g, rows, depth, length) under so many rows of the kernel. A large product is
    done by small ones, of one row of the kernel and some columns each, with dy as it lies turned, if it does.
    """
    g, count, k, length = dy.shape
    depth = windows.shape[2]
    r = depth // max(high, 1)
    n = _columns(length, k, r, high)
    over: tuple[int, ...] = (1,)
    front, behind = (windows, dy) if k < depth else (dy, windows)  # BLAS is quicker so
    behind = behind.swapaxes(2, 3)
    if n is not None:
        over = 1, 3
        front = split(windows.reshape(g, count, high, r, length, copy=False), n)
        behind = split(dy[:, :, None], n).swapaxes(-2, -1)
        if lying is not None:
            behind = lying.reshape(g, count, 1, length // n, n, k, copy=False)
    products = space.array(("correlate", "products"), (*front.shape[:-1], behind.shape[-1]), dy.dtype)
    space.do(np.matmul, front, behind, out=products)
    found = space.array(
        ("correlate", "sum"), tuple(size for i, size in enumerate(products.shape) if i not in over), dy.dtype
    )
    space.do(np.add.reduce, products, axis=over, out=found)
    share = found if front is dy else found.reshape(g, depth, k).swapaxes(1, 2)
    space.do(np.add, total, share, out=total)


def gathers_back(shape: tuple[int, ...], s: Sizes) -> bool:
    """Whether the gradient of an image of that shape is best had from columns of dy, where windows step by one pixel.

    More channels of dy would be more columns, and its products are to be among those that BLAS does fastest.
    """
    wide = prod(s.kernel) > 1 and s.k <= s.c
    small = packs() or s.c * s.kh * s.k * prod(s.kernel) * LEAST <= SMALL
    return wide and small and prod(shape[1:-1]) <= _BEYOND * s.oh * prod(s.out)


@lru_cache(maxsize=1024)
def turned_around(axes: tuple[Axis, ...], shape: tuple[int, ...], s: Sizes) -> tuple[tuple[Axis, ...], Sizes]:
    """The windows of the turned filters over dy, and their sizes."""
    found = []
    for a, size, out in zip(axes, shape[1:-1], (s.oh, *s.out), strict=True):
        reach = a.dilation * (a.kernel - 1)
        found.append(Axis(a.kernel, 1, reach - a.before, size - out + a.before, a.dilation))
    return tuple(found), Sizes(s.g, s.c, s.k, s.kh, shape[1], s.kernel, shape[2:-1], s.n)


def added(matrix: Array, dy: Array, axes: tuple[Axis, ...], s: Sizes, dx: Array, space: Workspace) -> None:
    """Fills dx (C, *spatial, N) with the gradients of its columns; matrix (g, k, kh·r), dy (g, oh, k, length)."""
    shape, row, rest = dx.shape, axes[0], axes[1:]
    height = shape[1]
    pixels = are_pixels(shape, rest, s)
    if pixels and s.oh == 1 and height == s.kh and not row.before:  # one window over all
        space.do(np.matmul, matrix.swapaxes(1, 2), dy[:, 0], out=rows(dx).reshape(1, s.depth, s.length))
        return
    filters = _apart(matrix, row, s, space)
    if pixels:
        _fill_rows(filters, dy, row, rows(dx).reshape(1, height, s.r, s.length), range(height), s, space)
        return
    laying = _laying(rest, shape[2:-1], s.out)
    by_group = rows(dx).reshape(height, s.g, s.c, *shape[2:]).swapaxes(0, 1)  # (g, height, c, *spatial, n)
    step = portion(height, _NEAR // (s.g * s.r * s.length * dx.itemsize))
    for top in range(0, height, step):
        some = range(top, min(top + step, height))
        dcolumns = space.array(("correlate", "dcolumns"), (s.g, len(some), s.r, s.length), dy.dtype)
        _fill_rows(filters, dy, row, dcolumns, some, s, space)
        _lay(
            dcolumns.reshape(s.g, len(some), s.c, *s.kernel, *s.out, s.n),
            by_group[:, some.start : some.stop],
            laying,
            space,
        )


def _apart(matrix: Array, row: Axis, s: Sizes, space: Workspace) -> Array:
    """The filters by rows of the kernel, (g, kh, k, r), those beside each other that meet the same pixels."""
    filters = space.array(("correlate", "turned"), (s.g, s.kh, s.k, s.r), matrix.dtype)
    by_row = matrix.reshape(s.g, s.k, s.kh, s.r).swapaxes(1, 2)
    for places, some in tap_order(row):
        space.do(np.copyto, filters[:, places], by_row[:, some])
    return filters


def _fill_rows(
    filters: Array, dy: Array, row: Axis, dcolumns: Array, some: range, s: Sizes, space: Workspace
) -> None:
    """The gradient of some rows of columns, (g, rows, r, length), from the rows of outputs that saw each of them."""
    g_step, oh_step, k_step, item = dy.strides
    runs = row_runs(row, some, s.oh)
    if sum(run.height for run in runs) < len(some):
        space.do(dcolumns.fill, 0)
    for run in runs:
        part = filters[:, run.place : run.place + run.taps].reshape(s.g, 1, run.taps * s.k, s.r)
        seen = np.ndarray(
            (s.g, run.height, run.taps * s.k, s.length),
            dy.dtype,
            dy,
            offset=run.oldest * oh_step,
            strides=(g_step, oh_step, k_step, item),
        )
        last = run.first + (run.height - 1) * row.stride
        multiply(part.swapaxes(2, 3), seen, dcolumns[:, run.first : last + 1 : row.stride], space)


class _Laying(NamedTuple):
    """How columns become an image: some places of the window, no two over the same pixel, and then all others."""

    first: tuple[Axis, ...]  # windows of these places alone
    kernel: tuple[slice, ...]  # where they are in the window
    outputs: tuple[slice, ...]  # for which they all lie inside the image
    everywhere: bool  # whether they reach every pixel
    others: tuple[Tap, ...]


@lru_cache(maxsize=1024)
def _laying(rest: tuple[Axis, ...], sizes: tuple[int, ...], out: tuple[int, ...]) -> _Laying:
    """The places side by side that reach most pixels, and what they leave."""
    kernel, outputs = [], []
    for axis, size, count in zip(rest, sizes, out, strict=True):
        apart = min(axis.kernel, axis.stride // gcd(axis.stride, axis.dilation))
        runs = [range(first, first + apart) for first in range(axis.kernel - apart + 1)]
        inside = [common([reach(axis, size, count, offset)[0] for offset in run]) for run in runs]
        most = max(range(len(runs)), key=lambda i: inside[i].stop - inside[i].start)
        kernel.append(slice(runs[most].start, runs[most].stop))
        outputs.append(inside[most])
    first = tuple(
        axis._replace(kernel=some.stop - some.start, before=axis.before - some.start * axis.dilation)
        for axis, some in zip(rest, kernel, strict=True)
    )
    reached = [a.kernel * (some.stop - some.start) for a, some in zip(first, outputs, strict=True)]
    others = []
    for tap in taps(rest, sizes, out):
        there = all(some.start <= at < some.stop for at, some in zip(tap.offset, kernel, strict=True))
        for box in without(tap.outputs, tuple(outputs)) if there else [tap.outputs]:
            others.append(Tap(tap.offset, box, tuple(map(seen, rest, tap.offset, box))))
    return _Laying(first, tuple(kernel), tuple(outputs), reached == list(sizes), tuple(others))


def _lay(dcolumns: Array, dx: Array, laying: _Laying, space: Workspace) -> None:
    """Fills some rows of dx, (g, rows, c, *spatial, n), with their columns, (g, rows, c, *kernel, *out, n)."""
    if not laying.everywhere:
        space.do(dx.fill, 0)
    columns = last_axes(dcolumns, laying.kernel + laying.outputs)
    space.do(np.copyto, under(dx, laying.first, laying.outputs), columns)
    for tap in laying.others:
        there, part = last_axes(dx, tap.inputs), last_axes(dcolumns, tap.offset + tap.outputs)
        space.do(np.add, there, part, out=there)
