"""Moving drawings: rectangles and labels with the frames that they are seen in, as animated GIF and as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape

from cnncalc.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

FRAMES = 256
SIDE = 1_400  # pixels
COLOURS = 128
APART = 12  # in one channel at least, between colours of a GIF
LONG, SHORT = 700, 250  # milliseconds a frame, in a film of few frames and of many
FAMILY = "Helvetica, Arial, sans-serif"
# what the font that comes with Pillow cannot draw
LETTERS = str.maketrans({"−": "-", "×": "x", "→": "->", "÷": "/", "∗": "*"})


class Rectangle(NamedTuple):
    """A rectangle in pixels; colours as #rrggbb, empty for none."""

    x: int
    y: int
    width: int
    height: int
    fill: str = ""
    stroke: str = ""
    thickness: int = 1
    dashed: bool = False


class Label(NamedTuple):
    """A line of text; x is its left end, middle or right end, as the anchor says: start, middle, end."""

    x: int
    y: int  # of its middle
    text: str
    size: int
    colour: str = "#263238"
    anchor: str = "middle"


Shape = Rectangle | Label


class Part(NamedTuple):
    """A shape and the frames in which it is seen: from the first to before the last."""

    shape: Shape
    first: int
    last: int


class Film(NamedTuple):
    """A drawing that moves; later parts lie on earlier ones."""

    width: int
    height: int
    frames: int
    parts: tuple[Part, ...]
    title: str

    @property
    def durations(self) -> list[int]:
        """Milliseconds of each frame; the last one stays longer."""
        each = LONG if self.frames <= 30 else SHORT
        return [each] * (self.frames - 1) + [2 * each]

    def shapes(self, frame: int) -> Iterator[Shape]:
        """What is seen in a frame, from the bottom to the top."""
        return (part.shape for part in self.parts if part.first <= frame < part.last)


def text_width(text: str, size: int) -> int:
    """About as many pixels as a text is wide, rather more."""
    return round(len(text) * size * 0.56)


# ── GIF ──


def save_gif(film: Film, path: Path, *, overwrite: bool = False) -> None:
    """Writes the film as an animated GIF; the file appears under its name only when it is complete."""
    save(film, path, gif, ".gif", overwrite=overwrite)


def save_svg(film: Film, path: Path, *, overwrite: bool = False) -> None:
    """Writes the film as an animated SVG; the file appears under its name only when it is complete."""
    save(film, path, lambda film: svg(film).encode(), ".svg", overwrite=overwrite)


def save(film: Film, path: Path, encode: Any, ending: str, *, overwrite: bool) -> None:
    from cnncalc.imaging.drawings import check_drawing, write_drawing

    check_drawing(path, ending, overwrite=overwrite)
    write_drawing(path, encode(film), overwrite=overwrite)


def gif(film: Film) -> bytes:
    """The film as the bytes of an animated GIF that runs for ever."""
    from PIL.Image import Dither

    images = [picture(film, frame) for frame in range(film.frames)]
    palette = common_palette([images[0], images[len(images) // 2], images[-1]])
    first, *others = [image.quantize(palette=palette, dither=Dither.NONE) for image in images]
    data = BytesIO()
    first.save(
        data,
        "GIF",
        save_all=True,
        append_images=others,
        duration=film.durations,
        loop=0,
        disposal=1,
        optimize=False,
    )
    return data.getvalue()


def common_palette(images: list[Image]) -> Image:
    """An image with the colours that most of the frames is drawn in, unchanged."""
    from PIL import Image

    counts: dict[Any, int] = {}
    for image in images:
        for count, colour in image.getcolors(image.width * image.height) or ():
            counts[colour] = counts.get(colour, 0) + count
    kept: list[tuple[int, ...]] = []
    for colour in sorted(counts, key=lambda colour: -counts[colour]):
        # Pillow finds the nearest colour of a box of 4×4×4; colours far enough apart stay what they are
        if len(kept) < COLOURS and all(
            max(map(abs, map(int.__sub__, colour, each))) >= APART for each in kept
        ):
            kept.append(colour)
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in kept for part in colour])
    return palette


def picture(film: Film, frame: int) -> Image:
    """One frame as an RGB picture."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (film.width, film.height), "white")
    pen = ImageDraw.Draw(image)
    for shape in film.shapes(frame):
        if isinstance(shape, Rectangle):
            draw_rectangle(pen, shape)
        else:
            anchor = {"start": "lm", "middle": "mm", "end": "rm"}[shape.anchor]
            text = shape.text.translate(LETTERS)
            pen.text((shape.x, shape.y), text, shape.colour, font(shape.size), anchor)
    return image


@cache
def font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def draw_rectangle(pen: ImageDraw, shape: Rectangle) -> None:
    right, bottom = shape.x + shape.width, shape.y + shape.height
    box = (shape.x, shape.y, right, bottom)
    if not shape.dashed:
        pen.rectangle(box, shape.fill or None, shape.stroke or None, shape.thickness)
        return
    pen.rectangle(box, shape.fill or None)
    for start in range(0, shape.width, 6):
        end = min(start + 3, shape.width)
        for y in (shape.y, bottom):
            pen.line((shape.x + start, y, shape.x + end, y), shape.stroke)
    for start in range(0, shape.height, 6):
        end = min(start + 3, shape.height)
        for x in (shape.x, right):
            pen.line((x, shape.y + start, x, shape.y + end), shape.stroke)


# ── SVG ──


def svg(film: Film) -> str:
    """The film as a standalone SVG that moves by SMIL; where nothing moves, its first frame is seen."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{film.width}" height="{film.height}" '
        f'viewBox="0 0 {film.width} {film.height}" font-family="{FAMILY}">',
        f"<title>{escape(film.title)}</title>",
        f'<rect width="{film.width}" height="{film.height}" fill="#ffffff"/>',
    ]
    span: tuple[int, int] | None = None
    for part in film.parts:
        if (part.first, part.last) != span:
            lines += ["</g>"] * (span is not None)
            span = (part.first, part.last)
            lines.append(opening(film, *span))
        lines.append(element(part.shape))
    return "\n".join([*lines, "</g>", "</svg>", ""])


def opening(film: Film, first: int, last: int) -> str:
    """A group that is seen from the first frame to before the last."""
    if first == 0 and last >= film.frames:
        return "<g>"
    seconds = sum(film.durations) / 1000
    starts = [sum(film.durations[:frame]) / 1000 / seconds for frame in (first, last)]
    steps = [("0", "hidden" if first else "visible")]
    steps += [(f"{starts[0]:.5f}", "visible")] * (first > 0) + [(f"{starts[1]:.5f}", "hidden")] * (
        last < film.frames
    )
    times, values = (";".join(column) for column in zip(*steps, strict=True))
    return (
        f'<g visibility="{steps[0][1]}"><animate attributeName="visibility" calcMode="discrete" '
        f'dur="{seconds:g}s" repeatCount="indefinite" keyTimes="{times}" values="{values}"/>'
    )


def element(shape: Shape) -> str:
    if isinstance(shape, Rectangle):
        dashes = ' stroke-dasharray="3 3"' if shape.dashed else ""
        stroke = f' stroke="{shape.stroke}" stroke-width="{shape.thickness}"{dashes}' if shape.stroke else ""
        return (
            f'<rect x="{shape.x}" y="{shape.y}" width="{shape.width}" height="{shape.height}" '
            f'fill="{shape.fill or "none"}"{stroke}/>'
        )
    return (
        f'<text x="{shape.x}" y="{shape.y}" dy="0.35em" font-size="{shape.size}" fill="{shape.colour}" '
        f'text-anchor="{shape.anchor}">{escape(shape.text)}</text>'
    )


def check_size(frames: int, width: int, height: int, hint: str) -> None:
    """UsageError where a film would be longer or larger than anybody looks at."""
    if frames > FRAMES:
        raise UsageError(f"a film of {frames:,} positions is too long (at most {FRAMES})", hint)
    if max(width, height) > SIDE:
        raise UsageError(
            f"a drawing of {width:,}×{height:,} pixels is too large (at most {SIDE:,} a side)", hint
        )
