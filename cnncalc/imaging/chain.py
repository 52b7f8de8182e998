"""A chain of steps over a picture: what each kind of step computes, in floats that are not rounded in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, NamedTuple, TypeAlias

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
    Number,
    Pool,
    Step,
    Weights,
    label,
)
from cnncalc.imaging.pictures import Picture
from cnncalc.imaging.responses import Way, mapped
from cnncalc.numerics.borders import BORDERS, SAME, Geometry, sources
from cnncalc.numerics.patches import average_pool_picture, local_contrast, magnitude, max_pool_picture
from cnncalc.numerics.taps import Method, correlate, plan, respond

Floats: TypeAlias = NDArray[np.float64]
MAPS = 400_000_000  # the most responses that the filters of a bank may have together: 3.2 GB


@dataclass(frozen=True)
class Chain:
    """The steps, and what holds for all of them.

    mode: None is same for kernels and valid for pooling. flip: true convolution. channels: see `channels.WAYS`,
    or numbers. way: how responses become pixels; None is the last step's own. round_between: whether each step's
    result becomes pixels before the next one.
    """

    steps: tuple[Step, ...]
    geometry: Geometry = SAME
    mode: str | None = None
    flip: bool = False
    channels: str | tuple[int, ...] = "each"
    way: Way | None = None
    plain_alpha: bool = False
    round_between: bool = False

    @property
    def label(self) -> str:
        """The names of the steps as part of a file's name."""
        return "-".join(map(label, self.steps))

    @property
    def mapping(self) -> Way:
        """How responses become pixels."""
        return self.way or Way(self.steps[-1].response)

    @property
    def bank(self) -> Bank | None:
        """The step that makes of each picture several, if there is one."""
        return next((step for step in self.steps if isinstance(step, Bank)), None)

    def laid(self, threads: int = 1) -> Laid:
        return Laid(self.geometry, self.mode, self.flip, threads)


class Laid(NamedTuple):
    """How the steps of a chain are laid over what they work on."""

    geometry: Geometry
    mode: str | None = None
    flip: bool = False
    threads: int = 1

    def over(self, kernel: Kernel) -> tuple[Weights, Geometry]:
        """The weights to correlate with, and their geometry: flipping turns the anchor with the kernel."""
        geometry = self.geometry._replace(mode=self.mode or "same")
        if not self.flip:
            return kernel.weights, geometry
        kernel = kernel.flipped()
        if geometry.mode == "same":
            anchor = geometry.anchor or (kernel.size[0] // 2, kernel.size[1] // 2)
            kh, kw = kernel.size
            geometry = geometry._replace(anchor=(kh - 1 - anchor[0], kw - 1 - anchor[1]))
        return kernel.weights, geometry

    def pooling(self, step: Pool) -> Geometry:
        """Pooling stays inside the picture unless a mode is asked for, and has a stride of its own."""
        return self.geometry._replace(
            mode=self.mode or "valid", stride=step.stride, dilation=(1, 1), anchor=None
        )


def run_chain(plane: Plane, chain: Chain, threads: int, steps: Sequence[Step] | None = None) -> Plane:
    """All steps of the chain, or the given ones, one after another; responses are not rounded at the end."""
    dtype = plane.x.dtype
    laid = chain.laid(threads)
    for i, step in enumerate(chain.steps if steps is None else steps):
        if i and chain.round_between:
            plane = plane._replace(x=mapped(plane.x, dtype, Way()).pixels)
        plane = advance(step, plane, laid)
    return plane


@singledispatch
def exactly(step: Step, x: NDArray[Any], laid: Laid) -> tuple[NDArray[Any], int] | None:  # noqa: ARG001
    """Whole pixels in, whole pixels out, in one go and without floats for all of them: the result, rounded and
    clipped, and how many values were; None where the step has no such way.
    """
    return None


@exactly.register
def _(step: Kernel, x: NDArray[Any], laid: Laid) -> tuple[NDArray[Any], int] | None:
    weights, geometry = laid.over(step)
    return correlate(x, weights, step.divisor, geometry=geometry, threads=laid.threads)


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
def advance(step: Step, plane: Plane, laid: Laid) -> Plane:  # noqa: ARG001
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
    box = _mean(step.size)
    y = _weighted(plane.x, plane.weight, box.weights, box.divisor, geometry, threads)
    if plane.alpha is None:
        return y, None
    return y, respond(plane.alpha, box.weights, box.divisor, geometry=_opaque(geometry))


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
    x = plane.x
    if plane.weight is not None:  # what cannot be seen is as its surroundings are
        mean = weighted(plane, _mean(step.size), Laid(Geometry(laid.geometry.border, laid.geometry.value)))
        share = _beside(plane.weight, x)
        x = x * share + mean * (1 - share)
    border = laid.geometry.border if laid.geometry.beyond is None else "edge"
    y = local_contrast(
        x, step.size, method=step.method, floor=step.floor, border=border, threads=laid.threads
    )
    return plane._replace(x=y.reshape(x.shape))


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
    if x.shape[0] * x.shape[1] * len(step.filters) > MAPS:
        raise UsageError(
            f"{len(step.filters)} responses of {x.shape[0]}×{x.shape[1]} are too many",
            f"choose one with {step.name}:filter=1, or take a smaller picture",
        )
    maps = [
        sum(weighted(plane._replace(x=x[..., c]), kernel, laid) for c, kernel in enumerate(kernels))
        for kernels in step.filters
    ]
    return _follow(plane._replace(kept=None), np.stack(maps, axis=-1), step.filters[0][0], laid)


def weighted(plane: Plane, kernel: Kernel, laid: Laid) -> Floats:
    """The response to one kernel; where there is alpha, colours count by it."""
    weights, geometry = laid.over(kernel)
    return _weighted(plane.x, plane.weight, weights, kernel.divisor, geometry, laid.threads)


def _weighted(
    x: NDArray[Any],
    alpha: Floats | None,
    weights: Weights,
    divisor: Number,
    geometry: Geometry,
    threads: int,
) -> Floats:
    """Σ k·(a·c + (1 − a)·m), m the mean colour under the kernel, weighted by |k|·a.

    So what is transparent has no colour of its own, but that of its surroundings: an average is Σ k·a·c / Σ k·a,
    and one colour gives one response whatever its alpha, without a halo of the colours that nobody sees.
    """
    if alpha is None:
        return respond(x, weights, divisor, geometry=geometry, threads=threads)
    beyond = _opaque(geometry)
    seen = x * _beside(alpha, x)
    sizes = tuple(tuple(map(abs, row)) for row in weights)
    sums = respond(seen, weights, geometry=geometry, threads=threads)
    share = respond(alpha, weights, geometry=beyond, threads=threads)
    if sizes == weights:
        size_sums, size_share = sums, share
    else:
        size_sums = respond(seen, sizes, geometry=geometry, threads=threads)
        size_share = respond(alpha, sizes, geometry=beyond, threads=threads)
    total = sum(map(sum, weights))
    size_share = np.where(size_share > 1e-12, size_share, np.inf)
    mean = size_sums / _beside(size_share, size_sums)
    y: Floats = (sums + mean * _beside(total - share, sums)) / divisor
    return y


def _mean(size: tuple[int, int]) -> Kernel:
    return Kernel("mean", ((1,) * size[1],) * size[0], divisor=size[0] * size[1])


def _beside(alpha: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
    """One value a pixel, for every channel of x."""
    return alpha if x.ndim == 2 else alpha[..., None]


def _opaque(geometry: Geometry) -> Geometry:
    """The geometry of alpha: a number that lies beyond the border is a colour, and can be seen."""
    return geometry if geometry.beyond is None else geometry._replace(border="constant", value=1.0)


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
    picks = []
    for starts, at, step, n in zip(
        geometry.positions(part.shape, size), anchor, geometry.dilation, part.shape, strict=False
    ):
        first = starts[0] + at * step
        border = "edge" if geometry.beyond is not None else geometry.border
        picks.append(sources(border, first, first + len(starts) * starts.step, n)[:: starts.step])
    return part[np.ix_(*picks)]


def border_in_words(chain: Chain) -> str:
    """What lies beyond the picture."""
    geometry = chain.geometry
    if geometry.border == "constant":
        return f"{geometry.value:g} beyond the border"
    return next(border.does for border in BORDERS if border.name == geometry.border)


def methods(picture: Picture, chain: Chain) -> tuple[Method, ...]:
    """How each kernel of the chain is computed, and why so."""
    shape = picture.pixels.shape
    dtype: np.dtype[Any] = picture.pixels.dtype
    if len(chain.steps) > 1 or chain.mapping != Way("clip"):
        dtype = np.dtype(np.float64)
    laid = chain.laid()
    found = []
    for step in chain.steps:
        for kernel in step.kernels:
            weights, geometry = laid.over(kernel)
            method = plan(shape, dtype, weights, kernel.divisor, geometry=geometry)
            found.append(Method(f"{kernel.name or step.name}: {method.name}", method.reason))
    return tuple(dict.fromkeys(found))
