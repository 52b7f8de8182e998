"""cnncalc pool: the largest value or the mean of each window of a picture."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import picture_options as options
from cnncalc.cli.filtering import Request, carry_out
from cnncalc.cli.options import AsJson

app = typer.Typer(add_completion=False)


@app.command("pool", cls=options.PictureCommand)
def pool_command(
    picture: options.Pictures,
    largest: Annotated[
        str | None, typer.Option("--max", metavar="N or NxN", help="The largest value of each such window.")
    ] = None,
    average: Annotated[
        str | None, typer.Option("--average", metavar="N or NxN", help="The mean of each such window.")
    ] = None,
    stride: Annotated[
        str | None, typer.Option(metavar="N or NxN", help="From window to window; else the window's size.")
    ] = None,
    out: options.Out = None,
    suffix: options.Suffix = "",
    force: options.Force = False,
    border: options.Border = "edge",
    mode: options.Mode = None,
    channels: options.Channels = "each",
    plain_alpha: options.PlainAlpha = False,
    compare: options.Compare = False,
    show: options.Show = None,
    verbose: options.Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Pool pictures: the largest value of each window brightens, the mean smooths; by default windows do not overlap.

    Windows stay inside the picture; with --mode same they are laid around every pixel, or every STRIDE pixels.
    For the maximum nothing lies beyond the border, for the mean what --border says. In a chain of filters the same
    steps are maxpool:size=9 and avgpool:size=9,stride=3.
    """
    from cnncalc.cli.steps import read_step
    from cnncalc.errors import UsageError
    from cnncalc.imaging.chain import Chain

    if largest is not None and average is not None:
        raise UsageError("pooling is by --max or by --average, not by both", "leave one of them out")
    if largest is None and average is None:
        raise UsageError("pooling is by --max or by --average", "for example --max 9x9")
    name, size = ("maxpool", largest) if largest is not None else ("avgpool", average)
    step = read_step(f"{name}:size={size}" + ("" if stride is None else f",stride={stride}"))
    chain = Chain(
        (step,),
        options.read_geometry(border),
        options.read_mode(mode),
        channels=options.read_the_channels(channels),
        plain_alpha=plain_alpha,
    )
    carry_out(Request(picture, chain, out, suffix, force, compare, show, verbose=verbose, as_json=as_json))
