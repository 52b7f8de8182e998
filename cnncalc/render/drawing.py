"""A drawing as polygons, lines and texts, and what a model's layout looks like drawn with them, light or dark."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, hypot, pi, sin
from typing import NamedTuple

from cnncalc.render.drawing_items import Gap
from cnncalc.render.drawing_layout import MARGIN, TITLE, Layout
from cnncalc.render.drawing_parts import (
    BAR,
    LINE,
    NAME,
    RADIUS,
    Frame,
    Place,
    Point,
    Wire,
    Words,
    is_picture,
)
from cnncalc.render.film import text_width


class Polygon(NamedTuple):
    points: tuple[Point, ...]
    fill: str  # #rrggbb, empty for none
    stroke: str = ""


class Line(NamedTuple):
    points: tuple[Point, ...]
    stroke: str
    dashed: bool = False


class Text(NamedTuple):
    """A line of text; x is its left end or its middle, as the anchor says; y its middle."""

    x: float
    y: float
    text: str
    size: int
    colour: str
    anchor: str = "middle"


Mark = Polygon | Line | Text


class Drawing(NamedTuple):
    """Marks on a sheet; later ones lie on earlier ones."""

    width: int
    height: int
    title: str
    description: str
    background: str
    marks: tuple[Mark, ...]


class Theme(NamedTuple):
    background: str
    ink: str
    faint: str
    line: str
    edge: str  # of volumes
    frame: str


THEMES = {
    "light": Theme("#ffffff", "#1f2933", "#5a6b7b", "#5a6b7b", "#37474f", "#b0bec5"),
    "dark": Theme("#15191f", "#eceff1", "#a9b6c2", "#a9b6c2", "#0b0e12", "#4f5b66"),
}
# a volume's family to its colour and its name in the legend
FAMILIES = {
    "convolution": ("#7fb0ea", "convolution"),
    "transposed": ("#b79ae6", "transposed convolution, upsampling"),
    "pooling": ("#f2977f", "pooling"),
    "dense": ("#86cf9a", "vector"),
    "normalisation": ("#f0d27a", "normalisation"),
    "activation": ("#f3b6d0", "activation"),
    "shaping": ("#c3cbd3", "padded, cut or rearranged"),
    "branching": ("#8fd3d6", "joined branches"),
}
GRAY, RED, GREEN, BLUE, OTHER = "#b4b4b4", "#ef7b73", "#7ccb83", "#6f9ff0", "#d9c9a8"
SCALES = "Edges are the square roots of sizes; maps, channels and vectors have a scale each."
VOLUMES = "Edges are the square roots of sizes: planes across, rows down, columns back."
ROUND = 8.0  # of corners
HEAD = 7.0  # of arrows


def draw(layout: Layout, title: str, *, theme: str = "light") -> Drawing:
    """The marks of a layout, with the title above and what the colours mean below."""
    look = THEMES[theme]
    notes = [*legend(layout, look)]
    right = max(
        [layout.width, MARGIN * 2 + text_width(title, TITLE), *(edge(mark) + MARGIN for mark in notes)]
    )
    marks: list[Mark] = [Text(MARGIN, MARGIN + 2, title, TITLE, look.ink, "start")]
    marks += [frame_mark(frame, look) for frame in layout.frames]
    for place in layout.places:
        marks += place_marks(place, look)
    for wire in layout.wires:
        marks += wire_marks(wire, look)
    marks += [words_mark(words, look) for words in layout.words]
    description = "; ".join(described(place) for place in layout.places)
    return Drawing(round(right), round(layout.height), title, description, look.background, (*marks, *notes))


def edge(mark: Mark) -> float:
    """The right end of a mark of the legend."""
    if isinstance(mark, Text):
        return mark.x + text_width(mark.text, mark.size)
    return max(x for x, _ in mark.points)


def described(place: Place) -> str:
    """A volume in words, for those who do not see it."""
    if isinstance(place.volume, Gap):
        return f"{place.volume.volumes} volumes left out"
    size = "×".join(map(str, place.volume.shape))
    what = " ".join(place.volume.names) or place.volume.sign or place.volume.id
    return f"{what} {size}" + (f" (× {place.times})" if place.times > 1 else "")


# ── volumes ──


def place_marks(place: Place, look: Theme) -> Iterator[Mark]:
    volume = place.volume
    if isinstance(volume, Gap):
        for x in range(5):
            centre = (place.x + (x + 0.5) * place.w / 5, place.y + place.h / 2)
            yield Polygon(circle(centre, 2.5), look.faint)
    elif place.disc:
        centre = (place.x + RADIUS, place.y + RADIUS)
        yield Polygon(circle(centre, RADIUS), FAMILIES["branching"][0], look.edge)
        yield from sign_marks(volume.sign, centre)
    elif is_picture(volume):
        plates = [GRAY] if volume.shape[-1] == 1 else [RED, GREEN, BLUE]
        step = place.w / len(plates)
        for index, colour in reversed([*enumerate(plates)]):
            yield from box(place._replace(x=place.x + index * step, w=step), colour, look)
    else:
        yield from box(place, FAMILIES.get(volume.family, (OTHER,))[0], look)


def sign_marks(sign: str, centre: Point) -> Iterator[Mark]:
    """A plus; turned by an eighth it is a times."""
    x, y = centre
    turn = pi / 4 if sign == "×" else 0.0
    for angle in (turn, turn + pi / 2):
        dx, dy = 5 * cos(angle), 5 * sin(angle)
        yield Line(((x - dx, y - dy), (x + dx, y + dy)), "#1f2933")


def box(place: Place, colour: str, look: Theme) -> Iterator[Mark]:
    """Front, top and side of a volume that recedes to the upper right."""
    x, y, w, h, back = place.x, place.y, place.w, place.h, place.back
    if back:
        side = ((x + w, y), (x + w + back, y - back), (x + w + back, y + h - back), (x + w, y + h))
        top = ((x, y), (x + back, y - back), (x + w + back, y - back), (x + w, y))
        yield Polygon(side, shaded(colour, 0.86), look.edge)
        yield Polygon(top, shaded(colour, 1.12), look.edge)
    yield Polygon(((x, y), (x + w, y), (x + w, y + h), (x, y + h)), colour, look.edge)


def shaded(colour: str, factor: float) -> str:
    """The colour darker, or by a factor above one lighter."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{min(255, round(part * factor)):02x}" for part in parts)


def circle(centre: Point, radius: float) -> tuple[Point, ...]:
    angles = [2 * pi * i / 36 for i in range(36)]
    return tuple((centre[0] + radius * cos(a), centre[1] + radius * sin(a)) for a in angles)


# ── ways ──


def wire_marks(wire: Wire, look: Theme) -> Iterator[Mark]:
    """A line with rounded corners and an arrow at its end."""
    points = straightened(wire.points)
    if len(points) < 2:
        return
    (x0, y0), (x, y) = points[-2:]
    length = hypot(x - x0, y - y0)
    dx, dy = (x - x0) / length, (y - y0) / length
    foot = (x - dx * HEAD, y - dy * HEAD)
    end = foot if length > HEAD else points[-1]
    yield Line(rounded((*points[:-1], end)), look.line, wire.beside)
    head = (
        (x, y),
        (foot[0] - dy * HEAD * 0.45, foot[1] + dx * HEAD * 0.45),
        (foot[0] + dy * HEAD * 0.45, foot[1] - dx * HEAD * 0.45),
    )
    yield Polygon(head, look.line)


def straightened(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The points without those on the straight line between their neighbours."""
    found: list[Point] = []
    for point in points:
        if found and hypot(point[0] - found[-1][0], point[1] - found[-1][1]) < 0.01:
            continue
        while len(found) > 1 and on_line(found[-2], found[-1], point):
            found.pop()
        found.append(point)
    return tuple(found)


def on_line(a: Point, b: Point, c: Point) -> bool:
    """Whether all three lie on a line that is level or upright."""
    return any(abs(a[i] - b[i]) < 0.01 and abs(b[i] - c[i]) < 0.01 for i in (0, 1))


def rounded(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The line with its corners as short arcs."""
    found = [points[0]]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        near = min(ROUND, *(hypot(p[0] - corner[0], p[1] - corner[1]) / 2 for p in (before, after)))
        begin, end = towards(corner, before, near), towards(corner, after, near)
        for t in (0.0, 0.25, 0.5, 0.75, 1.0):  # a quadratic curve from begin to end
            a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
            found.append(tuple(a * begin[i] + b * corner[i] + c * end[i] for i in (0, 1)))  # type: ignore[arg-type]  # two
    return (*found, points[-1])


def towards(a: Point, b: Point, distance: float) -> Point:
    length = hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    return a[0] + (b[0] - a[0]) * distance / length, a[1] + (b[1] - a[1]) * distance / length


# ── words ──


def words_mark(words: Words, look: Theme) -> Text:
    colour = look.ink if words.role == "ink" else look.faint
    return Text(words.x, words.y, words.text, words.size, colour, words.anchor)


def frame_mark(frame: Frame, look: Theme) -> Line:
    x, y, w, h = frame
    corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y))
    return Line(corners, look.frame, dashed=True)


def legend(layout: Layout, look: Theme) -> Iterator[Mark]:
    """The colours that occur and what they mean; what the edges measure."""
    x, y = MARGIN, layout.height - MARGIN + LINE / 2
    volumes = [place.volume for place in layout.places]
    present = {volume.family for volume in volumes if not isinstance(volume, Gap)}
    for family, (colour, words) in FAMILIES.items():
        if family in present:
            yield Polygon(
                ((x, y - BAR / 2), (x + BAR, y - BAR / 2), (x + BAR, y + BAR / 2), (x, y + BAR / 2)), colour
            )
            yield Text(x + BAR + 5, y, words, NAME, look.faint, "start")
            x += BAR + 5 + text_width(words, NAME) + 18
    deep = any(not isinstance(volume, Gap) and len(volume.shape) == 4 for volume in volumes)
    yield Text(x, y, VOLUMES if deep else SCALES, NAME, look.faint, "start")
