"""What a model's drawing is made of: volumes, words, wires and frames, and how long things are drawn.

Lengths are pixels, y grows downwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from cnncalc.layers import Shape
from cnncalc.render.drawing_items import Gap, Volume

SIZE, NAME = 12, 11  # of letters: sizes and signs; names of layers
LINE = 13  # from one name to the next
HIGH, THICK = 130.0, 60.0  # of the largest map and bar; of the most channels
SLANT = 0.35  # of what recedes
THIN, BAR, PLATE = 3.0, 10.0, 5.0  # least thickness; width of a vector; each channel of a picture
RADIUS = 10.0  # of the sign that joins branches

Point = tuple[float, float]


class Place(NamedTuple):
    """A volume in the drawing: its front, w×h from its upper left corner, and how far it recedes."""

    volume: Volume | Gap
    x: float
    y: float
    w: float
    h: float
    back: float = 0.0
    times: int = 1  # how often it comes in all
    disc: bool = False  # a sign in a circle

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of all of it."""
        return self.x, self.y - self.back, self.x + self.w + self.back, self.y + self.h


class Words(NamedTuple):
    """A line of text around the middle (x, y), or from its left end."""

    text: str
    x: float
    y: float
    size: int = NAME
    role: str = "faint"
    anchor: str = "middle"


class Wire(NamedTuple):
    """The way from one volume to another."""

    source: str
    target: str
    points: tuple[Point, ...]
    beside: bool = False


class Frame(NamedTuple):
    """The outline around what is repeated."""

    x: float
    y: float
    w: float
    h: float


class End(NamedTuple):
    """A loose end of a wire, from a volume or to one."""

    id: str
    points: tuple[Point, ...]
    beside: bool = False

    def moved(self, dx: float, dy: float) -> End:
        return self._replace(points=shifted(self.points, dx, dy))


@dataclass
class Piece:
    """A part of the drawing; `entries` lead in from (0, 0), `exit` out to (width, 0), None where it is no station."""

    width: float = 0.0
    up: float = 0.0  # above the way through
    down: float = 0.0
    places: list[Place] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    entries: list[End] = field(default_factory=list)
    exit: End | None = None

    def take(self, other: Piece, dx: float, dy: float) -> None:
        """Draws what is in another piece here, moved; its ends are left to the caller."""
        self.places += [place._replace(x=place.x + dx, y=place.y + dy) for place in other.places]
        self.words += [words._replace(x=words.x + dx, y=words.y + dy) for words in other.words]
        self.wires += [wire._replace(points=shifted(wire.points, dx, dy)) for wire in other.wires]
        self.frames += [frame._replace(x=frame.x + dx, y=frame.y + dy) for frame in other.frames]
        self.up = max(self.up, other.up - dy)
        self.down = max(self.down, other.down + dy)


def shifted(points: Iterable[Point], dx: float, dy: float) -> tuple[Point, ...]:
    return tuple((x + dx, y + dy) for x, y in points)


class Scale:
    """Lengths for sizes: square roots, maps, channels and vectors each measured by their largest."""

    def __init__(self, shapes: list[Shape]) -> None:
        volumes = [shape for shape in shapes if len(shape) > 1]
        self.map = HIGH / max([16, *(n for shape in volumes for n in shape[:-1])]) ** 0.5
        self.channel = THICK / max([256, *(shape[-1] for shape in volumes)]) ** 0.5
        self.vector = HIGH / max([1000, *(shape[0] for shape in shapes if len(shape) == 1)]) ** 0.5

    def box(self, shape: Shape, *, plates: bool = False) -> tuple[float, float, float]:
        """Width and height of the front, and how far it recedes."""
        if len(shape) == 1:
            return BAR, max(self.vector * shape[0] ** 0.5, THIN), 0.0
        *outer, h, w = shape[:-1] if len(shape) > 2 else (shape[0], 0)
        thick = max(self.channel * shape[-1] ** 0.5, THIN)
        if outer:
            thick = max(self.map * outer[0] ** 0.5, THIN)
        elif plates:
            thick = PLATE * shape[-1]
        return thick, self.map * h**0.5, SLANT * self.map * w**0.5


def is_picture(volume: Volume) -> bool:
    """Whether it is an input of one gray channel or three of colour."""
    return volume.family == "input" and len(volume.shape) == 3 and volume.shape[-1] in (1, 3)
