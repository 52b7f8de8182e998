"""Kernels as people look at them: the catalogue, and one kernel with its grid, its picture and what others call it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.imaging.kernels.facts import KernelFacts, StepFacts
from cnncalc.render.numbers import signed

WIDEST = 40  # characters of a grid in the catalogue
LARGEST = 9  # rows of it
SIDE = 33  # rows and columns of the picture of a frequency response


def show_kernels(console: Console, steps: Iterable[StepFacts]) -> None:
    """Prints the steps, each a grid of weights beside what is known of it."""
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for i, step in enumerate(steps):
        if i:
            table.add_row()
        table.add_row(small_grids(step), described(step))
    console.print(table)


def small_grids(step: StepFacts) -> RenderableType:
    """The grid of one kernel, of both of a gradient, or of the first of a set."""
    grids = []
    for kernel in step.kernels[:2] if len(step.kernels) == 2 else step.kernels[:1]:
        grid = drawn(kernel.weights)
        fits = grid.cell_len and len(grid.plain.splitlines()) <= LARGEST
        widest = max(map(len, grid.plain.splitlines()), default=0)
        if fits and widest <= WIDEST:
            grids.append(grid)
    if len(grids) == 2 and not fit_together(grids):
        return Group(grids[0], Text(), grids[1])
    together = Table.grid(padding=(0, 2, 0, 0))
    together.add_row(*grids)
    return together if grids else Text("")


def fit_together(grids: Sequence[Text]) -> bool:
    return sum(max(map(len, grid.plain.splitlines())) for grid in grids) <= WIDEST


def described(step: StepFacts) -> Text:
    """Name, figures, purpose, parameters and source."""
    text = Text.assemble((step.name, "bold cyan"), f"  {figures(step)}" if step.kernels else "")
    text.append(f"\n{step.does}" + (f" ({step.note})" if step.note else ""))
    for parameter in step.parameters:
        text.append("\n")
        text.append(f"{parameter['name']}=", "cyan")
        text.append(f"{parameter['default'] or '…'}", "cyan")
        text.append(f"  {parameter['help']}")
        if parameter["form"].count("|"):
            text.append(f" ({parameter['form'].replace('|', ', ')})")
    text.append(f"\nsource: {step.source}", "dim")
    return text


def figures(step: StepFacts) -> str:
    """Size, sum, rank and cost, of a set those of the first kernel."""
    kernel = step.kernels[0]
    parts = [
        (f"{len(step.kernels)} kernels of " if len(step.kernels) > 1 else "")
        + "×".join(map(str, kernel.size)),
        f"sum {signed(kernel.sum)}" + (f" ÷ {kernel.divisor}" if kernel.divisor != 1 else ""),
        "separable" if kernel.separable else f"rank {kernel.rank}",
        f"{cost(step.kernels)} a pixel",
    ]
    return ", ".join(parts)


def cost(kernels: Sequence[KernelFacts]) -> str:
    """Multiply-adds (MACs), one for each weight, and where kernels are separable by column and row."""
    dense = sum(kernel.taps for kernel in kernels)
    apart = sum(apart_of(kernel) for kernel in kernels)
    return f"{dense} MAC{'s' if dense != 1 else ''}" + (
        f" ({apart} by column and row)" if apart < dense else ""
    )


def apart_of(kernel: KernelFacts) -> int:
    if kernel.column is None or kernel.row is None:
        return kernel.taps
    return sum(value != 0 for value in (*kernel.column, *kernel.row))


def show_kernel(console: Console, step: StepFacts) -> None:
    """Prints one step: grids, figures, picture, frequency response, and the calls of other tools."""
    console.print(Text.assemble((step.name, "bold cyan"), "  ", step.does), soft_wrap=True)
    if step.note:
        console.print(Text(step.note, "yellow"), soft_wrap=True)
    for kernel in step.kernels:
        console.print()
        show_facts(console, kernel, named=len(step.kernels) > 1)
    console.print()
    for parameter in step.parameters:
        default = f", else {parameter['default']}" if parameter["default"] else ""
        console.print(
            Text.assemble(
                (f"{parameter['name']}={parameter['form']}", "cyan"), f"  {parameter['help']}{default}"
            ),
            soft_wrap=True,
        )
    console.print(Text(f"source: {step.source}", "dim"), soft_wrap=True)
    for tool, calls in groupby(step.calls, key=lambda call: call.tool):
        for call in calls:
            console.print()
            console.print(Text.assemble((tool, "bold"), f"  {call.call}"), soft_wrap=True)
            if call.differs:
                console.print(Text(call.differs, "dim"), soft_wrap=True)


def show_facts(console: Console, kernel: KernelFacts, *, named: bool) -> None:
    """The grid beside the figures, and the weights and their frequency response as pictures."""
    grid = drawn(kernel.weights)
    width = max(map(len, grid.plain.splitlines()))
    facts = Text("\n").join([Text.assemble((f"{word:10}", "dim"), fact) for word, fact in facts_of(kernel)])
    if named:
        console.print(Text(kernel.name, "bold"))
    if width + 30 <= console.width:
        table = Table.grid(padding=(0, 3, 0, 0))
        table.add_row(grid, facts)
        console.print(table)
    else:
        kh, kw = kernel.size
        shown = width <= console.width
        console.print(grid if shown else Text(f"{kh}×{kw} weights; --json gives them all", "dim"))
        console.print(facts)
    show_pictures(console, kernel)


def facts_of(kernel: KernelFacts) -> Iterator[tuple[str, str]]:
    """A word and a fact each."""
    yield "size", "×".join(map(str, kernel.size))
    yield "sum", signed(kernel.sum) + (f" ÷ {kernel.divisor}" if kernel.divisor != 1 else "")
    separable = (
        f", column {vector(kernel.column)} by row {vector(kernel.row)}"
        if kernel.column and kernel.row
        else ""
    )
    yield "rank", f"{kernel.rank}" + (": separable" + separable if kernel.separable else "")
    yield "cost", f"{cost([kernel])} a pixel"
    yield "method", f"{kernel.method} ({kernel.reason})"


def vector(values: Sequence[float] | None) -> str:
    return "[" + " ".join(short(value) for value in values or ()) + "]"


def show_pictures(console: Console, kernel: KernelFacts) -> None:
    """The weights in blue, white and red, and how strongly each frequency comes through."""
    import numpy as np

    from cnncalc.imaging.responses import Way, mapped
    from cnncalc.render.picture import fitting, show_picture

    weights = np.array(kernel.weights, float) / kernel.divisor
    if weights.size == 1:
        return
    size = max(SIDE, *weights.shape)
    gain = np.abs(np.fft.fft2(weights, (size + size % 2, size + size % 2)))
    nyquist = len(gain) // 2
    zoom = max(1, 2 * nyquist // max(weights.shape))
    cells = np.repeat(np.repeat(weights, zoom, axis=0), zoom, axis=1)
    left = mapped(cells, np.dtype(np.uint8), Way("signed")).pixels
    spectrum = np.fft.fftshift(gain)
    right = np.rint(255 * spectrum / spectrum.max()).astype(np.uint8) if gain.max() > 0 else None
    console.print(
        f"gain 1 is unchanged: flat areas {signed(round(float(gain[0, 0]), 6))}, finest stripes across "
        f"{signed(round(float(gain[0, nyquist]), 6))}, down {signed(round(float(gain[nyquist, 0]), 6))}, "
        f"chessboard {signed(round(float(gain[nyquist, nyquist]), 6))}",
        soft_wrap=True,
    )
    if fitting(console) == "ascii":  # without colours the signs would not be seen
        left = np.zeros((1, 1, 3), np.uint8)
        console.print(Text("gain by frequency, flat areas in the middle", "dim"))
    else:
        said = "weights, blue below zero and red above; gain by frequency, flat areas in the middle"
        console.print(Text(said, "dim"))
    show_picture(console, side_by_side(left, right))


def side_by_side(left: object, right: object) -> object:
    """Two pictures with a gap, the first as RGB."""
    import numpy as np

    a = np.asarray(left)
    if right is None:
        return a
    b = np.dstack([np.asarray(right)] * 3)
    height = max(len(a), len(b))
    sheet = np.zeros((height, a.shape[1] + 3 + b.shape[1], 3), np.uint8)
    sheet[: len(a), : a.shape[1]] = a
    sheet[: len(b), a.shape[1] + 3 :] = b
    return sheet


def drawn(weights: Sequence[Sequence[float]]) -> Text:
    """The weights as an aligned grid, zeros faint."""
    words = [[short(weight) for weight in row] for row in weights]
    width = max(len(word) for row in words for word in row)
    grid = Text(no_wrap=True)
    for i, row in enumerate(words):
        grid.append("\n" if i else "")
        for word in row:
            grid.append(word.rjust(width) + " ", "dim" if word == "0" else "")
    return grid


def short(number: float) -> str:
    """Three decimals where the number is not whole."""
    return (
        signed(number) if isinstance(number, int) or number == int(number) else signed(float(f"{number:.3f}"))
    )
