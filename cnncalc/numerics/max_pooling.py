"""The maximum over windows, one axis after the other, and its adjoint."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from math import prod
from typing import TypeAlias

import numpy as np

from cnncalc.numerics.windows import Axis, along, last_axes
from cnncalc.numerics.workspace import Array, Pullback, Workspace

_STRIP = 100_000  # elements of an image that pass through at once, and stay near the core

# by axis, in the order of the passes: masks for all places of the window but the last
Winners: TypeAlias = dict[int, list[Array]]


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
    won = winners(padded.shape, axes, out, space, key, train=train)

    def take() -> None:
        for up, under in strips(padded.shape, axes[0], out[0]):
            take_largest(padded[:, under], axes, y, up, under, won, space)

    space.replay((key, axes, train), (padded, y), take)
    back = to_winners(padded.shape, axes, won, space, key)
    return y, back if padded is x else lambda dy: last_axes(back(dy), _real(x, axes))


def inside(axes: tuple[Axis, ...], sizes: tuple[int, ...], out: tuple[int, ...]) -> bool:
    """Whether no window reaches beyond an image of those sizes."""
    return all(not a.before and a.end(o) <= n for a, n, o in zip(axes, sizes, out, strict=True))


def _padded(x: Array, axes: tuple[Axis, ...], out: tuple[int, ...], space: Workspace, key: Hashable) -> Array:
    """The image with −∞ wherever a window reaches beyond it; itself if none does."""
    sizes = x.shape[1:-1]
    if inside(axes, sizes, out):
        return x
    after = [max(0, a.end(o) - n - a.before) for a, o, n in zip(axes, out, sizes, strict=True)]
    shape = tuple(n + a.before + more for n, a, more in zip(sizes, axes, after, strict=True))
    image = space.image((key, "padded"), (x.shape[0], *shape, x.shape[-1]), x.dtype)
    image.fill(-np.inf)
    np.copyto(last_axes(image, _real(x, axes)), x)
    return image


def _real(x: Array, axes: tuple[Axis, ...]) -> tuple[slice, ...]:
    """Where the image lies in its padded version."""
    return tuple(slice(a.before, a.before + n) for a, n in zip(axes, x.shape[1:-1], strict=True))


def to_winners(
    shape: tuple[int, ...], axes: tuple[Axis, ...], won: Winners, space: Workspace, key: Hashable
) -> Pullback:
    """The way back to an image of that shape, which no window reaches beyond."""

    def pullback(dy: Array) -> Array:
        dx = space.image((key, "dx"), shape, dy.dtype)
        space.replay((key, axes, "dx"), (dy, dx), lambda: _give_to_winners(dy, axes, dx, won, space))
        return dx

    return pullback


def winners(
    shape: tuple[int, ...],
    axes: tuple[Axis, ...],
    out: tuple[int, ...],
    space: Workspace,
    key: Hashable,
    *,
    train: bool,
) -> Winners:
    """Where it will stand which pixels of an image of that shape have won; nowhere if that is not asked for."""
    places = [place for place, axis in enumerate(axes) if place == 0 or axis != Axis(1)]
    if not train:
        return {place: [] for place in places}
    return {  # the last axis first: of equal pixels the first in row-major order then wins
        place: [
            space.image((key, "won", place, i), (*shape[: place + 1], *out[place:], shape[-1]), np.bool_)
            for i in range(axes[place].kernel - 1)
        ]
        for place in reversed(places)
    }


def strips(shape: tuple[int, ...], row: Axis, out: int) -> Iterator[tuple[slice, slice]]:
    """Rows of outputs and the rows under them of an image of that shape, few enough to stay in the cache."""
    step = max(1, _STRIP // (shape[0] * prod(shape[2:]) * row.stride))
    for start in range(0, out, step):
        stop = min(start + step, out)
        first = start * row.stride
        yield slice(start, stop), slice(first, first + row.end(stop - start))


def take_largest(
    x: Array, axes: tuple[Axis, ...], y: Array, up: slice, under: slice, won: Winners, space: Workspace
) -> None:
    """Fills the rows `up` of y from the rows x, which are those `under` them, along one axis after the other."""
    for place in won:
        length = y.shape[place + 1] if place else up.stop - up.start
        shape = (*x.shape[: place + 1], length, *x.shape[place + 2 :])
        high = y[:, up] if place == list(won)[-1] else space.image(("max_pool", place), shape, x.dtype)
        _max_along(x, place, axes[place], high, _masks(won, place, up, under), space)
        x = high


def _give_to_winners(dy: Array, axes: tuple[Axis, ...], dx: Array, won: Winners, space: Workspace) -> None:
    """Fills dx from dy, which is overwritten."""
    if not all(_tiles(*each) for each in zip(axes, dy.shape[1:-1], dx.shape[1:-1], strict=True)):
        space.do(dx.fill, 0)
    first = next(iter(won))
    for up, under in strips(dx.shape, axes[0], dy.shape[1]):
        part = dy[:, up]
        for place in reversed(won):
            if place == first:
                low, add = dx[:, under], not (axes[0].apart and axes[place].apart)
            else:
                shape = (*dx[:, under].shape[: place + 2], *part.shape[place + 2 :])
                low, add = space.image(("max_pool", place, "d"), shape, dy.dtype), not axes[place].apart
                if not _tiles(axes[place], part.shape[place + 1], low.shape[place + 1]):
                    space.do(low.fill, 0)
            _max_along_back(part, place, axes[place], low, _masks(won, place, up, under), space, add)
            part = low


def _tiles(window: Axis, out: int, size: int) -> bool:
    """Whether every pixel of a padded axis is seen by one window."""
    return window.apart and window.kernel * out == size


def _masks(won: Winners, place: int, up: slice, under: slice) -> list[Array]:
    """Those of some rows: along the first axis a mask has a row for every output."""
    return [mask[:, under if place else up] for mask in won[place]]


def _max_along(x: Array, place: int, window: Axis, y: Array, won: list[Array], space: Workspace) -> None:
    """The maximum over windows along one axis, and for all places but the last whether they hold it."""
    parts = [x[along(place, window.span(i, y.shape[place + 1]))] for i in range(window.kernel)]
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
    parts = [dx[along(place, window.span(i, dy.shape[place + 1]))] for i in range(window.kernel)]
    for i, mask in enumerate(won):
        taken = space.image(("max_pool", "taken"), dy.shape, dy.dtype) if add else parts[i]
        space.do(np.multiply, dy, mask, out=taken)
        if add:
            space.do(np.add, parts[i], taken, out=parts[i])
        left = dy if add or i + 1 < len(won) else parts[-1]
        space.do(np.subtract, dy, taken, out=left)  # exact: either all of dy has gone or nothing
    if add or not won:
        last = parts[-1]
        space.do(np.add, last, dy, out=last) if add else space.do(np.copyto, last, dy)
