"""From sums to pixels: divided, rounded half to even, clipped, and the clipped ones counted."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from cnncalc.numerics.strips import Buffer, Finisher, Finishing, Layout
from cnncalc.numerics.tasks import Task
from cnncalc.numerics.workspace import Arena

_UNSIGNED: dict[Any, Any] = {np.int16: np.uint16, np.int32: np.uint32, np.int64: np.uint64}
HALF_STEP = 2**-24 * 1.01  # the unit roundoff of single precision, and a margin for its products
NEAR = 4096  # pixels whose windows are gathered at a time


class Counter:
    """Counts or finds what is true in a strip. numpy's own ways would keep other threads from working meanwhile."""

    LANES = 8 * 255  # eight counts, one in each byte of a word, hold up to 255 each

    def __init__(self, rows: int, width: int, arena: Arena) -> None:
        size = rows * width
        self.bytes = arena.array((-(-size // self.LANES) * self.LANES,), np.bool_)
        self.bytes[size:] = False
        self.mask = self.bytes[:size].reshape(rows, width)
        self.words = self.bytes.view(np.uint64).reshape(255, -1)

    def count(self) -> int:
        """How many places are true."""
        return int(np.add.reduce(np.add.reduce(self.words, axis=0).view(np.uint8)))

    def places(self) -> NDArray[np.intp]:
        """Which places are true, where few are: eight are looked at as one first."""
        some = np.flatnonzero(self.words.reshape(-1) != 0)
        near = (8 * some[:, None] + np.arange(8)).reshape(-1)
        found: NDArray[np.intp] = near[self.bytes[near]]
        return found


def whole(task: Task) -> Finishing:
    """For whole sums in signed integers, which are overwritten."""
    divisor = int(task.divisor)
    inside = task.inside
    most = np.iinfo(task.dtype).max

    def finisher(_: Layout, arena: Arena) -> Finisher:
        bound: dict[int, tuple[list[partial[Any]], Buffer, Counter | None]] = {}

        def bind(sums: Buffer, width: int) -> tuple[list[partial[Any]], Buffer, Counter | None]:
            kept, counter = sums[:, :width], None
            calls = list(_divided(sums, arena.array(sums.shape, sums.dtype), divisor)) if divisor > 1 else []
            if not inside and task.counted:
                counter = Counter(len(kept), width, arena)
                unsigned = np.dtype(_UNSIGNED[sums.dtype.type])  # a negative sum reads as one above the range
                calls.append(
                    partial(np.greater, kept.view(unsigned), np.array(most, unsigned), out=counter.mask)
                )
            if not inside:
                low, high = np.array([0, most], sums.dtype)[:, None]
                calls.append(partial(sums.clip, low, high, out=sums))  # alone: with a cast it goes by pieces
            return calls, kept, counter

        def finish(parts: list[Buffer], _: Buffer, y: Buffer) -> int:
            rows, width = y.shape
            if rows not in bound:
                bound[rows] = bind(parts[0], width)
            calls, kept, counter = bound[rows]
            for call in calls:
                call()
            np.copyto(y, kept, casting="unsafe")
            return counter.count() if counter else 0

        return finish

    return finisher


def _divided(sums: Buffer, spare: Buffer, divisor: int) -> Iterator[partial[Any]]:
    """Divides in place, halves to the even neighbour.

    floor((a + (d − 1) // 2) / d) rounds halves down; where floor(a / d) is odd and d even, one more is added.
    """
    power = divisor.bit_count() == 1
    by = partial(np.right_shift if power else np.floor_divide, sums)
    what, one, half = (
        np.array(each, sums.dtype)
        for each in (divisor.bit_length() - 1 if power else divisor, 1, (divisor - 1) // 2)
    )
    if divisor % 2 == 0:
        yield partial(by, what, out=spare)
        yield partial(np.bitwise_and, spare, one, out=spare)
        yield partial(np.add, sums, spare, out=sums)
    if divisor > 2:
        yield partial(np.add, sums, half, out=sums)
    yield partial(by, what, out=sums)


def fractional(task: Task, scaled: bool, error: float) -> Finishing:
    """For sums in floats, which are overwritten; scaled says that they are divided already.

    `error` is what a quotient is off by at the most. Where that leaves open how to round, the pixel is computed again
    in double precision from its window in the source, so that the result is that of exact quotients.
    """
    inside = task.inside
    most = float(np.iinfo(task.dtype).max)

    def finisher(layout: Layout, arena: Arena) -> Finisher:
        buffers: dict[int, tuple[Buffer, Counter]] = {}
        settler = _Settler(task, layout)

        def finish(parts: list[Buffer], source: Buffer, y: Buffer) -> int:
            sums = parts[0]
            rows, width = y.shape
            if rows not in buffers:
                buffers[rows] = arena.array(sums.shape, sums.dtype), Counter(rows, width, arena)
            rounded, counter = buffers[rows]
            if not scaled and task.divisor != 1:
                np.divide(sums, sums.dtype.type(task.divisor), out=sums)
            if scaled or task.divisor != 1 or not task.whole:
                np.rint(sums, out=rounded)
            else:
                rounded, sums = sums, rounded
            if error:
                np.subtract(sums, rounded, out=sums)
                np.abs(sums, out=sums)
                np.greater(sums[:, :width], sums.dtype.type(0.5 - error), out=counter.mask)
                settler.settle(source, rounded, counter.places(), width)
            count = 0
            if not inside:
                np.clip(rounded, sums.dtype.type(0), sums.dtype.type(most), out=sums)
                if task.counted:
                    np.not_equal(sums[:, :width], rounded[:, :width], out=counter.mask)
                    count = counter.count()
                rounded = sums
            np.copyto(y, rounded[:, : y.shape[1]], casting="unsafe")
            return count

        return finish

    return finisher


def between(task: Task, error: float, missing: float) -> Finishing:
    """For bytes of which none is to be counted: quotients off by `error`, that lack so much, as if too large and small.

    Where the two are rounded to different bytes the pixel is computed again, as in `fractional`.
    """
    inside = task.inside
    most = float(np.iinfo(task.dtype).max)
    slack = error + 2.0**-24 * (most + 2 + abs(missing))  # of the additions here
    small, large = (np.float32(missing + 0.5 + each) for each in (-slack, slack))
    ends = [np.float32(end - missing) for end in (-0.4, most + 0.4)]  # what is beyond is rounded to the same

    def finisher(layout: Layout, arena: Arena) -> Finisher:
        counters: dict[int, Counter] = {}
        settler = _Settler(task, layout)

        def finish(parts: list[Buffer], source: Buffer, y: Buffer) -> int:
            rows, width = y.shape
            if rows not in counters:
                counters[rows] = Counter(rows, width, arena)
            if not inside:
                parts[0].clip(*ends, out=parts[0])
            sums, mask = parts[0][:, :width], counters[rows].mask
            upper = mask.view(y.dtype)
            np.add(sums, small, out=y, casting="unsafe")  # cut off, and so rounded
            np.add(sums, large, out=upper, casting="unsafe")
            np.not_equal(y, upper, out=mask)
            settler.settle(source, y, counters[rows].places(), width)
            return 0

        return finish

    return finisher


class _Settler:
    """Rounds pixels of a strip again, in double precision."""

    def __init__(self, task: Task, layout: Layout) -> None:
        self.task, self.layout = task, layout
        kh, kw = task.weights.shape
        self.shape = kh, kw
        self.steps = (layout.offset(1, 0) if kh > 1 else 0, layout.offset(0, 1) if kw > 1 else 0)
        self.weights = task.weights.astype(np.float64).ravel()
        self.windows: Buffer | None = None  # from each element of the source, in which every strip lies alike

    def settle(self, source: Buffer, rounded: Buffer, near: NDArray[np.intp], width: int) -> None:
        """Those at these places, counted in rows of that width."""
        if self.windows is None:
            size = source.itemsize
            steps = (size, self.steps[0] * size, self.steps[1] * size)
            self.windows = as_strided(source, (source.size, *self.shape), steps)
        layout = self.layout
        i, j = np.divmod(near, width)
        pixel, channel = np.divmod(j, layout.c)
        places = i * (layout.drop[0] * layout.row) + pixel * (layout.drop[1] * layout.c) + channel
        exact: Any = np.empty(len(places))
        for start in range(0, len(places), NEAR):
            some = slice(start, start + NEAR)
            gathered = self.windows[places[some]].reshape(-1, self.weights.size)
            exact[some] = gathered.astype(np.float64) @ self.weights
        rounded[i, j] = np.rint(exact / self.task.divisor)


def raw(task: Task) -> Finishing:
    """For the quotients themselves, in double precision."""

    def finisher(_: Layout, __: Arena) -> Finisher:
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
