"""Models side by side, and one map wired in several ways, as tables."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cnncalc.arithmetic.columns import amount
from cnncalc.arithmetic.comparison import Comparison, Difference, Totals
from cnncalc.arithmetic.connections import Reach, Wired
from cnncalc.layers import number, show

BYTES = 4  # of a number in float32
MOST = 24  # layers that differ, shown unless all are wanted
STYLES = {"−": "red", "+": "green"}
LEAST = 24  # characters for a model's figures and its ratios

FIGURES: dict[str, tuple[str, Callable[[Totals], str]]] = {
    "parameters": ("parameters", lambda totals: f"{totals.parameters:,}"),
    "MACs": ("macs", lambda totals: f"{totals.macs:,}"),
    "weight layers": ("depth", lambda totals: f"{totals.depth}"),
    "field": ("", lambda totals: show(totals.field)),
    "memory, inference": ("peak", lambda totals: amount(totals.peak * BYTES)),
    "memory, training": ("kept", lambda totals: amount(totals.kept * BYTES)),
}
LEGEND = (
    "weight layers: convolutions and fully connected layers on the longest way; field: input pixels that a unit "
    "of the last map sees; memory: activations in float32, one example; × is the ratio to the first."
)
SHARED = (
    "connections: uses of weights, biases apart; locally connected: windows with weights of their own; "
    "taps on padding count."
)


def show_comparison(console: Console, comparison: Comparison, *, every: bool) -> None:
    """Prints the totals, as many models beside each other as fit, and the layers that differ."""
    across = max((console.width - 20) // LEAST, 1)
    for begin in range(0, len(comparison.names), across):
        if begin:
            console.print()
        console.print(totals_table(comparison, range(begin, min(begin + across, len(comparison.names)))))
    console.print(Text(LEGEND, style="dim"))
    for name, differences in zip(comparison.names[1:], comparison.differences, strict=True):
        console.print()
        show_differences(console, comparison.names[0], name, differences, every=every)


def totals_table(comparison: Comparison, models: range) -> Table:
    first = comparison.totals[0]
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column("", no_wrap=True)
    for index in models:
        rows.add_column(Text(comparison.names[index]), justify="right", style="cyan", overflow="fold")
        if index:
            rows.add_column("×", justify="right", style="dim", no_wrap=True)
    for heading, (name, figure) in FIGURES.items():
        cells = []
        for index in models:
            totals = comparison.totals[index]
            ratio = totals.ratios(first).get(name)
            cells += [figure(totals), *([times(ratio)] if index else [])]
        rows.add_row(heading, *cells)
    return rows


def times(ratio: float | None) -> str:
    """Three digits of a ratio."""
    if ratio is None:
        return ""
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"


def show_differences(
    console: Console, first: str, second: str, differences: list[Difference], *, every: bool
) -> None:
    """Prints the layers in which two models differ, − of the first and + of the second."""
    if not differences:
        console.print(Text(f"{first} and {second} have the same layers"), soft_wrap=True)
        return
    shown = differences if every else differences[:MOST]
    rows = table("", "#", "layer", "output", "parameters", "MACs")
    for difference in shown:
        for sign, row in zip("−+", difference, strict=True):
            if row:
                figures = (show(row.output), f"{row.parameters:,}", f"{row.cost.macs:,}")
                rows.add_row(sign, number(row.path), Text(row.text), *figures, style=STYLES[sign])
    console.print(Text(f"where − {first} and + {second} differ:"), soft_wrap=True)
    console.print(rows)
    if len(shown) < len(differences):
        console.print(Text(f"and {len(differences) - len(shown):,} more such layers; --all shows them"))


def show_reaches(console: Console, reaches: list[Reach]) -> None:
    """Prints what units take that see inputs whole, or through a window."""
    window = show(reaches[0].window)
    rows = table("input", "units", "fully connected", f"{window} windows", "weights, shared")
    for reach in reaches:
        n = "n" if reach.units is None else ""
        units = n or f"{reach.units:,}"
        rows.add_row(
            show(reach.input), units, f"{reach.fully:,}{n}", f"{reach.locally:,}{n}", f"{reach.shared:,}"
        )
    console.print(rows)
    console.print(
        Text(
            "connections of the units to the input, without biases; weights, shared: for each filter.",
            style="dim",
        )
    )


def show_maps(console: Console, maps: list[Wired], *, gap: bool) -> None:
    """Prints each map with what it costs in each way of wiring it."""
    for index, found in enumerate(maps):
        if index or gap:
            console.print()
        row = found.row
        console.print(
            Text.assemble((row.text, "bold cyan"), f"  {show(row.input)} → {show(row.output)}"),
            soft_wrap=True,
        )
        rows = table("", "connections", "weights", "biases", "parameters")
        for way in found.ways:
            figures = (way.connections, way.weights, way.biases, way.parameters)
            rows.add_row(way.name, *(f"{figure:,}" for figure in figures))
        console.print(rows)
    console.print(Text(SHARED, style="dim"))


def table(*headings: str) -> Table:
    """Figures to the right, layers and signs to the left."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        words = heading in ("", "layer", "input")
        rows.add_column(
            heading,
            justify="left" if words else "right",
            overflow="fold",
            no_wrap=heading != "layer",
        )
    return rows
