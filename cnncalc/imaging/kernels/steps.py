"""Steps of a chain that are not kernels: pooling and local contrast normalisation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from cnncalc.imaging.kernels.family import Family
from cnncalc.imaging.kernels.parameters import LARGEST, Parameter, size
from cnncalc.imaging.kernels.records import Contrast, Pool

Sides = tuple[int, int]
STRIDE = Parameter(
    "stride", "size", None, "pixels from window to window; else the size", least=1, most=LARGEST
)


def pool(how: Literal["max", "average"]) -> Callable[..., Pool]:
    def make(size: Sides, stride: Sides | None) -> Pool:
        return Pool("", how, size, stride or size)

    return make


def contrast(size: Sides, method: Literal["window", "jarrett"], floor: float) -> Contrast:
    return Contrast("", size, method, floor)


pools = partial(Family, parameters=(size(2, "rows and columns of the window"), STRIDE))

STEPS = (
    pools(
        "maxpool", "the largest value of each window: brightens, forgets small shifts", "course", pool("max")
    ),
    pools("avgpool", "the mean of each window: smooths", "course", pool("average")),
    Family(
        "lcn",
        "local contrast normalisation: (x − m)/max(σ, floor), m and σ over a window and all channels",
        "course; Jarrett et al. 2009",
        contrast,
        (
            size(9, "rows and columns of the window", odd=True),
            Parameter(
                "method",
                "choice",
                "window",
                "window: m and σ with equal weights; jarrett: Gaussian weights, σ of the differences x − m",
                choices=("window", "jarrett"),
            ),
            Parameter(
                "floor", "number", 1e-5, "the least σ that is divided by, in gray levels", 1e-12, 65535
            ),
        ),
    ),
)
