"""cnncalc predict: what a trained network takes a picture for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson, Gray, Resize, Run

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def predict(
    run: Run,
    picture: Annotated[Path, typer.Argument(help="A photo or scan; of one digit in any size and colour.")],
    resize: Resize = "",
    gray: Gray = False,
    as_json: AsJson = False,
) -> None:
    """Show what a trained network takes a photo or scan for, and how sure it is.

    For a network that knows digits, the digit is found, cut out and centred as those that it learned from. For others,
    the picture is brought to their shape by the rule of the run, or by --resize and --gray; what they see is shown.
    """
    from cnncalc.imaging.digits import SIDE, normalise
    from cnncalc.imaging.pictures import read
    from cnncalc.learning import checkpoint
    from cnncalc.learning.data import folders
    from cnncalc.numerics.run import Run as Pass

    network, trained = checkpoint.load(run)
    found = {}
    if (trained.picture, trained.classes) == ((SIDE, SIDE, 1), tuple("0123456789")) and not (resize or gray):
        digit = normalise(read(picture))
        pixels = digit.pixels[..., None]
        found = {"polarity": digit.polarity, "box": list(digit.box)}
    else:
        pixels = folders.picture(picture, trained.rule_with(resize, gray), trained.picture)
    alone = Pass(train=False)
    x = trained.inputs(network).batch(pixels[None], alone.space, network.dtype)
    shares = network.probabilities(x, alone)[:, 0]
    best = int(shares.argmax())
    record = {
        "schema": 1,
        "run": str(run),
        "picture": str(picture),
        "class": trained.classes[best],
        "probability": float(shares[best]),
        **found,
        "probabilities": {name: float(share) for name, share in zip(trained.classes, shares, strict=True)},
    }
    if as_json:
        print_json(record)
        return
    from cnncalc.render.learning import show_prediction

    show_prediction(record, pixels[..., 0] if pixels.shape[2] == 1 else pixels)
