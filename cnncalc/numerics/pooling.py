"""Maximum and average over windows, one axis after the other, and their adjoints."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cache
from math import prod
from typing import Any

import numpy as np

from cnncalc.numerics.windows import Axis, last_axes, reach
from cnncalc.numerics.workspace import Array, Pullback, Workspace

_WHOLE = (slice(None),) * 3  # channels and all spatial axes but the last
_STRIP = 100_000  # elements of an image that pass through at once, and stay near the core


def _along(place: int, part: slice) -> tuple[slice, ...]:
    """The index that takes a part of one spatial axis of (C, *spatial, N)."""
    return (*_WHOLE[: place + 1], part)


def _span(window: Axis, offset: int, out: int) -> slice:
    """The pixels of a padded axis under one place of the window."""
    start = offset * window.dilation
    return slice(start, start + (out - 1) * window.stride + 1, window.stride)


def _apart(window: Axis) -> bool:
    """Whether no pixel is seen by two windows."""
    return window.stride > window.dilation * (window.kernel - 1)


def _tiles(window: Axis, out: int, size: int) -> bool:
    """Whether every pixel of a padded axis is seen by one window."""
    return _apart(window) and window.kernel * out == size


def _padded(x: Array, axes: tuple[Axis, ...], out: tuple[int, ...], space: Workspace, key: Hashable) -> Array:
    """The image with −∞ wherever a window reaches beyond it; itself if none does."""
    sizes = x.shape[1:-1]
    ends = [_span(a, a.kernel - 1, o).stop for a, o in zip(axes, out, strict=True)]
    after = [max(0, end - n - a.before) for a, end, n in zip(axes, ends, sizes, strict=True)]
    if not any(a.before for a in axes) and not any(after):
        return x
    shape = tuple(n + a.before + more for n, a, more in zip(sizes, axes, after, strict=True))
    image = space.image((key, "padded"), (x.shape[0], *shape, x.shape[-1]), x.dtype)
    image.fill(-np.inf)
    np.copyto(last_axes(image, _real(x, axes)), x)
    return image


def _real(x: Array, axes: tuple[Axis, ...]) -> tuple[slice, ...]:
    """Where the image lies in its padded version."""
    return tuple(slice(a.before, a.before + n) for a, n in zip(axes, x.shape[1:-1], strict=True))


def _strips(x: Array, row: Axis, out: int) -> Iterator[tuple[slice, slice]]:
    """Rows of the output and the rows of the image under them, few enough to stay in the cache."""
    step = max(1, _STRIP * x.shape[1] // (x.size * row.stride))
    for start in range(0, out, step):
        stop = min(start + step, out)
        first = start * row.stride
        yield slice(start, stop), slice(first, first + _span(row, row.kernel - 1, stop - start).stop)


def max_pool(
    x: Array,
    axes: tuple[Axis, ...],
    out: tuple[int, ...],
    space: Workspace,
    key: Hashable,
    *,
    train: bool = True,
) -> tuple[Array, Pullback]:
    """The largest pixel of every window; pads are −∞.

    x (C, *spatial, N), y (C, *out, N); the last windows may stick out, as in ceil mode.
    The gradient goes to one winner, the first in row-major order. Without `train` no pullback may be called.
    """
    padded = _padded(x, axes, out, space, key)
    y = space.image((key, "y"), (x.shape[0], *out, x.shape[-1]), x.dtype)
    passes = [place for place, axis in enumerate(axes) if place == 0 or axis != Axis(1)]
    if train:
        passes.reverse()  # the last axis first: of equal pixels the first in row-major order then wins
    won = {}
    for place in passes if train else ():
        shape = (*padded.shape[: place + 1], *out[place:], x.shape[-1])
        won[place] = [
            space.image((key, "won", place, i), shape, np.bool_) for i in range(axes[place].kernel - 1)
        ]
    space.replay((key, axes, train), (padded, y), lambda: _max(padded, axes, y, passes, won, space))

    def pullback(dy: Array) -> Array:
        dx = space.image((key, "dx"), padded.shape, dy.dtype)
        space.replay((key, axes, "dx"), (dy, dx), lambda: _max_back(dy, axes, dx, passes, won, space))
        return dx if padded is x else last_axes(dx, _real(x, axes))

    return y, pullback


def _max(
    x: Array,
    axes: tuple[Axis, ...],
    y: Array,
    passes: list[int],
    won: dict[int, list[Array]],
    space: Workspace,
) -> None:
    """The maximum along one axis after the other; which pixels have won is noted where there are masks for it."""
    for up, under in _strips(x, axes[0], y.shape[1]):
        part = x[:, under]
        for place in passes:
            length = y.shape[place + 1] if place else up.stop - up.start
            shape = (*part.shape[: place + 1], length, *part.shape[place + 2 :])
            high = y[:, up] if place == passes[-1] else space.image(("max_pool", place), shape, x.dtype)
            masks = [mask[:, up if place == 0 else under] for mask in won.get(place, ())]
            _max_along(part, place, axes[place], high, masks, space)
            part = high


def _max_back(
    dy: Array,
    axes: tuple[Axis, ...],
    dx: Array,
    passes: list[int],
    won: dict[int, list[Array]],
    space: Workspace,
) -> None:
    """The gradient of every pixel from that of the windows it has won; dy is overwritten."""
    if not all(_tiles(*each) for each in zip(axes, dy.shape[1:-1], dx.shape[1:-1], strict=True)):
        space.do(dx.fill, 0)
    for up, under in _strips(dx, axes[0], dy.shape[1]):
        part = dy[:, up]
        for place in reversed(passes):
            masks = [mask[:, up if place == 0 else under] for mask in won[place]]
            if place == passes[0]:
                low, add = dx[:, under], not (_apart(axes[0]) and _apart(axes[place]))
            else:
                shape = (*dx[:, under].shape[: place + 2], *part.shape[place + 2 :])
                low, add = space.image(("max_pool", place, "d"), shape, dy.dtype), not _apart(axes[place])
                if not _tiles(axes[place], part.shape[place + 1], low.shape[place + 1]):
                    space.do(low.fill, 0)
            _max_along_back(part, place, axes[place], low, masks, space, add)
            part = low


def _max_along(x: Array, place: int, window: Axis, y: Array, won: list[Array], space: Workspace) -> None:
    """The maximum over windows along one axis, and for all places but the last whether they hold it."""
    parts = [x[_along(place, _span(window, i, y.shape[place + 1]))] for i in range(window.kernel)]
    if window.kernel == 1:
        space.do(np.copyto, y, parts[0])
        return
    space.do(np.maximum, parts[0], parts[1], out=y)
    for part in parts[2:]:
        space.do(np.maximum, y, part, out=y)
    for part, mask in zip(parts, won, strict=False):
        space.do(np.greater_equal, part, y, out=mask)


def _max_along_back(
    dy: Array, place: int, window: Axis, dx: Array, won: list[Array], space: Workspace, add: bool
) -> None:
    """Hand the gradient to the first place that holds the maximum; what is left of it goes on to the next."""
    parts = [dx[_along(place, _span(window, i, dy.shape[place + 1]))] for i in range(window.kernel)]
    for i, mask in enumerate(won):
        taken = space.image(("max_pool", "taken"), dy.shape, dy.dtype) if add else parts[i]
        space.do(np.multiply, dy, mask, out=taken)
        if add:
            space.do(np.add, parts[i], taken, out=parts[i])
        left = dy if add or i + 1 < len(won) else parts[-1]
        space.do(np.subtract, dy, taken, out=left)  # exact: either all of dy has gone or nothing
    if add or not won:
        _give(dy, parts[-1], add, space)


def _give(dy: Array, dx: Array, add: bool, space: Workspace) -> None:
    if add:
        space.do(np.add, dx, dy, out=dx)
    else:
        space.do(np.copyto, dx, dy)


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
        space.do(np.add, x[_along(place, pairs[0][1])], x[_along(place, pairs[1][1])], out=y)
        pairs = pairs[2:]
    else:
        space.do(y.fill, 0)
    for outputs, inputs in pairs:
        there = y[_along(place, outputs)]
        space.do(np.add, there, x[_along(place, inputs)], out=there)


def _sum_along_back(dy: Array, place: int, window: Axis, dx: Array, space: Workspace) -> None:
    """Every pixel receives the gradients of all windows that it is in."""
    size, out = dx.shape[place + 1], dy.shape[place + 1]
    pairs = [reach(window, size, out, i) for i in range(window.kernel)]
    add = not _apart(window)
    if add or sum(outputs.stop - outputs.start for outputs, _ in pairs) < size:
        space.do(dx.fill, 0)
    for outputs, inputs in pairs:
        _give(dy[_along(place, outputs)], dx[_along(place, inputs)], add, space)
