"""Going through a picture in strips of rows, each small enough to stay near the core.

A strip is copied into a buffer with what lies beyond the borders around it, its rows one behind the other: a step
down is then `row` elements and a step to the right C elements, and a shift of the whole strip is one offset. With a
stride the buffer holds one such block for every remainder of row and column, so that this stays true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnncalc.numerics.borders import sources
from cnncalc.numerics.tasks import Task

EVEN = 8  # strips begin at multiples of it, whatever their number, so that matrices add up in one order
FEW = 8  # columns up to which one after the other is faster than an index

Buffer: TypeAlias = NDArray[Any]
Worker: TypeAlias = Callable[[Buffer, int], Buffer]
Finisher: TypeAlias = Callable[[list[Buffer], Buffer, Buffer], int]


class Route(Protocol):
    """A way to compute the sums of a task."""

    @property
    def source(self) -> Any:
        """The dtype that it reads strips in."""

    @property
    def strides(self) -> bool:
        """Whether it computes only the results that a stride asks for; else every one, most to be dropped."""

    def rows(self, row: int) -> int:
        """How many rows of results it is best given at a time."""

    def worker(self, layout: Layout) -> Worker:
        """What computes the sums of a strip, with buffers of its own: (source, rows) to (rows, ≥ width · C)."""


class Layout:
    """How a strip lies in its buffer."""

    def __init__(self, task: Task, strides: bool, rows: int) -> None:
        self.task = task
        self.rows = rows  # of results, at most
        self.c = task.shape[2]
        self.stride = task.stride if strides else (1, 1)
        self.drop = (1, 1) if strides else task.stride
        self.width = (len(task.across) - 1) * self.drop[1] + 1  # results in a row
        (down, right), (sy, sx) = task.reach, self.stride
        self.row = (self.width + right // sx) * self.c  # elements from row to row
        self.height = rows + down // sy
        self.phases = min(sy, down + 1), min(sx, right + 1)
        self.block = self.height * self.row
        self.size = (
            self.phases[0] * self.phases[1] * self.block + self.row
        )  # one row more than is meant is read

    def offset(self, i: int, j: int) -> int:
        """From the first tap to tap i, j."""
        (v, u), (sy, sx) = (i * self.task.dilation[0], j * self.task.dilation[1]), self.stride
        return (v % sy * self.phases[1] + u % sx) * self.block + v // sy * self.row + u // sx * self.c


class _Columns(NamedTuple):
    """The columns of one block: which lie in the picture, and where those beyond come from."""

    inside: slice  # of the block
    pixels: slice  # of the picture, the same columns
    outside: NDArray[np.intp]  # of the block
    shown: NDArray[np.intp]  # of the picture; −1 is the number beyond


class Filler:
    """Copies rows of a picture into the blocks of a strip, with the columns beyond the border."""

    def __init__(self, layout: Layout) -> None:
        task = layout.task
        self.layout = layout
        first = task.across[0]
        stop = first + (layout.width - 1) * layout.stride[1] + task.reach[1] + 1
        self.columns = []
        for phase in range(layout.phases[1]):
            place = np.arange(first, stop)[phase :: layout.stride[1]]
            shown = sources(task.border, first, stop, task.shape[1])[phase :: layout.stride[1]]
            real = np.flatnonzero((place >= 0) & (place < task.shape[1]))
            a, b = (int(real[0]), int(real[-1]) + 1) if len(real) else (0, 0)
            pixels = slice(int(place[a]), int(place[b - 1]) + 1, layout.stride[1]) if b else slice(0, 0)
            outside = np.delete(np.arange(len(place)), slice(a, b))
            self.columns.append(_Columns(slice(a, b), pixels, outside, shown[outside]))

    def fill(self, source: Buffer, part: Buffer, unreal: NDArray[np.bool_] | None) -> None:
        """part (rows, W·C) holds the rows under a strip; those that are unreal get the number beyond."""
        layout = self.layout
        c, beyond = layout.c, layout.task.beyond
        blocks = source[: -layout.row].reshape(*layout.phases, layout.height, layout.row)
        for py in range(layout.phases[0]):
            rows = part[py :: layout.stride[0]]
            pixels = rows.reshape(len(rows), -1, c)
            for px, columns in enumerate(self.columns):
                lines = blocks[py, px, : len(rows)]
                block = lines.reshape(len(rows), -1, c)
                a, b, step = columns.pixels.start, columns.pixels.stop, columns.pixels.step
                if step == 1:  # long rows are copied faster than pixels
                    lines[:, columns.inside.start * c : columns.inside.stop * c] = rows[:, a * c : b * c]
                else:
                    block[:, columns.inside] = pixels[:, columns.pixels]
                if beyond is not None:
                    block[:, columns.outside] = beyond
                    if unreal is not None:
                        lines[unreal[py :: layout.stride[0]]] = beyond
                elif len(columns.outside) <= FEW:
                    for at, of in zip(columns.outside.tolist(), columns.shown.tolist(), strict=True):
                        block[:, at] = pixels[:, of]
                else:
                    block[:, columns.outside] = pixels[:, columns.shown]


class _Reader:
    """The rows of a picture as a kernel sees them, with those beyond the border."""

    def __init__(self, x: Buffer, task: Task) -> None:
        self.x, self.task = x, task

    def part(self, first: int, stop: int) -> Buffer:
        """Rows first to stop; those that only the number beyond would fill hold anything."""
        height, part = self.task.shape[0], self.task.part
        if part is None and first >= 0 and stop <= height:
            return self.x[first:stop]
        rows = np.maximum(sources(self.task.border, first, stop, height), 0)
        if part is not None:
            rows = part.at(rows)
        if rows[-1] - rows[0] == len(rows) - 1 and (np.diff(rows) == 1).all():
            return self.x[rows[0] : rows[-1] + 1]
        return self.x[rows]


class _Trail(_Reader):
    """The same for a picture whose rows a to b are overwritten one strip after the other, from the top.

    What the next strip still needs of the rows above it is kept; so are, from the start, the rows under the last one.
    """

    def __init__(self, x: Buffer, task: Task, a: int, b: int) -> None:
        super().__init__(x, task)
        self.above = max(0, -task.down.start)
        self.below = max(0, task.down.start + task.reach[0])
        self.b = b
        self.held = super().part(a - self.above, a).copy()
        self.tail = super().part(b, b + self.below).copy()

    def part(self, first: int, stop: int) -> Buffer:
        top, bottom = first - self.task.down.start, stop - self.task.down.start - self.task.reach[0]
        last = bottom + self.below
        rows = np.concatenate(
            [self.held, self.x[top : min(last, self.b)], self.tail[: max(0, last - self.b)]]
        )
        self.held = rows[bottom - top : bottom - top + self.above].copy()
        start = first - (top - self.above)
        return rows[start : start + stop - first]


def sweep(
    x: Buffer,
    task: Task,
    routes: Sequence[Route],
    finisher: Callable[[Layout], Finisher],
    y: Buffer,
    threads: int,
) -> int:
    """Computes the sums of all routes strip by strip and has the finisher make results of them; what it counts.

    x (H, W, C); y (rows, columns, C) may be x itself where every pixel has one result. All routes read the same dtype
    and treat strides alike.
    """
    strides = routes[0].strides
    row = Layout(task, strides, 1).row
    rows = min(route.rows(row) for route in routes)
    drop = 1 if strides else task.stride[0]
    band = -(-len(y) // max(1, threads))
    strips = -(-band // max(1, rows // drop))
    rows = -(-band // (strips * EVEN)) * EVEN
    layout = Layout(task, strides, (rows - 1) * drop + 1)
    strips = -(-len(y) // rows)
    threads = max(1, min(threads, strips))
    flat = x.reshape(len(x), -1)
    shares: list[tuple[_Reader, Iterator[int]]]
    if y is x:  # each thread has a band of its own
        edges = [strips * i // threads * rows for i in range(threads)] + [len(y)]
        shares = [(_Trail(flat, task, *band), iter(range(*band, rows))) for band in pairwise(edges)]
    else:  # each takes the next strip, so that none waits for one that was held up
        shares = [(_Reader(flat, task), iter(range(0, len(y), rows)))] * threads

    def work(reader: _Reader, tops: Iterator[int]) -> int:
        source = np.zeros(layout.size, routes[0].source)
        workers = [route.worker(layout) for route in routes]
        filler, finish = Filler(layout), finisher(layout)
        count = 0
        with np.errstate(all="ignore"):  # of float weights near the end of their range
            for top in tops:
                end = min(top + rows, len(y))
                first, n = task.down[top], (end - top - 1) * drop + 1
                stop = first + (n - 1) * layout.stride[0] + task.reach[0] + 1
                place = np.arange(first, stop) if first < 0 or stop > task.shape[0] else None
                unreal = None if place is None else (place < 0) | (place >= task.shape[0])
                filler.fill(source, reader.part(first, stop), unreal)
                sums = [_dropped(worker(source, n), layout) for worker in workers]
                count += finish(sums, source, y[top:end].reshape(end - top, -1))
        return count

    if threads == 1:
        return work(*shares[0])
    with ThreadPoolExecutor(threads - 1) as pool:  # the thread that calls is one of them
        others = [pool.submit(work, *share) for share in shares[1:]]
        return work(*shares[0]) + sum(other.result() for other in others)


def _dropped(sums: Buffer, layout: Layout) -> Buffer:
    """Without the results that the stride passes over."""
    if layout.drop == (1, 1):
        return sums
    sy, sx = layout.drop
    kept = sums[::sy, : layout.width * layout.c].reshape(-1, layout.width, layout.c)[:, ::sx]
    return np.ascontiguousarray(kept).reshape(len(kept), -1)
