"""The arithmetic of one pixel, as a slide shows it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cnncalc.imaging.explain import Account, Explanation
from cnncalc.imaging.explain_windows import Window, factor, number_of

WIDE = 15  # columns of a window that is drawn whole
WRITTEN = 30  # products that are written as a sum


def show_explanation(console: Console, explanation: Explanation) -> None:
    """Prints for each channel the windows, their products and what follows."""
    which = f", step {explanation.number} of {explanation.steps}" if explanation.steps > 1 else ""
    console.print(
        Text.assemble(
            (explanation.step, "bold cyan"),
            f" at column {explanation.x}, row {explanation.y} of its result{which}",
        ),
        soft_wrap=True,
    )
    for note in notes(explanation):
        console.print(Text(note, style="dim"), soft_wrap=True)
    for account in explanation.channels:
        console.print()
        show_account(console, account)


def notes(explanation: Explanation) -> list[str]:
    """What must be known to follow the numbers."""
    windows = [window for account in explanation.channels for window in account.windows]
    said = []
    if explanation.convolve:
        said.append("convolution: the kernel is shown as it is laid, turned by 180°")
    if explanation.weighted:
        said.append("colours count by their alpha; what is transparent takes the mean of what is not")
    if any(flag for window in windows for row in window.beyond for flag in row):
        said.append(f"in brackets: beyond the border ({explanation.border})")
    return said


def show_account(console: Console, account: Account) -> None:
    """Prints one channel."""
    console.print(Text(account.channel, style="bold"))
    for window in account.windows:
        if len(account.windows) > 1:
            console.print(f"  {window.name}", soft_wrap=True)
        for part in pictured(window, console.width):
            console.print(part, soft_wrap=True)
        if window.weights is not None:
            console.print("  " + written(window), soft_wrap=True)
    for line in account.lines:
        console.print("  " + line, soft_wrap=True)
    if account.pixel is None:
        console.print(
            Text.assemble("  response ", (number_of(account.response), "bold cyan"), ", handed on unrounded")
        )
    else:
        value = ", ".join(number_of(value) for value in account.pixel)
        console.print(Text.assemble("  pixel ", (value, "bold cyan")))


def pictured(window: Window, columns: int) -> list[Table | Text]:
    """The pixels, the weights and the products as grids side by side, where that is too wide one under another."""
    height, width = len(window.values), len(window.values[0])
    if width > WIDE or height > 2 * WIDE:
        return [Text(f"  a window of {height}×{width}, too large to be drawn; --json gives all of it", "dim")]
    headings, cells = ["pixels"], [grid(window.values, window.beyond)]
    if window.weights is not None:
        products = [
            [w * v for w, v in zip(row, line, strict=True)]
            for row, line in zip(window.weights, window.values, strict=True)
        ]
        headings += ["weights", "products"]
        cells += [grid(window.weights), grid(products)]
    if 4 + sum(4 + cell_len(cell.plain.partition("\n")[0]) for cell in cells) > columns:
        return [
            Text.assemble("    ", (heading, "dim"), "\n    ", Text("\n    ").join(cell.split("\n")))
            for heading, cell in zip(headings, cells, strict=True)
        ]
    table = Table.grid(padding=(0, 4, 0, 0))
    for _ in range(len(cells) + 1):
        table.add_column(no_wrap=True)
    table.add_row("", *(Text(heading, "dim") for heading in headings))
    table.add_row("", *cells)
    return [table]


def grid(rows: Sequence[Sequence[float]], marked: Sequence[Sequence[bool]] | None = None) -> Text:
    """Aligned numbers; the marked ones in brackets, zeros faint."""
    words = [
        [f"({short(v)})" if marked and marked[i][j] else short(v) for j, v in enumerate(row)]
        for i, row in enumerate(rows)
    ]
    width = max(len(word) for row in words for word in row)
    text = Text()
    for i, row in enumerate(words):
        text.append("\n" if i else "")
        for word in row:
            text.append(word.rjust(width) + " ", "dim" if word == "0" or word.startswith("(") else "")
    return text


def short(value: float) -> str:
    """Four digits at most where a number is not whole."""
    return number_of(rounded(value))


def rounded(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.4g}")


def written(window: Window) -> str:
    """The sum of the products in a row, as far as that can be read."""
    assert window.weights is not None
    factors = [
        (w, v)
        for row, line in zip(window.weights, window.values, strict=True)
        for w, v in zip(row, line, strict=True)
        if w
    ]
    if len(factors) > WRITTEN:
        return f"sum of {len(factors)} products = {number_of(window.total)}"
    return (
        " + ".join(f"{factor(rounded(w))}·{short(v)}" for w, v in factors) + f" = {number_of(window.total)}"
    )
