"""Correlation followed by max pooling, a few rows at a time.

What the first filters of a network find is much, and pooling leaves a quarter of it. Pooled while it is near the core,
the rest never goes to memory.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias

from cnncalc.numerics import paired, shifted
from cnncalc.numerics.columns import Sizes, come_at_once, gathered
from cnncalc.numerics.correlation import correlate, gradients, matrix_of, sizes
from cnncalc.numerics.max_pooling import inside, max_pool, strips, take_largest, to_winners, winners
from cnncalc.numerics.products import multiply
from cnncalc.numerics.windows import Axis
from cnncalc.numerics.workspace import Array, Workspace, rows

Gradients: TypeAlias = tuple[Array | None, Array]
Geometry: TypeAlias = tuple[tuple[Axis, ...], tuple[int, ...]]  # windows, and how many fit each axis


def correlate_and_pool(
    x: Array,
    weight: Array,
    filters: Geometry,
    pools: Geometry,
    groups: int,
    space: Workspace,
    key: Hashable,
    *,
    train: bool,
    need_dx: bool = True,
) -> tuple[Array, Callable[[Array], Gradients]]:
    """The largest of what the filters find in an image, in every window of pools.

    x (C, *spatial, N), weight (K, C/groups, *kernel), y (K, *pooled, N). The pullback gives (dx or None, dweight) and
    may overwrite dy; without `train` it may not be called.
    """
    (axes, out), (pool, pooled) = filters, pools
    s = sizes(weight.shape, axes, out, groups, x.shape[-1])
    place = space, (key, "pool")
    if not _suits(x, filters, pools, s):
        found, back = correlate(x, weight, None, axes, out, groups, space, key, need_dx=need_dx)
        y, spread = max_pool(found, pool, pooled, *place, train=train)
        return y, lambda dy: back(spread(dy))[:2]
    shape = (weight.shape[0], *out, s.n)
    y = space.image((key, "y"), (shape[0], *pooled, s.n), x.dtype)
    won = winners(shape, pool, pooled, *place, train=train)

    def forward() -> None:
        matrix = matrix_of(weight.reshape(s.g, s.k, *weight.shape[1:]), s, space, key)
        [columns] = gathered(x, axes, s, space, key)
        windows = columns.windows(axes[0].stride, s)
        for up, under in strips(shape, pool[0], pooled[0]):
            near = space.image("pooled", (shape[0], under.stop - under.start, *shape[2:]), x.dtype)
            by_group = rows(near).reshape(-1, s.g, s.k, s.length).swapaxes(0, 1)
            multiply(matrix[:, None], windows[:, under], by_group, space)
            take_largest(near, pool, y, up, under, won, space)

    space.replay((key, axes, s, pool, train), (x, weight, y), forward)
    spread = to_winners(shape, pool, won, *place)
    back = gradients(x, weight, axes, s, space, key, bias=False, need_dx=need_dx)
    return y, lambda dy: back(spread(dy))[:2]


def _suits(x: Array, filters: Geometry, pools: Geometry, s: Sizes) -> bool:
    """Whether all columns lie ready at once, and a row of results is under one row of outputs at most."""
    (axes, out), (pool, pooled) = filters, pools
    return (
        len(axes) > 1
        and axes[0].dilation == 1
        and not shifted.suits(x, axes, s)
        and not paired.suits(axes[0], s)
        and come_at_once(x.shape, axes, s, x.itemsize)
        and pool[0].apart
        and inside(pool, out, pooled)
    )
