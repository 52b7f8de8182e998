"""A window along one spatial axis as the loops need it, every pad a number.

How many positions it takes is for the caller to say: that formula has its home with the layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby, product
from typing import Any, NamedTuple

import numpy as np

from cnncalc.numerics.workspace import Array


class Axis(NamedTuple):
    """A window along one spatial axis."""

    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1

    @property
    def visits(self) -> bool:
        """Whether the window is one pixel wide and visits every pixel."""
        return self == (1, 1, 0, 0, self.dilation)

    def covers(self, size: int) -> bool:
        """Whether one window holds all pixels of an axis of that size and nothing else."""
        return self.kernel == size and not self.before and not self.after

    @property
    def apart(self) -> bool:
        """Whether no pixel is seen by two windows."""
        return self.stride > self.dilation * (self.kernel - 1)

    def span(self, offset: int, out: int) -> slice:
        """The pixels of a padded axis under one place of so many windows."""
        start = offset * self.dilation
        return slice(start, start + (out - 1) * self.stride + 1, self.stride)

    def end(self, out: int) -> int:
        """Where the last of so many windows ends along a padded axis."""
        return (out - 1) * self.stride + self.dilation * (self.kernel - 1) + 1


class Tap(NamedTuple):
    """One place in the window: which outputs it serves, and the inputs that it brings them, as slices."""

    offset: tuple[int, ...]
    outputs: tuple[slice, ...]
    inputs: tuple[slice, ...]


class RowRun(NamedTuple):
    """Input rows, a stride apart from first on (of those asked for), that gather through equally many taps.

    Row number j of the run receives output rows oldest + j to oldest + j + taps − 1, through the kernel rows
    that stand at place to place + taps − 1 of `tap_order`.
    """

    first: int
    height: int
    oldest: int
    taps: int
    place: int


def along(place: int, part: slice) -> tuple[slice, ...]:
    """The index that takes a part of one spatial axis of (C, *spatial, N)."""
    return (*(slice(None),) * (place + 1), part)


@cache
def reach(axis: Axis, size: int, out: int, offset: int) -> tuple[slice, slice]:
    """The outputs that see a real pixel at this offset of the window, and those pixels."""
    shift = offset * axis.dilation - axis.before
    low = max(0, -(shift // axis.stride))
    high = max(low, min(out, (size - 1 - shift) // axis.stride + 1))
    outputs = slice(low, high) if low < high else slice(0, 0)
    return outputs, seen(axis, offset, outputs)


def seen(axis: Axis, offset: int, outputs: slice) -> slice:
    """The pixels that some outputs see at this offset of the window, none of them beyond the image."""
    if outputs.start >= outputs.stop:
        return slice(0, 0)
    first = outputs.start * axis.stride + offset * axis.dilation - axis.before
    return slice(first, first + (outputs.stop - outputs.start - 1) * axis.stride + 1, axis.stride)


@cache
def taps(axes: tuple[Axis, ...], sizes: tuple[int, ...], outs: tuple[int, ...]) -> tuple[Tap, ...]:
    """Every place in the window, in row-major order; pads stay out of the slices."""
    found = []
    for offset in product(*(range(axis.kernel) for axis in axes)):
        pairs = [reach(*each) for each in zip(axes, sizes, outs, offset, strict=True)]
        found.append(Tap(offset, tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)))
    return tuple(found)


@cache
def kernel_rows(axis: Axis, size: int, out: int) -> tuple[tuple[slice, slice], ...]:
    """Runs of output rows that see pixels through the same rows of the kernel: outputs, and those rows.

    Not for a dilated axis, whose windows leave rows out.
    """

    def seen(position: int) -> tuple[int, int]:
        top = position * axis.stride - axis.before
        low = min(axis.kernel, max(0, -top))
        return low, max(low, min(axis.kernel, size - top))

    found = []
    for (low, high), group in groupby(range(out), key=seen):
        run = list(group)
        found.append((slice(run[0], run[-1] + 1), slice(low, high)))
    return tuple(found)


@cache
def tap_order(axis: Axis) -> tuple[tuple[slice, slice], ...]:
    """The kernel rows in another order: those that meet the same input rows side by side, the last first.

    Pairs of places in that order and the kernel rows that stand there.
    """
    found = []
    start = 0
    for rest in range(min(axis.stride, axis.kernel)):
        rows = range(rest, axis.kernel, axis.stride)
        found.append((slice(start, start + len(rows)), slice(rows[-1], None, -axis.stride)))
        start += len(rows)
    return tuple(found)


@cache
def row_runs(axis: Axis, some: range, out: int) -> tuple[RowRun, ...]:
    """Which output rows each of some input rows gathers its gradient from; rows that no window meets are left out."""
    order = [i for _, some in tap_order(axis) for i in range(axis.kernel)[some]]
    found = []
    for rest in range(axis.stride):
        reached = []
        for h in some[(rest - some.start) % axis.stride :: axis.stride]:
            p = h + axis.before
            oldest = max(0, -((axis.kernel - 1 - p) // axis.stride))
            newest = min(out - 1, p // axis.stride)
            if newest >= oldest:
                reached.append((h, oldest, newest - oldest + 1, order.index(p - oldest * axis.stride)))
        for _, group in groupby(reached, key=lambda row: row[2:]):
            run = list(group)
            h, oldest, count, place = run[0]
            found.append(RowRun(h - some.start, len(run), oldest, count, place))
    return tuple(found)


def last_axes(array: Array, spatial: tuple[int | slice, ...]) -> Array:
    """The part of (..., *spatial, N) that the indices name."""
    index: tuple[Any, ...] = (..., *spatial, slice(None))
    part: Array = array[index]
    return part


def common(some: Sequence[slice]) -> slice:
    """What slices of one axis have in common."""
    start, stop = max(each.start for each in some), min(each.stop for each in some)
    return slice(start, max(start, stop))


def under(image: Array, axes: tuple[Axis, ...], outputs: tuple[slice, ...]) -> Array:
    """What these windows hold, all of them inside an image (..., *spatial, N), as (..., *kernel, *outputs, N).

    It overlaps where windows do; nothing is copied.
    """
    firsts = tuple(seen(axis, 0, some) for axis, some in zip(axes, outputs, strict=True))
    corner = last_axes(image, tuple(slice(first.start, None) for first in firsts))
    front = image.ndim - len(axes) - 1
    steps = image.strides[front:-1]
    return np.lib.stride_tricks.as_strided(
        corner,
        (
            *image.shape[:front],
            *(axis.kernel for axis in axes),
            *(some.stop - some.start for some in outputs),
            image.shape[-1],
        ),
        (
            *image.strides[:front],
            *(step * axis.dilation for step, axis in zip(steps, axes, strict=True)),
            *(step * axis.stride for step, axis in zip(steps, axes, strict=True)),
            image.strides[-1],
        ),
    )


def without(box: tuple[slice, ...], inner: tuple[slice, ...]) -> list[tuple[slice, ...]]:
    """What of a box of pixels does not lie in another one, which is empty or inside it, as boxes."""
    found = []
    for axis, (outer, hole) in enumerate(zip(box, inner, strict=True)):
        first, last = min(hole.start, outer.stop), max(hole.stop, outer.start)
        for start, stop in ((outer.start, first), (last, outer.stop)):
            if start < stop:
                found.append((*inner[:axis], slice(start, stop), *box[axis + 1 :]))
    return found
