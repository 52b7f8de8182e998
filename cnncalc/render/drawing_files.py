"""A drawing as the bytes of an SVG or a PNG."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

from cnncalc.render.drawing import Drawing, Line, Mark, Polygon, Text
from cnncalc.render.film import FAMILY, LETTERS, font

STROKE = 1.1  # width of lines, in the drawing's units
DASHES = 4.0
PIXELS = 36_000_000  # at most, before it is scaled down
FINE = 2  # drawn so much larger and scaled down, for smooth edges
LARGE = 2  # pixels to a unit of the drawing


def svg(drawing: Drawing) -> bytes:
    """A standalone SVG; texts are texts."""
    size = f"{drawing.width} {drawing.height}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{drawing.width}" height="{drawing.height}" '
        f'viewBox="0 0 {size}" role="img" aria-labelledby="title desc" font-family="{FAMILY}">',
        f'<title id="title">{escape(drawing.title)}</title>',
        f'<desc id="desc">{escape(drawing.description)}</desc>',
        f'<rect width="{drawing.width}" height="{drawing.height}" fill="{drawing.background}"/>',
        f'<g stroke-width="{STROKE}" stroke-linejoin="round" stroke-linecap="round">',
        *map(element, drawing.marks),
        "</g>",
        "</svg>",
        "",
    ]
    return "\n".join(lines).encode()


def element(mark: Mark) -> str:
    if isinstance(mark, Text):
        return (
            f'<text x="{mark.x:.1f}" y="{mark.y:.1f}" dy="0.35em" font-size="{mark.size}" fill="{mark.colour}" '
            f'text-anchor="{mark.anchor}">{escape(mark.text)}</text>'
        )
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points)
    if isinstance(mark, Line):
        dashes = f' stroke-dasharray="{DASHES:g}"' if mark.dashed else ""
        return f'<polyline points="{points}" fill="none" stroke="{mark.stroke}"{dashes}/>'
    stroke = f' stroke="{mark.stroke}"' if mark.stroke else ""
    return f'<polygon points="{points}" fill="{mark.fill or "none"}"{stroke}/>'


def png(drawing: Drawing) -> bytes:
    """A PNG, twice as large in pixels as the SVG where that is not too many; signs as its font has them."""
    from PIL import Image, ImageDraw

    area = drawing.width * drawing.height
    scale = min(float(LARGE), (PIXELS / area / FINE**2) ** 0.5)
    fine = scale * FINE
    image = Image.new("RGB", (round(drawing.width * fine), round(drawing.height * fine)), drawing.background)
    pen = ImageDraw.Draw(image)
    texts = [mark for mark in drawing.marks if isinstance(mark, Text)]
    for mark in drawing.marks:
        if not isinstance(mark, Text):
            shape(pen, mark, fine)
    image = image.resize((round(drawing.width * scale), round(drawing.height * scale)), Image.Resampling.BOX)
    pen = ImageDraw.Draw(image)
    for text in texts:
        anchor = "lm" if text.anchor == "start" else "mm"
        letters = font(max(6, round(text.size * scale)))
        pen.text((text.x * scale, text.y * scale), text.text.translate(LETTERS), text.colour, letters, anchor)
    data = BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()


def shape(pen: Any, mark: Polygon | Line, scale: float) -> None:
    points = [(x * scale, y * scale) for x, y in mark.points]
    width = max(1, round(STROKE * scale))
    if isinstance(mark, Line):
        for line in dashes(points, DASHES * scale) if mark.dashed else [points]:
            pen.line(line, mark.stroke, width, "curve")
        return
    if mark.fill:
        pen.polygon(points, mark.fill)
    if mark.stroke:
        pen.line([*points, points[0], points[1]], mark.stroke, width, "curve")


def dashes(points: list[tuple[float, float]], length: float) -> Iterator[list[tuple[float, float]]]:
    """The strokes of a dashed line."""
    for (x0, y0), (x1, y1) in pairwise(points):
        whole = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        count = max(1, round(whole / length))
        for i in range(0, count, 2):
            a, b = i / count, min(1.0, (i + 1) / count)
            yield [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in (a, b)]


WRITERS = {".svg": svg, ".png": png}
