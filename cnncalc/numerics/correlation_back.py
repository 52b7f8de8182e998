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

_DEEP, _LONG = 64, 128  # numbers under a window, columns in a piece: with fewer it does not pay to turn dy
_BEYOND = 1.2  # times as many pixels as outputs: the rest of what a turned filter slides over are zeros


def weight_gradient(dy: Array, columns: Iterable[Columns], stride: int, s: Sizes, space: Workspace) -> Array:
    """Σ over rows of outputs of dy · windowsᵀ as (K, kh, c, *kernel); dy (g, oh, k, length)."""
    n = piece(s.length, s.r * s.k)
    small = s.depth >= _DEEP and n >= _LONG and s.length % n == 0
    total: Any = 0
    for some in columns:
        part, windows = dy[:, some.outputs], some.windows(stride, s)
        total = total + (
            _in_pieces(part, windows, n, s, space) if small else _at_once(part, windows, s, space)
        )
    dweight: Array = total.reshape(s.g * s.k, s.kh, s.c, *s.kernel)
    return dweight


def _in_pieces(dy: Array, windows: Array, n: int, s: Sizes, space: Workspace) -> Array:
    """The sum for some rows, (g, k, kh·r), by small products with dy turned: one row of the kernel, n columns each."""
    high, pieces = dy.shape[1], s.length // n
    lying = space.array(("correlate", "turned dy"), (s.g, high, 1, pieces, n, s.k), dy.dtype)
    np.copyto(lying.reshape(s.g, high, s.length, s.k), dy.swapaxes(2, 3))
    products = space.array(("correlate", "products"), (s.g, high, s.kh, pieces, s.r, s.k), dy.dtype)
    by_row = windows.reshape(s.g, high, s.kh, s.r, s.length, copy=False)
    np.matmul(split(by_row, n), lying, out=products)
    total: Array = np.add.reduce(products, axis=(1, 3))
    return total.reshape(s.g, s.depth, s.k).swapaxes(1, 2)


def _at_once(dy: Array, windows: Array, s: Sizes, space: Workspace) -> Array:
    """The same by one product a row; BLAS is quicker with the larger matrix in front."""
    high = dy.shape[1]
    if s.k < s.depth:
        products = space.array(("correlate", "products"), (s.g, high, s.depth, s.k), dy.dtype)
        np.matmul(windows, dy.swapaxes(2, 3), out=products)
        return _over_rows(products).swapaxes(1, 2)
    products = space.array(("correlate", "products"), (s.g, high, s.k, s.depth), dy.dtype)
    np.matmul(dy, windows.swapaxes(2, 3), out=products)
    return _over_rows(products)


def _over_rows(products: Array) -> Array:
    total: Array = np.add.reduce(products, axis=1)
    return total


def slides_back(axes: tuple[Axis, ...], shape: tuple[int, ...], s: Sizes) -> bool:
    """Whether the gradient of an image of that shape is best had by sliding the turned filters over dy.

    More channels of dy would be more columns, and its products are to be among those that BLAS does fastest.
    """
    by_one = all(a.stride == 1 for a in axes)
    wide = prod(s.kernel) > 1 and s.k <= s.c
    small = s.c * s.kh * s.k * prod(s.kernel) * LEAST <= UNPACKED
    return by_one and wide and small and prod(shape[1:-1]) <= _BEYOND * s.oh * prod(s.out)


def turned(
    weight: Array, axes: tuple[Axis, ...], shape: tuple[int, ...], s: Sizes, space: Workspace
) -> tuple[Array, tuple[Axis, ...], Sizes]:
    """What to slide over dy for the gradient of an image of that shape: matrix (g, c, kh·k·kernel), axes, sizes."""
    around, back = _around(axes, shape, s)
    matrix = space.array(("correlate", "turned"), (s.g, s.c, s.kh, s.k, *s.kernel), weight.dtype)
    by_group = weight.reshape(s.g, s.k, s.c, s.kh, *s.kernel)
    backwards = by_group[:, :, :, *(slice(None, None, -1) for _ in axes)]
    np.copyto(matrix, np.moveaxis(backwards, 1, 3))
    return matrix.reshape(s.g, s.c, -1), around, back


@lru_cache(maxsize=1024)
def _around(axes: tuple[Axis, ...], shape: tuple[int, ...], s: Sizes) -> tuple[tuple[Axis, ...], Sizes]:
    """The windows of the turned filters over dy, and their sizes."""
    around = []
    for a, size, out in zip(axes, shape[1:-1], (s.oh, *s.out), strict=True):
        reach = a.dilation * (a.kernel - 1)
        around.append(Axis(a.kernel, 1, reach - a.before, size - out + a.before, a.dilation))
    return tuple(around), Sizes(s.g, s.c, s.k, s.kh, shape[1], s.kernel, shape[2:-1], s.n)


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
