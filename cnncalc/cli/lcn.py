"""cnncalc lcn: local contrast normalisation of a picture."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import picture_options as options
from cnncalc.cli.filtering import Request, carry_out
from cnncalc.cli.options import AsJson

app = typer.Typer(add_completion=False)


@app.command("lcn", cls=options.PictureCommand)
def lcn_command(
    picture: options.Pictures,
    size: Annotated[str, typer.Option(metavar="N or NxN", help="Rows and columns of the window; odd.")] = "9",
    method: Annotated[
        str,
        typer.Option(help="window: equal weights; jarrett: Gaussian weights, σ of the differences x − m."),
    ] = "window",
    floor: Annotated[str, typer.Option(metavar="X", help="The least σ that is divided by.")] = "1e-5",
    out: options.Out = None,
    suffix: options.Suffix = "",
    force: options.Force = False,
    border: options.Border = "edge",
    channels: options.Channels = "each",
    response: options.Response = None,
    plain_alpha: options.PlainAlpha = False,
    compare: options.Compare = False,
    show: options.Show = None,
    verbose: options.Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Normalise the local contrast of pictures: (x − m)/max(σ, floor).

    m and σ are mean and standard deviation over the window and all channels. Results lie around 0; they are mapped
    so that the least becomes black and the largest white, unless --response says otherwise. In a chain of filters
    the same step is lcn:size=9.
    """
    from cnncalc.cli.steps import read_step
    from cnncalc.imaging.chain import Chain

    chain = Chain(
        (read_step(f"lcn:size={size},method={method},floor={floor}"),),
        options.read_geometry(border),
        channels=options.read_the_channels(channels),
        way=options.read_the_response(response),
        plain_alpha=plain_alpha,
    )
    carry_out(Request(picture, chain, out, suffix, force, compare, show, verbose=verbose, as_json=as_json))
