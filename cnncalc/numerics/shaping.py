"""Images that get a rim of zeros, lose one, or have their channels dealt out anew."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from cnncalc.numerics.workspace import Array, Pullback, Workspace

Rim = tuple[tuple[int, int], ...]  # before and after, for the channels and each spatial axis


def _place(shape: tuple[int, ...], rim: Rim) -> tuple[Any, ...]:
    """Where what is inside the rim lies in an array of that shape."""
    return tuple(slice(before, n - after) for n, (before, after) in zip(shape, rim, strict=False))


def _framed(x: Array, rim: Rim, space: Workspace, key: Hashable) -> Array:
    sizes = tuple(n + before + after for n, (before, after) in zip(x.shape, rim, strict=False))
    y = space.image(key, (*sizes, x.shape[-1]), x.dtype)
    y.fill(0)
    y[_place(y.shape, rim)] = x
    return y


def _bare(x: Array, rim: Rim, space: Workspace, key: Hashable) -> Array:
    inside = x[_place(x.shape, rim)]
    y = space.image(key, inside.shape, x.dtype)
    np.copyto(y, inside)
    return y


def frame(x: Array, rim: Rim, space: Workspace, key: Hashable) -> tuple[Array, Pullback]:
    """Zeros around (C, *spatial, N), or around (F, N); examples stay as many."""
    return _framed(x, rim, space, (key, "y")), lambda dy: _bare(dy, rim, space, (key, "dx"))


def bare(x: Array, rim: Rim, space: Workspace, key: Hashable) -> tuple[Array, Pullback]:
    """What is left of (C, *spatial, N) without its rim."""
    return _bare(x, rim, space, (key, "y")), lambda dy: _framed(dy, rim, space, (key, "dx"))


def shuffle(x: Array, groups: int, space: Workspace, key: Hashable) -> tuple[Array, Pullback]:
    """One channel of each group in turn: channel j of group g of G becomes number j·G + g."""
    each = len(x) // groups

    def dealt(a: Array, first: int, second: int, name: Hashable) -> Array:
        b = space.image(name, a.shape, a.dtype)
        np.copyto(
            b.reshape(second, first, *a.shape[1:]), a.reshape(first, second, *a.shape[1:]).swapaxes(0, 1)
        )
        return b

    return dealt(x, groups, each, (key, "y")), lambda dy: dealt(dy, each, groups, (key, "dx"))
