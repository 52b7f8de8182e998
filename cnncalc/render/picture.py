"""A picture in the terminal: two pixels a character in colour, or shades of ASCII."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

SHADES = " .:-=+*#%@"  # on a dark terminal: more ink, more light


def show_picture(console: Console, pixels: Any, columns: int | None = None) -> None:
    """Prints (H, W) or (H, W, 3) pixels, uint8 or uint16, scaled down to at most so many columns.

    Where the console shows no colours or does not speak UTF-8, the picture is drawn in ASCII.
    """
    columns = max(1, min(columns or console.width, console.width))
    plain = console.color_system is None or console.no_color or "utf" not in console.encoding
    lines = shades(pixels, columns) if plain else half_blocks(pixels, columns)
    console.print(Segments([part for line in lines for part in (*line, Segment.line())]), end="")


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

    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    h, w = pixels.shape[:2]
    factor = min(1.0, columns / w, 2 * columns / h)
    size = (max(1, round(w * factor)), max(1, round(h * factor * aspect)))
    image = Image.fromarray(pixels).convert("RGB")
    return np.asarray(image.resize(size, Image.Resampling.BOX))
