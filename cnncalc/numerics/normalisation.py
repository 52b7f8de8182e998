"""Batch normalisation: each channel to mean 0 and variance 1, then scaled and shifted."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple, TypeAlias

import numpy as np

from cnncalc.numerics.sums import channel_dot, channel_sum
from cnncalc.numerics.workspace import Array, Workspace

Gradients: TypeAlias = tuple[Array, Array, Array]


class Statistics(NamedTuple):
    """Mean and biased variance of every channel, and how many pixels they were taken over."""

    mean: Array
    variance: Array
    pixels: int


def _broad(channels: Array, x: Array) -> Array:
    """One number a channel, (C,), to stand beside (C, *spatial, N)."""
    return channels.astype(x.dtype).reshape(-1, *(1 for _ in x.shape[1:]))


def batch_norm(
    x: Array,
    scale: Array,
    shift: Array,
    eps: float,
    reduce: Callable[[Array], Array],
    space: Workspace,
    key: Hashable,
) -> tuple[Array, Statistics, Callable[[Array], Gradients]]:
    """Normalise by the statistics of the whole batch.

    x and y (C, *spatial, N), scale and shift (C,). `reduce` adds a small array over all workers, each of
    which has a part of the batch. The pullback gives (dx, dscale, dshift), the last two of this part only.
    """
    c = x.shape[0]
    sums = reduce(np.append(channel_sum(x).astype(np.float64), x.size // c))
    pixels = round(float(sums[c]))
    mean = sums[:c] / pixels
    normal = np.subtract(x, _broad(mean, x), out=space.image((key, "normal"), x.shape, x.dtype))
    variance = reduce(channel_dot(normal, normal).astype(np.float64)) / pixels
    inverse = 1 / np.sqrt(variance + eps)
    np.multiply(normal, _broad(inverse, x), out=normal)
    y = np.multiply(normal, _broad(scale, x), out=space.image((key, "y"), x.shape, x.dtype))
    np.add(y, _broad(shift, x), out=y)

    def pullback(dy: Array) -> Gradients:
        dshift = channel_sum(dy)
        dscale = channel_dot(dy, normal)
        totals = reduce(np.concatenate([dshift, dscale]).astype(np.float64)) / pixels
        dx = np.multiply(normal, _broad(totals[c:], x), out=space.image((key, "dx"), x.shape, x.dtype))
        np.subtract(dy, dx, out=dx)
        np.subtract(dx, _broad(totals[:c], x), out=dx)
        np.multiply(dx, _broad(scale * inverse, x), out=dx)
        return dx, dscale, dshift

    return y, Statistics(mean, variance, pixels), pullback


def batch_norm_inference(
    x: Array,
    mean: Array,
    variance: Array,
    scale: Array,
    shift: Array,
    eps: float,
    space: Workspace,
    key: Hashable,
) -> tuple[Array, Callable[[Array], Gradients]]:
    """Normalise by statistics gathered before: one multiplication and one addition a pixel.

    x and y (C, *spatial, N), all else (C,). The pullback gives (dx, dscale, dshift).
    """
    inverse = 1 / np.sqrt(variance + eps)
    factor = scale * inverse
    y = np.multiply(x, _broad(factor, x), out=space.image((key, "y"), x.shape, x.dtype))
    np.add(y, _broad(shift - mean * factor, x), out=y)

    def pullback(dy: Array) -> Gradients:
        dshift = channel_sum(dy)
        dscale = ((channel_dot(dy, x) - mean * dshift) * inverse).astype(x.dtype)
        return np.multiply(dy, _broad(factor, x), out=dy), dscale, dshift

    return y, pullback
