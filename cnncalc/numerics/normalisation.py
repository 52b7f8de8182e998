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


def _in_runs(x: Array, space: Workspace, name: Hashable) -> Array:
    """The image, or a copy of one that does not lie in runs, as what is cut from a padded volume."""
    if np.may_share_memory(by_row(x), x):
        return x
    copy = space.image(name, x.shape, x.dtype)
    np.copyto(copy, x)
    return copy


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


def _less(part: Array, levels: Array | None, channels: slice, space: Workspace) -> Array:
    """A part of an image without the level of its channel, if any, in memory that the next part takes."""
    if levels is None:
        return part
    spare = space.array(("batch_norm", "spare"), part.shape, part.dtype)
    space.do(np.subtract, part, levels[channels], out=spare)
    return spare


def _levels(level: Array | None, x: Array, space: Workspace) -> Array | None:
    return None if level is None else beside_rows(level, x, space, "level")


class _Totals:
    """Two sums of each channel, of numbers and of products, over rows and runs."""

    def __init__(self, x: Array, space: Workspace) -> None:
        self.space = space
        self.by_row = space.array(("batch_norm", "by row"), (2, *by_row(x).shape[:2]), x.dtype)

    def add(self, strip: tuple[slice, slice], part: Array, other: Array) -> None:
        """The sum of a part, with ones: BLAS adds faster than a reduction does; and of part·other."""
        self.space.do(np.matmul, part, ones(part.shape[-1], part.dtype), out=self.by_row[0][strip])
        self.space.do(np.vecdot, part, other, out=self.by_row[1][strip])

    def put(self, found: Array) -> None:
        """Into (2, C)."""
        self.space.do(np.add.reduce, self.by_row, axis=1, dtype=found.dtype, out=found)


def _moments(x: Array, level: Array | None, found: Array, space: Workspace) -> None:
    """Sums and sums of squares of each channel, into (2, C), of what is above a level."""
    lying, levels, totals = by_row(x), _levels(level, x, space), _Totals(x, space)
    for strip in _strips(x):
        part = _less(lying[strip], levels, strip[1], space)
        totals.add(strip, part, part)
    totals.put(found)


def _affine(x: Array, line: Array, y: Array, space: Workspace, *, rectify: bool) -> None:
    """y = factor·x + offset, a line (2, C), or 0 where that is negative, if so wanted; y may be x."""
    factors, offsets = (beside_rows(each, x, space, i) for i, each in enumerate(line))
    source, result = by_row(x), by_row(y)
    for strip in _strips(x):
        there = result[strip]
        space.do(np.multiply, source[strip], factors[strip[1]], out=there)
        space.do(np.add, there, offsets[strip[1]], out=there)
        if rectify:
            space.do(rectified, there, there)


def _slopes(
    x: Array, level: Array | None, rectified: Array | None, dy: Array, found: Array, space: Workspace
) -> None:
    """Σ dy and Σ dy·(x − level) of each channel, into (2, C); dy is first passed back through a rectified y."""
    lying, levels, totals = by_row(x), _levels(level, x, space), _Totals(x, space)
    for strip in _strips(x):
        part = by_row(dy)[strip]
        if rectified is not None:
            pass_back(by_row(rectified)[strip], part, space)
        totals.add(strip, part, _less(lying[strip], levels, strip[1], space))
    totals.put(found)


def _plane(x: Array, dy: Array, plane: Array, dx: Array, space: Workspace) -> None:
    """dx = a·dy + b·x + c, a plane (3, C); dx may be dy or x."""
    factor, slope, offset = (beside_rows(each, x, space, i) for i, each in enumerate(plane))
    lying, dying, result = by_row(x), by_row(dy), by_row(dx)
    for strip in _strips(x):
        spare = space.array(("batch_norm", "spare"), lying[strip].shape, x.dtype)
        space.do(np.multiply, lying[strip], slope[strip[1]], out=spare)
        space.do(np.add, spare, offset[strip[1]], out=spare)
        there = result[strip]
        space.do(np.multiply, dying[strip], factor[strip[1]], out=there)
        space.do(np.add, there, spare, out=there)


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
    reuse: bool = False,
) -> tuple[Array, Statistics, Callable[[Array], Gradients]]:
    """Normalise by the statistics of the whole batch; `rectify`: and then take max(·, 0).

    x and y (C, *spatial, N), scale and shift (C,). `reduce` adds a small array over all workers, each of
    which has a part of the batch. The pullback gives (dx, dscale, dshift), the last two of this part only.
    x is read once for the statistics, if they are not far from zero, and once for y. dy is left as it is, unless
    rectified: then dx takes its place, if it lies in runs. `reuse`: else dx takes that of x.
    """
    c = x.shape[0]
    x = _in_runs(x, space, (key, "x"))
    count = x[0].size
    found = space.array((key, "found"), (2, c), np.float64)
    space.replay((key, "moments"), (x, found), lambda: _moments(x, None, found, space))
    sums, squares = found
    level: Array | None = None
    # of squares far from zero few digits are left where the mean's is taken off: then it goes first
    if (sums**2 > _FAR * np.maximum(squares * count - sums**2, 0)).any():
        level = space.array((key, "level"), (c,), x.dtype)
        np.divide(sums, count, out=level, casting="same_kind")
        space.replay((key, "far moments"), (x, level, found), lambda: _moments(x, level, found, space))
        exact = level.astype(np.float64)
        squares += exact * (2 * sums + count * exact)
        sums += count * exact
    totals = reduce(np.concatenate([sums, squares, [count]]))
    pixels = round(float(totals[-1]))
    mean = totals[:c] / pixels
    variance = np.maximum(totals[c:-1] / pixels - mean**2, 0)
    inverse = 1 / np.sqrt(variance + eps)
    if level is not None:
        level[...] = mean
    y = space.image((key, "y"), x.shape, x.dtype)
    line = space.array((key, "line"), (2, c), x.dtype)
    line[:] = scale * inverse, shift - mean * scale * inverse
    space.replay((key, rectify), (x, line, y), lambda: _affine(x, line, y, space, rectify=rectify))

    # a rectified y is fetched anyway; x is its affine function, but few digits of x are left where y is far from it
    from_y = rectify and bool((shift**2 < _FAR * scale**2).all())

    def pullback(dy: Array) -> Gradients:
        dy = _in_runs(dy, space, (key, "dy"))
        dx = dy if rectify else x if reuse else space.image((key, "dx"), x.shape, x.dtype)
        seen, above = (y, None) if from_y else (x, level)
        space.replay(
            (key, rectify, from_y, level is None),
            (x, y, dy, found),
            lambda: _slopes(seen, above, y if rectify else None, dy, found, space),
        )
        dshift, dscale = found
        if from_y:
            dscale -= shift * dshift
            dscale /= scale
        else:
            if level is None:
                dscale -= mean * dshift
            dscale *= inverse
        totals = reduce(found.ravel()) / pixels
        # dx = scale·inverse·(dy − totals of dy − normal·totals of dy·normal), as a·dy + b·x + c
        a = scale * inverse
        b = -a * inverse * totals[c:]
        plane = space.array((key, "plane"), (3, c), x.dtype)
        plane[:] = a, b, -a * totals[:c] - b * mean
        space.replay((key, "dx"), (x, dy, plane, dx), lambda: _plane(x, dy, plane, dx, space))
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
    lying = _in_runs(x, space, (key, "x"))
    y = lying if reuse or lying is not x else space.image((key, "y"), x.shape, x.dtype)
    line = space.array((key, "line"), (2, len(x)), x.dtype)
    line[:] = factor, shift - mean * factor
    space.replay((key, rectify), (lying, line, y), lambda: _affine(lying, line, y, space, rectify=rectify))

    def pullback(dy: Array) -> Array:
        if rectify:
            pass_back(y, dy, space)
        dx = space.image((key, "dx"), y.shape, y.dtype)
        return np.multiply(dy, by_channel(factor, y), out=dx)

    return y, pullback
