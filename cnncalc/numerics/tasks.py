"""What is to be computed: a kernel brought to its simplest form, over a picture of some shape."""

from __future__ import annotations

from math import gcd
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncalc.errors import UsageError
from cnncalc.numerics.borders import Geometry, Rows

DYADIC = 20  # float weights that are whole after so many doublings are taken as whole, and stay exact


class Task(NamedTuple):
    """A kernel without rows and columns of zeros around it, and where it is laid.

    The weights are int64 where everything is whole, so that sums can be exact; else float64.
    """

    weights: NDArray[Any]
    divisor: float
    shape: tuple[int, int, int]  # of the picture: H, W, C
    dtype: np.dtype[Any]
    down: range  # the row of the first tap for every result
    across: range  # likewise its column
    dilation: tuple[int, int]
    border: str
    beyond: float | None  # the number beyond the border, if it is one number
    part: Rows | None = None  # where only some rows of the picture are at hand
    counted: bool = True  # whether it is asked for how many pixels are clipped

    @property
    def whole(self) -> bool:
        return self.weights.dtype.kind == "i"

    @property
    def stride(self) -> tuple[int, int]:
        return self.down.step, self.across.step

    @property
    def reach(self) -> tuple[int, int]:
        """Rows and columns from the first tap to the last."""
        kh, kw = self.weights.shape
        return self.dilation[0] * (kh - 1), self.dilation[1] * (kw - 1)

    @property
    def most(self) -> float:
        """The largest magnitude of a pixel."""
        return max(float(np.iinfo(self.dtype).max), abs(self.beyond or 0.0))

    @property
    def bound(self) -> float:
        """What no sum, and no part of one, exceeds in magnitude."""
        return float(np.abs(self.weights).sum()) * self.most

    @property
    def range(self) -> tuple[float, float]:
        """The least and the largest sum that is possible before division."""
        low = min(0.0, self.beyond or 0.0)
        plus, minus = (float(self.weights[s > 0].sum()) for s in (self.weights, -self.weights))
        return minus * self.most + plus * low, plus * self.most + minus * low

    @property
    def inside(self) -> bool:
        """Whether nothing can be clipped."""
        low, high = sorted(edge / self.divisor for edge in self.range)
        return low >= -0.25 and high <= np.iinfo(self.dtype).max + 0.25

    @property
    def results(self) -> tuple[int, int, int]:
        return len(self.down), len(self.across), self.shape[2]


class Grid:
    """An array of weights that is told from others by its values, so that its task can be remembered."""

    def __init__(self, weights: NDArray[Any]) -> None:
        self.weights = weights
        self.key = weights.tobytes(), weights.shape, weights.dtype

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self.weights

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Grid) and self.key == other.key


def task(
    x: NDArray[Any], weights: ArrayLike, divisor: float, geometry: Geometry, *, trim: bool = True
) -> Task:
    """The task of correlating such a picture, of which only shape and dtype are looked at."""
    return task_of(x.shape, x.dtype, weights, divisor, geometry, trim=trim)


def task_of(
    shape: tuple[int, ...],
    dtype: Any,
    weights: ArrayLike,
    divisor: float,
    geometry: Geometry,
    *,
    trim: bool = True,
) -> Task:
    """See `task`; without `trim`, rows and columns of zeros stay.

    UsageError where kernel, divisor or geometry make no sense.
    """
    dtype = np.dtype(dtype)
    height = geometry.part.height if geometry.part else shape[0]
    kernel, divisor = _simplest(*_checked(weights, divisor))
    down, across = geometry.positions(shape, (kernel.shape[0], kernel.shape[1]))
    frame = kernel if trim else np.ones_like(kernel)
    (top, bottom), (left, right) = (_used(frame, axis) for axis in (1, 0))
    dy, dx = geometry.dilation
    beyond = geometry.beyond
    if dtype.kind == "f" or (beyond is not None and not float(beyond).is_integer()):
        kernel = kernel.astype(np.float64)
    found = Task(
        kernel[top:bottom, left:right],
        divisor,
        (height, shape[1], shape[2] if len(shape) > 2 else 1),
        dtype,
        range(down.start + top * dy, down.stop + top * dy, down.step),
        range(across.start + left * dx, across.stop + left * dx, across.step),
        geometry.dilation,
        geometry.border,
        beyond,
        geometry.part,
    )
    if found.whole and found.bound + abs(divisor) >= 2**62:
        raise _too_large(int(np.abs(kernel).sum()))
    return found


def _too_large(total: int) -> UsageError:
    return UsageError(f"weights that sum to {total:,} are too large for 64-bit arithmetic")


def _checked(weights: ArrayLike, divisor: float) -> tuple[NDArray[Any], float]:
    """The weights as int64 or float64; UsageError unless they are a grid of finite numbers."""
    try:
        kernel = np.asarray(weights)
    except ValueError:
        raise UsageError("the rows of the kernel are not equally long") from None
    if kernel.dtype.kind == "O" and all(isinstance(weight, int) for weight in kernel.flat):
        raise _too_large(sum(abs(weight) for weight in kernel.flat))
    if kernel.dtype.kind not in "biuf":
        raise UsageError("a kernel is a grid of numbers")
    if kernel.ndim != 2 or kernel.size == 0:
        raise UsageError(
            f"a kernel is a grid of rows and columns, not {'×'.join(map(str, kernel.shape)) or 'one number'}"
        )
    if kernel.dtype.kind == "f":
        kernel = kernel.astype(np.float64)
        if not np.isfinite(kernel).all():
            raise UsageError("a weight of the kernel is not a finite number")
    else:
        largest = max(abs(int(kernel.max())), abs(int(kernel.min())))
        if largest >= 2**62:
            raise _too_large(sum(abs(int(weight)) for weight in kernel.flat))
        kernel = kernel.astype(np.int64)
    if not divisor or not np.isfinite(divisor):
        raise UsageError(f"the sum cannot be divided by {divisor}")
    return kernel, divisor


def _simplest(kernel: NDArray[Any], divisor: float) -> tuple[NDArray[Any], float]:
    """Whole weights and a positive whole divisor without a common factor, where that is the same thing."""
    if not float(divisor).is_integer():
        return kernel.astype(np.float64), float(divisor)
    divisor = int(divisor)
    if kernel.dtype.kind == "f":
        doublings = next((n for n in range(DYADIC + 1) if _is_whole(kernel * 2.0**n)), None)
        if doublings is None:
            return kernel, divisor
        kernel, divisor = (kernel * 2.0**doublings).astype(np.int64), divisor << doublings
    factor = gcd(divisor, int(np.gcd.reduce(kernel, axis=None))) * (-1 if divisor < 0 else 1)
    return kernel // factor, divisor // factor


def _is_whole(kernel: NDArray[Any]) -> bool:
    return bool((np.abs(kernel) < 2**40).all() and (np.rint(kernel) == kernel).all())


def _used(kernel: NDArray[Any], axis: int) -> tuple[int, int]:
    """From the first to behind the last row (axis 1) or column that is not zero; the first alone if all are."""
    places = np.flatnonzero(np.any(kernel, axis=axis))
    return (int(places[0]), int(places[-1]) + 1) if len(places) else (0, 1)
