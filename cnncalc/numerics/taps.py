"""Correlating a picture with a small kernel of whole weights, tap by tap and exactly."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncalc.errors import UsageError

STRIP = 400_000  # elements of a strip: its three buffers stay in the cache, and a numpy call stays long
BORDER = "edge pixels repeated"  # what lies beyond the border, in words

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Buffer = NDArray[Any]


def correlate(
    x: Pixels, weights: Sequence[Sequence[int]], divisor: int = 1, *, threads: int = 1
) -> tuple[Pixels, int]:
    """Lays the kernel over every pixel of each channel and writes the weighted sum there.

    x is (H, W) or (H, W, C), uint8 or uint16. The result has the same shape and dtype, and comes with the
    number of its values that were clipped to the dtype's range. The sum is exact; its division is rounded
    half to even. Beyond the border the edge pixels are repeated. The kernel's anchor is (kh // 2, kw // 2),
    which for even sizes is the pixel after the middle, as in OpenCV and scipy.ndimage.correlate.
    """
    job = _Job(x, weights, divisor)
    strips = range(0, x.shape[0], job.rows)
    threads = min(threads, len(strips))
    if threads <= 1:
        clipped = job.run(strips)
    else:
        with ThreadPoolExecutor(threads) as pool:
            clipped = sum(pool.map(job.run, (strips[i::threads] for i in range(threads))))
    return job.y, clipped


class _Job:
    """What the threads share: the picture, the taps, the result. Each one has buffers of its own."""

    def __init__(self, x: Pixels, weights: Sequence[Sequence[int]], divisor: int) -> None:
        h, w, *channels = x.shape
        self.x = x.reshape(h, -1)  # (H, W·C): a step of one column is a step of C elements
        self.y = np.empty_like(x, order="C")
        self.c = channels[0] if channels else 1
        self.kh, self.kw = len(weights), len(weights[0])
        self.stride = (w + self.kw - 1) * self.c  # elements from row to row of a strip
        self.rows = max(1, min(h, STRIP // self.stride))
        self.divisor = divisor
        self.dtype = _accumulator(weights, divisor, int(np.iinfo(x.dtype).max))
        self.taps: dict[int, list[int]] = {}  # weight to its offsets in a flat strip; zeros take no part
        for dy, row in enumerate(weights):
            for dx, weight in enumerate(row):
                if weight:
                    self.taps.setdefault(int(weight), []).append(dy * self.stride + dx * self.c)

    def run(self, strips: Sequence[int]) -> int:
        """Works on the strips that begin at these rows; the number of values clipped."""
        source = np.zeros((self.rows + self.kh) * self.stride, self.dtype)  # one row more than is read
        sums = np.empty(self.rows * self.stride, self.dtype)
        spare = np.empty_like(sums)
        y = self.y.reshape(self.x.shape)
        clipped = 0
        for top in strips:
            end = min(top + self.rows, len(y))
            n = (end - top) * self.stride
            self.fill(source.reshape(-1, self.stride), top, end)
            self.add_taps(source, sums[:n], spare[:n])
            if self.divisor > 1:
                _divide(sums[:n], spare[:n], self.divisor)
            result = sums[:n].reshape(-1, self.stride)[:, : y.shape[1]]  # without the columns beyond
            clipped += _clip(result, y[top:end])
        return clipped

    def fill(self, source: Buffer, top: int, end: int) -> None:
        """Copies the rows that the kernel sees from rows top to end, edge pixels repeated."""
        h, wc = self.x.shape
        first = top - self.kh // 2
        last = first + (end - top) + self.kh - 1
        a, b = max(first, 0), min(last, h)
        left = self.kw // 2 * self.c
        source[a - first : b - first, left : left + wc] = self.x[a:b]
        for i in range(0, left, self.c):
            source[a - first : b - first, i : i + self.c] = self.x[a:b, : self.c]
        for i in range(left + wc, self.stride, self.c):
            source[a - first : b - first, i : i + self.c] = self.x[a:b, -self.c :]
        source[: a - first] = source[a - first]
        source[b - first : last - first] = source[b - first - 1]

    def add_taps(self, source: Buffer, sums: Buffer, spare: Buffer) -> None:
        """Sums the pixels under equal weights first, so that there is one product a distinct weight."""
        n = len(sums)
        sums[:] = 0
        for weight, offsets in self.taps.items():
            if abs(weight) == 1:
                step = np.add if weight == 1 else np.subtract
                for offset in offsets:
                    step(sums, source[offset : offset + n], out=sums)
                continue
            equal = source[offsets[0] : offsets[0] + n]
            for offset in offsets[1:]:
                equal = np.add(equal, source[offset : offset + n], out=spare)
            np.add(sums, np.multiply(equal, weight, out=spare), out=sums)


def _accumulator(weights: Sequence[Sequence[int]], divisor: int, most: int) -> np.dtype[Any]:
    """The narrowest signed type that holds every sum on the way, and what the division adds to it."""
    bound = sum(abs(weight) for row in weights for weight in row) * most + divisor
    for dtype in (np.int16, np.int32, np.int64):
        if bound <= np.iinfo(dtype).max:
            return np.dtype(dtype)
    raise UsageError(f"weights that sum to {bound // most:,} are too large for 64-bit arithmetic")


def _divide(sums: Buffer, spare: Buffer, divisor: int) -> None:
    """Divides in place, halves to the even neighbour.

    floor((a + (d − 1) // 2) / d) rounds halves down; where floor(a / d) is odd and d even, one more is added.
    """
    if divisor % 2 == 0:
        np.floor_divide(sums, divisor, out=spare)
        np.bitwise_and(spare, 1, out=spare)
        np.add(sums, spare, out=sums)
    np.add(sums, (divisor - 1) // 2, out=sums)
    np.floor_divide(sums, divisor, out=sums)


def _clip(sums: Buffer, y: Pixels) -> int:
    """Writes the sums into y, clipped to the range of its dtype; how many were."""
    most = np.iinfo(y.dtype).max
    unsigned = sums.view(f"u{sums.dtype.itemsize}")  # a negative sum reads as one above the range
    clipped = int(np.count_nonzero(unsigned > most))
    np.clip(sums, 0, most, out=y, casting="unsafe")
    return clipped
