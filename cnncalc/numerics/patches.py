"""Maximum, average, contrast and gradients over the windows of a picture, channels last."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncalc.errors import UsageError
from cnncalc.numerics import rounding
from cnncalc.numerics.additions import Largest, Taps
from cnncalc.numerics.borders import SAME, Geometry
from cnncalc.numerics.methods import integers
from cnncalc.numerics.results import empty
from cnncalc.numerics.strips import Buffer, Finisher, Finishing, Layout, sweep
from cnncalc.numerics.taps import Pixels, filtered, respond
from cnncalc.numerics.tasks import Task, task
from cnncalc.numerics.workspace import Arena

VALID = Geometry(mode="valid")
LEAST = 1e-5  # the deviation by which flat windows are divided


def max_pool_picture(
    x: NDArray[Any],
    window: tuple[int, int],
    stride: tuple[int, int] | None = None,
    *,
    geometry: Geometry = VALID,
    threads: int = 1,
) -> NDArray[Any]:
    """The largest pixel of every window; what lies beyond the picture is −∞, whatever the border.

    x (H, W) or (H, W, C), uint8, uint16 or float, which is also the result's dtype. The stride replaces that of the
    geometry; None is the window. A dilated window that meets no pixel gives the least number of the dtype.
    """
    least = 0.0 if x.dtype.kind == "u" else -np.inf
    geometry = geometry._replace(stride=stride or window, border="constant", value=least)
    what = task(x, np.ones(window, np.int64), 1, geometry)
    y = empty((*what.results[:2], *x.shape[2:]), x.dtype)
    alone = prod(window) / prod(what.stride) < 2 * sum(k.bit_length() for k in window)  # few windows overlap
    route = Largest(what, x.dtype, alone)
    sweep(x.reshape(*x.shape[:2], -1), what, [route], rounding.raw(what), y.reshape(what.results), threads)
    return y


def average_pool_picture(
    x: Pixels,
    window: tuple[int, int],
    stride: tuple[int, int] | None = None,
    *,
    geometry: Geometry = VALID,
    threads: int = 1,
) -> Pixels:
    """The mean of every window, rounded half to even; beyond the picture lies what the border says, and counts.

    x (H, W) or (H, W, C), uint8 or uint16. The stride replaces that of the geometry; None is the window.
    """
    geometry = geometry._replace(stride=stride or window)
    return filtered(x, np.ones(window, np.int64), prod(window), geometry=geometry, threads=threads)


def standardised(
    x: NDArray[Any],
    window: tuple[int, int],
    floor: float,
    centre: float = 0.0,
    *,
    geometry: Geometry,
    threads: int = 1,
) -> NDArray[np.float64]:
    """(h − m)/max(σ, floor), m and σ those of the window around a pixel, of all channels.

    centre: a number near most pixels, less which they are added up where they are not whole, so that less cancels.
    """
    planes = _planes(x)
    n = prod(window) * planes.shape[2]
    if x.dtype.kind == "f" and geometry.beyond is None:
        planes -= centre
    ones = np.ones(window, np.int64)
    total = _over(planes.sum(axis=2), ones, 1, geometry, threads)
    squares = _over(np.vecdot(planes, planes), ones, 1, geometry, threads)
    deviation = np.sqrt(np.maximum(n * squares - total**2, 0)) / n
    return _divided(geometry.own(planes) - total / n, deviation, floor).reshape(geometry.own(x).shape)


def less_mean(
    x: NDArray[Any], window: tuple[int, int], *, geometry: Geometry, threads: int = 1
) -> NDArray[np.float64]:
    """v = h − Σ w·h, the first step of contrast normalisation after Jarrett et al.

    The weights w are a Gaussian of a deviation of a quarter of the window; over the window and all channels they sum to
    one (Jarrett, Kavukcuoglu, Ranzato & LeCun, What is the best multi-stage architecture for object recognition?, ICCV
    2009, section 2.1).
    """
    planes = _planes(x)
    mean = _over(planes.sum(axis=2), _bells(window), planes.shape[2], geometry, threads)
    return (geometry.own(planes) - mean).reshape(geometry.own(x).shape)


def over_deviation(
    v: NDArray[np.float64],
    window: tuple[int, int],
    floor: float | None,
    *,
    geometry: Geometry,
    threads: int = 1,
) -> NDArray[np.float64]:
    """v/max(σ, floor), σ = √(Σ w·v²), the second step; no floor: the mean of σ over the picture, at least 1e-5."""
    planes = _planes(v)
    squares = _over(np.vecdot(planes, planes), _bells(window), planes.shape[2], geometry, threads)
    deviation = np.sqrt(np.maximum(squares, 0))
    least = max(float(deviation.mean()), LEAST) if floor is None else floor
    return _divided(geometry.own(planes), deviation, least).reshape(geometry.own(v).shape)


def _planes(x: NDArray[Any]) -> NDArray[np.float64]:
    """A copy (H, W, C) in double precision."""
    return x.astype(np.float64).reshape(*x.shape[:2], -1)


def _over(
    plane: NDArray[np.float64], weights: NDArray[Any], divisor: float, geometry: Geometry, threads: int
) -> NDArray[np.float64]:
    return respond(plane, weights, divisor, geometry=geometry, threads=threads)[..., None]


def _divided(v: NDArray[np.float64], deviation: NDArray[Any], floor: float) -> NDArray[np.float64]:
    divisor = np.maximum(deviation, floor)
    y: NDArray[np.float64] = np.zeros(v.shape)
    np.divide(v, divisor, out=y, where=divisor > 0)
    return y


def _bells(window: tuple[int, int]) -> NDArray[np.float64]:
    """A Gaussian over the window that sums to one."""
    down, across = (_bell(size) for size in window)
    return np.outer(down, across)


def _bell(size: int) -> Any:
    """A Gaussian over so many places, of a deviation of a quarter of them, that sums to one."""
    place = np.arange(size) - size // 2
    bell = np.exp(-0.5 * (place / (size / 4)) ** 2)
    return bell / bell.sum()


def magnitude(
    x: Pixels,
    kx: ArrayLike,
    ky: ArrayLike,
    divisor: float = 1,
    *,
    geometry: Geometry = SAME,
    threads: int = 1,
) -> tuple[Pixels, int]:
    """√(gx² + gy²) of two responses, rounded half to even and clipped; with the number of clipped values.

    x (H, W) or (H, W, C), uint8 or uint16; the kernels are equally large.
    """
    parts = [task(x, kernel, divisor, geometry, trim=False) for kernel in (kx, ky)]
    if parts[0].weights.shape != parts[1].weights.shape:
        sizes = " and ".join("×".join(map(str, part.weights.shape)) for part in parts)
        raise UsageError(
            f"kernels of {sizes} cannot be laid over the same pixels", "pad the smaller with zeros"
        )
    dtypes = [integers(part) if part.whole else np.dtype(np.float64) for part in parts]
    dtype = max(dtypes, key=lambda each: (each.kind == "f", each.itemsize))
    routes = [Taps(part, dtype) for part in parts]
    y = empty((*parts[0].results[:2], *x.shape[2:]), x.dtype)
    pixels, results = x.reshape(*x.shape[:2], -1), y.reshape(parts[0].results)
    return y, sweep(pixels, parts[0], routes, _lengths(*parts), results, threads)


def _lengths(a: Task, b: Task) -> Finishing:
    """The finisher of `magnitude`."""
    most = np.iinfo(a.dtype).max
    small = a.whole and b.whole and a.divisor == b.divisor == 1 and a.bound**2 + b.bound**2 < 2**24
    dtype = (
        np.float32 if small else np.float64
    )  # exact up to the root, which no whole number rounds to a half

    def finisher(_: Layout, __: Arena) -> Finisher:
        def finish(parts: list[Buffer], _: Buffer, y: Buffer) -> int:
            gx, gy = (np.asarray(part[:, : y.shape[1]], dtype).copy() for part in parts)
            for g, each in ((gx, a), (gy, b)):
                if each.divisor != 1:
                    np.divide(g, each.divisor, out=g)
                np.multiply(g, g, out=g)
            np.add(gx, gy, out=gx)
            np.rint(np.sqrt(gx, out=gx), out=gx)
            clipped = int(np.count_nonzero(np.greater(gx, most)))
            np.copyto(y, np.clip(gx, dtype(0), dtype(most), out=gx), casting="unsafe")
            return clipped

        return finish

    return finisher
