"""What each kind of step computes, in floats that are not rounded; and which rows it needs for some of its results."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncalc.errors import UsageError
from cnncalc.imaging.channels import Plane
from cnncalc.imaging.kernels.records import (
    Bank,
    Compass,
    Contrast,
    Gradient,
    Kernel,
    Pool,
    Step,
)
from cnncalc.imaging.laying import Laid
from cnncalc.imaging.transparency import Floats, beside, mean_kernel, opaque, weighted, weighted_by
from cnncalc.numerics.borders import Geometry, sources
from cnncalc.numerics.patches import (
    average_pool_picture,
    less_mean,
    magnitude,
    max_pool_picture,
    over_deviation,
    standardised,
)
from cnncalc.numerics.taps import correlate, respond

MAPS = 400_000_000  # the most responses that the filters of a bank may have together: 3.2 GB


@singledispatch
def exactly(step: Step, x: NDArray[Any], laid: Laid) -> tuple[NDArray[Any], int] | None:  # noqa: ARG001
    """Whole pixels in, whole pixels out, in one go and without floats for all of them: the result, rounded and
    clipped, and how many values were; None where the step has no such way.
    """
    return None


@exactly.register
def _(step: Kernel, x: NDArray[Any], laid: Laid) -> tuple[NDArray[Any], int] | None:
    weights, geometry = laid.over(step)
    into = x if laid.overwrite and geometry.mode == "same" and geometry.stride == (1, 1) else None
    return correlate(x, weights, step.divisor, geometry=geometry, threads=laid.threads, into=into)


@exactly.register
def _(step: Gradient, x: NDArray[Any], laid: Laid) -> tuple[NDArray[Any], int] | None:
    if step.part == "direction":
        return None
    (kx, geometry), (ky, _) = laid.over(step.x), laid.over(step.y)
    across, down = np.array(kx), np.array(ky)
    return magnitude(x, across, down, step.x.divisor, geometry=geometry, threads=laid.threads)


@exactly.register
def _(step: Pool, x: NDArray[Any], laid: Laid) -> tuple[NDArray[Any], int] | None:
    pool = {"max": max_pool_picture, "average": average_pool_picture}[step.how]
    y = pool(x, step.size, step.stride, geometry=laid.pooling(step), threads=laid.threads)
    return y, 0


@singledispatch
def advance(step: Step | Stage, plane: Plane, laid: Laid) -> Plane:  # noqa: ARG001
    """The responses to one step, unrounded, with the alpha and the kept channels that belong to them."""
    raise TypeError(f"{step!r} is no step")


@advance.register
def _(step: Kernel, plane: Plane, laid: Laid) -> Plane:
    return _follow(plane, weighted(plane, step, laid), step, laid)


@advance.register
def _(step: Gradient, plane: Plane, laid: Laid) -> Plane:
    gx, gy = (weighted(plane, kernel, laid) for kernel in step.kernels)
    if step.part == "magnitude":
        return _follow(plane, np.hypot(gx, gy), step.x, laid)
    return _follow(plane, degrees(gy, gx), step.x, laid)


def degrees(gy: Floats, gx: Floats) -> Floats:
    """The angle of (gx, gy), from 0 to below 360."""
    turn = np.degrees(np.arctan2(gy, gx)) % 360
    turn[turn == 360] = 0  # what is left of a tiny negative angle
    return turn


@advance.register
def _(step: Compass, plane: Plane, laid: Laid) -> Plane:
    first, *rest = step.kernels
    y = weighted(plane, first, laid)
    for kernel in rest:
        np.maximum(y, weighted(plane, kernel, laid), out=y)
    return _follow(plane, y, first, laid)


@advance.register
def _(step: Pool, plane: Plane, laid: Laid) -> Plane:
    geometry = laid.pooling(step)
    pooled = _pooled_means if step.how == "average" else _pooled_maxima
    y, alpha = pooled(step, plane, geometry, laid.threads)
    kept = None if plane.kept is None else _sampled(plane.kept, geometry, step.size)
    return Plane(y, alpha, kept, plane.plain)


def _pooled_means(step: Pool, plane: Plane, geometry: Geometry, threads: int) -> tuple[Floats, Floats | None]:
    """The means of the colours, weighted by alpha, and of alpha."""
    box = mean_kernel(step.size)
    y = weighted_by(plane.x, plane.weight, box.weights, box.divisor, geometry, threads)
    if plane.alpha is None:
        return y, None
    return y, respond(plane.alpha, box.weights, box.divisor, geometry=opaque(geometry))


def _pooled_maxima(
    step: Pool, plane: Plane, geometry: Geometry, threads: int
) -> tuple[Floats, Floats | None]:
    """The largest values of what can be seen at all, and of alpha."""

    def largest(x: Any) -> Any:
        return max_pool_picture(x, step.size, step.stride, geometry=geometry, threads=threads)

    x = plane.x.astype(np.float64)
    if plane.weight is not None:
        x[plane.weight == 0] = -np.inf
    y = largest(x)
    y[y == -np.inf] = 0
    return y, None if plane.alpha is None else largest(plane.alpha)


@advance.register
def _(step: Contrast, plane: Plane, laid: Laid) -> Plane:
    for stage in stages(step, weighted=plane.weight is not None):
        plane = advance(stage, plane, laid)
    return plane


@dataclass(frozen=True)
class Stage:
    """A part of a step that looks at windows of one size, and is done everywhere before the next one."""

    size: tuple[int, int]
    floor: float = 0.0


class Filled(Stage):
    """What cannot be seen is made as its surroundings are."""


class Standardised(Stage):
    """Less the mean of the window and over its deviation."""


class LessMean(Stage):
    """Jarrett's first half."""


class OverDeviation(Stage):
    """Jarrett's second half."""


def stages(step: Step, *, weighted: bool) -> tuple[Step | Stage, ...]:
    """The step itself, or the stages that it consists of."""
    if not isinstance(step, Contrast):
        return (step,)
    first = (Filled(step.size),) if weighted else ()
    if step.method == "jarrett":
        return (*first, LessMean(step.size), OverDeviation(step.size, step.floor))
    return (*first, Standardised(step.size, step.floor))


def _around(laid: Laid) -> Geometry:
    """Contrast keeps the size and sees no number beyond the border."""
    geometry = laid.geometry
    return Geometry("edge" if geometry.beyond is not None else geometry.border, part=geometry.part)


def _own(plane: Plane, geometry: Geometry, y: Floats) -> Plane:
    alpha, kept = (part if part is None else geometry.own(part) for part in (plane.alpha, plane.kept))
    return Plane(y, alpha, kept, plane.plain)


@advance.register
def _(step: Filled, plane: Plane, laid: Laid) -> Plane:
    geometry = Geometry(laid.geometry.border, laid.geometry.value, part=laid.geometry.part)
    mean = weighted(plane, mean_kernel(step.size), Laid(geometry, threads=laid.threads))
    x = geometry.own(plane.x)
    share = 1.0 if plane.weight is None else beside(geometry.own(plane.weight), x)
    return _own(plane, geometry, x * share + mean * (1 - share))


@advance.register
def _(step: Standardised, plane: Plane, laid: Laid) -> Plane:
    geometry = _around(laid)
    y = standardised(plane.x, step.size, step.floor, laid.centre, geometry=geometry, threads=laid.threads)
    return _own(plane, geometry, y)


@advance.register
def _(step: LessMean, plane: Plane, laid: Laid) -> Plane:
    geometry = _around(laid)
    return _own(plane, geometry, less_mean(plane.x, step.size, geometry=geometry, threads=laid.threads))


@advance.register
def _(step: OverDeviation, plane: Plane, laid: Laid) -> Plane:
    geometry = _around(laid)
    y = over_deviation(plane.x, step.size, step.floor, geometry=geometry, threads=laid.threads)
    return _own(plane, geometry, y)


def windows(step: Step | Stage, laid: Laid) -> list[tuple[tuple[int, int], Geometry]]:
    """The windows under which a step looks, all with as many positions: their sizes, and how they are laid."""
    if isinstance(step, Pool):
        return [(step.size, laid.pooling(step))]
    if isinstance(step, Stage):
        return [(step.size, _around(laid))]
    if isinstance(step, Contrast):
        raise TypeError("contrast has stages")
    sizes = dict.fromkeys(kernel.size for kernel in step.kernels)
    first = {kernel.size: laid.over(kernel)[1] for kernel in reversed(step.kernels)}
    return [(size, first[size]) for size in sizes]


@advance.register
def _(step: Bank, plane: Plane, laid: Laid) -> Plane:
    x = plane.x if plane.x.ndim == 3 else plane.x[..., None]
    if x.shape[2] == 1 and step.channels > 1:
        x = np.repeat(x, step.channels, axis=2)
    if x.shape[2] != step.channels:
        raise UsageError(
            f"the filters of {step.name} see {step.channels} channels, not {x.shape[2]}",
            "--channels gray makes one of them",
        )
    height = laid.geometry.part.height if laid.geometry.part else len(x)
    if height * x.shape[1] * len(step.filters) > MAPS:
        raise UsageError(
            f"{len(step.filters)} responses of {height}×{x.shape[1]} are too many",
            f"choose one with {step.name}:filter=1, or take a smaller picture",
        )
    maps = [
        sum(weighted(plane._replace(x=x[..., c]), kernel, laid) for c, kernel in enumerate(kernels))
        for kernels in step.filters
    ]
    return _follow(plane._replace(kept=None), np.stack(maps, axis=-1), step.filters[0][0], laid)


def _follow(plane: Plane, y: Floats, kernel: Kernel, laid: Laid) -> Plane:
    """The plane with y in it, and of the rest what belongs to the pixels that y is of."""
    _, geometry = laid.over(kernel)
    alpha, kept = (
        part if part is None else _sampled(part, geometry, kernel.size) for part in (plane.alpha, plane.kept)
    )
    return Plane(y, alpha, kept, plane.plain)


def _sampled(part: NDArray[Any], geometry: Geometry, size: tuple[int, int]) -> NDArray[Any]:
    """The pixels that the kernel's anchor lies on, position by position."""
    anchor = geometry.anchor or (size[0] // 2, size[1] // 2)
    picks, height = [], geometry.part.height if geometry.part else len(part)
    for starts, at, step, n in zip(
        geometry.positions(part.shape, size),
        anchor,
        geometry.dilation,
        (height, *part.shape[1:]),
        strict=False,
    ):
        first = starts[0] + at * step
        border = "edge" if geometry.beyond is not None else geometry.border
        picks.append(sources(border, first, first + len(starts) * starts.step, n)[:: starts.step])
    if geometry.part:
        picks[0] = geometry.part.at(picks[0])
    return part[np.ix_(*picks)]
