"""cnncalc runs: which trainings there are, how good each is, and their curves side by side."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson, Force, Plot
from cnncalc.errors import FileError

if TYPE_CHECKING:
    from cnncalc.learning.runs import RunFacts, Unread

app = typer.Typer(add_completion=False)

Key = Callable[["RunFacts"], Any]
SORTS: dict[str, Key] = {  # what runs are sorted by; the best, longest and newest first
    "accuracy": lambda run: -1.0 if run.accuracy is None else run.accuracy,
    "epochs": lambda run: len(run.history),
    "parameters": lambda run: run.parameters,
    "time": lambda run: run.seconds,
    "date": lambda run: run.written,
}


class Order(StrEnum):
    NAME = "name"
    ACCURACY = "accuracy"
    EPOCHS = "epochs"
    PARAMETERS = "parameters"
    TIME = "time"
    DATE = "date"


@app.command(cls=Command)
def runs(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FOLDER | RUN...]", help="A folder of runs, or runs to compare; else runs."),
    ] = None,
    sort: Annotated[Order, typer.Option(help="By name; by all else the largest first.")] = Order.NAME,
    compare: Annotated[
        bool, typer.Option("--compare", help="Draw the curves of all that are listed.")
    ] = False,
    plot: Plot = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """List the runs of a folder: model, data, accuracy on the test pictures, epochs, parameters, time and date.

    Two runs and more, named one by one, are compared: their curves are drawn in the same axes.
    """
    from cnncalc.imaging.drawings import write_drawing
    from cnncalc.render.console import say_wrote
    from cnncalc.render.plots import check_plot, runs_plot
    from cnncalc.render.runs import compared_curves, show_runs

    if plot:
        check_plot(plot, overwrite=force)
    found, unread, named = gathered(paths or [Path("runs")])
    if sort.value in SORTS:
        found.sort(key=SORTS[sort.value], reverse=True)
    if plot:
        if not any(run.history for run in found):
            raise FileError("there is no run with an epoch to draw", "cnncalc train makes one")
        write_drawing(plot, runs_plot(compared_curves(found), plot.suffix.lower()), overwrite=force)
    if as_json:
        broken = [{"run": str(path), "reason": reason} for path, reason in unread]
        rows = [run.document() for run in found]
        print_json({"schema": 1, "runs": rows, "unread": broken, "plot": str(plot) if plot else None})
        return
    show_runs(found, unread, compared=bool(found) and (compare or named > 1))
    if plot:
        say_wrote(plot)


def gathered(paths: list[Path]) -> tuple[list[RunFacts], list[Unread], int]:
    """The runs that are named and those in folders that are, what cannot be read, and how many were named."""
    from cnncalc.learning.checkpoint import file_of
    from cnncalc.learning.runs import RunFacts, Unread, read_or_say, read_run, runs_in

    entries: list[RunFacts | Unread] = []
    named = 0
    for path in paths:
        if file_of(path).is_file():
            named += 1
            entries.append(read_run(path) if len(paths) == 1 else read_or_say(path))
        else:
            inside = runs_in(path)
            if not inside:
                raise FileError(f"there are no runs in {path}", "cnncalc train writes one into runs")
            entries += inside
    found = [entry for entry in entries if isinstance(entry, RunFacts)]
    return found, [entry for entry in entries if isinstance(entry, Unread)], named
