"""Cross-correlation and its adjoint: products of the weight with pixels where they lie, or with rows of columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from cnncalc.numerics import paired, shifted
from cnncalc.numerics.channels import beside_rows, by_row, channel_sum
from cnncalc.numerics.columns import Sizes, are_pixels, gathered
from cnncalc.numerics.correlation_back import added, gathers_back, turned_around, weight_gradient
from cnncalc.numerics.products import multiply
from cnncalc.numerics.windows import Axis
from cnncalc.numerics.workspace import Array, Workspace, rows

Gradients: TypeAlias = tuple[Array | None, Array, Array | None]
Pullback: TypeAlias = Callable[[Array], Gradients]

_ONE = Axis(1)
_FAR = 1 << 20  # bytes of results that are not near the core when they are written
_LARGE = 600  # numbers in a matrix whose products are held up by that


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
    s = sizes(weight.shape, axes, out, groups, x.shape[-1])
    by_group = weight.reshape(s.g, s.k, *weight.shape[1:])
    y = space.image((key, "y"), (weight.shape[0], *out, s.n), x.dtype)
    space.replay((key, axes, s), (x, weight, y), lambda: _slide(x, by_group, axes, s, y, space, key))
    if bias is not None:
        lying = by_row(y)
        np.add(lying, beside_rows(bias, y, space, "bias"), out=lying)
    return y, gradients(x, weight, axes, s, space, key, bias=bias is not None, need_dx=need_dx)


def gradients(
    x: Array,
    weight: Array,
    axes: tuple[Axis, ...],
    s: Sizes,
    space: Workspace,
    key: Hashable,
    *,
    bias: bool,
    need_dx: bool,
) -> Pullback:
    """The way back through a correlation of x (C, H, ..., N) that has been computed with that key."""

    def pullback(dy: Array) -> Gradients:
        dweight = space.array((key, "dweight"), (s.g, s.k, s.kh, s.c, *s.kernel), dy.dtype)
        space.replay(
            (key, axes, s, "dweight"),
            (x, dy, dweight),
            lambda: _weight_gradient(x, dy, axes, s, dweight, space, key),
        )
        slope = dweight.reshape(-1, *dweight.shape[2:]).swapaxes(1, 2)
        dbias = channel_sum(dy) if bias else None
        dx = image_gradient(dy, weight, axes, x.shape, s, space, key) if need_dx else None
        return dx, slope, dbias

    return pullback


def image_gradient(
    dy: Array,
    weight: Array,
    axes: tuple[Axis, ...],
    shape: tuple[int, ...],
    s: Sizes,
    space: Workspace,
    key: Hashable,
) -> Array:
    """That of an image of that shape, (C, H, ..., N), from dy (K, oh, ..., N)."""
    dx = space.image((key, "dx"), shape, dy.dtype)
    by_group = weight.reshape(s.g, s.k, *weight.shape[1:])
    space.replay(
        (key, axes, s, "dx"), (dy, weight, dx), lambda: _adjoint(dy, by_group, axes, s, dx, space, key)
    )
    return dx


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
    s = sizes(weight.shape, axes, dy.shape[1:-1], groups, dy.shape[-1])
    return image_gradient(dy, weight, axes, shape, s, space, key)


@lru_cache(maxsize=1024)  # a step of training asks for the same as the one before
def sizes(
    weight: tuple[int, ...], axes: tuple[Axis, ...], out: tuple[int, ...], groups: int, n: int
) -> Sizes:
    """Those of a correlation with a weight of that shape, (K, C/groups, *kernel)."""
    filters, channels, _, *kernel = weight
    return Sizes(groups, filters // groups, channels, axes[0].kernel, out[0], tuple(kernel), out[1:], n)


def _slide(
    x: Array, weight: Array, axes: tuple[Axis, ...], s: Sizes, y: Array, space: Workspace, key: Hashable
) -> None:
    """Fills y (K, *out, n) with the correlation of x and a weight (g, k, c, kh, *kernel)."""
    if shifted.suits(x, axes, s):
        shifted.slide(x, weight, axes, s, y, space)
        return
    if paired.suits(axes[0], s):
        weight = paired.twice(weight, axes[0], s, space)
        axes, s = paired.taller(axes, s)
    matrix = matrix_of(weight, s, space, key)
    by_group = rows(y).reshape(s.oh, s.g, s.k, s.length, copy=False).swapaxes(0, 1)
    for columns in gathered(x, axes, s, space, key):
        there = by_group[:, columns.outputs]
        if y.nbytes > _FAR and matrix[0].size >= _LARGE:
            space.do(there.fill, 0)  # fetches it in one go: products go faster into memory that is near
        multiply(matrix[:, None], columns.windows(axes[0].stride, s), there, space)


def _weight_gradient(
    x: Array, dy: Array, axes: tuple[Axis, ...], s: Sizes, dweight: Array, space: Workspace, key: Hashable
) -> None:
    """Fills dweight (g, k, kh, c, *kernel) after _slide has been over x with the same key."""
    dy_rows = _grouped(dy, s, space)
    if shifted.suits(x, axes, s):
        shifted.weight_gradient(x, dy_rows, axes, s, dweight, space)
    elif paired.suits(axes[0], s):
        _, pairs = both = paired.taller(axes, s)
        slope = space.array(("paired", "dweight"), (1, pairs.k, pairs.kh, s.c, *s.kernel), dweight.dtype)
        dy_rows = dy_rows.reshape(1, pairs.oh, pairs.k, s.length, copy=False)
        _gathered_gradient(x, dy_rows, *both, slope, space, key)
        paired.folded(slope, axes[0], s, dweight, space)
    else:
        _gathered_gradient(x, dy_rows, axes, s, dweight, space, key)


def _gathered_gradient(
    x: Array, dy: Array, axes: tuple[Axis, ...], s: Sizes, dweight: Array, space: Workspace, key: Hashable
) -> None:
    """Fills dweight (g, k, kh, c, *kernel) from the columns of x and from dy (g, oh, k, length)."""
    columns = gathered(x, axes, s, space, key, again=True)
    weight_gradient(dy, columns, axes[0].stride, s, dweight, space)


def _adjoint(
    dy: Array, weight: Array, axes: tuple[Axis, ...], s: Sizes, dx: Array, space: Workspace, key: Hashable
) -> None:
    """Fills dx with the gradient of the image: the filters, turned around, slide over dy, or columns are added."""
    if all(axis.stride == 1 for axis in axes) and not are_pixels(dx.shape, axes[1:], s):
        around, back = turned_around(axes, dx.shape, s)
        if shifted.suits(dy, around, back) or gathers_back(dx.shape, s):
            backwards = np.flip(weight, tuple(range(3, weight.ndim))).swapaxes(1, 2)
            _slide(dy, backwards, around, back, dx, space, "dy")
            return
    added(matrix_of(weight, s, space, key), _grouped(dy, s, space), axes, s, dx, space)


def _without_rows(found: Gradients) -> Gradients:
    dx, dweight, dbias = found
    return None if dx is None else dx[:, 0], dweight[:, :, 0], dbias


def matrix_of(weight: Array, s: Sizes, space: Workspace, key: Hashable) -> Array:
    """A weight (g, k, c, kh, *kernel) in the order of the windows, (g, k, kh·c·kernel); copied if it lies otherwise."""
    ordered = weight.swapaxes(2, 3)
    if not ordered.flags.c_contiguous:
        matrix = space.array((key, "matrix"), ordered.shape, weight.dtype)
        space.do(np.copyto, matrix, ordered)
        ordered = matrix
    return ordered.reshape(s.g, s.k, s.depth)


def _grouped(dy: Array, s: Sizes, space: Workspace) -> Array:
    """The gradient as (g, oh, k, length), contiguous from oh on within a group."""
    lying = rows(dy)
    if s.g == 1 and lying.flags.c_contiguous:
        return lying.reshape(1, s.oh, s.k, s.length)
    copy = space.array(("correlate", "dy"), (s.g, s.oh, s.k, *s.out, s.n), dy.dtype)
    space.do(np.copyto, copy, lying.reshape(s.oh, s.g, s.k, *s.out, s.n).swapaxes(0, 1))
    return copy.reshape(s.g, s.oh, s.k, s.length)
