"""A bar on stderr while long work goes on, where that is a terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import Progress, ProgressColumn

from cnncalc.render.console import err


class BarDisplay:
    """One task's bar, gone when it is over; to be used in a with statement. A subclass shows what comes in."""

    def __init__(self, *columns: ProgressColumn, console: Console | None = None, **task: Any) -> None:
        console = console or err()
        self.bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self.task = self.bar.add_task("", **task)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()
