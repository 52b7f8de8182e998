"""A window that slides over an input, as Dumoulin & Visin's guide draws it: input blue, padding dashed, output green.

`layer_frames` draws a layer of the model language, `slide` any window, with numbers in the cells if there are some;
`film.save_gif` and `film.save_svg` write what they give.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

from cnncalc.errors import ShapeError, UsageError
from cnncalc.layers import Layer, Shape, show, write_layer
from cnncalc.layers.sweep import IDLE, Sweep
from cnncalc.render.film import FRAMES, Film, Label, Part, Rectangle, check_size, text_width

INPUT, INPUT_EDGE, INPUT_UNDER = "#cfe6fb", "#64a6dd", "#86bdea"
PADDING, PADDING_EDGE, PADDING_UNDER = "#ffffff", "#90a4ae", "#cfd8dc"
OUTPUT, OUTPUT_EDGE, OUTPUT_NOW, OUTPUT_LATER = "#a5d6a7", "#66a96a", "#43a047", "#f1f8e9"
KERNEL, KERNEL_EDGE = "#ffe0b2", "#e0a458"
WINDOW, WEIGHT, TITLE, FAINT, INK = "#0d47a1", "#8e1b1b", "#263238", "#607d8b", "#102027"

MARGIN, GAP, HEAD, FOOT = 20, 44, 36, 26  # pixels: around; between grids; the title; below each grid


class Numbers(NamedTuple):
    """What stands in the cells, as words: input by channel, weights by filter and channel, output by filter."""

    inputs: Sequence[Sequence[Sequence[str]]]
    weights: Sequence[Sequence[Sequence[Sequence[str]]]]
    outputs: Sequence[Sequence[Sequence[str]]]
    sums: Sequence[Sequence[str]]  # the lines under the drawing, by frame

    @property
    def longest(self) -> int:
        """Characters of the longest number."""
        planes = [*self.inputs, *self.outputs, *(plane for planes in self.weights for plane in planes)]
        return max(len(word) for plane in planes for row in plane for word in row)


class Grid(NamedTuple):
    """Where a grid of cells stands."""

    x: int
    y: int
    rows: int
    columns: int
    cell: int

    @property
    def bottom(self) -> int:
        return self.y + self.rows * self.cell

    @property
    def right(self) -> int:
        return self.x + self.columns * self.cell

    def square(
        self, row: int, column: int, fill: str, stroke: str, *, dashed: bool = False, thickness: int = 1
    ) -> Rectangle:
        x, y = self.x + column * self.cell, self.y + row * self.cell
        return Rectangle(x, y, self.cell, self.cell, fill, stroke, thickness, dashed)

    def number(self, row: int, column: int, text: str, size: int, colour: str = INK) -> Label:
        x, y = self.x + column * self.cell + self.cell // 2, self.y + row * self.cell + self.cell // 2
        return Label(x, y, text, size, colour)

    def corner(self, row: int, column: int, text: str, size: int) -> Label:
        """A small number in the lower right corner of a cell."""
        x, y = self.x + (column + 1) * self.cell - 3, self.y + (row + 1) * self.cell - size // 2 - 1
        return Label(x, y, text, size, WEIGHT, "end")

    def below(self, text: str) -> Label:
        return Label(self.x + self.columns * self.cell // 2, self.bottom + FOOT // 2, text, 13, FAINT)


# ── what is drawn ──


def layer_frames(layer: Layer, input_shape: Shape) -> Film:
    """The window of a convolution or pooling over one channel of an input (H, W, C) or (L, C), without numbers.

    ShapeError where the window does not fit, UsageError for layers without a window, 3-D and too large ones.
    """
    if len(input_shape) > 3:
        raise UsageError(
            f"an input of {show(input_shape)} cannot be drawn flat", "draw it in one or two dimensions"
        )
    output = layer.out_shape(input_shape)
    windows = layer.slides(input_shape)
    if not windows:
        raise UsageError(f"{layer.word} has no window that slides", "draw a convolution or a pooling")
    axes = [Sweep.of(window, n) for window, n in zip(windows, input_shape, strict=False)]
    title = f"{write_layer(layer)}: {show(input_shape)} → {show(output)}"
    return slide(title, axes, hint=smaller(layer, input_shape))


def smaller(layer: Layer, shape: Shape) -> str:
    """A hint that names an input which the layer can be drawn over."""
    for n in range(min(max(shape[:-1]), FRAMES), 0, -1):
        size = (*(min(n, side) for side in shape[:-1]), shape[-1])
        try:
            if prod(layer.out_shape(size)[:-1]) <= FRAMES and n <= FRAMES // 8:
                return f"a smaller input shows the same, such as {show(size).replace('×', 'x')}"
        except ShapeError:
            break
    return "a smaller input, or a larger stride, shows the same"


# ── how it is drawn ──


class Stage:
    """Where the grids stand: input left, kernel between where it has numbers, output right."""

    def __init__(self, rows: Sweep, columns: Sweep, numbers: Numbers | None) -> None:
        self.numbers = numbers
        channels = len(numbers.inputs) if numbers else 1
        filters = len(numbers.outputs) if numbers else 1
        between = columns.kernel if numbers else 0
        is_flat = rows.length == rows.positions == 1  # a signal: the output stands below its input
        across = (
            max(columns.length, columns.positions)
            if is_flat
            else columns.length + columns.positions + between
        )
        down = max(channels * rows.length, filters * rows.positions)
        least = 36 + 8 * max(numbers.longest - 2, 0) if numbers else 8
        self.cell = max(least, min(40 if numbers else 30, 900 // across, 700 // down))
        self.size = min(16, round(self.cell / 2.2))  # of numbers
        self.inputs = self.stack((MARGIN, MARGIN + HEAD), channels, rows.length, columns.length)
        at = self.next_to(self.inputs, is_flat=is_flat)
        self.kernels = self.stack(at, channels, rows.kernel, columns.kernel) if numbers else []
        at = self.next_to(self.kernels, is_flat=is_flat) if numbers else at
        self.outputs = self.stack(at, filters, rows.positions, columns.positions)
        grids = [*self.inputs, *self.kernels, *self.outputs]
        self.bottom = max(grid.bottom for grid in grids) + FOOT
        self.right = max(grid.right for grid in grids)

    def next_to(self, grids: list[Grid], *, is_flat: bool) -> tuple[int, int]:
        """Where the next grids stand: right of these, those of a signal below."""
        return (MARGIN, grids[-1].bottom + FOOT + 6) if is_flat else (grids[0].right + GAP, MARGIN + HEAD)

    def stack(self, at: tuple[int, int], count: int, rows: int, columns: int) -> list[Grid]:
        """Grids below each other."""
        x, y = at
        return [Grid(x, y + i * (rows * self.cell + FOOT), rows, columns, self.cell) for i in range(count)]


def slide(title: str, axes: list[Sweep], numbers: Numbers | None = None, *, hint: str) -> Film:
    """The film of a window over one axis or two."""
    rows, columns = axes if len(axes) == 2 else (IDLE, axes[0])
    positions = rows.positions * columns.positions
    frames = positions * (len(numbers.outputs) if numbers else 1)
    stage = Stage(rows, columns, numbers)
    sums = numbers.sums if numbers else []
    lines = max(map(len, sums), default=0)
    widest = max((text_width(line, 14) for each in sums for line in each), default=0)
    width = max(stage.right, MARGIN + widest, MARGIN + text_width(title, 16)) + MARGIN
    height = stage.bottom + lines * 20 + MARGIN
    check_size(frames, width, height, hint)
    parts = [Part(Label(MARGIN, MARGIN + 8, title, 16, TITLE, "start"), 0, frames)]
    parts += [Part(shape, 0, frames) for shape in ground(stage, rows, columns)]
    for k, grid in enumerate(stage.outputs):
        parts += filter_parts(stage, rows, columns, k, grid, frames)
    for t, each in enumerate(sums):
        for i, line in enumerate(each):
            parts.append(Part(Label(MARGIN, stage.bottom + 10 + i * 20, line, 14, INK, "start"), t, t + 1))
    return Film(width, height, frames, tuple(parts), title)


def ground(stage: Stage, rows: Sweep, columns: Sweep) -> Iterator[Rectangle | Label]:
    """What never moves: the input with its padding, the empty output, what they are called."""
    for c, grid in enumerate(stage.inputs):
        for y, x, element in places(rows, columns, range(rows.length), range(columns.length)):
            if element is None:
                yield grid.square(y, x, PADDING, PADDING_EDGE, dashed=True)
        for y, x, element in places(rows, columns, range(rows.length), range(columns.length)):
            if element is not None:
                yield grid.square(y, x, INPUT, INPUT_EDGE)
                if stage.numbers:
                    yield grid.number(y, x, stage.numbers.inputs[c][element[0]][element[1]], stage.size)
        yield grid.below("input" if len(stage.inputs) == 1 else f"channel {c + 1}")
    for k, grid in enumerate(stage.outputs):
        for y in range(rows.positions):
            for x in range(columns.positions):
                yield grid.square(y, x, OUTPUT_LATER, OUTPUT_EDGE)
        yield grid.below("output" if len(stage.outputs) == 1 else f"filter {k + 1}")


def places(
    rows: Sweep, columns: Sweep, ys: range, xs: range
) -> Iterator[tuple[int, int, tuple[int, int] | None]]:
    """Places of the padded input, and the element of the input that stands there, if any."""
    for y in ys:
        for x in xs:
            row, column = rows.element(y), columns.element(x)
            yield y, x, None if row is None or column is None else (row, column)


def filter_parts(
    stage: Stage, rows: Sweep, columns: Sweep, k: int, grid: Grid, frames: int
) -> Iterator[Part]:
    """The window's way for one filter, its kernel, and its outputs as they come."""
    count = rows.positions * columns.positions
    if stage.numbers:
        for c, kernel in enumerate(stage.kernels):
            for shape in kernel_shapes(stage, stage.numbers, k, c, kernel):
                yield Part(shape, k * count, (k + 1) * count)
    for i in range(count):
        t = k * count + i
        y, x = divmod(i, columns.positions)
        for c, under in enumerate(stage.inputs):
            for shape in window_shapes(stage, rows.taps(y), columns.taps(x), rows, columns, (k, c), under):
                yield Part(shape, t, t + 1)
        yield Part(grid.square(y, x, OUTPUT_NOW, OUTPUT_EDGE), t, t + 1)
        if t + 1 < frames:
            yield Part(grid.square(y, x, OUTPUT, OUTPUT_EDGE), t + 1, frames)
        if stage.numbers:
            yield Part(grid.number(y, x, stage.numbers.outputs[k][y][x], stage.size), t, frames)


def kernel_shapes(stage: Stage, numbers: Numbers, k: int, c: int, grid: Grid) -> Iterator[Rectangle | Label]:
    for y, row in enumerate(numbers.weights[k][c]):
        for x, word in enumerate(row):
            yield grid.square(y, x, KERNEL, KERNEL_EDGE)
            yield grid.number(y, x, word, stage.size)
    name = "kernel" if len(numbers.weights) == 1 else f"filter {k + 1}"
    yield grid.below(name if len(numbers.inputs) == 1 else f"{name}, channel {c + 1}")


def window_shapes(
    stage: Stage,
    ys: range,
    xs: range,
    rows: Sweep,
    columns: Sweep,
    which: tuple[int, int],
    grid: Grid,
) -> Iterator[Rectangle | Label]:
    """The shadow of the kernel on the input: the places under its taps, and the frame around all of them."""
    k, c = which
    for i, y in enumerate(ys):
        for j, x in enumerate(xs):
            row, column = rows.element(y), columns.element(x)
            real = row is not None and column is not None
            fill, edge = (INPUT_UNDER, INPUT_EDGE) if real else (PADDING_UNDER, PADDING_EDGE)
            yield grid.square(y, x, fill, edge, dashed=not real)
            if stage.numbers:
                if row is not None and column is not None:
                    yield grid.number(y, x, stage.numbers.inputs[c][row][column], stage.size)
                yield grid.corner(y, x, "×" + stage.numbers.weights[k][c][i][j], max(10, stage.size * 3 // 4))
    cell = grid.cell
    across, down = (xs[-1] - xs[0] + 1) * cell, (ys[-1] - ys[0] + 1) * cell
    yield Rectangle(grid.x + xs[0] * cell, grid.y + ys[0] * cell, across, down, "", WINDOW, 2)
