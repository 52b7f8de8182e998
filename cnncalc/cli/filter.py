"""cnncalc filter: lay kernels over pictures."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import picture_options as options
from cnncalc.cli.filtering import Request, carry_out
from cnncalc.cli.options import AsJson

app = typer.Typer(add_completion=False)


@app.command("filter", cls=options.PictureCommand)
def filter_command(
    picture: options.Pictures,
    kernel: Annotated[
        list[str],
        typer.Option(
            "--kernel",
            "-k",
            metavar="KERNEL",
            help="A name such as gaussian:sigma=2 (cnncalc kernels lists them), a matrix such as "
            "'0 -1 0; -1 5 -1; 0 -1 0' or '1 2 1 /4', a text, CSV or .npy file of one, or a trained run "
            "(runs/mnist-1:layer=1,filter=3). Several are laid on one after another.",
        ),
    ],
    out: options.Out = None,
    suffix: options.Suffix = "",
    force: options.Force = False,
    convolve: Annotated[
        bool, typer.Option("--convolve", "--flip", help="True convolution: the kernel is turned by 180°.")
    ] = False,
    border: options.Border = "edge",
    mode: options.Mode = None,
    stride: Annotated[
        str, typer.Option(metavar="N or NxN", help="Rows and columns from result to result.")
    ] = "1",
    dilation: Annotated[str, typer.Option(metavar="N or NxN", help="Pixels from tap to tap.")] = "1",
    anchor: Annotated[
        str | None,
        typer.Option(metavar="ROW,COLUMN", help="The tap that lies on the pixel, from 0; else size // 2."),
    ] = None,
    channels: options.Channels = "each",
    response: options.Response = None,
    plain_alpha: options.PlainAlpha = False,
    round_between: Annotated[
        bool,
        typer.Option("--round-between", help="Make pixels of each step's result; else only of the last."),
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y", help="Write out the arithmetic of the result's pixel in column X, row Y."
        ),
    ] = None,
    explain_step: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The step that is explained; else the last.")
    ] = None,
    compare: options.Compare = False,
    show: options.Show = None,
    gif: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write the kernel's walk over the picture, scaled down."),
    ] = None,
    verbose: options.Verbose = False,
    as_json: AsJson = False,
) -> None:
    """Lay kernels over pictures: sharpen them, blur them, find their edges.

    Each colour channel is correlated with the kernel (nothing is flipped, unless --convolve).
    The size stays, and beyond the border the edge pixels are repeated, unless --mode and --border say otherwise.
    Results are rounded half to even; what falls outside the range of the pixels is clipped, and counted.
    Transparency stays; colours count by it. --explain and --gif write the picture only if --out or --suffix is given.
    """
    from cnncalc.cli.steps import read_step
    from cnncalc.imaging.chain import Chain
    from cnncalc.imaging.kernels.parameters import read_pair

    chain = Chain(
        tuple(map(read_step, kernel)),
        options.read_geometry(border)._replace(
            stride=read_pair(stride, "stride"),
            dilation=read_pair(dilation, "dilation"),
            anchor=None if anchor is None else read_pair(anchor, "anchor", least=0, between=","),
        ),
        options.read_mode(mode),
        convolve,
        options.read_the_channels(channels),
        options.read_the_response(response),
        plain_alpha,
        round_between,
    )
    carry_out(
        Request(
            picture, chain, out, suffix, force, compare, show, explain, explain_step, gif, verbose, as_json
        )
    )
