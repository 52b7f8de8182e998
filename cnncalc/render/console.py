"""The two consoles: results go to stdout; progress, hints and errors go to stderr."""

from __future__ import annotations

from rich.console import Console


def out() -> Console:
    """A console on stdout, made anew so that a redirected stream is seen."""
    return Console(highlight=False, markup=False, emoji=False)


def err() -> Console:
    """A console on stderr."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)
