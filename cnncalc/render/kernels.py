"""The kernel catalogue as people look at it: each kernel a small grid beside what it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text


class KernelRecord(Protocol):
    """What is shown of a kernel."""

    @property
    def name(self) -> str: ...
    @property
    def weights(self) -> tuple[tuple[int, ...], ...]: ...
    @property
    def divisor(self) -> int: ...
    @property
    def does(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def size(self) -> tuple[int, int]: ...
    @property
    def sum(self) -> int: ...


def show_kernels(console: Console, kernels: Iterable[KernelRecord]) -> None:
    """Prints the kernels, two side by side where the console has room for it."""
    cells = [_cell(kernel) for kernel in kernels]
    across = 2 if console.width >= 72 else 1
    table = Table.grid(padding=(0, 4, 0, 0))
    for _ in range(across):
        table.add_column(width=(min(console.width, 120) - 4 * across) // across)
    for i in range(0, len(cells), across):
        if i:
            table.add_row()
        table.add_row(*cells[i : i + across])
    console.print(table)


def _cell(kernel: KernelRecord) -> Table:
    """Name, size and sum over the grid of the weights and what the kernel does."""
    kh, kw = kernel.size
    facts = f"{kh}×{kw}, sum {signed(kernel.sum)}"
    if kernel.divisor > 1:
        facts += f", ÷ {kernel.divisor}"
    body = Table.grid(padding=(0, 3, 0, 0))
    body.add_column(no_wrap=True)
    body.add_column()
    body.add_row(drawn(kernel.weights), Text(kernel.does + (f" ({kernel.note})" if kernel.note else "")))
    cell = Table.grid()
    cell.add_row(Text.assemble((kernel.name, "bold cyan"), "  ", (facts, "dim")))
    cell.add_row(body)
    return cell


def drawn(weights: Sequence[Sequence[int]]) -> Text:
    """The weights as an aligned grid, zeros faint."""
    words = [[signed(weight) for weight in row] for row in weights]
    width = max(len(word) for row in words for word in row)
    grid = Text(no_wrap=True)
    for i, row in enumerate(words):
        grid.append("\n" if i else "")
        for word in row:
            grid.append(word.rjust(width) + " ", "dim" if word == "0" else "")
    return grid


def signed(number: int) -> str:
    """The number with the sign that the field writes."""
    return str(number).replace("-", "−")
