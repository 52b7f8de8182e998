"""The largest kernels, as products of spectra: overlap-save in tiles of double precision."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2
from typing import Any, ClassVar

import numpy as np

from cnncalc.numerics.strips import Buffer, Layout, Worker
from cnncalc.numerics.tasks import Task
from cnncalc.numerics.workspace import Arena


def smooth(n: int) -> int:
    """The next size that has only factors 2, 3 and 5, which transforms like."""
    while True:
        rest = n
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return n
        n += 1


def error(task: Task) -> float:
    """How far a sum may be off: by the unit roundoff · log₂ of the tile · ‖weights‖₂ · ‖pixels‖₂, and a margin.

    Higham, Accuracy and Stability of Numerical Algorithms, theorem 24.2, for three transforms, with 8 for its constant.
    """
    h, w = (side(reach) for reach in task.reach)
    norm = float(np.linalg.norm(task.weights.astype(np.float64))) * task.most * (h * w) ** 0.5
    return float(2**-53 * 8 * 3 * (log2(h * w) + 1) * norm)


def side(reach: int) -> int:
    """How long a tile is for a kernel that reaches so far: three quarters of it or more are results."""
    return smooth(max(96, 4 * reach))


@dataclass(frozen=True, eq=False)
class Fourier:
    """Any kernel in double precision; for whole weights the sums are rounded to the whole numbers they are."""

    task: Task
    source: ClassVar[Any] = np.float64
    strides: ClassVar[bool] = False

    def rows(self, _: int) -> int:
        return side(self.task.reach[0]) - self.task.reach[0]

    def worker(self, layout: Layout, arena: Arena) -> Worker:
        c, (down, right) = layout.c, self.task.reach
        (dy, dx), kernel = self.task.dilation, self.task.weights
        height = smooth(layout.rows + down)
        tile = min(side(right), smooth(layout.width + right))
        wide = tile - right
        spaced = np.zeros((height, tile))
        spaced[: down + 1 : dy, : right + 1 : dx] = kernel
        spectrum = np.conj(np.fft.rfft2(spaced))
        sums = arena.array((layout.rows, layout.row), np.float64)

        def work(source: Buffer, rows: int) -> Buffer:
            pixels = source[: (rows + down) * layout.row].reshape(rows + down, -1, c)
            planes = sums.reshape(layout.rows, -1, c)
            for left in range(0, layout.width, wide):
                n = min(wide, layout.width - left)
                for channel in range(c):
                    part = np.ascontiguousarray(pixels[:, left : left + n + right, channel])
                    product = np.fft.rfft2(part, (height, tile))
                    np.multiply(product, spectrum, out=product)
                    planes[:rows, left : left + n, channel] = np.fft.irfft2(product, (height, tile))[
                        :rows, :n
                    ]
            if self.task.whole:
                np.rint(sums, out=sums)
            return sums[:rows]

        return work
