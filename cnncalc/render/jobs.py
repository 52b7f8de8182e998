"""Work on many pictures as it goes: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

from cnncalc.errors import visible
from cnncalc.imaging.working import Done, Failed
from cnncalc.render.console import err
from cnncalc.render.errors import show_error
from cnncalc.render.progress import BarDisplay

QUIET = 10.0  # seconds between two lines where there is no terminal

T = TypeVar("T")


def show_jobs(events: Iterable[Done[T] | Failed], total: int) -> list[Done[T] | Failed]:
    """Shows the events of `run_jobs` on stderr as they come, names every failure, and gives them all back."""
    console = err()
    seen: list[Done[T] | Failed] = []
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[name]}", markup=False),
    )
    with BarDisplay(*columns, console=console, total=total, name="") as display:
        spoken = monotonic()
        for event in events:
            seen.append(event)
            display.bar.update(display.task, advance=1, name=visible(event.job.name))
            if isinstance(event, Failed):
                show_error(event.error, event.job.name, console=console)
            if not console.is_terminal and monotonic() - spoken >= QUIET:
                spoken = monotonic()
                console.print(f"{len(seen):,} of {total:,} pictures")
    return seen
