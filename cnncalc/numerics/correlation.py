"""Cross-correlation and its adjoint, as products of the weight with rows of columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from cnncalc.numerics.channels import beside_rows, by_row, channel_sum
from cnncalc.numerics.columns import Columns, Sizes, gathered
from cnncalc.numerics.correlation_back import added, slides_back, turned, weight_gradient
from cnncalc.numerics.products import multiply
from cnncalc.numerics.windows import Axis
from cnncalc.numerics.workspace import Array, Workspace, rows

Gradients: TypeAlias = tuple[Array | None, Array, Array | None]
Pullback: TypeAlias = Callable[[Array], Gradients]

_ONE = Axis(1)


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
    The pullback gives (dx or None, dweight, dbias or None) and leaves dy as it is.
    """
    if len(axes) == 1 or axes[0].dilation > 1:  # rows that are apart are gathered, like the other axes
        x, weight = x[:, None], weight[:, :, None]
        y, inner = correlate(x, weight, bias, (_ONE, *axes), (1, *out), groups, space, key, need_dx=need_dx)
        return y[:, 0], lambda dy: _without_rows(inner(dy[:, None]))
    s = _sizes(weight.shape, axes, out, groups, x.shape[-1])
    matrix = _matrix(weight, s, space, key)  # (g, k, kh·r)
    y = space.image((key, "y"), (weight.shape[0], *out, s.n), x.dtype)
    kept = _slide(x, matrix, axes, s, y, space, key)
    if bias is not None:
        lying = by_row(y)
        np.add(lying, beside_rows(bias, y, space, "bias"), out=lying)

    def pullback(dy: Array) -> Gradients:
        by_group = _grouped(dy, s, space)
        columns = [kept] if kept else gathered(x, axes, s, space, key)
        dweight = weight_gradient(by_group, columns, axes[0].stride, s, space).swapaxes(1, 2)
        dbias = None if bias is None else channel_sum(dy)
        if not need_dx:
            return None, dweight, dbias
        dx = space.image((key, "dx"), x.shape, dy.dtype)
        if slides_back(axes, x.shape, s):
            filters, around, back = turned(weight, axes, x.shape, s, space)
            _slide(dy, filters, around, back, dx, space, "dy")
        else:
            added(matrix, by_group, axes, s, dx, space)
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
    s = _sizes(weight.shape, axes, dy.shape[1:-1], groups, dy.shape[-1])
    dx = space.image((key, "dx"), shape, dy.dtype)
    added(_matrix(weight, s, space, key), _grouped(dy, s, space), axes, s, dx, space)
    return dx


@lru_cache(maxsize=1024)  # a step of training asks for the same as the one before
def _sizes(
    weight: tuple[int, ...], axes: tuple[Axis, ...], out: tuple[int, ...], groups: int, n: int
) -> Sizes:
    filters, channels, _, *kernel = weight
    return Sizes(groups, filters // groups, channels, axes[0].kernel, out[0], tuple(kernel), out[1:], n)


def _slide(
    x: Array, matrix: Array, axes: tuple[Axis, ...], s: Sizes, y: Array, space: Workspace, key: Hashable
) -> Columns | None:
    """Fills y (K, *out, n) with products of a matrix (g, k, kh·r) and the windows on x; the columns if they last."""
    by_group = rows(y).reshape(s.oh, s.g, s.k, s.length).swapaxes(0, 1)
    columns = None
    for columns in gathered(x, axes, s, space, key):
        multiply(matrix[:, None], columns.windows(axes[0].stride, s), by_group[:, columns.outputs])
    return columns if columns and columns.outputs == slice(0, s.oh) else None


def _without_rows(gradients: Gradients) -> Gradients:
    dx, dweight, dbias = gradients
    return None if dx is None else dx[:, 0], dweight[:, :, 0], dbias


def _matrix(weight: Array, s: Sizes, space: Workspace, key: Hashable) -> Array:
    """The weight in the order of the windows, (g, k, kh·c·kernel); copied only if it lies otherwise."""
    ordered = weight.swapaxes(1, 2)  # (K, kh, c, *kernel)
    if not ordered.flags.c_contiguous:
        matrix = space.array((key, "matrix"), ordered.shape, weight.dtype)
        np.copyto(matrix, ordered)
        ordered = matrix
    return ordered.reshape(s.g, s.k, s.depth)


def _grouped(dy: Array, s: Sizes, space: Workspace) -> Array:
    """The gradient as (g, oh, k, length), contiguous from oh on within a group."""
    lying = rows(dy)
    if s.g == 1 and lying.flags.c_contiguous:
        return lying.reshape(1, s.oh, s.k, s.length)
    copy = space.array(("correlate", "dy"), (s.g, s.oh, s.k, *s.out, s.n), dy.dtype)
    np.copyto(copy, lying.reshape(s.oh, s.g, s.k, *s.out, s.n).swapaxes(0, 1))
    return copy.reshape(s.g, s.oh, s.k, s.length)
