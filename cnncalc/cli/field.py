"""cnncalc field: which input pixels a unit sees."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.command import ModelCommand, print_json
from cnncalc.cli.models import model_of
from cnncalc.cli.options import AsJson, AsJsonSchema, Force, Spec
from cnncalc.errors import UsageError

app = typer.Typer(add_completion=False)


@app.command(cls=ModelCommand)
def field(
    ctx: typer.Context,
    model: Spec = "",
    layer: Annotated[
        str,
        typer.Option(
            help="The layer by its number in the table, such as 5 or 3.body.2; else the last with axes."
        ),
    ] = "",
    unit: Annotated[
        str, typer.Option(help="The unit, counted from 0, such as 3,4; else the one in the middle.")
    ] = "",
    picture: Annotated[
        Path | None,
        typer.Option(
            help="A picture to show it on, scaled until it covers the input and cut around its middle."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write; else NAME-field.png here.")
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
    _schema: AsJsonSchema = False,
) -> None:
    """Show which input pixels a unit sees: size, step and first pixel of every layer, and the pixels of one unit.

    The pixels are exact: every window is followed back, with the holes of dilation, through branches and shortcuts.
    """
    from cnncalc.arithmetic.pixels import chosen, document, look
    from cnncalc.arithmetic.report import analyse

    if out and not picture:
        raise UsageError("--out is for a picture", "name one: --picture samples/chelsea.png")
    report = analyse(model_of(model, ctx.meta["flags"]))
    seen = look(report, chosen(report, layer), read_unit(unit))
    target = None
    if picture:
        from cnncalc.imaging import pictures
        from cnncalc.imaging.jobs import found_at
        from cnncalc.render.field import on_picture

        source = found_at(picture)
        target = out or Path(f"{picture.stem}-field.png")
        pictures.check_target(target, overwrite=force)
        drawn = on_picture(seen, pictures.read(source), report.input)
        pictures.write(target, drawn, overwrite=force)
    if as_json:
        print_json(document(report, seen) | ({"output": str(target)} if target else {}))
        return
    from cnncalc.render.console import out as console
    from cnncalc.render.console import say_wrote
    from cnncalc.render.field import show_field

    show_field(report, seen, console())
    if target:
        say_wrote(target)


def read_unit(text: str) -> tuple[int, ...] | None:
    """3,4 as (3, 4); None where nothing is written."""
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}([,x×][0-9]{1,9})*", text):
        raise UsageError(
            f"{text} is not a unit", "write its place along each axis, counted from 0: --unit 3,4"
        )
    return tuple(map(int, re.split("[,x×]", text)))
