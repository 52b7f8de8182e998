"""Kernels that average, and those made from averages: box, binomial, Gaussian, motion, unsharp, LoG, DoG."""

from __future__ import annotations

from math import ceil, comb, cos, exp, hypot, radians, sin

from cnncalc.imaging.kernels.family import Family
from cnncalc.imaging.kernels.parameters import LARGEST, Parameter, size
from cnncalc.imaging.kernels.records import Kernel, Weights

Sides = tuple[int, int]
WIDEST = 150.0  # the largest σ: its kernel of 2·⌈3σ⌉ + 1 still is within the bounds

SIGMA = "the standard deviation in pixels"
REACH = "rows and columns; else 2·⌈3σ⌉ + 1"


def sigma(default: float) -> Parameter:
    return Parameter("sigma", "number", default, SIGMA, least=0.05, most=WIDEST)


def box(size: Sides) -> Kernel:
    kh, kw = size
    return Kernel("", ((1,) * kw,) * kh, divisor=kh * kw)


def binomial(size: Sides) -> Kernel:
    column, row = ([comb(side - 1, i) for i in range(side)] for side in size)
    return Kernel("", outer(column, row), divisor=sum(column) * sum(row))


def gaussian(sigma: float, size: Sides | None) -> Kernel:
    return Kernel("", gauss(sigma, size or reach(sigma)))


def motion(length: float, angle: float) -> Kernel:
    """Every pixel weighs 1 less its distance from the line, as in MATLAB's fspecial("motion")."""
    half = (length - 1) / 2
    across, up = cos(radians(angle)), sin(radians(angle))
    dy, dx = (ceil(half * abs(part) - 1e-9) for part in (up, across))

    def weight(y: int, x: int) -> float:
        along = min(max(x * across - y * up, -half), half)
        return max(0.0, 1 - hypot(x - along * across, y + along * up))

    rows = [[weight(y, x) for x in range(-dx, dx + 1)] for y in range(-dy, dy + 1)]
    if all(abs(value - round(value)) < 1e-12 for row in rows for value in row):  # along a row or a column
        whole = tuple(tuple(round(value) for value in row) for row in rows)
        return Kernel("", whole, divisor=sum(map(sum, whole)))
    return Kernel("", scaled(rows, 1 / sum(map(sum, rows))))


def unsharp(sigma: float, amount: float, size: Sides | None) -> Kernel:
    blurred = gauss(sigma, size or reach(sigma))
    kh, kw = len(blurred), len(blurred[0])
    return Kernel(
        "",
        tuple(
            tuple((1 + amount) * (i == kh // 2 and j == kw // 2) - amount * blurred[i][j] for j in range(kw))
            for i in range(kh)
        ),
    )


def laplacian_of_gaussian(sigma: float, size: Sides | None) -> Kernel:
    """(r² − 2σ²)/σ⁴ · G, less its mean, so that flat areas give nothing: as MATLAB's fspecial("log")."""
    kh, kw = size or reach(sigma)
    g = gauss(sigma, (kh, kw))
    rows = [
        [((i - kh // 2) ** 2 + (j - kw // 2) ** 2 - 2 * sigma**2) / sigma**4 * g[i][j] for j in range(kw)]
        for i in range(kh)
    ]
    mean = sum(map(sum, rows)) / (kh * kw)
    return Kernel("", tuple(tuple(value - mean for value in row) for row in rows))


def difference_of_gaussians(sigma: float, ratio: float, size: Sides | None) -> Kernel:
    sides = size or reach(sigma * ratio)
    if max(sides) > LARGEST:
        raise ValueError(f"a kernel of {sides[0]}×{sides[1]} is too large: at most {LARGEST}×{LARGEST}")
    narrow, wide = gauss(sigma, sides), gauss(sigma * ratio, sides)
    return Kernel(
        "",
        tuple(
            tuple(a - b for a, b in zip(one, other, strict=True))
            for one, other in zip(narrow, wide, strict=True)
        ),
    )


def reach(sigma: float) -> Sides:
    """Three standard deviations to each side."""
    side = 2 * ceil(3 * sigma) + 1
    return side, side


def gauss(sigma: float, size: Sides) -> tuple[tuple[float, ...], ...]:
    """exp(−r²/2σ²) at whole pixels, divided by its sum."""
    lines = [[exp(-((i - side // 2) ** 2) / (2 * sigma**2)) for i in range(side)] for side in size]
    column, row = ([value / sum(line) for value in line] for line in lines)
    return tuple(tuple(a * b for b in row) for a in column)


def outer(column: list[int], row: list[int]) -> Weights:
    return tuple(tuple(a * b for b in row) for a in column)


def scaled(rows: list[list[float]], factor: float) -> Weights:
    return tuple(tuple(value * factor for value in row) for row in rows)


SMOOTHING = (
    Family("box", "the mean of a window", "the moving average", box, (size(3, "rows and columns"),)),
    Family(
        "binomial",
        "the Gaussian in whole numbers: a row of Pascal's triangle, down and across",
        "Burt 1981; 1 2 1 and 1 4 6 4 1 of Burt & Adelson 1983",
        binomial,
        (Parameter("size", "size", (3, 3), "rows and columns", least=1, most=31),),
    ),
    Family(
        "gaussian",
        "the mean weighted by the normal distribution: blurs without a preferred direction",
        "exp(−(x² + y²)/2σ²) at whole pixels, divided by its sum",
        gaussian,
        (sigma(1.0), size(None, REACH, odd=True)),
    ),
    Family(
        "motion",
        "the mean along a line: the camera moved",
        'MATLAB fspecial("motion"): 1 less the distance from the line, divided by the sum',
        motion,
        (
            Parameter("length", "number", 9.0, "pixels", least=1, most=LARGEST),
            Parameter("angle", "number", 0.0, "degrees counter-clockwise from the right", -360, 360),
        ),
    ),
    Family(
        "unsharp",
        "adds the difference from a Gaussian blur: sharpens by as much as wanted",
        "unsharp masking: (1 + amount)·identity − amount·gaussian",
        unsharp,
        (
            sigma(1.0),
            Parameter("amount", "number", 1.0, "how much of the difference is added", least=0, most=100),
            size(None, REACH, odd=True),
        ),
    ),
    Family(
        "log",
        "Laplacian of Gaussian: blobs and, where it crosses zero, edges of one scale",
        'Marr & Hildreth 1980; less its mean as in MATLAB fspecial("log")',
        laplacian_of_gaussian,
        (sigma(1.4), size(None, REACH, odd=True)),
    ),
    Family(
        "dog",
        "difference of Gaussians, narrow less wide: a band of scales",
        "Marr & Hildreth 1980, whose ratio 1.6 comes nearest to −LoG",
        difference_of_gaussians,
        (
            sigma(1.0),
            Parameter("ratio", "number", 1.6, "the wide σ over the narrow one", least=1.001, most=100),
            size(None, "rows and columns; else 2·⌈3·ratio·σ⌉ + 1", odd=True),
        ),
    ),
)
