"""Derivatives: gradients across and down, compass sets of eight directions, Laplacians, emboss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cnncalc.imaging.kernels.family import Family, grid
from cnncalc.imaging.kernels.parameters import Parameter
from cnncalc.imaging.kernels.records import Compass, Gradient, Kernel, Step, Weights

DIRECTIONS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
# the places of a 3×3 ring, clockwise from the left upper corner
RING = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))


def gradient(across: Kernel, down: Kernel) -> Callable[[str], Step]:
    """Makes the kernel across, the one down, or the two combined."""

    def make(part: str) -> Step:
        if part in ("x", "y"):
            return across if part == "x" else down
        return Gradient("", across, down, "magnitude" if part == "magnitude" else "direction")

    return make


def pair(across: str, down: str, divisor: int = 1) -> Callable[[str], Step]:
    return gradient(Kernel("x", grid(across), divisor=divisor), Kernel("y", grid(down), divisor=divisor))


PART = Parameter(
    "part",
    "choice",
    "magnitude",
    "across (x), down (y), √(x² + y²), or the angle of (x, y) in degrees clockwise from the right",
    choices=("magnitude", "direction", "x", "y"),
)


def turned(ring: tuple[int, ...], centre: int, eighths: int) -> Weights:
    """The 3×3 kernel of this ring, given from the left upper corner, turned clockwise by eighths of a turn."""
    weights = [[centre] * 3 for _ in range(3)]
    for i, (y, x) in enumerate(RING):
        weights[y][x] = ring[(i - eighths) % 8]
    return tuple(map(tuple, weights))


def compass(ring: tuple[int, ...], centre: int) -> Callable[[str], Step]:
    """Makes the kernel of one direction, or the eight whose largest response is taken; ring is that of N."""

    def kernel(direction: str) -> Kernel:
        return Kernel(direction, turned(ring, centre, DIRECTIONS.index(direction)))

    def make(direction: str) -> Step:
        return kernel(direction) if direction != "max" else Compass("", tuple(map(kernel, DIRECTIONS)))

    return make


DIRECTION = Parameter(
    "direction",
    "choice",
    "max",
    "where the bright side lies; max: the largest of the eight responses",
    choices=("max", *DIRECTIONS),
)


def laplacian(neighbours: str) -> Kernel:
    weights = grid("0 1 0\n1 -4 1\n0 1 0") if neighbours == "4" else grid("1 1 1\n1 -8 1\n1 1 1")
    return Kernel("", weights)


def emboss(light: str) -> Kernel:
    dark = (DIRECTIONS.index(light) - DIRECTIONS.index("NW")) % 8
    return Kernel("", turned((-2, -1, 0, 1, 2, 1, 0, -1), 1, dark))


gradients = partial(Family, parameters=(PART,))
compasses = partial(Family, parameters=(DIRECTION,))

EDGES = (
    gradients(
        "gradient",
        "central differences: how steeply the brightness rises, a pixel",
        "the symmetric difference quotient, as numpy.gradient inside the border",
        pair("0 0 0\n-1 0 1\n0 0 0", "0 -1 0\n0 0 0\n0 1 0", divisor=2),
    ),
    gradients(
        "sobel",
        "differences across and down, smoothed by 1 2 1",
        "Sobel & Feldman 1968; Duda & Hart 1973",
        pair("-1 0 1\n-2 0 2\n-1 0 1", "-1 -2 -1\n0 0 0\n1 2 1"),
    ),
    gradients(
        "prewitt",
        "differences across and down, smoothed by 1 1 1",
        "Prewitt 1970",
        pair("-1 0 1\n-1 0 1\n-1 0 1", "-1 -1 -1\n0 0 0\n1 1 1"),
    ),
    gradients(
        "scharr",
        "differences across and down, smoothed by 3 10 3: direction nearly without error",
        "Scharr 2000; the whole weights of OpenCV",
        pair("-3 0 3\n-10 0 10\n-3 0 3", "-3 -10 -3\n0 0 0\n3 10 3"),
    ),
    gradients(
        "roberts",
        "differences along the two diagonals",
        "Roberts 1963",
        pair("1 0\n0 -1", "0 1\n-1 0"),
        note="x and y are the falling and the rising diagonal",
    ),
    compasses(
        "kirsch",
        "edges by their direction: three neighbours against five",
        "Kirsch 1971",
        compass((5, 5, 5, -3, -3, -3, -3, -3), 0),
    ),
    compasses(
        "prewitt-compass",
        "edges by their direction: five pixels against three",
        "Prewitt 1970",
        compass((1, 1, 1, 1, -1, -1, -1, 1), -2),
    ),
    compasses(
        "robinson3",
        "edges by their direction: Prewitt's kernel turned in eighths",
        "Robinson 1977, three levels",
        compass((1, 1, 1, 0, -1, -1, -1, 0), 0),
    ),
    compasses(
        "robinson5",
        "edges by their direction: Sobel's kernel turned in eighths",
        "Robinson 1977, five levels",
        compass((1, 2, 1, 0, -1, -2, -1, 0), 0),
    ),
    Family(
        "laplacian",
        "the sum of the second differences: edges and points in every direction",
        "the five-point and the nine-point difference of ∂²/∂x² + ∂²/∂y²",
        laplacian,
        (
            Parameter(
                "neighbours", "choice", "4", "4: down and across; 8: the diagonals too", choices=("4", "8")
            ),
        ),
    ),
    Family(
        "emboss",
        "a relief lit from one side, over the picture itself",
        "the relief kernel of image editors, sum 1",
        emboss,
        (
            Parameter(
                "light",
                "choice",
                "NW",
                "where the light comes from, brightness taken for height",
                choices=DIRECTIONS,
            ),
        ),
    ),
)
