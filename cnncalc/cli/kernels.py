"""cnncalc kernels: the kernels that cnncalc filter knows, and one of them in full."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def kernels(
    kernel: Annotated[
        str | None,
        typer.Argument(
            metavar="[KERNEL]", help="One kernel, such as gaussian:sigma=2, a matrix or a file of one."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the kernels and other steps of cnncalc filter: weights, sum, rank, cost a pixel, parameters, source.

    Of one kernel also its frequency response, and what OpenCV, ImageMagick, PyTorch and scipy call it.
    """
    from cnncalc.imaging.kernels import CATALOGUE
    from cnncalc.imaging.kernels.facts import StepFacts
    from cnncalc.render.console import out

    if kernel is not None:
        from cnncalc.cli.steps import read_step

        facts = StepFacts.of(read_step(kernel))
        if as_json:
            print_json({"schema": 1, **facts.document()})
            return
        from cnncalc.render.kernels import show_kernel

        show_kernel(out(), facts)
        return
    listed = [StepFacts.of(family.default) for family in CATALOGUE.values()]
    if as_json:
        print_json({"schema": 1, "kernels": [facts.document() for facts in listed]})
        return
    from cnncalc.render.kernels import show_kernels

    show_kernels(out(), listed)
