"""A report as a table: one row a layer, the totals, and the formulas with the numbers put in."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cnncalc.arithmetic.report import Report
from cnncalc.layers import Field, number, show

CONVENTIONS = (
    "MACs: multiply-adds of convolutions and fully connected layers for one example, without bias. "
    "field: input pixels that a unit sees; step: from one unit's to the next one's; from: where unit 0's begin."
)


def show_report(report: Report, console: Console, *, formulas: bool) -> None:
    """Prints the table, what is under it, and the formulas where they are wanted."""
    if report.rows:
        wide = table(report, gap=2)
        fits = console.measure(wide).maximum < console.width  # rich measures no wider than the console
        console.print(wide if fits else table(report, gap=1))
        console.print(Text(CONVENTIONS, style="dim"))
    for row in report.rows:
        for note in row.notes:
            console.print(
                Text.assemble(("note: ", "yellow"), f"layer {number(row.path)} {row.layer}: {note}")
            )
    if formulas and not report.error and any(row.formulas for row in report.rows):
        console.print()
        console.print(written_out(report))


def table(report: Report, *, gap: int) -> Table:
    """Input, layers and totals; the receptive field as size, step and first pixel."""
    rows = Table(box=None, padding=(0, gap, 0, 0), header_style="bold", show_footer=report.error is None)
    rows.add_column("#", justify="right", style="dim")
    rows.add_column("layer", "total", overflow="fold")
    rows.add_column("output", show(report.output), justify="right", style="cyan", no_wrap=True)
    rows.add_column("parameters", f"{report.parameters:,}", justify="right", no_wrap=True)
    rows.add_column("MACs", f"{report.macs:,}", justify="right", no_wrap=True)
    rows.add_column("field", justify="right", no_wrap=True)
    rows.add_column("step", justify="right", no_wrap=True)
    rows.add_column("from", justify="right", no_wrap=True)
    rows.add_row("", "input", show(report.input))
    for row in report.steps:
        rows.add_row(
            number(row.path),
            Text(row.text),
            show(row.output),
            f"{row.parameters:,}" if row.parameters else "",
            f"{row.cost.macs:,}" if row.cost.macs else "",
            *(axes(row.field, name) for name in ("size", "jump", "start")),
        )
    return rows


def axes(field: tuple[Field, ...], name: str) -> str:
    """One number where the axes agree, else one for each."""
    values = [str(getattr(axis, name)).replace("-", "−") for axis in field]
    return "×".join(values[:1] if len(set(values)) == 1 and name != "size" else values)


def written_out(report: Report) -> Table:
    """Every figure that has a formula, with the numbers put in."""
    rows = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    rows.add_column(justify="right", style="dim")
    rows.add_column()
    rows.add_column(style="dim")
    rows.add_column()
    for row in report.rows:
        for index, formula in enumerate(row.formulas):
            first = index == 0
            rows.add_row(
                number(row.path) if first else "", row.layer if first else "", formula.figure, formula.text
            )
    return rows
