"""Responses where there is transparency: colours count by their alpha."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnncalc.imaging.channels import Plane
from cnncalc.imaging.kernels.records import Kernel, Number, Weights
from cnncalc.imaging.laying import Laid
from cnncalc.numerics.borders import Geometry
from cnncalc.numerics.taps import respond

Floats: TypeAlias = NDArray[np.float64]


def weighted(plane: Plane, kernel: Kernel, laid: Laid) -> Floats:
    """The response to one kernel; where there is alpha, colours count by it."""
    weights, geometry = laid.over(kernel)
    return weighted_by(plane.x, plane.weight, weights, kernel.divisor, geometry, laid.threads)


def weighted_by(
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
    beyond = opaque(geometry)
    seen = x * beside(alpha, x)
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
    mean = size_sums / beside(size_share, size_sums)
    y: Floats = (sums + mean * beside(total - share, sums)) / divisor
    return y


def mean_kernel(size: tuple[int, int]) -> Kernel:
    return Kernel("mean", ((1,) * size[1],) * size[0], divisor=size[0] * size[1])


def beside(alpha: NDArray[Any], x: NDArray[Any]) -> NDArray[Any]:
    """One value a pixel, for every channel of x."""
    return alpha if x.ndim == 2 else alpha[..., None]


def opaque(geometry: Geometry) -> Geometry:
    """The geometry of alpha: a number that lies beyond the border is a colour, and can be seen."""
    return geometry if geometry.beyond is None else geometry._replace(border="constant", value=1.0)
