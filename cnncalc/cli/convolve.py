"""cnncalc convolve: a convolution on paper."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson

if TYPE_CHECKING:
    from cnncalc.imaging.convolved import Convolved
    from cnncalc.imaging.matrix import Matrix

FORM = "Columns by blanks, rows by ;, planes by |, filters by ||; or a text, CSV or .npy file, or -."


class MatrixCommand(Command):
    """Takes matrices that begin with a minus as what they are, not as options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [f" {arg}" if re.match(r"-[.0-9]", arg) else arg for arg in args])


app = typer.Typer(add_completion=False)


@app.command(cls=MatrixCommand)
def convolve(
    x: Annotated[str, typer.Argument(metavar="X", help=f"The input. {FORM}")],
    k: Annotated[str, typer.Argument(metavar="K", help="The kernel, written alike; a plane a channel of X.")],
    flip: Annotated[
        bool,
        typer.Option(
            "--convolve/--correlate",
            help="True convolution turns the kernel by 180°; correlation, as in deep learning, does not.",
        ),
    ] = False,
    mode: Annotated[
        Literal["valid", "same", "full"] | None,
        typer.Option(help="Another word for --pad.", show_default=False),
    ] = None,
    pad: Annotated[
        str, typer.Option(help="Zeros around X: 1, 2x1, 0:1x0:1, same, full, valid, causal.", metavar="PAD")
    ] = "",
    stride: Annotated[str, typer.Option(help="Step of the window: 2, 2x1.", metavar="N or NxN")] = "1",
    dilation: Annotated[str, typer.Option(help="Distance between its taps.", metavar="N or NxN")] = "1",
    transposed: Annotated[
        bool, typer.Option("--transposed", help="Transposed convolution; --pad is cut off its result.")
    ] = False,
    outpad: Annotated[
        str,
        typer.Option(help="Extra size of a transposed convolution.", metavar="N or NxN", show_default=False),
    ] = "",
    bias: Annotated[str, typer.Option(help='Added to the sums: one number, or one a filter: "1 -1".')] = "",
    activation: Annotated[
        str, typer.Option(help="relu, tanh, sigmoid, softplus, softmax, leakyrelu 0.1.", show_default=False)
    ] = "identity",
    steps: Annotated[bool, typer.Option("--steps", help="Write out the sum at each position.")] = False,
    as_: Annotated[
        Literal["matrix"] | None,
        typer.Option("--as", help="Show the matrix that does the same.", show_default=False),
    ] = None,
    gif: Annotated[Path | None, typer.Option(help="Draw the sliding window as an animated GIF.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Draw the sliding window as an animated SVG.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")] = False,
    full: Annotated[bool, typer.Option("--full-precision", help="Print all digits.")] = False,
    as_json: AsJson = False,
) -> None:
    """Lay a small kernel over a small matrix, step by step, in exact numbers.

    cnncalc convolve "1 1 1 0 0; 0 1 1 1 0; 0 0 1 1 1; 0 0 1 1 0; 0 1 1 0 0" "1 0 1; 0 1 0; 1 0 1" --steps
    """
    from cnncalc.errors import UsageError
    from cnncalc.imaging.convolution import convolve as slide
    from cnncalc.imaging.convolved import Settings
    from cnncalc.imaging.toeplitz import toeplitz
    from cnncalc.render.convolution import check_steps, show_convolution

    if mode and pad:
        raise UsageError("--mode and --pad both say how X is padded", "leave one of them out")
    if x.strip() == k.strip() == "-":
        raise UsageError(
            "X and K cannot both come from standard input", "give one of them as words or a file"
        )
    settings = Settings(
        flip=flip,
        stride=stride,
        pad=pad or mode or "0",
        dilation=dilation,
        transposed=transposed,
        outpad=outpad,
        bias=read(bias) if bias else None,
        activation=activation,
    )
    done = slide(read(x), read(k), settings)
    matrix = toeplitz(done) if as_ else None
    if steps:
        check_steps(done)
    draw(done, gif, svg, force=force, full=full)
    if as_json:
        from cnncalc.imaging.convolution_document import document

        print_json(document(done, matrix, steps=steps))
        return
    from cnncalc.render.console import err, out, say_wrote

    for note in done.notes():
        err().print(f"note: {note}", soft_wrap=True)
    show_convolution(out(), done, matrix=matrix, steps=steps, full=full)
    for file in filter(None, (gif, svg)):
        say_wrote(file)


def read(spec: str) -> Matrix:
    """The matrix of an argument; - is standard input."""
    from cnncalc.imaging.matrices import read_matrix

    return read_matrix(spec.strip(" "), stdin=sys.stdin.buffer)


def draw(done: Convolved, gif: Path | None, svg: Path | None, *, force: bool, full: bool) -> None:
    """Writes the films that are asked for; nothing where one of them cannot be written."""
    if not gif and not svg:
        return
    from cnncalc.imaging.drawings import check_drawing
    from cnncalc.render.convolution_film import convolution_film
    from cnncalc.render.film import save_gif, save_svg

    film = convolution_film(done, full=full)
    wanted = [(gif, ".gif", save_gif), (svg, ".svg", save_svg)]
    for path, ending, _ in wanted:
        if path:
            check_drawing(path, ending, overwrite=force)
    for path, _, save in wanted:
        if path:
            save(film, path, overwrite=force)
