"""Pooling over windows of different sizes, one after the other."""

from __future__ import annotations

from collections.abc import Hashable
from itertools import product
from math import prod
from typing import Any, TypeAlias

import numpy as np

from cnncalc.numerics.workspace import Array, Pullback, Workspace

Index: TypeAlias = tuple[Any, ...]
Ranges: TypeAlias = tuple[tuple[range, ...], ...]  # for each axis the pixels of each window along it


def _windows(ranges: Ranges) -> list[tuple[Index, Index]]:
    """Every output and the pixels that it sees, as indices."""
    found = []
    for position in product(*(range(len(axis)) for axis in ranges)):
        seen = [axis[i] for axis, i in zip(ranges, position, strict=True)]
        pixels = (slice(None), *(slice(r.start, r.stop) for r in seen))
        found.append(((slice(None), *position), pixels))
    return found


def _output(x: Array, ranges: Ranges, space: Workspace, key: Hashable) -> Array:
    return space.image((key, "y"), (x.shape[0], *map(len, ranges), x.shape[-1]), x.dtype)


def adaptive_average(x: Array, ranges: Ranges, space: Workspace, key: Hashable) -> tuple[Array, Pullback]:
    """The mean of every window: x (C, *spatial, N), y (C, *windows along each axis, N)."""
    y = _output(x, ranges, space, key)
    windows = _windows(ranges)
    for there, pixels in windows:
        seen = x[pixels]
        np.mean(seen, axis=tuple(range(1, x.ndim - 1)), out=y[there])

    def pullback(dy: Array) -> Array:
        dx = space.image((key, "dx"), x.shape, x.dtype)
        dx.fill(0)
        for there, pixels in windows:
            seen = dx[pixels]
            share = dy[there] / dy.dtype.type(prod(seen.shape[1:-1]))
            seen += share.reshape(len(dy), *(1 for _ in ranges), -1)
        return dx

    return y, pullback


def adaptive_max(x: Array, ranges: Ranges, space: Workspace, key: Hashable) -> tuple[Array, Pullback]:
    """The largest pixel of every window; the gradient goes to the first one in row-major order."""
    y = _output(x, ranges, space, key)
    windows = _windows(ranges)
    winners = []
    for there, pixels in windows:
        seen = x[pixels]
        flat = seen.reshape(len(x), -1, x.shape[-1])
        winner = flat.argmax(axis=1)
        winners.append(winner)
        y[there] = np.take_along_axis(flat, winner[:, None], axis=1)[:, 0]

    def pullback(dy: Array) -> Array:
        dx = space.image((key, "dx"), x.shape, x.dtype)
        dx.fill(0)
        for (there, pixels), winner in zip(windows, winners, strict=True):
            seen = dx[pixels]
            places = np.unravel_index(winner, seen.shape[1:-1])
            channels, examples = np.ogrid[: len(x), : x.shape[-1]]
            seen[(channels, *places, examples)] += dy[there]
        return dx

    return y, pullback
