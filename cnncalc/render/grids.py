"""Numbers as aligned grids, side by side as far as the console is wide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

Value = int | Fraction | float

DECIMALS = 4
ROWS = 60  # of a grid at most; what is between the first and the last is left out
LONGEST = 15  # digits of a whole number


class Cell(NamedTuple):
    """One number of a grid; None is a place without one, such as padding."""

    value: Value | None
    style: str = ""
    marked: bool = False


class Block(NamedTuple):
    """Lines under a title, or a sign between grids."""

    title: str
    lines: list[Text]
    is_sign: bool = False

    @property
    def width(self) -> int:
        return max(Text(self.title).cell_len, *(line.cell_len for line in self.lines))


class Figures(NamedTuple):
    """How numbers are written: as fractions where they are that, in full or to a few decimals."""

    fractions: bool = False
    full: bool = False
    nothing: str = "·"  # a place without a number

    def words(self, values: Sequence[Value | None]) -> list[str]:
        """The numbers of one grid, with the same number of decimals."""
        parts = [v for v in values if v is not None and v != int(v) and not self._is_fraction(v)]
        small = any(not 1e-3 <= abs(float(v)) < 1e6 for v in parts)
        exact = (d for d in range(1, DECIMALS) if all(is_exact(v, d) for v in parts))
        form = ".4g" if small else f".{next(exact, DECIMALS)}f"
        return [self._word(v, form) for v in values]

    def word(self, value: Value) -> str:
        return self.words([value])[0]

    def factor(self, value: Value) -> str:
        """The number as it stands in a product: in parentheses where it is negative or a fraction."""
        word = self.word(value)
        return f"({word})" if word[0] == "−" or "/" in word else word

    def _is_fraction(self, value: Value) -> bool:
        return self.fractions and isinstance(value, Fraction) and value.denominator < 10_000

    def _word(self, value: Value | None, form: str) -> str:
        if value is None:
            return self.nothing
        if self._is_fraction(value):
            word = str(value)
        elif value == int(value):
            word = str(int(value)) if self.full or abs(value) < 10**LONGEST else f"{float(value):.6g}"
        else:
            word = repr(float(value)) if self.full else f"{float(value):{form}}"
        return word.replace("-", "−")


def is_exact(value: Value, decimals: int) -> bool:
    """Whether so many decimals write the very value; of floats that is not known."""
    return isinstance(value, Fraction) and (value * 10**decimals).denominator == 1


def figures_for(console: Console, *, fractions: bool, full: bool) -> Figures:
    """The way to write numbers on this console; where it has no colours, padding is a dot and no faint 0."""
    if is_plain(console):
        return Figures(fractions, full, "·" if "utf" in console.encoding else ".")
    return Figures(fractions, full, "0")


def is_plain(console: Console) -> bool:
    """Whether the console shows no colours."""
    return console.color_system is None or console.no_color


def grid(title: str, rows: Sequence[Sequence[Cell]], figures: Figures, *, plain: bool, room: int) -> Block:
    """The rows as a block of at most so many columns of text; marked cells are bright, or in brackets."""
    words = aligned([figures.words([cell.value for row in rows for cell in row])])[0]
    width = max(map(len, words))
    across = len(rows[0])
    kept = elided(across, max(3, room // (width + 1) - 1))
    lines = []
    for y in elided(len(rows), ROWS):
        cells = [
            ("…".rjust(width), Cell(None, "dim"))
            if x is None or y is None
            else (words[y * across + x].rjust(width), rows[y][x])
            for x in kept
        ]
        lines.append(line(cells, plain=plain))
    return Block(title, lines)


def line(cells: Sequence[tuple[str, Cell]], *, plain: bool) -> Text:
    """One row: a blank between cells, or the bracket where the marked ones begin or end."""
    text = Text(no_wrap=True)
    before = Cell(None)
    for word, cell in [*cells, ("", Cell(None))]:
        if plain:
            between = (
                "["
                if cell.marked and not before.marked
                else "]"
                if before.marked and not cell.marked
                else " "
            )
            text.append(between)
        else:
            text.append(" ", before.style if cell.marked and before.marked else "")
        text.append(word, "dim" if cell.value is None and not cell.marked else cell.style)
        before = cell
    return text


def aligned(groups: Iterable[list[str]]) -> list[list[str]]:
    """Words with blanks behind them, so that decimal points stand under each other."""
    found = []
    for words in groups:
        tails = [len(word) - word.index(".") if "." in word[1:] else 0 for word in words]
        found.append([word + " " * (max(tails) - tail) for word, tail in zip(words, tails, strict=True)])
    return found


def elided(count: int, room: int) -> list[int | None]:
    """The indices, or the first and the last of them with None where some are left out."""
    if count <= room:
        return list(range(count))
    head = (room - 1) // 2 + (room - 1) % 2
    return [*range(head), None, *range(count - (room - 1 - head), count)]


def sign(words: str) -> Block:
    """What stands between two grids."""
    return Block("", [Text(words, "bold")], is_sign=True)


def flow(blocks: Sequence[Block], width: int, gap: int = 2) -> Iterator[Text]:
    """The lines of blocks side by side; where the width ends, the rest comes below."""
    row: list[Block] = []
    signs: list[Block] = []  # they stay with the block that follows
    for block in blocks:
        if block.is_sign:
            signs.append(block)
            continue
        new = [*signs, block]
        if row and sum(each.width + gap for each in [*row, *new]) - gap > width:
            yield from beside(row, gap)
            yield Text()
            row = []
        row += new
        signs = []
    yield from beside([*row, *signs], gap)


def beside(blocks: Sequence[Block], gap: int) -> Iterator[Text]:
    """The lines of blocks side by side, titles on top, signs half-way down the lowest grid."""
    height = max(len(block.lines) for block in blocks)
    lowest = min((len(block.lines) for block in blocks if not block.is_sign), default=1)
    columns = []
    for block in blocks:
        above = (lowest - 1) // 2 if block.is_sign else 0
        columns.append([Text(block.title, "dim"), *[Text()] * above, *block.lines])
    titled = any(block.title for block in blocks)
    for i in range(0 if titled else 1, height + 1):
        text = Text(no_wrap=True)
        for block, lines in zip(blocks, columns, strict=True):
            part = lines[i] if i < len(lines) else Text()
            text.append_text(part)
            text.append(" " * (block.width - part.cell_len + gap))
        text.rstrip()
        yield text
