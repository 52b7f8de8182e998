"""The named architectures as people look them up: all in a table, or the facts of one."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cnncalc.arithmetic.columns import amount
from cnncalc.arithmetic.zoo.facts import Facts
from cnncalc.layers import show

BYTES = 4  # of a number in float32


def show_zoo(console: Console, every: Iterable[Facts]) -> None:
    """Prints one line a network."""
    rows = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    rows.add_column("name", style="cyan", no_wrap=True)
    for heading in ("year", "input", "parameters", "MACs"):
        rows.add_column(heading, justify="right", no_wrap=True)
    rows.add_column("source", no_wrap=True, overflow="ellipsis")
    for facts in every:
        source = facts.entry.source
        figures = (f"{facts.totals.parameters:,}", f"{facts.totals.macs:,}")
        rows.add_row(facts.entry.name, str(source.year), show(facts.input), *figures, source.short)
    console.print(rows)
    console.print(Text("cnncalc zoo NAME tells more; NAME stands wherever a model is expected.", style="dim"))


def show_facts(console: Console, facts: Facts) -> None:
    """Prints what a network is, where it is from, and what it comes to."""
    entry, totals = facts.entry, facts.totals
    fixed = totals.parameters - totals.trainable
    lines = {
        "source": str(entry.source),
        "also": ", ".join(entry.aliases),
        "input": show(facts.input),
        "output": show(facts.output),
        "parameters": f"{totals.parameters:,}" + (f", {fixed:,} of them fixed" if fixed else ""),
        "MACs": f"{totals.macs:,}",
        "depth": f"{totals.depth} weight layers",
        "field": f"{show(totals.field)}, of a unit of the last map" if totals.field else "",
        "memory": f"{amount(totals.peak * BYTES)} of activations in inference, "
        f"{amount(totals.kept * BYTES)} in training (float32, one example)",
    }
    console.print(Text.assemble((entry.name, "bold cyan"), f"  {entry.what}"), soft_wrap=True)
    for word, fact in lines.items():
        if fact:
            console.print(Text.assemble((f"{word:12}", "dim"), fact), soft_wrap=True)
    console.print(
        Text(
            f"cnncalc zoo {entry.name} --text prints it; cnncalc shape {entry.name} shows every layer",
            style="dim",
        ),
        soft_wrap=True,
    )
