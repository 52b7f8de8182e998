"""From sums to pixels: divided, rounded half to even, clipped, and the clipped ones counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from cnncalc.numerics.strips import Buffer, Finisher, Layout
from cnncalc.numerics.tasks import Task

_UNSIGNED: dict[Any, Any] = {np.int16: np.uint16, np.int32: np.uint32, np.int64: np.uint64}
HALF_STEP = 2**-24 * 1.01  # the unit roundoff of single precision, and a margin for its products
NEAR = 4096  # pixels whose windows are gathered at a time


class Counter:
    """Counts what is true in a strip. np.count_nonzero would keep other threads from working meanwhile."""

    LANES = 8 * 255  # eight counts, one in each byte of a word, hold up to 255 each

    def __init__(self, rows: int, width: int) -> None:
        size = rows * width
        self.bytes = np.zeros(-(-size // self.LANES) * self.LANES, np.bool_)
        self.mask = self.bytes[:size].reshape(rows, width)
        self.words = self.bytes.view(np.uint64).reshape(255, -1)

    def count(self, rows: int) -> int:
        """How many places of the first so many rows are true."""
        if rows < len(self.mask):
            self.mask[rows:] = False
        return int(np.add.reduce(np.add.reduce(self.words, axis=0).view(np.uint8)))


def whole(task: Task) -> Callable[[Layout], Finisher]:
    """For whole sums in signed integers, which are overwritten."""
    divisor = int(task.divisor)
    inside = _inside(task)
    most = np.iinfo(task.dtype).max

    def finisher(_: Layout) -> Finisher:
        spare: list[Buffer] = []
        counters: list[Counter] = []
        edges: list[Any] = []  # as arrays: made of them for every strip, they would hold up other threads

        def finish(parts: list[Buffer], _: Buffer, y: Buffer) -> int:
            sums = parts[0]
            if not counters:
                counters.append(Counter(*y.shape))
                spare.append(np.empty_like(sums))
            rows, width = y.shape
            if divisor > 1:
                _divide(sums, spare[0][:rows], divisor)
            kept, count = sums[:, :width], 0
            if not inside:
                if not edges:
                    unsigned = np.dtype(
                        _UNSIGNED[sums.dtype.type]
                    )  # a negative sum reads as one above the range
                    edges.extend(
                        (unsigned, np.array(most, unsigned), *np.array([0, most], sums.dtype)[:, None])
                    )
                unsigned, above, low, high = edges
                np.greater(kept.view(unsigned), above, out=counters[0].mask[:rows])
                count = counters[0].count(rows)
                sums.clip(low, high, out=sums)  # by itself: a call that casts too goes by small pieces
            np.copyto(y, kept, casting="unsafe")
            return count

        return finish

    return finisher


def _divide(sums: Buffer, spare: Buffer, divisor: int) -> None:
    """Divides in place, halves to the even neighbour.

    floor((a + (d − 1) // 2) / d) rounds halves down; where floor(a / d) is odd and d even, one more is added.
    """
    by, what = (
        (np.right_shift, divisor.bit_length() - 1) if divisor.bit_count() == 1 else (np.floor_divide, divisor)
    )
    if divisor % 2 == 0:
        by(sums, what, out=spare)
        np.bitwise_and(spare, 1, out=spare)
        np.add(sums, spare, out=sums)
    if divisor > 2:
        np.add(sums, (divisor - 1) // 2, out=sums)
    by(sums, what, out=sums)


def fractional(task: Task, scaled: bool, error: float) -> Callable[[Layout], Finisher]:
    """For sums in floats, which are overwritten; scaled says that they are divided already.

    `error` is what a quotient is off by at the most. Where that leaves open how to round, the pixel is computed again
    in double precision from its window in the source, so that the result is that of exact quotients.
    """
    most = float(np.iinfo(task.dtype).max)
    inside = _inside(task)
    if inside and scaled and error:
        return _between(task, error)

    def finisher(layout: Layout) -> Finisher:
        spare: list[Buffer] = []
        counters: list[Counter] = []

        def finish(parts: list[Buffer], source: Buffer, y: Buffer) -> int:
            sums = parts[0]
            if not spare:
                spare.append(np.empty_like(sums))
                counters.append(Counter(*y.shape))
            rows, width = y.shape
            rounded, mask = spare[0][:rows], counters[0].mask[:rows]
            if not scaled and task.divisor != 1:
                np.divide(sums, sums.dtype.type(task.divisor), out=sums)
            if scaled or task.divisor != 1 or not task.whole:
                np.rint(sums, out=rounded)
            else:
                rounded, sums = sums, rounded
            if error:
                np.subtract(sums, rounded, out=sums)
                np.abs(sums, out=sums)
                np.greater(sums[:, :width], sums.dtype.type(0.5 - error), out=mask)
                _settle(task, layout, source, rounded, np.flatnonzero(mask), width)
            count = 0
            if not inside:
                np.clip(rounded, sums.dtype.type(0), sums.dtype.type(most), out=sums)
                np.not_equal(sums[:, :width], rounded[:, :width], out=mask)
                count = counters[0].count(rows)
                rounded = sums
            np.copyto(y, rounded[:, : y.shape[1]], casting="unsafe")
            return count

        return finish

    return finisher


def _inside(task: Task) -> bool:
    """Whether nothing can be clipped."""
    low, high = sorted(edge / task.divisor for edge in task.range)
    return low >= -0.25 and high <= np.iinfo(task.dtype).max + 0.25


def _between(task: Task, error: float) -> Callable[[Layout], Finisher]:
    """For quotients that are off by `error` and need no clipping: rounded as if too large and as if too small.

    Where the two differ the pixel is computed again.
    """
    slack = error + 2.0**-24 * (float(np.iinfo(task.dtype).max) + 1)  # of the additions here

    def finisher(layout: Layout) -> Finisher:
        buffers: list[Buffer] = []

        def finish(parts: list[Buffer], source: Buffer, y: Buffer) -> int:
            if not buffers:
                buffers.extend((np.empty(y.shape, y.dtype), np.empty(y.shape, np.bool_)))
            (rows, width), kind = y.shape, parts[0].dtype.type
            sums, (upper, mask) = parts[0][:, :width], (buffer[:rows] for buffer in buffers)
            np.add(sums, kind(0.5 - slack), out=y, casting="unsafe")  # cut off, and so rounded
            np.add(sums, kind(0.5 + slack), out=upper, casting="unsafe")
            np.not_equal(y, upper, out=mask)
            _settle(task, layout, source, y, np.flatnonzero(mask), width)
            return 0

        return finish

    return finisher


def _settle(
    task: Task, layout: Layout, source: Buffer, rounded: Buffer, near: NDArray[np.intp], width: int
) -> None:
    """Rounds these places again, counted in rows of that width, in double precision."""
    i, j = np.divmod(near, width)
    pixel, channel = np.divmod(j, layout.c)
    places = i * layout.drop[0] * layout.row + pixel * layout.drop[1] * layout.c + channel
    kh, kw = task.weights.shape
    steps = (layout.offset(1, 0) if kh > 1 else 0, layout.offset(0, 1) if kw > 1 else 0)
    size = source.itemsize
    windows = as_strided(source, (source.size, kh, kw), (size, steps[0] * size, steps[1] * size))
    weights = task.weights.astype(np.float64).ravel()
    exact: Any = np.empty(len(places))
    for start in range(0, len(places), NEAR):
        some = slice(start, start + NEAR)
        gathered = windows[places[some]].reshape(-1, kh * kw)
        exact[some] = gathered.astype(np.float64) @ weights
    rounded[i, j] = np.rint(exact / task.divisor)


def raw(task: Task) -> Callable[[Layout], Finisher]:
    """For the quotients themselves, in double precision."""

    def finisher(_: Layout) -> Finisher:
        def finish(parts: list[Buffer], _: Buffer, y: Buffer) -> int:
            sums = parts[0][:, : y.shape[1]]
            if task.divisor == 1:
                np.copyto(y, sums)
            else:
                np.divide(sums, task.divisor, out=y, dtype=np.float64)
            return 0

        return finish

    return finisher


def single_error(weights: NDArray[np.float64], most: float) -> float:
    """How far Σ weight · pixel in single precision may be off, in whatever order it is added up.

    An addition is off by the unit roundoff of its result; after k weights no partial sum exceeds what the k largest of
    one sign give. To that come the rounding of each weight and of each product.
    """
    magnitude = np.abs(weights)
    plus = np.cumsum(np.sort(np.where(weights > 0, magnitude, 0))[::-1])
    minus = np.cumsum(np.sort(np.where(weights < 0, magnitude, 0))[::-1])
    partial = float(np.maximum(plus, minus).sum())
    return HALF_STEP * most * (partial + 3 * float(magnitude.sum()))
