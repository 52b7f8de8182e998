"""What a step of a chain is: one kernel, several whose responses are combined, pooling, contrast normalisation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from math import gcd
from typing import ClassVar, Literal

Number = int | float
Weights = tuple[tuple[Number, ...], ...]
Response = Literal["clip", "abs", "offset", "normalise", "signed", "turn"]
FLAT = 1e-12  # a sum or difference this small beside the largest weight is a rounding error


@dataclass(frozen=True)
class Kernel:
    """Weights by rows, and what their weighted sum is divided by."""

    name: str
    weights: Weights
    does: str = ""
    divisor: int = 1
    note: str = ""
    response: ClassVar[Response] = "clip"

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels that the step lays over its input."""
        return (self,)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.weights), len(self.weights[0])

    @property
    def sum(self) -> Number:
        """The sum of the weights; sum / divisor is the factor by which a flat area is brightened."""
        total = sum(map(sum, self.weights))
        largest = max(abs(weight) for row in self.weights for weight in row)
        return 0 if abs(total) <= FLAT * largest else total

    @property
    def whole(self) -> bool:
        """Whether every weight is a whole number, so that sums are exact."""
        return all(isinstance(weight, int) for row in self.weights for weight in row)

    @property
    def taps(self) -> int:
        """The weights that are not zero: multiply-adds a pixel, done one by one."""
        return sum(weight != 0 for row in self.weights for weight in row)

    @cached_property
    def rank(self) -> int:
        """The rank of the matrix of weights: how many separable kernels it is the sum of."""
        import numpy as np

        return int(np.linalg.matrix_rank(np.array(self.weights, float), rtol=FLAT))

    @cached_property
    def factors(self) -> tuple[tuple[Number, ...], tuple[Number, ...]] | None:
        """The column and the row whose outer product the weights are; None where the rank is not one.

        Whole weights have whole factors, the row's without a common divisor; else the row sums to one, or where
        it sums to zero has the largest weight one.
        """
        pivot = max(self.weights, key=lambda row: sum(map(abs, row)))
        scale = _scale(pivot, whole=self.whole)
        if not scale:
            return None
        row = tuple(weight // scale if self.whole else weight / scale for weight in pivot)
        peak = max(range(len(row)), key=lambda i: abs(row[i]))
        column = tuple(_divided(line[peak], row[peak], whole=self.whole) for line in self.weights)
        largest = max(map(abs, pivot))
        for factor, line in zip(column, self.weights, strict=True):
            if any(abs(factor * a - b) > FLAT * largest for a, b in zip(row, line, strict=True)):
                return None
        return column, row

    def flipped(self) -> Kernel:
        """The kernel turned by 180°, which makes of correlation a true convolution."""
        weights = tuple(row[::-1] for row in self.weights[::-1])
        return Kernel(self.name, weights, self.does, self.divisor, self.note)


def _scale(pivot: tuple[Number, ...], *, whole: bool) -> Number:
    """What the row is divided by: its greatest common divisor, else its sum, else its largest weight."""
    if whole:
        return gcd(*(int(weight) for weight in pivot))
    largest = max(pivot, key=abs)
    total = sum(pivot)
    return total if abs(total) > FLAT * abs(largest) * len(pivot) else largest


def _divided(a: Number, b: Number, *, whole: bool) -> Number:
    return a // b if whole and a % b == 0 else a / b


@dataclass(frozen=True)
class Gradient:
    """Two kernels, across and down: the length of the vector of their responses, or where it points.

    The direction is the angle in degrees from 0 to below 360, from the right (x) towards down (y), as
    cv2.phase gives it; 0 where both responses are.
    """

    name: str
    x: Kernel
    y: Kernel
    part: Literal["magnitude", "direction"]
    does: str = ""
    note: str = ""

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        return self.x, self.y

    @property
    def response(self) -> Response:
        return "turn" if self.part == "direction" else "clip"


@dataclass(frozen=True)
class Compass:
    """Kernels for the eight directions; the largest of their responses."""

    name: str
    kernels: tuple[Kernel, ...]
    does: str = ""
    note: str = ""
    response: ClassVar[Response] = "clip"


@dataclass(frozen=True)
class Pool:
    """The largest value or the mean of each window."""

    name: str
    how: Literal["max", "average"]
    size: tuple[int, int]
    stride: tuple[int, int]
    does: str = ""
    note: str = ""
    response: ClassVar[Response] = "clip"
    kernels: ClassVar[tuple[Kernel, ...]] = ()


@dataclass(frozen=True)
class Contrast:
    """Local contrast normalisation: (x − m) / max(σ, floor), over a window and all channels.

    method: window, or jarrett, whose σ is that of the differences x − m, over Gaussian windows.
    """

    name: str
    size: tuple[int, int]
    method: Literal["window", "jarrett"] = "window"
    floor: float = 1e-5
    does: str = ""
    note: str = ""
    response: ClassVar[Response] = "normalise"
    kernels: ClassVar[tuple[Kernel, ...]] = ()


@dataclass(frozen=True)
class Bank:
    """The filters of a layer, each a kernel for every channel of the picture; one response a filter."""

    name: str
    filters: tuple[tuple[Kernel, ...], ...]
    labels: tuple[str, ...]
    does: str = ""
    note: str = ""
    response: ClassVar[Response] = "normalise"

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        return tuple(kernel for kernels in self.filters for kernel in kernels)

    @property
    def channels(self) -> int:
        """How many channels each filter sees."""
        return len(self.filters[0])

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.filters[0][0].size


def label(step: Step) -> str:
    """The step's name as part of a file's name on every system: gaussian:sigma=2,size=9 → gaussian-sigma2-size9."""
    name, _, rest = step.name.partition(":")
    parts = [name]
    for part in filter(None, rest.split(",")):
        key, _, value = part.partition("=")
        parts.append(value if value.isalpha() else key + value)
    return re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(parts))


Step = Kernel | Gradient | Compass | Pool | Contrast | Bank
