"""Runs as a table, and their curves in the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cnncalc.arithmetic.zoo import ZOO
from cnncalc.errors import shown
from cnncalc.layers import Model, write_layer
from cnncalc.learning.runs import RunFacts, Unread
from cnncalc.learning.training import Epoch
from cnncalc.render.console import err, out
from cnncalc.render.curves import Curve, beside, is_plain, plot
from cnncalc.render.history import clock

HEIGHT = 10
WIDEST = 60
NARROWEST = 36
NARROW = 100  # columns, below which some are left out


def layers(model: Model) -> str:
    """The layers in a line, without what does not say much."""
    return " · ".join(write_layer(step.layer) for step in model.leaves() if step.layer.word != "flatten")


def rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}"


def show_runs(runs: Sequence[RunFacts], unread: Sequence[Unread], *, compared: bool) -> None:
    """One row a run; curves where they are compared; on stderr what could not be read."""
    console = out()
    if runs:
        console.print(runs_table(runs, console))
    if compared:
        for line in comparison(runs, console):
            console.print(line)
    for broken in unread:
        err().print(Text.assemble((shown(broken.path), "bold"), f": {broken.reason}"), soft_wrap=True)


def runs_table(runs: Sequence[RunFacts], console: Console) -> Table:
    """Unfinished ones say so; the accuracy is that on the test pictures, the validation that of the best epoch."""
    narrow = console.width < NARROW
    table = Table(box=None, padding=(0, 2 - narrow, 0, 0), header_style="bold", expand=True)
    table.add_column("run", no_wrap=True)
    table.add_column("data", max_width=16, no_wrap=True)
    table.add_column("model", no_wrap=True, ratio=1, overflow="ellipsis")  # what room there is
    for name in ("accuracy", "validation", "epochs", "parameters", "time", "date"):
        if name == "validation" and narrow:
            continue
        table.add_column(name, justify="right", no_wrap=True)
    top = max((run.accuracy for run in runs if run.accuracy is not None), default=None)
    for run in runs:
        best = run.best
        style = "bold green" if top is not None and run.accuracy == top and len(runs) > 1 else ""
        table.add_row(
            Text(shown(run.path.name if narrow else run.path), "bold cyan"),
            Text(run.trained.data),
            Text(ZOO.name_of(run.model) or layers(run.model)),
            Text(rate(run.accuracy), style) if run.finished else Text("unfinished", "yellow"),
            *([] if narrow else [rate(best.validation_accuracy if best else None)]),
            str(len(run.history)) if run.finished else f"{len(run.history)}/{run.epochs}",
            f"{run.parameters:,}",
            clock(run.seconds),
            f"{datetime.fromtimestamp(run.written):{'%m-%d' if narrow else '%Y-%m-%d %H:%M'}}",
        )
    return table


def comparison(runs: Sequence[RunFacts], console: Console) -> list[Text]:
    """Loss and accuracy of all runs, on the validation pictures where they all have some."""
    blocks = []
    curves = compared_curves(runs)
    width = min(WIDEST, (console.width - 2) // 2)
    stacked = width < NARROWEST
    width = min(WIDEST, console.width) if stacked else width
    for title, found in curves.items():
        if any(len(curve.points) > 1 for curve in found):
            share = title.endswith("accuracy")
            blocks.append(plot(title, found, width, HEIGHT, share=share, plain=is_plain(console)))
    if not blocks:
        return [Text("too few epochs for curves", "dim")]
    if stacked:
        return [line for block in blocks for line in block]
    return [Text(), *beside(blocks, [width] * len(blocks))]


def compared_curves(runs: Sequence[RunFacts]) -> dict[str, list[Curve]]:
    """A curve a run, by what they show."""
    validated = all(epoch.validation_loss is not None for run in runs for epoch in run.history)
    prefix, words = ("validation_", "validation ") if validated else ("", "")
    return {
        words + name: [
            Curve(run.path.name, points(run.history, prefix + name)) for run in runs if run.history
        ]
        for name in ("loss", "accuracy")
    }


def points(history: Sequence[Epoch], column: str) -> list[tuple[float, float]]:
    values: list[tuple[float, Any]] = [(epoch.epoch, getattr(epoch, column)) for epoch in history]
    return [(x, y) for x, y in values if y is not None]
