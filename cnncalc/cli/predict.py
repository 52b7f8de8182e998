"""cnncalc predict: what a trained network takes a picture for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson, Run
from cnncalc.errors import UsageError

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def predict(
    run: Run,
    picture: Annotated[Path, typer.Argument(help="A photo or scan of one digit, in any size and colour.")],
    as_json: AsJson = False,
) -> None:
    """Show what a trained network takes the digit on a photo or scan for, and how sure it is.

    The digit is found, cut out and centred as those that the network learned from; what it then sees is shown.
    """
    from cnncalc.imaging.digits import SIDE, normalise
    from cnncalc.imaging.pictures import read
    from cnncalc.layers import show
    from cnncalc.learning import checkpoint
    from cnncalc.numerics.run import Run as Pass

    network, trained = checkpoint.load(run)
    if trained.picture != (SIDE, SIDE, 1):
        raise UsageError(
            f"{run} was trained on pictures of {show(trained.picture)}, not on digits",
            "give a run of train mnist",
        )
    digit = normalise(read(picture))
    alone = Pass(train=False)
    x = trained.inputs(network).batch(digit.pixels[None, ..., None], alone.space, network.dtype)
    shares = network.probabilities(x, alone)[:, 0]
    best = int(shares.argmax())
    record = {
        "schema": 1,
        "run": str(run),
        "picture": str(picture),
        "class": trained.classes[best],
        "probability": float(shares[best]),
        "polarity": digit.polarity,
        "box": list(digit.box),
        "probabilities": {name: float(share) for name, share in zip(trained.classes, shares, strict=True)},
    }
    if as_json:
        print_json(record)
        return
    from cnncalc.render.learning import show_prediction

    show_prediction(record, digit.pixels)
