"""Kernels as straight-line programs of additions of shifted strips.

One product a distinct weight, and sums that occur more than once are computed once: pixels under equal weights that
stand equally far apart in pairs need one addition for all pairs (so eight in a row take three, not seven).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnncalc.numerics.factors import Box
from cnncalc.numerics.strips import Buffer, Layout, Worker
from cnncalc.numerics.tasks import Task
from cnncalc.numerics.workspace import Arena

STRIP = 5 << 18  # bytes of a strip: calls long enough for two threads, buffers that fit the third cache

Place: TypeAlias = tuple[int, int]  # a buffer and an offset in it; buffer 0 is the strip


class _Step(NamedTuple):
    """buffer[into][: n + more] = function(buffer[a], buffer[b]), each at its offset; b may be a number."""

    function: np.ufunc
    a: Place
    b: Place | float | None
    into: int
    more: int


class Program:
    """Steps and the buffers they need; `more` is how far beyond the n results a later step reads."""

    def __init__(self) -> None:
        self.steps: list[_Step] = []
        self.buffers = 1
        self.free: list[int] = []
        self.held = {0}  # buffers that are still to be read

    def emit(
        self, function: np.ufunc, a: Place, b: Place | float | None, more: int, into: int | None = None
    ) -> Place:
        """Adds a step; it overwrites a value that it reads and nobody else will, or takes another buffer."""
        if into is None:
            read = [place[0] for place in (a, b) if isinstance(place, tuple)]
            own = [buffer for buffer in read if buffer not in self.held]
            into = own[0] if own else self.take()
            self.free += own[1:]
        self.steps.append(_Step(function, a, b, into, more))
        return into, 0

    def take(self) -> int:
        """A buffer that nobody reads any more, or a new one."""
        if self.free:
            return self.free.pop()
        self.buffers += 1
        return self.buffers - 1

    def total(self, source: Place, offsets: Sequence[int], more: int, join: np.ufunc = np.add) -> Place:
        """The source, which is held, at these offsets, added up; a place in it where there is but one offset.

        Any other way to join two values will do in which their order does not matter.
        """
        buffer, base = source
        if len(offsets) == 1:
            return buffer, base + offsets[0]
        step, heads, rest = _pairs(offsets)
        if len(heads) > 1:
            at, reach = base + heads[0], heads[-1] - heads[0]
            pair = self.emit(join, (buffer, at), (buffer, at + step), more + reach)
            with self.holding(pair):
                value = self.total(pair, [head - heads[0] for head in heads], more, join)
        else:
            value = self.emit(join, (buffer, base + rest[0]), (buffer, base + rest[1]), more)
            rest = rest[2:]
        for offset in rest:
            value = self.emit(join, value, (buffer, base + offset), more)
        return value

    @contextmanager
    def holding(self, place: Place) -> Iterator[None]:
        """While the value at this place is read more than once; afterwards its buffer is free."""
        if place[0] in self.held:
            yield
            return
        self.held.add(place[0])
        yield
        self.held.remove(place[0])
        self.free.append(place[0])

    def weighted(self, source: Place, weights: Mapping[int, Any], more: int) -> Place:
        """Σ weight · source at offset."""
        groups: dict[Any, tuple[list[int], list[int]]] = {}
        for offset, weight in weights.items():
            groups.setdefault(abs(weight), ([], []))[weight < 0].append(offset)
        values = []
        for weight, (adds, takes) in groups.items():
            value = self.total(source, sorted(adds or takes), more)
            if adds and takes:
                value = self.emit(np.subtract, value, self.total(source, sorted(takes), more), more)
            values.append((weight if adds else -weight, value))
        return self.combined(values, more)

    def combined(self, values: Sequence[tuple[Any, Place]], more: int) -> Place:
        """Σ factor · value."""
        result: Place | None = None
        for factor, value in sorted(values, key=lambda each: each[0] < 0):  # first one that is added
            if result is None and factor <= 0:
                result = self.emit(np.multiply, value, factor, more)
                continue
            if abs(factor) != 1:
                value = self.emit(np.multiply, value, abs(factor), more)
            join = np.add if factor > 0 else np.subtract
            result = value if result is None else self.emit(join, result, value, more)
        assert result is not None
        return result

    def run(self, layout: Layout, dtype: Any, result: Place, arena: Arena) -> Worker:
        """The program as a worker that leaves its result at that place."""
        spare = max((step.more for step in self.steps), default=0)
        size = layout.rows * layout.row + spare
        buffers = [arena.array((size,), dtype) for _ in range(self.buffers - 1)]
        bound: dict[int, tuple[list[partial[Any]], Buffer]] = {}

        def view(source: Buffer, place: Place, n: int) -> Buffer:
            return ([source, *buffers][place[0]])[place[1] : place[1] + n]

        def work(source: Buffer, rows: int) -> Buffer:
            n = rows * layout.row
            if n not in bound:
                calls = []
                for function, a, b, into, more in self.steps:
                    operands: list[Any] = [view(source, a, n + more)]
                    if b is not None:
                        operands.append(
                            view(source, b, n + more) if isinstance(b, tuple) else np.array(b, dtype)
                        )
                    calls.append(partial(function, *operands, out=view(source, (into, 0), n + more)))
                bound[n] = calls, view(source, result, n).reshape(rows, layout.row)
            calls, sums = bound[n]
            for call in calls:
                call()
            return sums

        return work


@dataclass(frozen=True, eq=False)
class Additions:
    """The sums of a task by additions in one dtype, wide enough for it; the subclasses say which."""

    task: Task
    dtype: Any
    strides: ClassVar[bool] = False

    @property
    def source(self) -> Any:
        return self.dtype

    def rows(self, row: int) -> int:
        return max(1, STRIP // (int(np.dtype(self.dtype).itemsize) * row))

    def worker(self, layout: Layout, arena: Arena) -> Worker:
        program = Program()
        return program.run(layout, self.dtype, self.write(program, layout), arena)

    def write(self, program: Program, layout: Layout) -> Place:
        """Writes the program; where its result is."""
        raise NotImplementedError

    @property
    def steps(self) -> int:
        """How many additions and products a strip takes."""
        program = Program()
        self.write(program, Layout(self.task, self.strides, 1))
        return len(program.steps)


class Taps(Additions):
    """Any kernel: pixels under equal weights are added first."""

    strides = True

    def write(self, program: Program, layout: Layout) -> Place:
        kernel = self.task.weights
        taps = {layout.offset(i, j): kernel[i, j].item() for i, j in np.argwhere(kernel).tolist()}
        return program.weighted((0, 0), taps or {0: 0}, 0)


@dataclass(frozen=True, eq=False)
class Separable(Additions):
    """A column times a row: first down, then across."""

    column: NDArray[Any]
    line: NDArray[Any]

    def write(self, program: Program, layout: Layout) -> Place:
        down = {layout.offset(i, 0): w.item() for i, w in enumerate(self.column) if w}
        across = {layout.offset(0, j): w.item() for j, w in enumerate(self.line) if w}
        columns = program.weighted((0, 0), down, self.task.reach[1] * layout.c)
        with program.holding(columns):
            return program.weighted(columns, across, 0)


@dataclass(frozen=True, eq=False)
class Largest(Additions):
    """Not the sum but the largest of what lies under a rectangle of weights."""

    strides: bool = False  # type: ignore[misc]  # each maximum by itself, or along columns and then rows

    def write(self, program: Program, layout: Layout) -> Place:
        kh, kw = self.task.weights.shape
        if self.strides:
            taps = sorted(layout.offset(i, j) for i in range(kh) for j in range(kw))
            return program.total((0, 0), taps, 0, np.maximum)
        down, across = [layout.offset(i, 0) for i in range(kh)], [layout.offset(0, j) for j in range(kw)]
        columns = program.total((0, 0), down, self.task.reach[1] * layout.c, np.maximum)
        with program.holding(columns):
            return program.total(columns, across, 0, np.maximum)


@dataclass(frozen=True, eq=False)
class Boxes(Additions):
    """A few rectangles of equal weights, one inside the other."""

    boxes: tuple[Box, ...]

    def write(self, program: Program, layout: Layout) -> Place:
        more = self.task.reach[1] * layout.c
        values: list[tuple[int, Place]] = []
        columns: Place | None = None  # sums of columns, of as many rows as the box before had
        rows = range(0)
        for box in reversed(self.boxes):  # the smallest first: a larger one adds its further rows
            if columns is not None and len(box.rows) - len(rows) < 3:
                for i in sorted({*box.rows} - {*rows}):
                    columns = program.emit(np.add, columns, (0, layout.offset(i, 0)), more, columns[0])
            elif len(box.rows) > 1:
                columns = program.total((0, 0), [layout.offset(i, 0) for i in box.rows], more)
                program.held.add(columns[0])
            rows = box.rows
            source = columns or (0, layout.offset(box.rows[0], 0))
            value = program.total(source, [layout.offset(0, j) for j in box.columns], 0)
            if columns is not None and value[0] == columns[0]:
                value = program.emit(np.multiply, value, 1, 0)
            values.append((box.weight, value))
        return program.combined(values, 0)


def _pairs(offsets: Sequence[int]) -> tuple[int, list[int], list[int]]:
    """The distance at which most pairs stand, the first of each pair, and what is left over."""
    best: tuple[int, list[int], list[int]] = (0, [], list(offsets))
    if len(offsets) < 3:
        return best
    distances = Counter(b - a for i, a in enumerate(offsets) for b in offsets[i + 1 : i + 65])
    for distance, times in sorted(distances.items(), key=lambda item: (-item[1], item[0]))[:4]:
        if times <= len(best[1]):
            break
        left, heads = set(offsets), []
        for offset in sorted(offsets):
            if offset in left and offset + distance in left:
                heads.append(offset)
                left -= {offset, offset + distance}
        if len(heads) > max(1, len(best[1])):
            best = distance, heads, sorted(left)
    return best
