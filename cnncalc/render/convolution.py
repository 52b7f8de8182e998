"""A convolution on paper: input, kernel and result as grids, the sum at each position, the equivalent matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from cnncalc.errors import UsageError
from cnncalc.imaging.convolved import Convolved, Position, Product
from cnncalc.imaging.toeplitz import Toeplitz
from cnncalc.layers import show, write_layer
from cnncalc.render.grids import Block, Cell, Figures, Value, figures_for, flow, grid, is_plain, sign

MARK = "bold reverse cyan"
NOW = "bold reverse green"
STEPS = 2_000  # positions that are written out at most


class Paper:
    """The console that a convolution is written on."""

    def __init__(self, console: Console, done: Convolved, *, full: bool) -> None:
        self.console = console
        self.done = done
        self.plain = is_plain(console)
        self.figures: Figures = figures_for(console, fractions=done.fractions, full=full)

    def print(self, blocks: Sequence[Block]) -> None:
        for line in flow(blocks, self.console.width):
            self.console.print(line, soft_wrap=True)

    def grid(self, title: str, rows: Sequence[Sequence[Cell]]) -> Block:
        return grid(title, rows, self.figures, plain=self.plain, room=self.console.width)

    def plane(self, title: str, rows: Sequence[Sequence[Value | None]], style: str = "") -> Block:
        return self.grid(title, [[Cell(value, style) for value in row] for row in rows])

    # ── the whole ──

    def inputs(self) -> Iterator[Block]:
        """The channels of the input, its padding faint, and what divides it."""
        channels = len(self.done.x.planes)
        for c in range(channels):
            title = "input " + self.size(self.done.x.size)
            yield self.plane(title if channels == 1 else f"channel {c + 1}", self.done.padded(c))
        yield from self.divided(self.done.x.divisor)

    def kernels(self, k: int) -> Iterator[Block]:
        """The planes of a filter as they lie on the input, what divides it, and its bias."""
        done = self.done
        planes = done.weights[k]
        if len(planes) == 1:
            turned = " turned" if done.settings.turned else ""
            yield self.plane(f"kernel {self.size(done.kernel.size)}{turned}", planes[0])
        else:
            for c, plane in enumerate(planes):
                yield self.plane("kernel, channel 1" if c == 0 else f"channel {c + 1}", plane)
        yield from self.divided(done.kernel.divisor)
        if done.bias:
            yield sign("+ " + self.figures.factor(done.bias[k]))

    def results(self, k: int) -> Iterator[Block]:
        """The map of a filter, before and behind the activation."""
        done = self.done
        size = self.size((len(done.result[k]), len(done.result[k][0])))
        yield self.plane(f"result {size}", done.result[k], "cyan")
        if done.activation:
            yield sign("→")
            yield self.plane(done.activation, done.output[k], "cyan")

    def divided(self, divisor: int) -> Iterator[Block]:
        if divisor > 1:
            yield sign(f"÷ {divisor}")

    def size(self, size: tuple[int, int]) -> str:
        return show(size[2 - self.done.axes :])

    def whole(self) -> None:
        """Input, kernel and result side by side; several filters below each other."""
        filters = range(len(self.done.weights))
        star, equals = sign("∗" if "utf" in self.console.encoding else "*"), sign("=")
        if len(filters) == 1:
            self.print([*self.inputs(), star, *self.kernels(0), equals, *self.results(0)])
            return
        self.print([*self.inputs(), star])
        for k in filters:
            self.console.print(Text(f"\nfilter {k + 1}", "bold"))
            self.print([*self.kernels(k), equals, *self.results(k)])

    # ── step by step ──

    def step(self, at: Position) -> None:
        """The window in the input, the sum of products, and the result so far."""
        done = self.done
        terms = list(done.products(at))
        self.console.print(Text(place(done, at), "bold"))
        self.print(
            [
                *self.windowed(terms),
                Block("sum of products", list(sum_lines(done, self.figures, at, terms))),
                self.so_far(at),
            ]
        )

    def windowed(self, terms: list[Product]) -> Iterator[Block]:
        """The channels of the input with the numbers under the window marked."""
        under = {(term.row, term.column) for term in terms}
        channels = len(self.done.x.planes)
        for c in range(channels):
            rows = [
                [Cell(value, MARK if (y, x) in under else "", (y, x) in under) for x, value in enumerate(row)]
                for y, row in enumerate(self.done.padded(c))
            ]
            yield self.grid("input" if channels == 1 else f"channel {c + 1}", rows)

    def so_far(self, at: Position) -> Block:
        """The map of the filter at work, up to this position."""
        done = self.done
        shown = done.output[at.filter]
        now = (at.row, at.column)
        rows = [
            [
                Cell(value if (y, x) <= now else None, NOW if (y, x) == now else "cyan", (y, x) == now)
                for x, value in enumerate(row)
            ]
            for y, row in enumerate(shown)
        ]
        figures = self.figures._replace(nothing=" ")
        return grid("result", rows, figures, plain=self.plain, room=self.console.width)

    # ── as a matrix ──

    def matrix(self, matrix: Toeplitz) -> None:
        """The equivalent matrix times the flattened input, and what it costs against a dense one."""
        figures = self.figures._replace(nothing="·" if "utf" in self.console.encoding else ".")
        outs, ins = len(matrix.rows), len(matrix.inputs)
        room = self.console.width - 24
        cells = [[Cell(entry) for entry in row] for row in matrix.rows]
        blocks = [grid(f"matrix {outs}×{ins}", cells, figures, plain=self.plain, room=room), sign("·")]
        blocks.append(self.plane("input", [[number] for number in matrix.inputs]))
        if matrix.divisor > 1:
            blocks += [sign(f"÷ {matrix.divisor}")]
        if matrix.bias:
            blocks += [sign("+"), self.plane("bias", [[number] for number in matrix.bias])]
        blocks += [sign("="), self.plane("result", [[number] for number in matrix.outputs], "cyan")]
        if self.done.activation:
            values = [[value] for plane in self.done.output for row in plane for value in row]
            blocks += [sign("→"), self.plane(self.done.activation, values, "cyan")]
        self.print(blocks)
        self.console.print()
        filters = len(self.done.weights)
        for words in (
            f"{outs}·{ins} = {matrix.entries:,} entries; {matrix.weights:,} weights stand in "
            f"{matrix.connections:,} of them, the others are 0",
            f"fully connected {outs}·{ins} + {outs} = {matrix.entries + outs:,} parameters, "
            f"convolution {matrix.weights:,} + {filters} = {matrix.weights + filters:,}",
        ):
            self.console.print(Text(words), soft_wrap=True)


def sum_lines(done: Convolved, figures: Figures, at: Position, terms: list[Product]) -> Iterator[Text]:
    """The products as they are added, a row of the kernel a line, then what becomes of the sum."""
    plus = ""
    for _, row in groupby(terms, key=lambda term: (term.channel, term.row)):
        text = Text(plus, no_wrap=True)
        for i, term in enumerate(row):
            text.append(" + " if i else "")
            text.append(
                f"{figures.factor(term.x)}·{figures.factor(term.weight)}", "" if term.element else "dim"
            )
        plus = "+ "
        yield text
    total = sum((term.x * term.weight for term in terms), start=0)
    words = f"= {figures.word(total)}"
    if done.divisor > 1:
        words += f"; ÷ {done.divisor}"
    if done.bias:
        words += f"; + {figures.factor(done.bias[at.filter])}"
    if done.divisor > 1 or done.bias:
        words += f" = {figures.word(done.result[at.filter][at.row][at.column])}"
    if done.activation:
        words += f"; {done.activation} → {figures.word(done.output[at.filter][at.row][at.column])}"
    yield Text(words, "bold")


def show_convolution(
    console: Console, done: Convolved, *, matrix: Toeplitz | None, steps: bool, full: bool
) -> None:
    """Prints what was done, the grids, the steps or the matrix where they are wanted, and the formulas."""
    paper = Paper(console, done, full=full)
    console.print(Text(describe(done)))
    console.print()
    if matrix:
        paper.matrix(matrix)
    else:
        paper.whole()
    if steps:
        for at in done.positions:
            console.print()
            paper.step(at)
    console.print()
    formulas = done.formulas()
    width = max(len(formula.figure) for formula in formulas)
    for formula in formulas:
        console.print(Text.assemble((formula.figure.ljust(width + 2), "dim"), formula.text), soft_wrap=True)


def place(done: Convolved, at: Position) -> str:
    """Filter 2, row 1, column 3: as far as there is more than one."""
    filters = [f"filter {at.filter + 1}"] if len(done.weights) > 1 else []
    spatial = (
        [f"row {at.row + 1}", f"column {at.column + 1}"] if done.axes == 2 else [f"position {at.column + 1}"]
    )
    return ", ".join(filters + spatial)


def describe(done: Convolved) -> str:
    """What was done, in a sentence: flipped or not, and how the window moves."""
    name = "true convolution" if done.settings.flip else "correlation, deep learning's convolution"
    turned = "the kernel is turned by 180°" if done.settings.turned else "nothing is flipped"
    if done.settings.transposed:
        name = f"transposed {name}"
        turned = f"each input spreads the kernel over the result; as a window over zeros between, {turned}"
    words = write_layer(done.layer).split()[2:]
    if "bias" in words:
        words = words[: words.index("bias")]
    return f"{name}: {turned}; {' '.join(words)}"


def check_steps(done: Convolved) -> None:
    """UsageError where nobody would read all steps."""
    if len(done.positions) > STEPS:
        raise UsageError(
            f"{len(done.positions):,} steps are too many to be written out (at most {STEPS:,})",
            "give smaller matrices or a larger stride",
        )
