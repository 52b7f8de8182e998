"""Maximum, average and contrast over the windows of a picture, channels last."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnncalc.numerics.borders import SAME, Geometry, sources
from cnncalc.numerics.taps import Pixels, correlate, respond

VALID = Geometry(mode="valid")


def max_pool_picture(
    x: Pixels,
    window: tuple[int, int],
    stride: tuple[int, int] | None = None,
    *,
    geometry: Geometry = VALID,
    threads: int = 1,
) -> Pixels:
    """The largest pixel of every window; what lies beyond the picture is −∞, whatever the border.

    x (H, W) or (H, W, C) of any real dtype, which is also that of the result. The stride replaces that of the
    geometry; None is the window.
    """
    geometry = geometry._replace(stride=stride or window, border="zero")
    down, across = geometry.positions(x.shape, window)
    low = 0 if x.dtype.kind == "u" else -np.inf
    maps = [
        sources("zero", starts[0], starts[-1] + (k - 1) * d + 1, n)
        for starts, k, d, n in zip((down, across), window, geometry.dilation, x.shape, strict=False)
    ]
    padded = x[np.ix_(*maps)]
    padded[maps[0] < 0] = low
    padded[:, maps[1] < 0] = low
    (sy, sx), (dy, dx) = geometry.stride, geometry.dilation
    y = np.full((len(down), len(across), *x.shape[2:]), low, x.dtype)
    for i in range(window[0]):
        for j in range(window[1]):
            np.maximum(y, padded[i * dy :: sy, j * dx :: sx][: len(down), : len(across)], out=y)
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
    kh, kw = window
    y, _ = correlate(x, np.ones(window, np.int64), kh * kw, geometry=geometry, threads=threads)
    return y


def local_contrast(
    x: NDArray[Any],
    window: tuple[int, int],
    *,
    method: Literal["window", "jarrett"] = "window",
    floor: float = 1e-5,
    border: str = "edge",
    threads: int = 1,
) -> NDArray[np.float64]:
    """Each pixel less the mean of its window, over the window's deviation: (h − m)/max(σ, floor).

    x (H, W) or (H, W, C); mean and deviation are taken over the window and all channels.
    """
    geometry = Geometry(border=border)
    x = x.astype(np.float64).reshape(*x.shape[:2], -1)
    ones = np.ones(window)
    count = ones.size * x.shape[2]
    m = respond(x.sum(axis=2), ones, count, geometry=geometry)[..., None]
    square = respond((x**2).sum(axis=2), ones, count, geometry=geometry)[..., None]
    return (x - m) / np.maximum(np.sqrt(np.maximum(square - m**2, 0)), floor)


def magnitude(
    x: Pixels,
    kx: NDArray[Any],
    ky: NDArray[Any],
    divisor: float = 1,
    *,
    geometry: Geometry = SAME,
    threads: int = 1,
) -> tuple[Pixels, int]:
    """√(gx² + gy²) of two responses, rounded half to even and clipped; with the number of clipped values."""
    gx = respond(x, kx, divisor, geometry=geometry, threads=threads)
    gy = respond(x, ky, divisor, geometry=geometry, threads=threads)
    rounded = np.rint(np.hypot(gx, gy))
    most = np.iinfo(x.dtype).max
    return np.minimum(rounded, most).astype(x.dtype), int(np.count_nonzero(rounded > most))


def direction(
    x: NDArray[Any],
    kx: NDArray[Any],
    ky: NDArray[Any],
    *,
    geometry: Geometry = SAME,
    threads: int = 1,
) -> NDArray[np.float64]:
    """Where the gradient points: atan2(gy, gx) in radians, −π to π, y downwards; 0 where there is none."""
    gx = respond(x, kx, geometry=geometry, threads=threads)
    gy = respond(x, ky, geometry=geometry, threads=threads)
    return np.arctan2(gy, gx)
