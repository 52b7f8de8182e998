"""cnncalc shape: what every layer of a stack does."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cnncalc.cli.command import ModelCommand, print_json
from cnncalc.cli.models import model_of
from cnncalc.cli.options import AsJson, AsJsonSchema, Spec
from cnncalc.errors import UsageError, nearest

app = typer.Typer(add_completion=False)

FORMULAS = 12  # up to so many layers the formulas are shown without being asked for


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector of cycles, which would walk over a long stack's records again and again in vain."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@app.command(cls=ModelCommand)
@uncollected()
def shape(
    ctx: typer.Context,
    model: Spec = "",
    columns: Annotated[
        str,
        typer.Option(
            help="Columns, such as output,kernel,stride,pad,parameters,%,buffers,MACs,FLOPs,connections,memory,"
            "field,jump,start,intensity; or all."
        ),
    ] = "",
    explain: Annotated[
        bool | None,
        typer.Option(
            help="Write out every figure as a formula with the numbers put in; by default the most important "
            f"ones, up to {FORMULAS} layers."
        ),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Examples, for work and memory.")] = 1,
    dtype: Annotated[
        str, typer.Option(help="Type of the numbers in memory: float64, float32, float16, bfloat16 or int8.")
    ] = "float32",
    convention: Annotated[
        str,
        typer.Option(help="Also count as a tool does: flops, fvcore, thop, ptflops, torchinfo; or all."),
    ] = "",
    as_json: AsJson = False,
    _schema: AsJsonSchema = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
    as_latex: Annotated[bool, typer.Option("--latex", help="Print a LaTeX tabular.")] = False,
) -> None:
    """Print the shape, parameters, cost and receptive field of every layer of a stack.

    Layers come in order, each followed by its modifiers:

    cnncalc shape --input 32x32x3 --conv 10x5x5 --stride 1 --pad 2
    """
    from cnncalc.arithmetic.columns import BYTES, Setting, chosen, usual
    from cnncalc.arithmetic.conventions import CONVENTIONS
    from cnncalc.arithmetic.documents import document
    from cnncalc.arithmetic.report import analyse

    if as_json + as_csv + as_markdown + as_latex > 1:
        raise UsageError(
            "more than one form of output is asked for", "keep one of --json --csv --markdown --latex"
        )
    if dtype not in BYTES:
        raise UsageError(f"there is no type {dtype}", nearest(dtype, BYTES))
    setting = Setting(batch, dtype)
    shown = chosen(columns) if columns else usual()
    conventions = []
    if convention:
        names = list(CONVENTIONS) if convention == "all" else convention.split(",")
        unknown = [name for name in names if name not in CONVENTIONS]
        if unknown:
            raise UsageError(f"there is no convention {unknown[0]}", nearest(unknown[0], CONVENTIONS))
        conventions = [CONVENTIONS[name] for name in names]
    report = analyse(model_of(model, ctx.meta["flags"]))
    if as_json:
        if report.error:
            raise report.error
        print_json(document(report, setting, chosen(columns) if columns else [], conventions))
        return
    from cnncalc.render import columns as forms
    from cnncalc.render.console import out
    from cnncalc.render.report import show_convention, show_report

    if as_csv or as_markdown or as_latex:
        form = forms.as_csv if as_csv else forms.as_markdown if as_markdown else forms.as_latex
        typer.echo(form(report, shown, setting), nl=False)
    else:
        formulas = explain if explain is not None or len(report.steps) <= FORMULAS else False
        show_report(report, shown, setting, out(), formulas=formulas)
    if report.error:
        raise report.error
    if not (as_csv or as_markdown or as_latex):
        for entry in conventions:
            show_convention(report, entry, setting, out())
