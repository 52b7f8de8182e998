"""Kernels as banded (Toeplitz) matrices that multiply a strip: BLAS does the sums.

The column of a kernel, once in each row of a matrix and one further to the right from row to row, takes T + kh − 1
rows of a picture to T rows of results. Several columns of the kernel share one product: the strip is stacked with
copies of itself shifted to the side; what is left are a few shifted additions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from cnncalc.numerics.products import SMALL
from cnncalc.numerics.rounding import HALF_STEP, single_error
from cnncalc.numerics.strips import EVEN, Buffer, Layout, Route, Worker
from cnncalc.numerics.tasks import Task
from cnncalc.numerics.workspace import Arena

STACK = 4  # columns of the kernel in one product
STRIP = 400_000  # results of a strip: calls long enough for two threads, buffers that fit the third cache


def band(column: NDArray[Any], height: int, dilation: int) -> NDArray[Any]:
    """(T, T + reach): the column of a kernel, one place further from row to row."""
    matrix = np.zeros((height, height + dilation * (len(column) - 1)), column.dtype)
    for t in range(height):
        matrix[t, t : t + dilation * len(column) : dilation] = column
    return matrix


def stacked_error(weights: NDArray[np.float64], most: float) -> float:
    """How far sums in single precision may be off: those of each stack, and then the sums of the stacks."""
    stacks = [weights[:, j : j + STACK] for j in range(0, weights.shape[1], STACK)]
    joined = (len(stacks) - 1) * HALF_STEP * most * float(np.abs(weights).sum())
    return joined + sum(single_error(stack.ravel(), most) for stack in stacks)


def separable_error(column: NDArray[np.float64], line: NDArray[np.float64], most: float) -> float:
    """The same for a column and then a row: the row passes on what the sums down are off by."""
    down = single_error(column, most) * float(np.abs(line).sum())
    return down + single_error(line, most * float(np.abs(column).sum()))


@dataclass(frozen=True, eq=False)
class Toeplitz:
    """A dense kernel in single or double precision."""

    task: Task
    weights: NDArray[Any]  # those of the task, in the precision to compute in, divided or not
    source: Any
    strides: ClassVar[bool] = False

    @staticmethod
    def height(kw: int) -> int:
        """T: more would multiply by more zeros, but a product of fewer than four rows is slow."""
        return {1: 4, 2: 2, 3: 2}.get(-(-kw // STACK), 1)

    def rows(self, row: int) -> int:
        return EVEN * max(1, STRIP // (row * EVEN))

    def worker(self, layout: Layout, arena: Arena) -> Worker:
        kh, kw = self.weights.shape
        dtype, size = self.weights.dtype, self.weights.itemsize
        t, stack = self.height(kw), min(STACK, kw)
        groups = -(-kw // stack)
        (dy, dx), c = self.task.dilation, layout.c
        reach = dy * (kh - 1)
        padded = np.zeros((kh, groups * stack), dtype)
        padded[:, :kw] = self.weights
        bands = np.stack([band(column, t, dy) for column in padded.T])  # (columns, T, T + reach)
        matrix = bands.reshape(groups, stack, t, t + reach).transpose(0, 2, 3, 1).reshape(groups * t, -1)

        # a product spans as much of a row as stays small, and the strip is stacked for one product after the other:
        # then the buffers stay in the second cache, and numpy adds rows that are long, as it does faster
        shift = stack * dx * c
        across = layout.width * c
        most = max(256, SMALL // matrix.size - (groups - 1) * shift)
        pieces = -(-across // most)
        n = -(-across // pieces)
        wide = n + (groups - 1) * shift
        blocks = -(-layout.rows // t)
        stacked = arena.array((blocks * t + reach, stack, wide), dtype)
        stacked[:] = 0
        under = as_strided(
            stacked,
            (blocks, (t + reach) * stack, wide),
            (t * stack * wide * size, wide * size, size),
        )
        products = arena.array((blocks, groups * t, wide), dtype)
        parts = products.reshape(blocks, groups, t, wide)
        sums = arena.array((blocks, t, pieces * n), dtype)

        def work(source: Buffer, rows: int) -> Buffer:
            high, some = rows + reach, -(-rows // t)
            step = source.itemsize
            for left in range(0, pieces * n, n):
                copies = as_strided(
                    source[left:], (high, stack, wide), (layout.row * step, dx * c * step, step)
                )
                np.copyto(stacked[:high], copies)
                np.matmul(matrix, under[:some], out=products[:some])
                y = sums[:some, :, left : left + n]
                shifted = [parts[:some, g, :, g * shift : g * shift + n] for g in range(groups)]
                if groups == 1:
                    np.copyto(y, shifted[0])
                else:
                    np.add(shifted[0], shifted[1], out=y)
                for part in shifted[2:]:
                    np.add(y, part, out=y)
            return sums.reshape(blocks * t, -1)[:rows]

        return work


@dataclass(frozen=True, eq=False)
class LongSeparable:
    """A long column times a long row: banded matrices down and across, two products in all.

    Across, a few values of a row and those around them, whatever their channels, are one row of a matrix.
    """

    task: Task
    column: NDArray[Any]
    line: NDArray[Any]
    source: Any
    strides: ClassVar[bool] = False
    height: ClassVar[int] = 4  # T down
    width: ClassVar[int] = 16  # T across: one full register, and rows that begin where cache lines do

    def rows(self, row: int) -> int:
        return EVEN * max(1, STRIP // (row * EVEN))

    def worker(self, layout: Layout, arena: Arena) -> Worker:
        dtype, size = self.column.dtype, self.column.itemsize
        (dy, dx), t, c = self.task.dilation, self.height, layout.c
        matrix = band(self.column, t, dy)
        across = np.ascontiguousarray(band(self.line, self.width, dx * c).T)  # (under, T)
        reach, (under, wide) = matrix.shape[1] - t, across.shape
        spans = -(-layout.width * c // self.width)
        pieces = -(-(spans * wide + under - wide) // max(256, SMALL // 2 // matrix.size))
        n = -(-(spans * wide + under - wide) // (pieces * EVEN)) * EVEN
        blocks = -(-layout.rows // t)
        length = pieces * n  # of every row: where a product ends changes no sum
        strip, columns = (
            arena.array(shape, dtype) for shape in ((blocks * t + reach, length), (blocks, t, length))
        )
        strip[:] = 0
        used = blocks * t * spans * wide
        sums = strip.reshape(-1)[:used].reshape(blocks * t, spans, wide)  # the strip has been read by then
        above = as_strided(
            strip, (blocks, pieces, t + reach, n), (t * length * size, n * size, length * size, size)
        )
        down = columns.reshape(blocks, t, pieces, n).transpose(0, 2, 1, 3)
        beside = as_strided(columns, (spans, blocks * t, under), (wide * size, length * size, size))

        def work(source: Buffer, rows: int) -> Buffer:
            high, some = rows + reach, -(-rows // t)
            np.copyto(strip[:high, : layout.row], source[: high * layout.row].reshape(high, layout.row))
            np.matmul(matrix, above[:some], out=down[:some])
            np.matmul(beside[:, : some * t], across, out=sums[: some * t].transpose(1, 0, 2))
            return sums.reshape(blocks * t, -1)[:rows]

        return work


@dataclass(frozen=True, eq=False)
class Centred:
    """Another way, given bytes less 128: sums of numbers half as large round to half the error.

    What is missing from its sums is 128 times the sum of the weights.
    """

    route: Route
    level: ClassVar[int] = 128

    @property
    def source(self) -> Any:
        return self.route.source

    @property
    def strides(self) -> bool:
        return self.route.strides

    def rows(self, row: int) -> int:
        return self.route.rows(row)

    def worker(self, layout: Layout, arena: Arena) -> Worker:
        centred = arena.array((layout.size,), np.int8)
        work = self.route.worker(layout, arena)

        def shifted(source: Buffer, rows: int) -> Buffer:
            np.bitwise_xor(source, np.uint8(self.level), out=centred.view(np.uint8))
            return work(centred, rows)

        return shifted
