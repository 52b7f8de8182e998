"""A report in the terminal: the table, what it means, notes, memory, and the formulas with the numbers put in."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cnncalc.arithmetic.columns import Cell, Column, Setting, amount
from cnncalc.arithmetic.conventions import Convention
from cnncalc.arithmetic.explain import explained
from cnncalc.arithmetic.report import Report
from cnncalc.layers import Formula, number
from cnncalc.render.columns import show_table

MEANINGS = {
    "MACs": "multiply-adds of convolutions and fully connected layers{batch}, without bias",
    "FLOPs": "two for each multiply-add",
    "connections": "uses of weights and biases",
    "field": "input pixels that a unit sees",
    "jump": "from one unit's to the next one's",
    "start": "the first that unit 0 sees",
    "memory": "of the output, {dtype}",
    "intensity": "FLOPs for each byte read or written",
}
MOST_NOTES = 20
BRIEF = ("output", "parameters", "MACs")  # the formulas that are shown without being asked for


def show_report(
    report: Report, columns: list[Column], setting: Setting, console: Console, *, formulas: bool | None
) -> None:
    """Prints the table and what is under it; formulas: all, none, or by default the brief ones."""
    if report.steps:
        show_table(report, columns, setting, console)
        console.print(Text(legend(columns, setting), style="dim"))
    show_notes(report, console)
    if report.error or not report.steps:
        return
    console.print(Text(memory(report, setting), style="dim"))
    if formulas is not False:
        show_formulas(report, setting, console, brief=formulas is None)


def legend(columns: list[Column], setting: Setting) -> str:
    """What the columns mean."""
    batch = " for one example" if setting.batch == 1 else f" for {setting.batch} examples"
    meanings = [
        f"{column.name}: {MEANINGS[column.name].format(batch=batch, dtype=setting.dtype)}"
        for column in columns
        if column.name in MEANINGS
    ]
    return "; ".join(meanings) + "." if meanings else ""


def memory(report: Report, setting: Setting) -> str:
    """What parameters and activations take."""
    examples = setting.batch * setting.bytes
    parts = [
        f"memory ({setting.dtype}, batch {setting.batch}): "
        f"parameters {amount(report.parameters * setting.bytes) or 0}",
        f"activations in inference at most {amount(report.peak * examples)}",
        f"kept for training {amount(report.kept * examples)}",
    ]
    return "; ".join(parts)


def show_notes(report: Report, console: Console) -> None:
    """What is legal but worth knowing, of the first layers that have such notes."""
    notes = [(row, note) for row in report.steps for note in row.notes]
    for row, note in notes[:MOST_NOTES]:
        console.print(Text.assemble(("note: ", "yellow"), f"layer {number(row.path)} {row.layer}: {note}"))
    if len(notes) > MOST_NOTES:
        console.print(f"and {len(notes) - MOST_NOTES:,} more such notes; --json has them all")


def show_formulas(report: Report, setting: Setting, console: Console, *, brief: bool) -> None:
    """Every figure that has a formula, with the numbers put in."""
    rows = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    rows.add_column(justify="right", style="dim")
    rows.add_column()
    rows.add_column(style="dim")
    rows.add_column(overflow="fold")
    for row in report.steps:
        formulas: list[Formula] = row.formulas if brief else explained(Cell(row, report, setting))
        first = [number(row.path), row.layer]
        for formula in formulas:
            rows.add_row(*first, formula.figure, formula.text)
            first = ["", ""]
    if rows.row_count:
        console.print()
        console.print(rows)


def show_convention(report: Report, convention: Convention, setting: Setting, console: Console) -> None:
    """The total as a well-known tool counts it."""
    total = sum(convention.counts(row) for row in report.steps) * setting.batch
    console.print(
        Text.assemble(
            (f"{convention.name}: ", "bold"), f"{total:,} {convention.unit} ", (f"({convention.says})", "dim")
        )
    )
