"""A report in columns: as a table in the terminal, as CSV, Markdown and LaTeX."""

from __future__ import annotations

import csv
import html
import io
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from cnncalc.arithmetic.columns import Cell, Column, Setting
from cnncalc.arithmetic.report import Report
from cnncalc.layers import show

STYLES = {"#": "dim", "output": "cyan"}
NARROWEST = 16  # the layer column is not folded to less


def show_table(report: Report, columns: list[Column], setting: Setting, console: Console) -> None:
    """Prints a heading, the input, one line a step and the totals.

    Lines are written by one format each: rich's own tables take a second for a thousand rows.
    """
    body = [opening(report, columns), *cells(report, columns, setting)]
    rows = [
        [column.name for column in columns],
        *body,
        *([] if report.error else [totals(report, columns, setting)]),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap, widths = fitted(widths, columns, console.width)
    sides = ("<" if column.left else ">" for column in columns)
    form = (" " * gap).join(f"{{:{side}{width}}}" for side, width in zip(sides, widths, strict=True))
    layer = [column.name for column in columns].index("layer")
    parts: dict[str, list[str]] = {}
    lines = [form.format(*part) for row in rows for part in folded(row, layer, widths[layer], parts)]
    if console.color_system is None:
        console.file.write("".join(f"{line.rstrip()}\n" for line in lines))
        return
    bold = Style(bold=True)
    last = len(lines) - (not report.error)
    segments = [Segment(lines[0].rstrip() + "\n", bold)]
    for line in lines[1:last]:
        segments += styled(line, columns, widths, gap)
    segments += [Segment(line.rstrip() + "\n", bold) for line in lines[last:]]
    console.print(Segments(segments), end="", soft_wrap=True)


def styled(line: str, columns: list[Column], widths: list[int], gap: int) -> Iterator[Segment]:
    """A line, its columns in their colours."""
    done = at = 0
    for column, width in zip(columns, widths, strict=True):
        if column.name in STYLES:
            yield Segment(line[done:at])
            yield Segment(line[at : at + width], Style.parse(STYLES[column.name]))
            done = at + width
        at += width + gap
    yield Segment(line[done:].rstrip() + "\n")


def cells(report: Report, columns: list[Column], setting: Setting) -> Iterable[list[str]]:
    """The rows as they are written."""
    for row in report.steps:
        cell = Cell(row, report, setting)
        yield [column.text(column.value(cell)) for column in columns]


def opening(report: Report, columns: list[Column]) -> list[str]:
    """The row of the input."""
    words = {"layer": "input", "output": show(report.input)}
    return [words.get(column.name, "") for column in columns]


def totals(report: Report, columns: list[Column], setting: Setting) -> list[str]:
    return [column.text(column.total(report, setting)) if column.total else "" for column in columns]


def fitted(widths: list[int], columns: list[Column], most: int) -> tuple[int, list[int]]:
    """The gap between columns and their widths: what moves together first, and folds only then, is the layer's."""
    for gap in (2, 1):
        if sum(widths) + gap * (len(widths) - 1) <= most:
            return gap, widths
    excess = sum(widths) + len(widths) - 1 - most
    layer = [column.name for column in columns].index("layer")
    narrowed = max(min(NARROWEST, widths[layer]), widths[layer] - excess)
    return 1, [*widths[:layer], narrowed, *widths[layer + 1 :]]


def folded(row: list[str], layer: int, width: int, known: dict[str, list[str]]) -> Iterator[list[str]]:
    """The row as the lines that it takes where the layer's words are too wide; `known` are those folded before."""
    text = row[layer]
    if len(text) <= width:
        yield row
        return
    if text not in known:
        known[text] = textwrap.wrap(text, width)
    first, *others = known[text]
    yield [*row[:layer], first, *row[layer + 1 :]]
    for other in others:
        yield [other if index == layer else "" for index in range(len(row))]


def as_csv(report: Report, columns: list[Column], setting: Setting) -> str:
    """One line a step, plain numbers, without totals: for programs."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(column.name for column in columns)
    for row in report.steps:
        cell = Cell(row, report, setting)
        writer.writerow(raw(column.value(cell)) for column in columns)
    return file.getvalue()


def raw(value: Any) -> Any:
    """Shapes and other figures of several axes joined by x; pads as before:after."""
    if isinstance(value, tuple | list):
        return "x".join(":".join(map(str, part)) if isinstance(part, tuple) else f"{part}" for part in value)
    return round(value, 4) if isinstance(value, float) else value


def as_markdown(report: Report, columns: list[Column], setting: Setting) -> str:
    """A table of GitHub's Markdown, with totals."""
    rows = [[column.name for column in columns], ["---" if column.left else "---:" for column in columns]]
    rows += [opening(report, columns), *cells(report, columns, setting)]
    rows += (
        [] if report.error else [[f"**{word}**" if word else "" for word in totals(report, columns, setting)]]
    )
    return "".join(f"| {' | '.join(word.replace('|', '&#124;') for word in row)} |\n" for row in rows)


def as_html(report: Report, columns: list[Column], setting: Setting) -> str:
    """A plain HTML table, with totals."""

    def line(row: Iterable[str], tag: str = "td") -> str:
        sides = ("left" if column.left else "right" for column in columns)
        cells_ = (
            f'<{tag} style="text-align:{side}">{html.escape(word)}</{tag}>'
            for word, side in zip(row, sides, strict=True)
        )
        return f"<tr>{''.join(cells_)}</tr>\n"

    head = line((column.name for column in columns), "th")
    body = "".join(map(line, [opening(report, columns), *cells(report, columns, setting)]))
    foot = "" if report.error else line(totals(report, columns, setting), "th")
    return f"<table>\n<thead>\n{head}</thead>\n<tbody>\n{body}</tbody>\n<tfoot>\n{foot}</tfoot>\n</table>"


LATEX = {
    **{sign: f"\\{sign}" for sign in "#%&_{}$"},
    "×": "$\\times$",
    "−": "$-$",
    "·": "$\\cdot$",
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
}


def as_latex(report: Report, columns: list[Column], setting: Setting) -> str:
    """A tabular of the booktabs package, with totals."""

    def line(row: Iterable[str]) -> str:
        return " & ".join("".join(LATEX.get(sign, sign) for sign in word) for word in row) + r" \\"

    kinds = "".join("l" if column.left else "r" for column in columns)
    lines = [
        rf"\begin{{tabular}}{{{kinds}}}",
        r"\toprule",
        line(column.name for column in columns),
        r"\midrule",
    ]
    lines += [line(opening(report, columns)), *(line(row) for row in cells(report, columns, setting))]
    lines += [] if report.error else [r"\midrule", line(totals(report, columns, setting))]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])
