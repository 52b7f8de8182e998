"""The command group: which commands there are, each imported only when it is called."""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Annotated, Any

import typer

from cnncalc.cli.command import Group

COMMANDS = (
    "shape",
    "solve",
    "compare",
    "field",
    "draw",
    "zoo",
    "filter",
    "pool",
    "lcn",
    "kernels",
    "convolve",
    "train",
    "gradcheck",
    "evaluate",
    "report",
    "runs",
    "predict",
    "knn",
    "data",
)


class LazyCommands(MutableMapping[str, Any]):
    """Command name to command; cnncalc.cli.NAME is imported when the command is looked up."""

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        return typer.main.get_command(import_module(f"cnncalc.cli.{name}").app)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __setitem__(self, name: str, command: Any) -> None:
        raise TypeError("commands are listed in COMMANDS")

    def __delitem__(self, name: str) -> None:
        raise TypeError("commands are listed in COMMANDS")


class LazyGroup(Group):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": LazyCommands()})


app = typer.Typer(
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def show_version(wanted: bool) -> None:
    if wanted:
        from cnncalc import __version__

        typer.echo(f"cnncalc {__version__}")
        raise typer.Exit


@app.callback()
def cnncalc(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Convolutional-network arithmetic, convolution on pictures, and training of small networks."""


PLAIN = {
    "×": "x",
    "·": "*",
    "−": "-",
    "–": "-",
    "→": "->",
    "…": "...",
    "≥": ">=",
    "½": "1/2",
    "÷": "/",
    "█": "#",
    "▀": "#",
}


def plainly(error: UnicodeError) -> tuple[str, int]:
    """Signs that a stream cannot encode, in letters that it can."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(PLAIN.get(sign, "?") for sign in signs), error.end


def main() -> None:
    """The entry point of the installed command."""
    codecs.register_error("plainly", plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plainly")
    app()
