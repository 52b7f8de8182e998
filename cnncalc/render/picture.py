"""A picture in the terminal: two pixels a character in colour, shades of ASCII, or pixels where it can draw them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from cnncalc.render.graphics import CELL, PROTOCOLS, protocol

SHADES = " .:-=+*#%@"  # on a dark terminal: more ink, more light
WAYS = ("auto", "blocks", "ascii", *PROTOCOLS)


def show_picture(console: Console, pixels: Any, columns: int | None = None, *, how: str = "auto") -> None:
    """Prints (H, W) or (H, W, 3) pixels, scaled down to at most so many columns, in one of WAYS.

    auto: as pixels where the terminal is known to draw them, else in half blocks; where the console shows no colours
    or does not speak UTF-8, in ASCII. Half blocks asked for by name are in colour whatever the console shows.
    """
    columns = max(1, min(columns or console.width, console.width))
    if how == "auto":
        how = fitting(console)
    elif how == "blocks" and (console.color_system is None or console.no_color):
        console = Console(
            file=console.file,
            width=console.width,
            force_terminal=True,
            color_system="truecolor",
            no_color=False,
        )
    if how in PROTOCOLS:
        console.file.write(PROTOCOLS[how](image_of(scale(pixels, columns * CELL, 1.0))) + "\n")
        return
    lines = shades(pixels, columns) if how == "ascii" else half_blocks(pixels, columns)
    console.print(Segments([part for line in lines for part in (*line, Segment.line())]), end="")


def fitting(console: Console) -> str:
    """The best way that the console is known to be able to."""
    if console.color_system is None or console.no_color or "utf" not in console.encoding:
        return "ascii"
    return (console.is_terminal and protocol(os.environ)) or "blocks"


def half_blocks(pixels: Any, columns: int) -> Iterator[list[Segment]]:
    """Lines of ▀: the upper pixel is the foreground, the lower one the background."""
    scaled = scale(pixels, columns, 1.0)
    rows = [[Color.from_rgb(*pixel) for pixel in row] for row in scaled.tolist()]
    for i in range(0, len(rows), 2):
        below = rows[i + 1] if i + 1 < len(rows) else [None] * len(rows[i])
        yield [Segment("▀", Style(color=a, bgcolor=b)) for a, b in zip(rows[i], below, strict=True)]


def shades(pixels: Any, columns: int) -> Iterator[list[Segment]]:
    """Lines of ASCII, the brighter the denser; a character is twice as high as it is wide."""
    gray = scale(pixels, columns, 0.5).mean(axis=2)
    for row in (gray * len(SHADES) / 256).astype(int).tolist():
        yield [Segment("".join(SHADES[shade] for shade in row).rstrip())]


def scale(pixels: Any, columns: int, aspect: float) -> Any:
    """The picture as (h, w, 3) uint8 of at most so many columns, each pixel 1 / aspect times as high as wide.

    It is never enlarged, and never more than twice as high as the columns are wide together.
    """
    import numpy as np
    from PIL import Image

    pixels = eight_bits(pixels)
    h, w = pixels.shape[:2]
    factor = min(1.0, columns / w, 2 * columns / h)
    size = (max(1, round(w * factor)), max(1, round(h * factor * aspect)))
    image = Image.fromarray(pixels).convert("RGB")
    return np.asarray(image.resize(size, Image.Resampling.BOX))


def eight_bits(pixels: Any) -> Any:
    """The upper eight bits of sixteen; floats from their least to their largest."""
    import numpy as np

    if pixels.dtype == np.uint16:
        return (pixels >> 8).astype(np.uint8)
    if pixels.dtype.kind != "f":
        return pixels
    low, high = float(pixels.min()), float(pixels.max())
    return np.rint((pixels - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)


def image_of(pixels: Any) -> Any:
    from PIL import Image

    return Image.fromarray(pixels)
