"""The two consoles: results go to stdout; progress, hints and errors go to stderr. Nothing that is printed acts."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions
from rich.segment import Segment

from cnncalc.errors import shown, visible


class PlainConsole(Console):
    """Prints what it is given, markup and all; what would act on the terminal is written out."""

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render(self, renderable: Any, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of what is printed; those that move the cursor on purpose are marked as such."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else visible(segment.text, keep="\n")
            yield segment if text is segment.text else segment._replace(text=text)


def out() -> Console:
    """A console on stdout, made anew so that a redirected stream is seen."""
    return PlainConsole()


def err() -> Console:
    """A console on stderr."""
    return PlainConsole(stderr=True)


def say_wrote(path: Path | str, facts: str = "") -> None:
    """Says on stdout which file was written."""
    out().print(f"wrote {shown(path)}{facts}", soft_wrap=True)


def typed(*words: str | Path) -> str:
    """The words as they are typed into a shell of this system."""
    line = [str(word) for word in words]
    return subprocess.list2cmdline(line) if os.name == "nt" else shlex.join(line)
