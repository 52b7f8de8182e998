"""The windows of one pixel: the values under the kernels of a step, the products, and what is made of their sums."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncalc.errors import UsageError
from cnncalc.imaging.chain import Laid, degrees
from cnncalc.imaging.channels import Plane
from cnncalc.imaging.kernels.records import (
    Bank,
    Compass,
    Contrast,
    Gradient,
    Kernel,
    Number,
    Pool,
    Step,
    Weights,
)
from cnncalc.numerics.borders import Geometry, sources

Grid = tuple[tuple[Number, ...], ...]


@dataclass(frozen=True)
class Window:
    """One kernel over one place of one channel.

    values: the pixels under it, or what they count as where colours are weighted by alpha. beyond: which of them
    lie beyond the border. weights None: nothing is multiplied. total: the sum of the products, not yet divided.
    """

    name: str
    values: Grid
    beyond: tuple[tuple[bool, ...], ...]
    weights: Weights | None
    divisor: Number = 1
    total: Number = 0

    @property
    def response(self) -> Number:
        """The sum divided."""
        return self.total if self.divisor == 1 else self.total / self.divisor


class Part(NamedTuple):
    """What a step contributes: windows by channel, and the lines and the response by channel."""

    windows: list[Window]
    lines: list[str]
    response: float


@singledispatch
def account(step: Step, plane: Plane, at: tuple[int, int], laid: Laid) -> list[Part]:  # noqa: ARG001
    """For each channel of the step's result, how the value at row and column at comes about."""
    raise TypeError(f"{step!r} is no step")


@account.register
def _(step: Kernel, plane: Plane, at: tuple[int, int], laid: Laid) -> list[Part]:
    parts = []
    for c in range(plane.x.shape[2]):
        window = _window(step, plane, c, at, laid)
        parts.append(Part([window], _divided(window), float(window.response)))
    return parts


@account.register
def _(step: Gradient, plane: Plane, at: tuple[int, int], laid: Laid) -> list[Part]:
    parts = []
    for c in range(plane.x.shape[2]):
        windows = [_window(kernel, plane, c, at, laid) for kernel in step.kernels]
        gx, gy = (float(window.response) for window in windows)
        lines = [line for window in windows for line in _divided(window)]
        if step.part == "magnitude":
            value = float(np.hypot(gx, gy))
            lines.append(f"√({factor(gx)}² + {factor(gy)}²) = {number_of(value)}")
        else:
            value = float(degrees(np.array([gy]), np.array([gx]))[0])
            lines.append(f"the angle of ({number_of(gx)}, {number_of(gy)}) is {number_of(value)}°")
        parts.append(Part(windows, lines, value))
    return parts


@account.register
def _(step: Compass, plane: Plane, at: tuple[int, int], laid: Laid) -> list[Part]:
    parts = []
    for c in range(plane.x.shape[2]):
        windows = [_window(kernel, plane, c, at, laid) for kernel in step.kernels]
        best = max(windows, key=lambda window: window.response)
        listed = ", ".join(f"{window.name} {number_of(window.response)}" for window in windows)
        line = f"largest of {listed}: {number_of(best.response)}"
        parts.append(Part([best], [line], float(best.response)))
    return parts


@account.register
def _(step: Pool, plane: Plane, at: tuple[int, int], laid: Laid) -> list[Part]:
    geometry = laid.pooling(step)
    parts = []
    for c in range(plane.x.shape[2]):
        values, beyond, seen = _under(plane, c, at, step.size, geometry)
        if step.how == "average":
            window = _weigh("mean", values, beyond, ((1,) * step.size[1],) * step.size[0], seen, step.size)
            parts.append(Part([window], _divided(window), float(window.response)))
            continue
        visible = ~beyond if seen is None else ~beyond & (seen > 0)
        value = values[visible].max() if visible.any() else 0
        window = Window("window", _grid(values), _flags(beyond), None, total=_number(value))
        parts.append(Part([window], [f"the largest value is {number_of(value)}"], float(value)))
    return parts


@account.register
def _(step: Contrast, plane: Plane, at: tuple[int, int], laid: Laid) -> list[Part]:
    if step.method != "window" or plane.weight is not None:
        raise UsageError(
            "lcn is explained with equal weights and without transparency", "method=window and --plain-alpha"
        )
    border = laid.geometry.border if laid.geometry.beyond is None else "edge"
    geometry = Geometry(border)
    under = [_under(plane, c, at, step.size, geometry) for c in range(plane.x.shape[2])]
    every = np.stack([values for values, _, _ in under])
    mean, deviation = float(every.mean()), float(every.std())
    parts = []
    for c, (values, beyond, _) in enumerate(under):
        x = float(plane.x[at[0], at[1], c])
        value = (x - mean) / max(deviation, step.floor)
        lines = [
            f"m = {number_of(mean)} and σ = {number_of(deviation)} over {every.size:,} values",
            f"({number_of(x)} − {number_of(mean)}) / {number_of(max(deviation, step.floor))} = {number_of(value)}",
        ]
        parts.append(Part([Window("window", _grid(values), _flags(beyond), None)], lines, value))
    return parts


@account.register
def _(step: Bank, plane: Plane, at: tuple[int, int], laid: Laid) -> list[Part]:
    if len(step.filters) > 1:
        raise UsageError(f"{step.name} has {len(step.filters)} filters", f"choose one: {step.name},filter=1")
    if plane.x.shape[2] == 1:
        plane = plane._replace(x=np.repeat(plane.x, step.channels, axis=2))
    windows = [_window(kernel, plane, c, at, laid) for c, kernel in enumerate(step.filters[0])]
    value = float(sum(window.response for window in windows))
    lines = [line for window in windows for line in _divided(window)]
    if len(windows) > 1:
        lines.append(" + ".join(number_of(window.response) for window in windows) + f" = {number_of(value)}")
    return [Part(windows, lines, value)]


def _window(kernel: Kernel, plane: Plane, channel: int, at: tuple[int, int], laid: Laid) -> Window:
    """The kernel over this place of a channel."""
    weights, geometry = laid.over(kernel)
    values, beyond, seen = _under(plane, channel, at, kernel.size, geometry)
    return _weigh(kernel.name, values, beyond, weights, seen, kernel.size, kernel.divisor)


def _under(
    plane: Plane, channel: int, at: tuple[int, int], size: tuple[int, int], geometry: Geometry
) -> tuple[NDArray[Any], NDArray[np.bool_], NDArray[np.float64] | None]:
    """The values under a window, which of them lie beyond the border, and what each counts by its alpha."""
    x = plane.x[..., channel]
    picks, outside = [], []
    for starts, index, length, step, n in zip(
        geometry.positions(x.shape, size), at, size, geometry.dilation, x.shape, strict=True
    ):
        first = starts[index]
        places = np.arange(first, first + length * step, step)
        found = sources(geometry.border, first, first + (length - 1) * step + 1, n)[::step]
        picks.append(found)
        outside.append((places < 0) | (places >= n))
    beyond = outside[0][:, None] | outside[1]
    values = x[np.ix_(*picks)]
    seen = None if plane.weight is None else plane.weight[np.ix_(*picks)]
    if geometry.beyond is not None:
        values = np.where(beyond, geometry.beyond, values)
        seen = None if seen is None else np.where(beyond, 1.0, seen)
    return values, beyond, seen


def _weigh(
    name: str,
    values: NDArray[Any],
    beyond: NDArray[np.bool_],
    weights: Weights,
    seen: NDArray[np.float64] | None,
    size: tuple[int, int],
    divisor: Number | None = None,
) -> Window:
    """The window with its sum; colours that are seen in part count as the mean of their surroundings else."""
    if divisor is None:
        divisor = size[0] * size[1]
    if seen is not None:
        shares = np.abs(np.array(weights, float)) * seen
        mean = float((shares * values).sum() / shares.sum()) if shares.sum() > 1e-12 else 0.0
        values = values * seen + mean * (1 - seen)
    grid = _grid(values)
    total = sum(
        w * v for row, line in zip(weights, grid, strict=True) for w, v in zip(row, line, strict=True)
    )
    return Window(name, grid, _flags(beyond), weights, divisor, total)


def _grid(values: NDArray[Any]) -> Grid:
    return tuple(tuple(map(_number, row)) for row in values.tolist())


def _number(value: float) -> Number:
    """Whole where it is whole."""
    return int(value) if value == int(value) else value


def _flags(beyond: NDArray[np.bool_]) -> tuple[tuple[bool, ...], ...]:
    return tuple(tuple(row) for row in beyond.tolist())


def _divided(window: Window) -> list[str]:
    if window.divisor == 1:
        return []
    total, divisor = number_of(window.total), number_of(window.divisor)
    return [f"{total} ÷ {divisor} = {number_of(window.response)}"]


def factor(value: Number) -> str:
    """The number with something behind it: negative ones in brackets, as slides write them."""
    return f"({number_of(value)})" if value < 0 else number_of(value)


def number_of(value: Number) -> str:
    """The number as it is written: ten digits at most, with the sign that the field writes."""
    text = f"{value:.10g}"
    return ("0" if text == "-0" else text).replace("-", "−")
