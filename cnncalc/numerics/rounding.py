"""From sums to pixels: divided, rounded half to even, clipped, and the clipped ones counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from cnncalc.numerics.strips import Buffer, Finisher, Layout
from cnncalc.numerics.tasks import Task

NEAR = 4096  # pixels whose windows are gathered at a time


def whole(task: Task) -> Callable[[Layout], Finisher]:
    """For whole sums in signed integers, which are overwritten."""
    divisor = int(task.divisor)

    def finisher(layout: Layout) -> Finisher:
        spare: list[Buffer] = []

        def finish(parts: list[Buffer], source: Buffer, y: Buffer) -> int:
            sums = parts[0]
            if not spare:
                spare.extend((np.empty_like(sums), np.empty(sums.shape, np.bool_)))
            if divisor > 1:
                _divide(sums, spare[0][: len(sums)], divisor)
            return _clip(sums, y, spare[1][: len(sums)])

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


def _clip(sums: Buffer, y: Buffer, mask: Buffer) -> int:
    """Writes whole sums into y, clipped to the range of its dtype; how many were."""
    most = np.iinfo(y.dtype).max
    unsigned = sums.view(f"u{sums.dtype.itemsize}")  # a negative sum reads as one above the range
    np.greater(unsigned, most, out=mask)
    np.clip(sums, 0, most, out=sums)
    np.copyto(y, sums[:, : y.shape[1]], casting="unsafe")
    return int(np.count_nonzero(mask[:, : y.shape[1]]))


def fractional(task: Task, scaled: bool, error: float) -> Callable[[Layout], Finisher]:
    """For sums in floats, which are overwritten; scaled says that they are divided already.

    `error` is what a quotient is off by at the most. Where that leaves open how to round, the pixel is computed again
    in double precision from its window in the source, so that the result is that of exact quotients.
    """
    most = float(np.iinfo(task.dtype).max)
    low, high = (edge / task.divisor for edge in task.range)
    low, high = min(low, high), max(low, high)
    inside = low >= -0.25 and high <= most + 0.25  # nothing can be clipped

    def finisher(layout: Layout) -> Finisher:
        spare: list[Buffer] = []

        def finish(parts: list[Buffer], source: Buffer, y: Buffer) -> int:
            sums = parts[0]
            if not spare:
                spare.extend((np.empty_like(sums), np.empty(sums.shape, np.bool_)))
            rounded, mask = spare[0][: len(sums)], spare[1][: len(sums)]
            if not scaled and task.divisor != 1:
                np.divide(sums, sums.dtype.type(task.divisor), out=sums)
            if scaled or task.divisor != 1 or not task.whole:
                np.rint(sums, out=rounded)
            else:
                rounded, sums = sums, rounded
            if error:
                np.subtract(sums, rounded, out=sums)
                np.abs(sums, out=sums)
                np.greater(sums, sums.dtype.type(0.5 - error), out=mask)
                _settle(task, layout, source, rounded, np.flatnonzero(mask))
            count = 0
            if not inside:
                np.clip(rounded, 0, most, out=sums)
                np.not_equal(sums, rounded, out=mask)
                count = int(np.count_nonzero(mask[:, : y.shape[1]]))
                rounded = sums
            np.copyto(y, rounded[:, : y.shape[1]], casting="unsafe")
            return count

        return finish

    return finisher


def _settle(task: Task, layout: Layout, source: Buffer, rounded: Buffer, near: NDArray[np.intp]) -> None:
    """Rounds these places again, in double precision; columns behind the picture are among them and do no harm."""
    i, j = np.divmod(near, rounded.shape[1])
    pixel, channel = np.divmod(j, layout.c)
    inside = pixel * layout.drop[1] < layout.width
    places = (i * layout.drop[0] * layout.row + pixel * layout.drop[1] * layout.c + channel)[inside]
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
    rounded[i[inside], j[inside]] = np.rint(exact / task.divisor)


def raw(task: Task) -> Callable[[Layout], Finisher]:
    """For the quotients themselves, in double precision."""

    def finisher(layout: Layout) -> Finisher:
        def finish(parts: list[Buffer], source: Buffer, y: Buffer) -> int:
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
    return 2**-24 * 1.01 * most * (partial + 3 * float(magnitude.sum()))
