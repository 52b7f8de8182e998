"""Batch normalisation: each channel to mean 0 and variance 1, then scaled and shifted."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import NamedTuple, TypeAlias

import numpy as np

from cnncalc.numerics.channels import beside_rows, by_channel, by_row, ones
from cnncalc.numerics.elementwise import pass_back, rectified
from cnncalc.numerics.workspace import Array, Workspace

Gradients: TypeAlias = tuple[Array, Array, Array]


class Statistics(NamedTuple):
    """Mean and biased variance of every channel, and how many pixels they were taken over."""

    mean: Array
    variance: Array
    pixels: int


_FAR = 64  # means whose squares are so many variances
_STRIP = 1 << 17  # numbers that pass through at once; two such strips still stay near the core


def _lies(x: Array) -> bool:
    """Whether it lies in runs; what is cut from a padded volume does not, and by_row has copied it."""
    return np.may_share_memory(by_row(x), x)


def _strips(x: Array) -> list[tuple[slice, slice]]:
    """Parts of an image as it lies, some rows or some channels of a row each."""
    height, channels, run = by_row(x).shape
    high = max(1, _STRIP // max(channels * run, 1))
    wide = channels if high > 1 else max(1, _STRIP // max(run, 1))
    return [
        (slice(row, row + high), slice(channel, channel + wide))
        for row in range(0, height, high)
        for channel in range(0, channels, wide)
    ]


def _sums(part: Array) -> Array:
    """Σ over rows and runs of (rows, C, run), with ones: BLAS adds faster than a reduction does."""
    total: Array = (part @ ones(part.shape[-1], part.dtype)).sum(axis=0, dtype=np.float64)
    return total


def _dots(a: Array, b: Array) -> Array:
    total: Array = np.vecdot(a, b).sum(axis=0, dtype=np.float64)
    return total


def _less(part: Array, levels: Array | None, channels: slice, space: Workspace) -> Array:
    """A part of an image without the level of its channel, if any, in memory that the next part takes."""
    if levels is None:
        return part
    spare = space.array(("batch_norm", "spare"), part.shape, part.dtype)
    return np.subtract(part, levels[channels], out=spare)


def _moments(x: Array, level: Array | None, space: Workspace) -> Array:
    """Sums and sums of squares of each channel, (2, C), of what is above a level."""
    lying, found = by_row(x), np.zeros((2, len(x)))
    levels = None if level is None else beside_rows(level, x, space, "level")
    for strip in _strips(x):
        part = _less(lying[strip], levels, strip[1], space)
        found[0, strip[1]] += _sums(part)
        found[1, strip[1]] += _dots(part, part)
    return found


def _affine(x: Array, factor: Array, offset: Array, y: Array, space: Workspace, *, rectify: bool) -> None:
    """y = factor·x + offset, both (C,), or 0 where that is negative, if so wanted; y may be x."""
    factors = beside_rows(factor, x, space, "factor")
    offsets = beside_rows(offset, x, space, "offset")
    source, result = by_row(x), by_row(y)
    for strip in _strips(x):
        there = np.multiply(source[strip], factors[strip[1]], out=result[strip])
        np.add(there, offsets[strip[1]], out=there)
        if rectify:
            rectified(there, out=there)


def batch_norm(
    x: Array,
    scale: Array,
    shift: Array,
    eps: float,
    reduce: Callable[[Array], Array],
    space: Workspace,
    key: Hashable,
    *,
    rectify: bool = False,
) -> tuple[Array, Statistics, Callable[[Array], Gradients]]:
    """Normalise by the statistics of the whole batch; `rectify`: and then take max(·, 0).

    x and y (C, *spatial, N), scale and shift (C,). `reduce` adds a small array over all workers, each of
    which has a part of the batch. The pullback gives (dx, dscale, dshift), the last two of this part only.
    x is read once for the statistics, if they are not far from zero, and once for y, and left as it is; so is dy,
    unless rectified: then dx takes its place, if it lies in runs.
    """
    c = x.shape[0]
    strips, lying = _strips(x), by_row(x)
    count = lying.shape[0] * lying.shape[2]
    sums, squares = _moments(x, None, space)
    # of squares far from zero few digits are left where the mean's is taken off: then it goes first
    far = bool((sums**2 > _FAR * np.maximum(squares * count - sums**2, 0)).any())
    if far:
        near = (sums / count).astype(x.dtype)
        sums, squares = _moments(x, near, space)
        exact = near.astype(np.float64)
        squares += exact * (2 * sums + count * exact)
        sums += count * exact
    totals = reduce(np.concatenate([sums, squares, [count]]))
    pixels = round(float(totals[-1]))
    mean = totals[:c] / pixels
    variance = np.maximum(totals[c:-1] / pixels - mean**2, 0)
    inverse = 1 / np.sqrt(variance + eps)
    y = space.image((key, "y"), x.shape, x.dtype)
    _affine(x, scale * inverse, shift - mean * scale * inverse, y, space, rectify=rectify)

    def pullback(dy: Array) -> Gradients:
        dying, middle = by_row(dy), beside_rows(mean, x, space, "level") if far else None
        dx = dy if rectify and _lies(dy) else space.image((key, "dx"), x.shape, x.dtype)
        dshift, dscale = np.zeros((2, c))
        for strip in strips:
            part = dying[strip]
            if rectify:
                pass_back(by_row(y)[strip], part, space)
            dshift[strip[1]] += _sums(part)
            dscale[strip[1]] += _dots(part, _less(lying[strip], middle, strip[1], space))
        if not far:
            dscale -= mean * dshift
        dscale *= inverse
        totals = reduce(np.concatenate([dshift, dscale])) / pixels
        # dx = scale·inverse·(dy − totals of dy − normal·totals of dy·normal), as a·dy + b·x + c
        a = scale * inverse
        b = -a * inverse * totals[c:]
        beside = {"factor": a, "slope": b, "offset": -a * totals[:c] - b * mean}
        factor, slope, offset = (beside_rows(each, x, space, name) for name, each in beside.items())
        result = by_row(dx)
        for strip in strips:
            spare = space.array(("batch_norm", "spare"), lying[strip].shape, x.dtype)
            np.multiply(lying[strip], slope[strip[1]], out=spare)
            np.add(spare, offset[strip[1]], out=spare)
            there = np.multiply(dying[strip], factor[strip[1]], out=result[strip])
            np.add(there, spare, out=there)
        return dx, dscale.astype(x.dtype), dshift.astype(x.dtype)

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
    *,
    rectify: bool = False,
    reuse: bool = False,
) -> tuple[Array, Callable[[Array], Array]]:
    """Normalise by statistics gathered before: one multiplication and one addition a pixel.

    x and y (C, *spatial, N), all else (C,). The pullback gives dx: nothing is trained then.
    """
    factor = scale / np.sqrt(variance + eps)
    y = x if reuse and _lies(x) else space.image((key, "y"), x.shape, x.dtype)
    _affine(x, factor, shift - mean * factor, y, space, rectify=rectify)

    def pullback(dy: Array) -> Array:
        if rectify:
            pass_back(y, dy, space)
        dx = space.image((key, "dx"), y.shape, y.dtype)
        return np.multiply(dy, by_channel(factor, y), out=dx)

    return y, pullback
