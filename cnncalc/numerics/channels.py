"""Sums over everything but the channels, and one number a channel beside an image.

The sums are products with ones: BLAS adds faster than a reduction does.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from math import prod
from typing import Any

import numpy as np

from cnncalc.numerics.workspace import Array, Workspace, rows

_MANY = 4  # rows for which it pays to write a row's numbers out
_SHORT = 800  # numbers in a run up to which it does


@cache
def ones(length: int, dtype: np.dtype[Any]) -> Array:
    """A vector to multiply with, not to be written to."""
    found: Array = np.ones(length, dtype)
    found.flags.writeable = False
    return found


def channel_sum(x: Array) -> Array:
    """Σ x over space and batch: (C, *spatial, N) or (F, N) to (C,)."""
    lying = by_row(x)
    total: Array = (lying @ ones(lying.shape[-1], x.dtype)).sum(axis=0)
    return total


def channel_dot(a: Array, b: Array) -> Array:
    """Σ a·b over space and batch: two (C, *spatial, N) or (F, N) to (C,)."""
    total: Array = np.vecdot(by_row(a), by_row(b)).sum(axis=0)
    return total


def by_row(x: Array) -> Array:
    """One contiguous run for every row and channel, (rows, C, run); without spatial axes there is one row."""
    if x.ndim < 4:
        return x.reshape(1, x.shape[0], -1)
    return rows(x).reshape(x.shape[1], x.shape[0], -1)


def by_channel(channels: Array, x: Array) -> Array:
    """One number a channel, (C,), to stand beside (C, *spatial, N)."""
    return channels.astype(x.dtype).reshape(-1, *(1 for _ in x.shape[1:]))


def beside_rows(channels: Array, x: Array, space: Workspace, name: Hashable) -> Array:
    """One number a channel, (C,), to stand beside x by rows: (C, run), or (C, 1) where runs are long or rows few.

    What numpy has to repeat over short runs it copies, piece by piece, and an addition takes twice as long.
    """
    column = np.asarray(channels, x.dtype)[:, None]
    run = prod(x.shape[2:])
    if x.ndim < 4 or x.shape[1] < _MANY or run > _SHORT:
        return column
    laid = space.array(("beside rows", name), (len(channels), run), x.dtype)
    space.do(np.copyto, laid, column)
    return laid
