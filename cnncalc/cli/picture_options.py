"""The options that filter, pool and lcn have in common, and how their words are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnncalc.cli.command import Command
from cnncalc.errors import LanguageError, Place

if TYPE_CHECKING:
    from cnncalc.imaging.responses import Way
    from cnncalc.numerics.borders import Geometry

Pictures = Annotated[
    list[str],
    typer.Argument(
        metavar="PICTURE...",
        help="Pictures, folders of them, patterns such as 'photos/*.jpg', or - for standard input; "
        "samples/chelsea.png and samples/camera.png are always there.",
    ),
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="PATH",
        help="The file to write, a folder, or - ; else NAME-KERNEL.EXT beside the picture.",
    ),
]
Suffix = Annotated[
    str,
    typer.Option(metavar="TEXT", help="Write NAMETEXT.EXT; an ending such as .png in it sets the format."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")]
Border = Annotated[
    str,
    typer.Option(
        metavar="BORDER", help="What lies beyond: zero, edge, reflect, symmetric, wrap, or constant=V."
    ),
]
Mode = Annotated[
    str | None,
    typer.Option(
        metavar="MODE", help="same: a result for each pixel; valid: inside only; full: wherever they touch."
    ),
]
Channels = Annotated[str, typer.Option(metavar="CHANNELS", help="each, gray, luminance, or some of r,g,b.")]
Response = Annotated[
    str | None,
    typer.Option(
        metavar="HOW",
        help="Negative and large results: clip, abs, offset (offset:128), normalise, signed (blue, white, red), "
        "or raw (.npy and .tif).",
    ),
]
PlainAlpha = Annotated[
    bool, typer.Option("--plain-alpha", help="Colours of transparent pixels count like all others.")
]
Compare = Annotated[bool, typer.Option("--compare", help="Write before and after side by side.")]
Show = Annotated[
    str | None,
    typer.Option(
        metavar="[=HOW]", help="Draw the result too; =blocks, ascii, kitty, iterm or sixel, else what fits."
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say which method was taken, and why.")]


class PictureCommand(Command):
    """Takes --show alone as --show=auto."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--show=auto" if arg == "--show" else arg for arg in args])


def read_geometry(border: str) -> Geometry:
    """What lies beyond the border: a name, or constant=V; LanguageError."""
    from cnncalc.errors import nearest
    from cnncalc.numerics.borders import BORDERS, Geometry

    name, sign, value = border.partition("=")
    names = [each.name for each in BORDERS]
    if name not in names:
        known = nearest(name, names)
        raise LanguageError(f"there is no border {name!r}", known, place=Place(border, 0, max(1, len(name))))
    if (name == "constant") != bool(sign):
        fact = "constant needs its value" if not sign else f"{name} takes no value"
        raise LanguageError(fact, "for example --border constant=128", place=Place(border, 0, len(border)))
    try:
        number = float(value or 0)
        if not abs(number) <= 1e9:
            raise ValueError
    except ValueError:
        place = Place(border, len(name) + 1, max(len(border), len(name) + 2))
        raise LanguageError(
            f"{value or 'nothing'} is not a number", "for example --border constant=128", place=place
        ) from None
    return Geometry(name, number)


def read_mode(mode: str | None) -> str | None:
    """One of the modes; LanguageError."""
    from cnncalc.errors import nearest
    from cnncalc.numerics.borders import MODES

    if mode is not None and mode not in MODES:
        place = Place(mode, 0, max(1, len(mode)))
        raise LanguageError(f"there is no mode {mode!r}", nearest(mode, MODES), place=place)
    return mode


def read_the_channels(text: str) -> str | tuple[int, ...]:
    from cnncalc.imaging.channels import read_channels

    return read_channels(text)


def read_the_response(text: str | None) -> Way | None:
    from cnncalc.imaging.responses import read_way

    return None if text is None else read_way(text)


def read_place(text: str) -> tuple[int, int]:
    """Column and row of X,Y; LanguageError."""
    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() and len(part) < 12 for part in parts):
        raise LanguageError(
            "a pixel is its column and its row, counted from 0",
            "for example --explain 10,20",
            place=Place(text, 0, max(1, len(text))),
        )
    return int(parts[0]), int(parts[1])
