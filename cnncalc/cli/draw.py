"""cnncalc draw: a picture of a model, or of a layer's window sliding over its input."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.command import ModelCommand
from cnncalc.cli.models import model_of
from cnncalc.cli.options import Force, Spec
from cnncalc.errors import UsageError

if TYPE_CHECKING:
    from cnncalc.arithmetic.report import Report

app = typer.Typer(add_completion=False)


class ThemeName(StrEnum):
    LIGHT = "light"
    DARK = "dark"


@app.command(cls=ModelCommand)
def draw(
    ctx: typer.Context,
    model: Spec = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file to write, .svg or .png; else MODEL.svg here."),
    ] = None,
    theme: Annotated[
        ThemeName, typer.Option(help="Dark ink on white, or light ink on dark.")
    ] = ThemeName.LIGHT,
    sliding: Annotated[
        str,
        typer.Option(
            help="Instead a film of the window of one layer, by its number in the table of shape: .gif or .svg."
        ),
    ] = "",
    force: Force = False,
) -> None:
    """Draw a model: volumes as boxes to scale with their sizes, branches as lanes, shortcuts as arcs.

    Repetitions of long models are shown once, with their number.
    """
    from cnncalc.arithmetic.report import analyse
    from cnncalc.render.console import say_wrote

    report = analyse(model_of(model, ctx.meta["flags"]))
    if report.error:
        raise report.error
    name = name_of(model)
    if sliding:
        size, target = film(report, sliding, out or Path(f"{name}-layer-{sliding}.gif"), force)
    else:
        size, target = picture(report, name, out or Path(f"{name}.svg"), theme, force)
    say_wrote(target, f", {size}")


def name_of(spec: str) -> str:
    """What the model is called: a named network or a file by its name, anything else a network."""
    if not spec or any(mark in spec for mark in " ;{}\n"):
        return "network"
    return Path(spec).stem or "network"


def picture(report: Report, name: str, target: Path, theme: str, force: bool) -> tuple[str, Path]:
    """Writes the drawing of the model; its size in words, and where it is."""
    from cnncalc.imaging.drawings import check_drawing, write_drawing
    from cnncalc.render.drawing import draw as drawn
    from cnncalc.render.drawing_files import WRITERS
    from cnncalc.render.drawing_layout import lay_out
    from cnncalc.render.drawing_plan import plan, title

    check_drawing(target, ending(target, WRITERS), overwrite=force)
    drawing = drawn(lay_out(report.input, plan(report)), title(report, name), theme=theme)
    data = WRITERS[target.suffix.lower()](drawing)
    write_drawing(target, data, overwrite=force)
    return f"{drawing.width}×{drawing.height}, {len(data):,} bytes", target


def film(report: Report, layer: str, target: Path, force: bool) -> tuple[str, Path]:
    """Writes the film of the layer's window; its size in words, and where it is."""
    from cnncalc.arithmetic.pixels import numbered
    from cnncalc.render.film import save_gif, save_svg
    from cnncalc.render.sliding import layer_frames

    row = numbered(report, layer)
    writers = {".gif": save_gif, ".svg": save_svg}
    save = writers[ending(target, writers)]
    made = layer_frames(row.step.layer, row.input)
    save(made, target, overwrite=force)
    return f"{made.width}×{made.height}, {made.frames} frames, {target.stat().st_size:,} bytes", target


def ending(path: Path, known: Iterable[str]) -> str:
    """The ending of a path, in small letters; raises UsageError where nothing writes it."""
    suffix = path.suffix.lower()
    if suffix not in known:
        raise UsageError(f"{path} does not end in {' or '.join(known)}", "--out names the file to write")
    return suffix
