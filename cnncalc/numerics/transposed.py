"""Transposed convolution, the adjoint of correlate, and the repetition of pixels."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from cnncalc.numerics.channels import by_channel, channel_sum
from cnncalc.numerics.correlation import correlate, correlate_adjoint
from cnncalc.numerics.windows import Axis
from cnncalc.numerics.workspace import Array, Pullback, Workspace

Gradients: TypeAlias = tuple[Array | None, Array, Array | None]


def transpose_correlate(
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
) -> tuple[Array, Callable[[Array], Gradients]]:
    """Every pixel lays its filters, weighted by it; what falls together is added.

    x (C, *spatial, N), weight (C, K/groups, *kernel), bias (K,); y (K, *out, N). The pads of the axes are cut from
    the result; where it is to be larger than what is laid, nothing but the bias lies at its end.
    The pullback gives (dx or None, dweight, dbias or None) and leaves dy as it is.
    """
    inputs, filters, n = x.shape[1:-1], weight.shape[1] * groups, x.shape[-1]
    sizes = [(a, (size - 1) * a.stride + a.dilation * (a.kernel - 1) + 1 - a.before) for a, size in
             zip(axes, inputs, strict=True)]  # fmt: skip
    reached = tuple(min(o, laid) for o, (_, laid) in zip(out, sizes, strict=True))
    axes = tuple(a._replace(after=laid - o) for (a, laid), o in zip(sizes, reached, strict=True))
    laid = correlate_adjoint(x, weight, axes, (filters, *reached, n), groups, space, (key, "laid"))
    there: tuple[Any, ...] = (slice(None), *map(slice, reached))
    if reached == out:
        y = laid
    else:
        y = space.image((key, "y"), (filters, *out, n), x.dtype)
        y.fill(0)
        y[there] = laid
    if bias is not None:
        np.add(y, by_channel(bias, y), out=y)

    def pullback(dy: Array) -> Gradients:
        seen = dy[there]
        dx, back = correlate(seen, weight, None, axes, inputs, groups, space, (key, "back"), need_dx=False)
        _, dweight, _ = back(x)
        return dx if need_dx else None, dweight, None if bias is None else channel_sum(dy)

    return y, pullback


def repeat(x: Array, factors: tuple[int, ...], space: Workspace, key: Hashable) -> tuple[Array, Pullback]:
    """Every pixel several times along each axis: (C, *spatial, N) to (C, *(spatial · factors), N)."""
    sizes = tuple(n * factor for n, factor in zip(x.shape[1:-1], factors, strict=True))
    places = [
        (slice(None), *(slice(i, None, factor) for i, factor in zip(offset, factors, strict=True)))
        for offset in product(*map(range, factors))
    ]
    y = space.image((key, "y"), (x.shape[0], *sizes, x.shape[-1]), x.dtype)
    for place in places:
        y[place] = x

    def pullback(dy: Array) -> Array:
        dx = space.image((key, "dx"), x.shape, x.dtype)
        dx[...] = dy[places[0]]
        for place in places[1:]:
            np.add(dx, dy[place], out=dx)
        return dx

    return y, pullback
