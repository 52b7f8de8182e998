"""Maximum, average, contrast and gradients over the windows of a picture, channels last."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncalc.errors import UsageError
from cnncalc.numerics import rounding
from cnncalc.numerics.additions import Largest, Taps
from cnncalc.numerics.borders import SAME, Geometry
from cnncalc.numerics.strips import Buffer, Finisher, Layout, sweep
from cnncalc.numerics.taps import Pixels, correlate, integers, respond
from cnncalc.numerics.tasks import Task, task

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
    y = np.empty((*what.results[:2], *x.shape[2:]), x.dtype)
    alone = prod(window) / prod(what.stride) < 2 * sum(k.bit_length() for k in window)  # few windows overlap
    route = Largest(what, x.dtype, alone)
    sweep(x.reshape(what.shape), what, [route], rounding.raw(what), y.reshape(what.results), threads)
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
    y, _ = correlate(x, np.ones(window, np.int64), prod(window), geometry=geometry, threads=threads)
    return y


def local_contrast(
    x: NDArray[Any],
    window: tuple[int, int],
    *,
    method: Literal["window", "jarrett"] = "window",
    floor: float | None = None,
    border: str = "edge",
    threads: int = 1,
) -> NDArray[np.float64]:
    """Local contrast normalisation, (h − m)/σ with mean and deviation over space and channels; x (H, W) or (H, W, C).

    window: m and σ are the mean and the deviation of all pixels of all channels in the window around a pixel;
    (h − m)/max(σ, floor), floor 1e-5 if none is given.
    jarrett: v = h − Σ w·h, σ = √(Σ w·v²), v/max(σ, floor), with Gaussian weights w that sum to one over the window
    and the channels, of a deviation of a quarter of the window; the floor is the mean of σ over the picture, at least
    1e-5, if none is given (Jarrett, Kavukcuoglu, Ranzato & LeCun, What is the best multi-stage architecture for
    object recognition?, ICCV 2009, section 2.1).
    """
    planes = x.astype(np.float64).reshape(*x.shape[:2], -1)
    c = planes.shape[2]
    geometry = Geometry(border=border)

    def over(plane: NDArray[np.float64], weights: NDArray[Any], divisor: float) -> NDArray[np.float64]:
        return respond(plane, weights, divisor, geometry=geometry, threads=threads)[..., None]

    if method == "jarrett":
        weights = np.multiply.outer(*(_bell(size) for size in window))
        v = planes - over(planes.sum(axis=2), weights, c)
        deviation = np.sqrt(np.maximum(over(np.vecdot(v, v), weights, c), 0))
        least = max(float(deviation.mean()), LEAST) if floor is None else floor
    else:
        n = prod(window) * c
        fraction = x.dtype.kind == "f" and geometry.beyond is None
        centre = float(planes.mean()) if fraction else 0.0  # cancels less; whole sums are exact anyway
        planes -= centre
        ones = np.ones(window, np.int64)
        total, squares = over(planes.sum(axis=2), ones, 1), over(np.vecdot(planes, planes), ones, 1)
        v = planes - total / n
        deviation = np.sqrt(np.maximum(n * squares - total**2, 0)) / n
        least = LEAST if floor is None else floor
    divisor = np.maximum(deviation, least)
    flat: NDArray[np.float64] = np.zeros(v.shape)
    np.divide(v, divisor, out=flat, where=divisor > 0)
    return flat.reshape(x.shape)


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
    y = np.empty((*parts[0].results[:2], *x.shape[2:]), x.dtype)
    pixels, results = x.reshape(parts[0].shape), y.reshape(parts[0].results)
    return y, sweep(pixels, parts[0], routes, _lengths(*parts), results, threads)


def _lengths(a: Task, b: Task) -> Callable[[Layout], Finisher]:
    """The finisher of `magnitude`."""
    most = np.iinfo(a.dtype).max
    small = a.whole and b.whole and a.divisor == b.divisor == 1 and a.bound**2 + b.bound**2 < 2**24
    dtype = (
        np.float32 if small else np.float64
    )  # exact up to the root, which no whole number rounds to a half

    def finisher(_: Layout) -> Finisher:
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


def direction(
    x: NDArray[Any],
    kx: ArrayLike,
    ky: ArrayLike,
    *,
    geometry: Geometry = SAME,
    threads: int = 1,
) -> NDArray[np.float64]:
    """Where the gradient points: atan2(gy, gx) in radians, −π to π, y downwards; 0 where there is none."""
    gx = respond(x, kx, geometry=geometry, threads=threads)
    gy = respond(x, ky, geometry=geometry, threads=threads)
    return np.arctan2(gy, gx)
