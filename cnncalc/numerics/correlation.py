"""Cross-correlation and its adjoint, as products of the weight with rows of columns.

Only the spatial axes after the first are gathered into columns, so each pixel is copied kw times, not kh·kw
times. Along the first axis the windows of the columns overlap in memory, and each row of outputs is a product
of its own: small enough to stay in the cache, and for BLAS to skip its packing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import prod
from typing import NamedTuple, TypeAlias

import numpy as np

from cnncalc.numerics.sums import channel_sum
from cnncalc.numerics.windows import Axis, last_axes, row_runs, tap_order, taps
from cnncalc.numerics.workspace import Array, Workspace, rows

Gradients: TypeAlias = tuple[Array | None, Array, Array | None]
Pullback: TypeAlias = Callable[[Array], Gradients]

_ONE = Axis(1)


class _Sizes(NamedTuple):
    """The extents of one correlation; kernel and out are those of the axes after the first."""

    g: int
    k: int  # output channels a group
    c: int  # input channels a group
    kh: int
    oh: int
    kernel: tuple[int, ...]  # of the axes after the first
    out: tuple[int, ...]
    n: int

    @property
    def r(self) -> int:
        """How many rows of the columns belong to one row of the image, a group."""
        return self.c * prod(self.kernel)

    @property
    def length(self) -> int:
        return prod(self.out) * self.n


def correlate(
    x: Array,
    weight: Array,
    bias: Array | None,
    axes: tuple[Axis, ...],
    out: tuple[int, ...],
    groups: int,
    space: Workspace,
    key: Hashable,
    *,
    need_dx: bool = True,
) -> tuple[Array, Pullback]:
    """Slide every filter over the image; nothing is flipped.

    x (C, *spatial, N), weight (K, C/groups, *kernel), bias (K,); y (K, *out, N), out as many as windows fit.
    The pullback gives (dx or None, dweight, dbias or None).
    """
    if len(axes) == 1 or axes[0].dilation > 1:  # rows that are apart are gathered, like the other axes
        x, weight = x[:, None], weight[:, :, None]
        y, inner = correlate(x, weight, bias, (_ONE, *axes), (1, *out), groups, space, key, need_dx=need_dx)
        return y[:, 0], lambda dy: _without_rows(inner(dy[:, None]))
    k, c = weight.shape[0] // groups, weight.shape[1]
    s = _Sizes(groups, k, c, axes[0].kernel, out[0], weight.shape[3:], out[1:], x.shape[-1])
    columns = _columns(x, axes, s, space, key)
    windows = _windows(columns, axes[0].stride, s)  # (g, oh, kh·r, length)
    matrix = _matrix(weight, s, space, key)  # (g, k, kh·r)
    y = space.image((key, "y"), (groups * k, *out, s.n), x.dtype)
    by_group = rows(y).reshape(s.oh, groups, k, s.length).swapaxes(0, 1)  # (g, oh, k, length)
    np.matmul(matrix[:, None], windows, out=by_group)
    if bias is not None:
        np.add(rows(y), bias.reshape(-1, *(1 for _ in out)), out=rows(y))

    def pullback(dy: Array) -> Gradients:
        dy_groups = _grouped(dy, s, space)
        dweight = _product_with_windows(dy_groups, windows, s, space).swapaxes(1, 2)
        dbias = None if bias is None else channel_sum(dy)
        dx = _gather(matrix, dy_groups, axes, x.shape, s, space, key) if need_dx else None
        return dx, dweight, dbias

    return y, pullback


def correlate_adjoint(
    dy: Array,
    weight: Array,
    axes: tuple[Axis, ...],
    shape: tuple[int, ...],
    groups: int,
    space: Workspace,
    key: Hashable,
) -> Array:
    """What the pullback of correlate makes of dy (K, *out, N) for an image of that shape, (C, *spatial, N)."""
    if len(axes) == 1 or axes[0].dilation > 1:
        whole = (shape[0], 1, *shape[1:])
        return correlate_adjoint(dy[:, None], weight[:, :, None], (_ONE, *axes), whole, groups, space, key)[
            :, 0
        ]
    k, c, out = weight.shape[0] // groups, weight.shape[1], dy.shape[1:-1]
    s = _Sizes(groups, k, c, axes[0].kernel, out[0], weight.shape[3:], out[1:], dy.shape[-1])
    return _gather(_matrix(weight, s, space, key), _grouped(dy, s, space), axes, shape, s, space, key)


def _without_rows(gradients: Gradients) -> Gradients:
    dx, dweight, dbias = gradients
    return None if dx is None else dx[:, 0], dweight[:, :, 0], dbias


def _matrix(weight: Array, s: _Sizes, space: Workspace, key: Hashable) -> Array:
    """The weight in the order of the windows, (g, k, kh·c·kernel); copied only if it lies otherwise."""
    ordered = weight.swapaxes(1, 2)  # (K, kh, c, *kernel)
    if not ordered.flags.c_contiguous:
        matrix = space.array((key, "matrix"), ordered.shape, weight.dtype)
        np.copyto(matrix, ordered)
        ordered = matrix
    return ordered.reshape(s.g, s.k, s.kh * s.r)


def _columns(x: Array, axes: tuple[Axis, ...], s: _Sizes, space: Workspace, key: Hashable) -> Array:
    """The pixels under each place of the window in every padded row, (g, rows, c, *kernel, *out, n)."""
    row, rest = axes[0], axes[1:]
    lying = rows(x)
    if not row.before and not row.after and _are_pixels(x.shape, rest, s) and lying.flags.c_contiguous:
        return lying[None]
    height = x.shape[1]
    shape = (s.g, height + row.before + row.after, s.c, *s.kernel, *s.out, s.n)
    columns = space.array((key, "columns"), shape, x.dtype)
    if any(axis.before or axis.after for axis in axes):
        columns.fill(0)
    grouped = lying.reshape(height, s.g, s.c, *x.shape[2:]).swapaxes(0, 1)  # (g, height, c, *spatial, n)
    real = columns[:, row.before : row.before + height]
    for tap in taps(rest, x.shape[2:-1], s.out):
        np.copyto(last_axes(real, tap.offset + tap.outputs), last_axes(grouped, tap.inputs))
    return columns


def _are_pixels(shape: tuple[int, ...], rest: tuple[Axis, ...], s: _Sizes) -> bool:
    """Whether the columns of an image (C, *spatial, N) would be its pixels, in the same order."""
    visited = all(axis.visits for axis in rest)
    covered = all(axis.covers(size) for axis, size in zip(rest, shape[2:-1], strict=True))
    return s.g == 1 and (visited or covered)


def _windows(columns: Array, stride: int, s: _Sizes) -> Array:
    """The columns of each output row as a matrix, (g, oh, kh·r, length); they overlap, nothing is copied."""
    item = columns.itemsize
    line = s.length * item
    height = columns.shape[1]
    return np.ndarray(
        (s.g, s.oh, s.kh * s.r, s.length),
        columns.dtype,
        columns,
        strides=(height * s.r * line, stride * s.r * line, line, item),
    )


def _grouped(dy: Array, s: _Sizes, space: Workspace) -> Array:
    """The gradient as (g, oh, k, length), contiguous from oh on within a group."""
    lying = rows(dy)
    if s.g == 1 and lying.flags.c_contiguous:
        return lying.reshape(1, s.oh, s.k, s.length)
    copy = space.array(("correlate", "dy"), (s.g, s.oh, s.k, *s.out, s.n), dy.dtype)
    np.copyto(copy, lying.reshape(s.oh, s.g, s.k, *s.out, s.n).swapaxes(0, 1))
    return copy.reshape(s.g, s.oh, s.k, s.length)


def _product_with_windows(dy: Array, windows: Array, s: _Sizes, space: Workspace) -> Array:
    """The gradient of the weight, Σ over output rows of dy · windowsᵀ, as (K, kh, c, *kernel)."""
    depth = s.kh * s.r
    if s.k < depth:  # BLAS is quicker with the larger matrix in front
        products = space.array(("correlate", "products"), (s.g, s.oh, depth, s.k), dy.dtype)
        total = np.add.reduce(np.matmul(windows, dy.swapaxes(2, 3), out=products), axis=1).swapaxes(1, 2)
    else:
        products = space.array(("correlate", "products"), (s.g, s.oh, s.k, depth), dy.dtype)
        total = np.add.reduce(np.matmul(dy, windows.swapaxes(2, 3), out=products), axis=1)
    dweight: Array = total.reshape(s.g * s.k, s.kh, s.c, *s.kernel)
    return dweight


def _gather(
    matrix: Array,
    dy: Array,
    axes: tuple[Axis, ...],
    shape: tuple[int, ...],
    s: _Sizes,
    space: Workspace,
    key: Hashable,
) -> Array:
    """The gradient of the image: its rows gather from the output rows that saw them, then columns are added.

    matrix (g, k, kh·r), dy (g, oh, k, length); dx as `shape`, (C, *spatial, N).
    """
    height = shape[1]
    rest = axes[1:]
    dx = space.image((key, "dx"), shape, dy.dtype)
    if _are_pixels(shape, rest, s):
        _gather_rows(matrix, dy, axes[0], rows(dx).reshape(1, height, s.r, s.length), s, space)
        return dx
    dcolumns = space.array(("correlate", "dcolumns"), (s.g, height, s.r, s.length), dy.dtype)
    _gather_rows(matrix, dy, axes[0], dcolumns, s, space)
    rows(dx).fill(0)
    grouped = rows(dx).reshape(height, s.g, s.c, *shape[2:]).swapaxes(0, 1)  # (g, height, c, *spatial, n)
    gathered = dcolumns.reshape(s.g, height, s.c, *s.kernel, *s.out, s.n)
    for tap in taps(rest, shape[2:-1], s.out):
        there = last_axes(grouped, tap.inputs)
        np.add(there, last_axes(gathered, tap.offset + tap.outputs), out=there)
    return dx


def _gather_rows(matrix: Array, dy: Array, row: Axis, dcolumns: Array, s: _Sizes, space: Workspace) -> None:
    """Fill the gradient of the columns, (g, height, r, length), from the output rows that saw each row."""
    if s.oh == 1 and dcolumns.shape[1] == s.kh and not row.before:  # one window over all rows
        whole = dcolumns.reshape(s.g, s.kh * s.r, s.length)
        np.matmul(matrix.swapaxes(1, 2), dy[:, 0], out=whole)
        return
    turned = space.array(("correlate", "turned"), (s.g, s.kh, s.k, s.r), dy.dtype)
    by_tap = matrix.reshape(s.g, s.k, s.kh, s.r).swapaxes(1, 2)
    for places, some in tap_order(row):
        np.copyto(turned[:, places], by_tap[:, some])
    runs = row_runs(row, dcolumns.shape[1], s.oh)
    if sum(run.height for run in runs) < dcolumns.shape[1]:
        dcolumns.fill(0)
    g_step, oh_step, k_step, item = dy.strides
    for run in runs:
        part = turned[:, run.place : run.place + run.taps].reshape(s.g, 1, run.taps * s.k, s.r)
        seen = np.ndarray(
            (s.g, run.height, run.taps * s.k, s.length),
            dy.dtype,
            dy,
            offset=run.oldest * oh_step,
            strides=(g_step, oh_step, k_step, item),
        )
        last = run.first + (run.height - 1) * row.stride
        np.matmul(part.swapaxes(2, 3), seen, out=dcolumns[:, run.first : last + 1 : row.stride])
