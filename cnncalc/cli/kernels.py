"""cnncalc kernels: the kernels that cnncalc filter knows."""

from __future__ import annotations

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def kernels(
    as_json: AsJson = False,
) -> None:
    """List the kernels that can be laid over a picture, with their weights."""
    from cnncalc.imaging.kernels import CATALOGUE
    from cnncalc.render.console import out

    if as_json:
        fields = ("name", "size", "sum", "divisor", "weights", "does", "note")
        listed = [{field: getattr(kernel, field) for field in fields} for kernel in CATALOGUE.values()]
        print_json({"schema": 1, "kernels": listed})
        return

    from cnncalc.render.kernels import show_kernels

    show_kernels(out(), CATALOGUE.values())
