"""Curves in the terminal: braille dots in colour; letters where there is no colour, or no UTF-8."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

Point = tuple[float, float]
COLOURS = ("cyan", "yellow", "magenta", "green", "red", "blue", "bright_cyan", "bright_yellow")
LETTERS = "*o+x#%@&"
ACROSS, DOWN = 2, 4  # dots of a braille character
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # its bits, row by row
RATIO = 20.0  # of the largest value to the smallest, above which an axis is logarithmic
TICKS = 5


class Curve(NamedTuple):
    """Points from left to right; those whose y is not finite are left out."""

    name: str
    points: Sequence[Point]


class Axis(NamedTuple):
    """What of y is shown, and where."""

    low: float
    high: float
    log: bool

    def place(self, y: float) -> float:
        """From 0 at the bottom to 1 at the top."""
        if self.log:
            return math.log(max(y, self.low) / self.low) / math.log(self.high / self.low)
        return (y - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round values of which there are a few."""
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            few = (1.0,) if last - first > TICKS else (1.0, 3.0) if last - first > 1 else (1.0, 2.0, 5.0)
            values = [m * 10.0**e for e in range(first, last + 1) for m in few]
        else:
            step = round_step((self.high - self.low) / TICKS)
            values = [k * step for k in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]
        slack = 1e-9 * (self.high - self.low)
        return [value for value in values if self.low - slack <= value <= self.high + slack]


def round_step(least: float) -> float:
    """1, 2 or 5 times a power of ten, at least so much."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= least * (1 - 1e-9))


def axis_for(curves: Sequence[Curve], *, share: bool = False) -> Axis:
    """An axis that holds all of the curves; shares end at 1, what spans decades is logarithmic."""
    values = [y for curve in curves for _, y in curve.points if math.isfinite(y)] or [0.0, 1.0]
    low, high = min(values), max(values)
    if not share and low > 0 and high / low >= RATIO:
        return Axis(low, high, log=True)
    if share:
        margin = max(high - low, 0.002) * 0.05
        return Axis(max(0.0, low - margin), min(1.0, high + margin), log=False)
    low = min(0.0, low)
    return Axis(low, high if high > low else low + 1.0, log=False)


def figure(value: float, ticks: Sequence[float], *, share: bool) -> str:
    """A value beside an axis, with as many decimals as tell the ticks apart."""
    steps = [b - a for a, b in pairwise(sorted(ticks))] or [abs(value) or 1.0]
    fine = min(step for step in steps) * (100 if share else 1)
    decimals = max(0, -math.floor(math.log10(fine) + 1e-9))
    return f"{100 * value:.{decimals}f}%" if share else f"{value:.{decimals}f}"


def is_plain(console: Console) -> bool:
    """Whether curves are to be drawn in letters."""
    return console.color_system is None or console.no_color or "utf" not in console.encoding


def plot(
    title: str,
    curves: Sequence[Curve],
    width: int,
    height: int,
    *,
    share: bool = False,
    plain: bool = False,
    span: tuple[float, float] | None = None,
) -> list[Text]:
    """A title, the curves in so many lines of so many columns with their axes, and a legend.

    `share` is for values from 0 to 1, written in per cent; `span` is what of x is shown.
    """
    axis = axis_for(curves, share=share)
    xs = [x for curve in curves for x, _ in curve.points] or [0.0, 1.0]
    left, right = span or (min(xs), max(xs))
    right = right if right > left else left + 1.0
    rows = {height - 1 - round(axis.place(y) * (height - 1)): y for y in axis.ticks()}
    labels = {row: figure(y, axis.ticks(), share=share) for row, y in rows.items()}
    margin = max(map(len, labels.values()), default=0)
    inner = max(width - margin - 2, 8)
    canvas: Letters | Braille = Letters(inner, height) if plain else Braille(inner, height)
    # the canvas keeps what was drawn first: a few points are not to be lost in many
    for number, curve in sorted(enumerate(curves), key=lambda each: len(each[1].points)):
        placed = [
            ((x - left) / (right - left), axis.place(y))
            for x, y in curve.points
            if math.isfinite(y) and left <= x
        ]
        canvas.draw(number, placed)
    upright, corner, tick, flat = ("|", "+", "+", "-") if plain else ("│", "└", "┤", "─")
    lines = [Text(title + (" (log)" if axis.log else ""), "bold")]
    for row, drawn in enumerate(canvas.lines()):
        beginning = labels.get(row, "").rjust(margin) + " " + (tick if row in labels else upright)
        lines.append(Text.assemble((beginning, "dim"), drawn))
    lines.append(Text(" " * (margin + 1) + corner + flat * inner, "dim"))
    lines.append(Text(" " * (margin + 2) + foot(left, right, inner), "dim"))
    lines.append(legend(curves, width, plain=plain))
    for line in lines:
        line.no_wrap = True
        line.truncate(width)
    return lines


def foot(left: float, right: float, width: int) -> str:
    """The figures under the axis: where it begins, where it ends, and whole numbers between."""
    step = max(1, round(round_step(max((right - left) / max(width // 8, 1), 1e-9))))
    line = [" "] * width
    for x in range(math.ceil(left), math.floor(right) + 1, step):
        text = str(x)
        at = min(round((x - left) / (right - left) * (width - 1)), width - len(text))
        if at == 0 or line[at - 1] == " ":
            line[at : at + len(text)] = text
    return "".join(line).rstrip()


def legend(curves: Sequence[Curve], width: int, *, plain: bool) -> Text:
    text = Text()
    for number, curve in enumerate(curves):
        sign = LETTERS[number % len(LETTERS)] if plain else "━━"
        text.append("  " if number else "").append(sign, COLOURS[number % len(COLOURS)])
        text.append(" " + curve.name)
    text.truncate(width, overflow="ellipsis")
    return text


class Letters:
    """A canvas with a letter a place."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.places: dict[tuple[int, int], int] = {}

    def draw(self, number: int, points: Sequence[Point]) -> None:
        for column, row in trace(points, self.width, self.height):
            self.places.setdefault((row, column), number)

    def lines(self) -> Iterator[Text]:
        for row in range(self.height):
            letters = (self.places.get((row, column)) for column in range(self.width))
            yield Text("".join(" " if n is None else LETTERS[n % len(LETTERS)] for n in letters).rstrip())


class Braille:
    """A canvas of two by four dots a character; where curves cross, the one drawn first gives the colour."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.bits: dict[tuple[int, int], int] = {}
        self.colours: dict[tuple[int, int], int] = {}

    def draw(self, number: int, points: Sequence[Point]) -> None:
        for x, y in trace(points, self.width * ACROSS, self.height * DOWN):
            place = (y // DOWN, x // ACROSS)
            self.bits[place] = self.bits.get(place, 0) | DOTS[y % DOWN][x % ACROSS]
            self.colours.setdefault(place, number)

    def lines(self) -> Iterator[Text]:
        for row in range(self.height):
            text = Text()
            for column in range(self.width):
                bits = self.bits.get((row, column), 0)
                colour = COLOURS[self.colours.get((row, column), 0) % len(COLOURS)]
                text.append(chr(0x2800 + bits) if bits else " ", colour if bits else "")
            yield text


def trace(points: Sequence[Point], width: int, height: int) -> Iterator[tuple[int, int]]:
    """The places (column, row from the top) of a line through points whose x and y go from 0 to 1."""
    placed = [(x * (width - 1), (1 - min(max(y, 0.0), 1.0)) * (height - 1)) for x, y in points]
    if len(placed) == 1:
        placed *= 2
    for (x0, y0), (x1, y1) in pairwise(placed):
        steps = max(1, math.ceil(max(abs(x1 - x0), abs(y1 - y0))))
        for i in range(steps + 1):
            column, row = round(x0 + (x1 - x0) * i / steps), round(y0 + (y1 - y0) * i / steps)
            if 0 <= column < width:
                yield column, row


def beside(blocks: Sequence[list[Text]], widths: Sequence[int], gap: int = 2) -> list[Text]:
    """Blocks of lines side by side, each so wide."""
    lines = []
    for row in range(max(map(len, blocks))):
        text = Text(no_wrap=True)
        for block, width in zip(blocks, widths, strict=True):
            part = block[row].copy() if row < len(block) else Text()
            part.pad_right(max(0, width - part.cell_len) + gap)
            text.append_text(part)
        text.rstrip()
        lines.append(text)
    return lines
