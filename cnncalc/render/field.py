"""What a unit sees: a table of every layer's receptive field, and the pixels of one unit as a map or on a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cnncalc.arithmetic.columns import axes, size
from cnncalc.arithmetic.pixels import POSITIONS, Seen, centre
from cnncalc.arithmetic.report import Report
from cnncalc.layers import Shape, number, show
from cnncalc.layers.window import AXES
from cnncalc.render.picture import show_picture

if TYPE_CHECKING:
    from cnncalc.imaging.pictures import Picture

HEADS = (
    "size: input pixels that a unit sees; step: from one unit's to the next one's; from, centre: of unit 0."
)
OUTSIDE, HOLE, SEEN = (40, 44, 52), (120, 100, 60), (120, 225, 255)
COLUMNS = 64  # of the map
SIDE = 900  # pixels that a picture is enlarged to, where that takes whole numbers of them


def show_field(report: Report, seen: Seen, console: Console) -> None:
    """Prints the table, what the unit sees in words, and the map."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("#", justify="right", style="dim")
    table.add_column("layer", overflow="fold")
    table.add_column("output", justify="right", style="cyan", no_wrap=True)
    for head in ("size", "step", "from", "centre"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in report.steps:
        table.add_row(
            number(row.path),
            Text(row.text),
            show(row.output),
            size([axis.size for axis in row.field]),
            axes(axis.jump for axis in row.field),
            axes(axis.start for axis in row.field),
            axes(map(centre, row.field)),
            style="bold" if row is seen.row else None,
        )
    console.print(table)
    console.print(Text(HEADS, style="dim"))
    console.print()
    for line in in_words(seen):
        console.print(Text(line), soft_wrap=True)
    if seen.mask is not None and seen.total:
        console.print()
        show_map(seen, console)


def in_words(seen: Seen) -> list[str]:
    """The unit, and what it sees, in a few lines."""
    place = ",".join(map(str, seen.unit))
    whose = f"unit {place}" if place else "every unit"
    lines = [f"{whose} of layer {number(seen.row.path)} ({seen.row.text}, {show(seen.row.output)})"]
    names = AXES[len(seen.spans)]
    lines.append(f"  field      {between(names, seen.spans)}, padding included")
    if seen.mask is None:
        lines.append(
            f"  the single pixels are not followed through maps of more than {POSITIONS:,} positions"
        )
        return lines
    if not seen.total:
        lines.append("  it sees no pixel: only padding, or places that no kernel reaches")
        return lines
    lines.append(f"  sees       {between(names, seen.rectangle)}")
    lines.append(
        f"  pixels     {seen.total:,} of the rectangle's {seen.area:,} ({seen.total / seen.area:.1%})"
    )
    if seen.total < seen.area and seen.is_product:
        for name, places in zip(names, seen.axes, strict=True):
            lines.append(f"  {name + 's':10} {listed(places)}")
    return lines


def between(names: tuple[str, ...], spans: tuple[tuple[int, int], ...]) -> str:
    """rows 3 to 7, columns −2 to 9."""
    words = [f"{name}s {first} to {last}" for name, (first, last) in zip(names, spans, strict=True)]
    return ", ".join(words).replace("-", "−")


def listed(places: list[int]) -> str:
    """The places, the middle ones left out where they are many."""
    shown = [*map(str, places)] if len(places) <= 16 else [*map(str, places[:12]), "…", str(places[-1])]
    return ", ".join(shown)


def show_map(seen: Seen, console: Console) -> None:
    """Prints the input with the pixels that are seen; of a volume what is seen along each axis."""
    import numpy as np

    mask = seen.pixels()
    if mask.ndim < 3:
        show_picture(console, enlarged(coloured(np.atleast_2d(mask), seen.rectangle)), COLUMNS)
        return
    for name, places, n, span in zip(AXES[3], seen.axes, mask.shape, seen.rectangle, strict=True):
        console.print(f"{name}s")
        line = np.zeros((1, n), bool)
        line[0, places] = True
        show_picture(console, enlarged(coloured(line, (span,))), COLUMNS)


def coloured(mask: Any, rectangle: tuple[tuple[int, int], ...]) -> Any:
    """The map as (H, W, 3): what is seen, the holes in its rectangle, the rest."""
    import numpy as np

    picture = np.empty((*mask.shape, 3), np.uint8)
    picture[:] = OUTSIDE
    picture[area(rectangle)] = HOLE
    picture[mask] = SEEN
    return picture


def area(rectangle: tuple[tuple[int, int], ...]) -> tuple[slice, ...]:
    """The rectangle as slices of rows and columns; of a signal it is columns."""
    slices = tuple(slice(first, last + 1) for first, last in rectangle)
    return slices if len(slices) == 2 else (slice(None), *slices)


def enlarged(picture: Any) -> Any:
    """The picture with its pixels repeated as often as the columns allow, an even number of times.

    A character is two pixels high, so that then no two rows share one.
    """
    import numpy as np

    h, w = picture.shape[:2]
    times = COLUMNS // max(h, w) // 2 * 2
    down = max(times, 2 if h == 1 else 1)
    return np.repeat(np.repeat(picture, down, axis=0), max(times, 1), axis=1)


# ── on a picture ──


def on_picture(seen: Seen, picture: Picture, shape: Shape) -> Picture:
    """The picture as the network's input, its pixels enlarged: what is not seen darkened, the rectangle outlined.

    It is scaled until it just covers the input's rows and columns, then cut around its middle.
    """
    import numpy as np
    from PIL import Image, ImageDraw, ImageOps

    from cnncalc.errors import UsageError
    from cnncalc.imaging.pictures import Picture

    if len(shape) != 3 or seen.mask is None:
        raise UsageError(
            f"an input of {show(shape)} is not a picture" if len(shape) != 3 else "too many pixels to draw",
            "leave --picture out, or use an input HxWxC",
        )
    pixels = picture.pixels if picture.mode != "I;16" else (picture.pixels >> 8).astype(np.uint8)
    image = Image.fromarray(pixels).convert("L" if shape[-1] == 1 else "RGB").convert("RGB")
    h, w = shape[:2]
    fitted = np.asarray(ImageOps.fit(image, (w, h), Image.Resampling.BICUBIC), np.float32)
    tinted = np.where(seen.pixels()[..., None], 0.85 * fitted + 0.15 * 255, 0.42 * fitted).astype(np.uint8)
    times = max(1, SIDE // max(h, w))
    large = Image.fromarray(np.repeat(np.repeat(tinted, times, axis=0), times, axis=1))
    if seen.rectangle:
        (top, bottom), (left, right) = seen.rectangle
        box = (left * times, top * times, (right + 1) * times - 1, (bottom + 1) * times - 1)
        ImageDraw.Draw(large).rectangle(box, outline=(255, 64, 64), width=max(1, large.width // 300))
    return Picture(np.asarray(large))
