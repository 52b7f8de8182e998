"""Going through a picture in strips of rows, each small enough to stay near the core.

A strip is copied into a buffer with what lies beyond the borders around it, its rows one behind the other: a step
down is then `row` elements and a step to the right C elements, and a shift of the whole strip is one offset. With a
stride the buffer holds one such block for every remainder of row and column, so that this stays true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnncalc.numerics.borders import sources
from cnncalc.numerics.tasks import Task
from cnncalc.numerics.ufuncs import ufunc_settings
from cnncalc.numerics.workspace import Arena, spare

EVEN = 8  # strips begin at multiples of it, whatever their number, so that matrices add up in one order
FEW = 24  # columns up to which one after the other is faster than an index

Buffer: TypeAlias = NDArray[Any]
Worker: TypeAlias = Callable[[Buffer, int], Buffer]  # the sums of as many rows always lie in the same place
Finisher: TypeAlias = Callable[[list[Buffer], Buffer, Buffer], int]
Finishing: TypeAlias = Callable[["Layout", Arena], Finisher]


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

    def worker(self, layout: Layout, arena: Arena) -> Worker:
        """What computes the sums of a strip: (source, rows) to (rows, ≥ width · C)."""


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


class _Copy(NamedTuple):
    """Where a part of a block comes from: these rows and elements of the rows under the strip."""

    into: Buffer
    rows: slice
    elements: slice


class _Columns(NamedTuple):
    """The columns of one block: which lie in the picture, and where those beyond come from."""

    inside: slice  # of the block
    pixels: slice  # of the picture, the same columns
    outside: NDArray[np.intp]  # of the block
    shown: NDArray[np.intp]  # of the picture; −1 is the number beyond


class Filler:
    """Copies rows of a picture into the blocks of a strip, with the columns beyond the border.

    The views that this takes are made once for a number of rows: a strip that makes them holds up other threads.
    """

    def __init__(self, layout: Layout, source: Buffer) -> None:
        task = layout.task
        self.layout = layout
        self.blocks = source[: -layout.row].reshape(*layout.phases, layout.height, layout.row)
        self.copies: dict[tuple[int, int], list[_Copy]] = {}
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

    def fill(self, parts: Iterable[Buffer], unreal: NDArray[np.bool_] | None) -> None:
        """The parts (rows, W·C) lie under a strip, one alone with a stride; unreal rows get the number beyond."""
        first = 0
        for part in parts:
            at = first, len(part)
            if at not in self.copies:
                self.copies[at] = list(self._bound(*at))
            for into, rows, elements in self.copies[at]:
                np.copyto(into, part[rows, elements])
            self._rest(part, first, None if unreal is None else unreal[first : first + len(part)])
            first += len(part)

    def _lines(self, first: int, n: int) -> Iterator[tuple[slice, _Columns, Buffer]]:
        """Of each block the rows that it takes of n in a row, its columns, and its own rows that they go to."""
        for py in range(self.layout.phases[0]):
            rows = slice(py, None, self.layout.stride[0])
            stop = first + len(range(py, n, self.layout.stride[0]))
            for px, columns in enumerate(self.columns):
                yield rows, columns, self.blocks[py, px, first:stop]

    def _bound(self, first: int, n: int) -> Iterator[_Copy]:
        """What is copied by long rows, faster than pixels, and the few columns beyond the border."""
        c = self.layout.c

        def elements(first: int, stop: int) -> slice:
            return slice(first * c, stop * c)

        for rows, columns, lines in self._lines(first, n):
            if columns.pixels.step == 1:
                inside = lines[:, elements(columns.inside.start, columns.inside.stop)]
                yield _Copy(inside, rows, elements(columns.pixels.start, columns.pixels.stop))
            if self._few(columns):
                for at, of in zip(columns.outside.tolist(), columns.shown.tolist(), strict=True):
                    yield _Copy(lines[:, elements(at, at + 1)], rows, elements(of, of + 1))

    def _few(self, columns: _Columns) -> bool:
        return self.layout.task.beyond is None and len(columns.outside) <= FEW

    def _rest(self, part: Buffer, first: int, unreal: NDArray[np.bool_] | None) -> None:
        """Pixels that a stride sets apart, many columns beyond the border, and the number beyond."""
        c, beyond = self.layout.c, self.layout.task.beyond
        if beyond is None and all(each.pixels.step == 1 and self._few(each) for each in self.columns):
            return
        for rows, columns, lines in self._lines(first, len(part)):
            pixels, block = (each.reshape(len(each), -1, c) for each in (part[rows], lines))
            if columns.pixels.step != 1:
                block[:, columns.inside] = pixels[:, columns.pixels]
            if beyond is not None:
                block[:, columns.outside] = beyond
                if unreal is not None:
                    lines[unreal[rows]] = beyond
            elif not self._few(columns):
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

    def parts(self, first: int, stop: int) -> list[Buffer]:
        """The same in one part or several, one below the other, which nobody may write to."""
        return [self.part(first, stop)]


class _Trail(_Reader):
    """The same for a picture whose rows a to b are overwritten one strip after the other, from the top.

    What the next strip still needs of the rows above it is kept; so are, from the start, the rows under the last one.
    """

    def __init__(self, x: Buffer, task: Task, a: int, b: int) -> None:
        super().__init__(x, task)
        self.above, below = max(0, -task.down.start), max(0, task.down.start + task.reach[0])
        self.b = b
        self.held = self.part(a - self.above, a).copy()
        self.tail = self.part(b, b + below).copy()

    def parts(self, first: int, stop: int) -> list[Buffer]:
        top, bottom = first - self.task.down.start, stop - self.task.down.start - self.task.reach[0]
        origins = ((self.held, top - self.above), (self.x[top : self.b], top), (self.tail, self.b))
        found = [rows[max(first - origin, 0) : max(stop - origin, 0)] for rows, origin in origins]
        if self.above:
            fresh = self.x[max(top, bottom - self.above) : bottom]
            self.held = np.concatenate([self.held, fresh])[-self.above :]
        return [rows for rows in found if len(rows)]


def sweep(
    x: Buffer,
    task: Task,
    routes: Sequence[Route],
    finishing: Finishing,
    y: Buffer,
    threads: int,
) -> int:
    """Computes the sums of all routes strip by strip and has finishers make results of them; what it counts.

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
        count = 0
        with spare() as arena, ufunc_settings():
            source = arena.array((layout.size,), routes[0].source)
            source[:] = 0
            workers = [_dropping(route.worker(layout, arena), layout, arena) for route in routes]
            filler, finish = Filler(layout, source), finishing(layout, arena)
            for top in tops:
                end = min(top + rows, len(y))
                first, n = task.down[top], (end - top - 1) * drop + 1
                stop = first + (n - 1) * layout.stride[0] + task.reach[0] + 1
                place = np.arange(first, stop) if first < 0 or stop > task.shape[0] else None
                unreal = None if place is None else (place < 0) | (place >= task.shape[0])
                filler.fill(reader.parts(first, stop), unreal)
                sums = [worker(source, n) for worker in workers]
                count += finish(sums, source, y[top:end].reshape(end - top, -1))
        return count

    if threads == 1:
        return work(*shares[0])
    with ThreadPoolExecutor(threads - 1) as pool:  # the thread that calls is one of them
        others = [pool.submit(work, *share) for share in shares[1:]]
        return work(*shares[0]) + sum(other.result() for other in others)


def _dropping(worker: Worker, layout: Layout, arena: Arena) -> Worker:
    """The worker without the results that the stride passes over."""
    if layout.drop == (1, 1):
        return worker
    sy, sx = layout.drop
    kept: list[Buffer] = []

    def work(source: Buffer, rows: int) -> Buffer:
        planes = worker(source, rows)[::sy, : layout.width * layout.c].reshape(-1, layout.width, layout.c)
        sums = planes[:, ::sx]
        if not kept:  # the first strip is the longest
            kept.append(arena.array(sums.shape, sums.dtype))
        np.copyto(kept[0][: len(sums)], sums)
        return kept[0][: len(sums)].reshape(len(sums), -1)

    return work
