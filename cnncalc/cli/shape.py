"""cnncalc shape: what every layer of a stack does."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli.command import ModelCommand, print_json
from cnncalc.cli.models import model_of
from cnncalc.cli.options import AsJson

app = typer.Typer(add_completion=False)

FORMULAS = 12  # up to so many layers the formulas are shown without being asked for


@app.command(cls=ModelCommand)
def shape(
    ctx: typer.Context,
    model: Annotated[
        str, typer.Argument(help="A text in quotes, a file, a named network, or the folder of a trained one.")
    ] = "",
    explain: Annotated[
        bool | None,
        typer.Option(
            help=f"Write out the formulas with the numbers put in; by default up to {FORMULAS} layers."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the shape, parameters, cost and receptive field of every layer of a stack.

    Layers come in order, each followed by its modifiers:

    cnncalc shape --input 32x32x3 --conv 10x5x5 --stride 1 --pad 2
    """
    from cnncalc.arithmetic.report import analyse

    report = analyse(model_of(model, ctx.meta["flags"]))
    if as_json and report.error is None:
        print_json(report.document())
        return
    if not as_json:
        from cnncalc.render.console import out
        from cnncalc.render.report import show_report

        show_report(report, out(), formulas=len(report.rows) <= FORMULAS if explain is None else explain)
    if report.error:
        raise report.error
