"""cnncalc gradcheck: whether the gradients of a network are those of its functions."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli.command import ModelCommand, print_json
from cnncalc.cli.models import model_of
from cnncalc.cli.options import AsJson, Spec

app = typer.Typer(add_completion=False)


@app.command(cls=ModelCommand)
def gradcheck(
    ctx: typer.Context,
    model: Spec = "",
    samples: Annotated[int, typer.Option(min=1, help="Places that are looked at in each tensor.")] = 20,
    tolerance: Annotated[
        float, typer.Option(min=1e-9, max=1, help="The relative error up to which both agree.")
    ] = 1e-5,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="After so much time, what is left stays unchecked.")
    ] = 60.0,
    seed: Annotated[int, typer.Option(min=0, help="Same seed: same numbers.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Compare the gradients of every layer with differences, in double precision.

    Each layer gets random input and parameters; its pullback says how the output, weighted at random, changes with each
    number, and so does (f(x + h) − f(x − h))/2h. Then each block is checked, and the network as a whole. Exit code 1
    says that some gradient disagrees.
    """
    import numpy as np

    from cnncalc.learning.gradcheck import check, tensor_count
    from cnncalc.render.gradcheck import CheckDisplay, show_checks

    network = model_of(model, ctx.meta["flags"])
    found = []
    with CheckDisplay(tensor_count(network)) as display:
        for record in check(
            network, np.random.default_rng(seed), samples=samples, tolerance=tolerance, seconds=seconds
        ):
            found.append(record)
            display.show(record)
    wrong = any(record.verdict == "disagree" for record in found)
    if as_json:
        rows = [record._asdict() for record in found]
        print_json({"schema": 1, "seed": seed, "tolerance": tolerance, "agree": not wrong, "tensors": rows})
    else:
        show_checks(found, tolerance)
    if wrong:
        raise typer.Exit(1)
