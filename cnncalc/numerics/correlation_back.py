"""The way back through a correlation: the gradient of its weight, and two ways to that of its image.

Where windows step by one pixel, the image's gradient is a correlation of dy with the filters turned around. Elsewhere
every row of the image gathers its columns from the rows of outputs that saw it, and the columns are added.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from cnncalc.numerics.columns import Columns, Sizes, are_pixels
from cnncalc.numerics.products import LEAST, UNPACKED, multiply, piece, split
from cnncalc.numerics.windows import Axis, last_axes, row_runs, tap_order, taps
from cnncalc.numerics.workspace import Array, Workspace, rows

_DEEP, _WIDE = 8, 512  # rows and numbers of a product: with fewer it does not pay to turn dy
_LONG = 128  # columns in a piece: likewise
_BEYOND = 1.2  # times as many pixels as outputs: the rest of what a turned filter slides over are zeros


def weight_gradient(dy: Array, columns: Iterable[Columns], stride: int, s: Sizes, space: Workspace) -> Array:
    """Σ over rows of outputs of dy · windowsᵀ as (K, kh, c, *kernel); dy (g, oh, k, length)."""
    total: Any = 0
    turn = in_pieces(s.k, s.kh, s.r, s.length)
    for some in columns:
        part = dy[:, some.outputs]
        turned = turned_rows(part, space) if turn else None
        total = total + row_gradient(part, turned, some.windows(stride, s), s.kh, space)
    dweight: Array = total.reshape(s.g * s.k, s.kh, s.c, *s.kernel)
    return dweight


def in_pieces(filters: int, high: int, r: int, length: int) -> bool:
    """Whether the products of so long rows, with so many rows of the kernel, are best done by small ones."""
    return r >= _DEEP and filters * high * r >= _WIDE and piece(length, filters * r) >= _LONG


def turned_rows(dy: Array, space: Workspace) -> Array:
    """The rows of dy (g, rows, k, length) turned, (g, rows, length, k)."""
    turned = space.array(("correlate", "turned dy"), dy.swapaxes(2, 3).shape, dy.dtype)
    np.copyto(turned, dy.swapaxes(2, 3))
    return turned


def row_gradient(dy: Array, turned: Array | None, windows: Array, high: int, space: Workspace) -> Array:
    """Σ over rows of dy · windowsᵀ, (g, k, depth); dy (g, rows, k, length), windows (g, rows, depth, length).

    With dy turned, if it is, by small products: one of so many rows of the kernel, and some columns, each.
    """
    g, count, k, length = dy.shape
    depth = windows.shape[2]
    n = piece(length, depth // max(high, 1) * k)
    if turned is not None and n and length % n == 0:
        by_row = windows.reshape(g, count, high, depth // high, length, copy=False)
        pieces = turned.reshape(g, count, 1, length // n, n, k, copy=False)
        products = space.array(
            ("correlate", "products"), (g, count, high, length // n, depth // high, k), dy.dtype
        )
        np.matmul(split(by_row, n), pieces, out=products)
        total: Array = np.add.reduce(products, axis=(1, 3))
        return total.reshape(g, depth, k).swapaxes(1, 2)
    front, behind = (windows, dy) if k < depth else (dy, windows)  # BLAS is quicker so
    products = space.array(("correlate", "products"), (g, count, front.shape[2], behind.shape[2]), dy.dtype)
    np.matmul(front, behind.swapaxes(2, 3), out=products)
    total = np.add.reduce(products, axis=1)
    return total.swapaxes(1, 2) if k < depth else total


def gathers_back(shape: tuple[int, ...], s: Sizes) -> bool:
    """Whether the gradient of an image of that shape is best had from columns of dy, where windows step by one pixel.

    More channels of dy would be more columns, and its products are to be among those that BLAS does fastest.
    """
    wide = prod(s.kernel) > 1 and s.k <= s.c
    small = s.c * s.kh * s.k * prod(s.kernel) * LEAST <= UNPACKED
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
    shape, rest = dx.shape, axes[1:]
    height = shape[1]
    if are_pixels(shape, rest, s):
        _gather_rows(matrix, dy, axes[0], rows(dx).reshape(1, height, s.r, s.length), s, space)
        return
    dcolumns = space.array(("correlate", "dcolumns"), (s.g, height, s.r, s.length), dy.dtype)
    _gather_rows(matrix, dy, axes[0], dcolumns, s, space)
    rows(dx).fill(0)
    grouped = rows(dx).reshape(height, s.g, s.c, *shape[2:]).swapaxes(0, 1)  # (g, height, c, *spatial, n)
    by_tap = dcolumns.reshape(s.g, height, s.c, *s.kernel, *s.out, s.n)
    for tap in taps(rest, shape[2:-1], s.out):
        there = last_axes(grouped, tap.inputs)
        np.add(there, last_axes(by_tap, tap.offset + tap.outputs), out=there)


def _gather_rows(matrix: Array, dy: Array, row: Axis, dcolumns: Array, s: Sizes, space: Workspace) -> None:
    """Fill the gradient of the columns, (g, height, r, length), from the output rows that saw each row."""
    if s.oh == 1 and dcolumns.shape[1] == s.kh and not row.before:  # one window over all rows
        whole = dcolumns.reshape(s.g, s.depth, s.length)
        np.matmul(matrix.swapaxes(1, 2), dy[:, 0], out=whole)
        return
    taps_apart = space.array(("correlate", "turned"), (s.g, s.kh, s.k, s.r), dy.dtype)
    by_tap = matrix.reshape(s.g, s.k, s.kh, s.r).swapaxes(1, 2)
    for places, some in tap_order(row):
        np.copyto(taps_apart[:, places], by_tap[:, some])
    runs = row_runs(row, dcolumns.shape[1], s.oh)
    if sum(run.height for run in runs) < dcolumns.shape[1]:
        dcolumns.fill(0)
    g_step, oh_step, k_step, item = dy.strides
    for run in runs:
        part = taps_apart[:, run.place : run.place + run.taps].reshape(s.g, 1, run.taps * s.k, s.r)
        seen = np.ndarray(
            (s.g, run.height, run.taps * s.k, s.length),
            dy.dtype,
            dy,
            offset=run.oldest * oh_step,
            strides=(g_step, oh_step, k_step, item),
        )
        last = run.first + (run.height - 1) * row.stride
        multiply(part.swapaxes(2, 3), seen, dcolumns[:, run.first : last + 1 : row.stride])
