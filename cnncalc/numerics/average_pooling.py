"""The mean over windows, one axis after the other, and its adjoint."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from math import prod
from typing import Any

import numpy as np

from cnncalc.numerics.windows import Axis, along, reach
from cnncalc.numerics.workspace import Array, Pullback, Workspace


@cache
def _divisors(window: Axis, size: int, out: int, count_padding: bool) -> tuple[int, ...]:
    """How many pixels each window along an axis counts; beyond the pads nothing counts."""
    low, high = (-window.before, size + window.after) if count_padding else (0, size)
    starts = range(-window.before, out * window.stride - window.before, window.stride)
    return tuple(sum(low <= p + i * window.dilation < high for i in range(window.kernel)) for p in starts)


@cache
def _one_share(
    axes: tuple[Axis, ...], sizes: tuple[int, ...], out: tuple[int, ...], count_padding: bool
) -> float | None:
    """The weight of a pixel where it is the same in all windows."""
    counts = [_divisors(*each, count_padding) for each in zip(axes, sizes, out, strict=True)]
    return 1 / prod(each[0] for each in counts) if all(len(set(each)) == 1 for each in counts) else None


def _shares(axes: tuple[Axis, ...], x: Array, out: tuple[int, ...], count_padding: bool) -> Any:
    """The weight of a pixel in each window: one number where all windows agree, else (1, *out, 1)."""
    one = _one_share(axes, x.shape[1:-1], out, count_padding)
    if one is not None:
        return x.dtype.type(one)
    share = np.ones(())
    for axis, size, o in zip(axes, x.shape[1:-1], out, strict=True):
        share = share[..., None] / np.array(_divisors(axis, size, o, count_padding))
    return share[None, ..., None].astype(x.dtype)


def average_pool(
    x: Array,
    axes: tuple[Axis, ...],
    out: tuple[int, ...],
    space: Workspace,
    key: Hashable,
    *,
    count_padding: bool = True,
) -> tuple[Array, Pullback]:
    """The mean of every window.

    x (C, *spatial, N), y (C, *out, N). Zeros of the padding count in the divisor if `count_padding`; the
    part of a window beyond the padding, where ceil mode lets it stick out, never does.
    """
    if not axes:
        return x, lambda dy: dy
    y = space.image((key, "y"), (x.shape[0], *out, x.shape[-1]), x.dtype)

    def share() -> Any:
        return _shares(axes, x, out, count_padding)

    space.replay((key, axes, count_padding), (x, y), lambda: _mean(x, axes, share(), y, space))

    def pullback(dy: Array) -> Array:
        dx = space.image((key, "dx"), x.shape, dy.dtype)
        space.replay(
            (key, axes, count_padding, "dx"), (dy, dx), lambda: _mean_back(dy, axes, share(), dx, space)
        )
        return dx

    return y, pullback


def _mean(x: Array, axes: tuple[Axis, ...], share: Any, y: Array, space: Workspace) -> None:
    """The sum along one axis after the other, times a pixel's share."""
    for place, window in enumerate(axes):
        shape = (*x.shape[: place + 1], y.shape[place + 1], *x.shape[place + 2 :])
        total = y if place + 1 == len(axes) else space.image(("average_pool", place), shape, y.dtype)
        _sum_along(x, place, window, total, space)
        x = total
    space.do(np.multiply, y, share, out=y)


def _mean_back(dy: Array, axes: tuple[Axis, ...], share: Any, dx: Array, space: Workspace) -> None:
    """The gradient of every pixel from those of all windows that it is in; dy is overwritten."""
    space.do(np.multiply, dy, share, out=dy)
    for place in reversed(range(len(axes))):
        shape = (*dy.shape[: place + 1], dx.shape[place + 1], *dy.shape[place + 2 :])
        spread = dx if place == 0 else space.image(("average_pool", place, "d"), shape, dy.dtype)
        _sum_along_back(dy, place, axes[place], spread, space)
        dy = spread


def _sum_along(x: Array, place: int, window: Axis, y: Array, space: Workspace) -> None:
    """The sum over windows along one axis; pads are zeros."""
    out = y.shape[place + 1]
    pairs = [reach(window, x.shape[place + 1], out, i) for i in range(window.kernel)]
    if window.kernel > 1 and all(outputs == slice(0, out) for outputs, _ in pairs):
        space.do(np.add, x[along(place, pairs[0][1])], x[along(place, pairs[1][1])], out=y)
        pairs = pairs[2:]
    else:
        space.do(y.fill, 0)
    for outputs, inputs in pairs:
        there = y[along(place, outputs)]
        space.do(np.add, there, x[along(place, inputs)], out=there)


def _sum_along_back(dy: Array, place: int, window: Axis, dx: Array, space: Workspace) -> None:
    """Every pixel receives the gradients of all windows that it is in."""
    size, out = dx.shape[place + 1], dy.shape[place + 1]
    pairs = [reach(window, size, out, i) for i in range(window.kernel)]
    add = not window.apart
    if add or sum(outputs.stop - outputs.start for outputs, _ in pairs) < size:
        space.do(dx.fill, 0)
    for outputs, inputs in pairs:
        into, part = dx[along(place, inputs)], dy[along(place, outputs)]
        space.do(np.add, into, part, out=into) if add else space.do(np.copyto, into, part)
