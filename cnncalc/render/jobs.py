"""Work on many pictures as it goes: a bar on a terminal, a line now and then elsewhere, one summary."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from cnncalc.errors import visible
from cnncalc.imaging.jobs import Done, Failed
from cnncalc.render.console import err
from cnncalc.render.errors import show_error

QUIET = 10.0  # seconds between two lines where there is no terminal

T = TypeVar("T")


def show_jobs(events: Iterable[Done[T] | Failed], total: int) -> list[Done[T] | Failed]:
    """Shows the events of `run_jobs` on stderr as they come, names every failure, and gives them all back."""
    console = err()
    seen: list[Done[T] | Failed] = []
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[name]}"))
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with bar:
        task = bar.add_task("", total=total, name="")
        spoken = monotonic()
        for event in events:
            seen.append(event)
            bar.update(task, advance=1, name=Text(visible(event.job.name)))
            if isinstance(event, Failed):
                show_error(event.error, event.job.name, console=console)
            if not console.is_terminal and monotonic() - spoken >= QUIET:
                spoken = monotonic()
                console.print(f"{len(seen):,} of {total:,} pictures")
    return seen


def show_summary(events: Iterable[Done[T] | Failed], seconds: float) -> None:
    """One line on stderr: how many pictures were done, in what time, and how many were not."""
    done = failed = 0
    for event in events:
        done += isinstance(event, Done)
        failed += isinstance(event, Failed)
    pace = f" ({done / seconds:,.0f} a second)" if done and seconds > 0 else ""
    rest = [(f", {failed:,} failed", "bold red")] if failed else []
    err().print(Text.assemble(f"{done:,} of {done + failed:,} pictures done in {seconds:.1f} s{pace}", *rest))
