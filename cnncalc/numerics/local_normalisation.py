"""Normalisation of each number by those near it: over the channels of its pixel, or over a window."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias

import numpy as np

from cnncalc.numerics.average_pooling import average_pool
from cnncalc.numerics.channels import by_channel, channel_dot, channel_sum
from cnncalc.numerics.windows import Axis
from cnncalc.numerics.workspace import Array, Pullback, Workspace

Gradients: TypeAlias = tuple[Array, Array, Array]


def layer_norm(
    x: Array, scale: Array, shift: Array, eps: float, space: Workspace, key: Hashable
) -> tuple[Array, Callable[[Array], Gradients]]:
    """Each pixel of each example to mean 0 and variance 1 over its channels, then scaled and shifted by channel.

    x and y (C, *spatial, N), scale and shift (C,). The pullback gives (dx, dscale, dshift).
    """
    normal = np.subtract(x, x.mean(axis=0), out=space.image((key, "normal"), x.shape, x.dtype))
    y = np.square(normal, out=space.image((key, "y"), x.shape, x.dtype))
    inverse = 1 / np.sqrt(y.mean(axis=0) + x.dtype.type(eps))
    np.multiply(normal, inverse, out=normal)
    np.multiply(normal, by_channel(scale, x), out=y)
    np.add(y, by_channel(shift, x), out=y)

    def pullback(dy: Array) -> Gradients:
        dscale, dshift = channel_dot(dy, normal), channel_sum(dy)
        np.multiply(dy, by_channel(scale, x), out=dy)
        dx = np.multiply(dy, normal, out=space.image((key, "dx"), x.shape, x.dtype))
        np.multiply(normal, dx.mean(axis=0), out=dx)
        np.subtract(dy, dx, out=dx)
        np.subtract(dx, dy.mean(axis=0), out=dx)
        np.multiply(dx, inverse, out=dx)
        return dx, dscale, dshift

    return y, pullback


def channel_scale(
    x: Array, factors: Array, space: Workspace, key: Hashable
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """Each channel times its factor: x and y (C, *spatial, N), factors (C,). The pullback gives (dx, dfactors)."""
    y = np.multiply(x, by_channel(factors, x), out=space.image((key, "y"), x.shape, x.dtype))

    def pullback(dy: Array) -> tuple[Array, Array]:
        dfactors = channel_dot(dy, x)
        return np.multiply(dy, by_channel(factors, x), out=dy), dfactors

    return y, pullback


def response_norm(
    x: Array, size: int, alpha: float, beta: float, k: float, space: Workspace, key: Hashable
) -> tuple[Array, Pullback]:
    """y = x·s^−β, s = k + α/size·Σ x² over the channels around each one: size // 2 before it, (size − 1) // 2 behind.

    x and y (C, *spatial, N).
    """
    weight = x.dtype.type(alpha / size)
    square = np.square(x, out=space.image(("response_norm", "square"), x.shape, x.dtype))
    energy = space.image((key, "energy"), x.shape, x.dtype)
    _sum_channels(square, size // 2, (size - 1) // 2, energy)
    np.multiply(energy, weight, out=energy)
    np.add(energy, x.dtype.type(k), out=energy)
    factor = np.log(energy, out=space.image((key, "factor"), x.shape, x.dtype))
    np.multiply(factor, x.dtype.type(-beta), out=factor)
    np.exp(factor, out=factor)
    y = np.multiply(x, factor, out=space.image((key, "y"), x.shape, x.dtype))

    def pullback(dy: Array) -> Array:
        share = np.multiply(dy, y, out=space.image(("response_norm", "square"), x.shape, x.dtype))
        np.divide(share, energy, out=share)
        dx = space.image((key, "dx"), x.shape, x.dtype)
        _sum_channels(share, (size - 1) // 2, size // 2, dx)
        np.multiply(dx, x, out=dx)
        np.multiply(dx, x.dtype.type(-2 * beta * alpha / size), out=dx)
        np.multiply(dy, factor, out=dy)
        np.add(dx, dy, out=dx)
        return dx

    return y, pullback


def _sum_channels(x: Array, before: int, behind: int, out: Array) -> None:
    """Of each channel the sum with so many before and behind it."""
    np.copyto(out, x)
    channels = len(x)
    for apart in range(1, min(before, channels - 1) + 1):
        np.add(out[apart:], x[:-apart], out=out[apart:])
    for apart in range(1, min(behind, channels - 1) + 1):
        np.add(out[:-apart], x[apart:], out=out[:-apart])


def contrast_norm(
    x: Array, axes: tuple[Axis, ...], out: tuple[int, ...], space: Workspace, key: Hashable
) -> tuple[Array, Pullback]:
    """(x − m)/σ with mean and deviation over all channels in the window around each pixel, or in one for all pixels.

    x and y (C, *spatial, N). What lies beyond the image does not count. Where the deviation is nothing but
    rounding, one takes its place.
    """
    channels = x.dtype.type(len(x))
    centre = x.mean(axis=tuple(range(x.ndim - 1)), keepdims=True)  # taken off first, for the squares' sake
    level = np.subtract(x, centre, out=space.image((key, "level"), x.shape, x.dtype))
    square = np.square(level, out=space.image((key, "y"), x.shape, x.dtype))
    means = []
    for name, image in (("mean", level), ("square", square)):
        over = image.sum(axis=0, keepdims=True) / channels
        means.append(average_pool(over, axes, out, space, (key, name), count_padding=False))
    (mean, mean_back), (energy, energy_back) = means
    variance = energy - np.square(mean)
    eps = np.finfo(x.dtype).eps
    vanishes = variance <= 100 * eps * (energy + eps * np.square(centre))
    deviation = np.sqrt(np.where(vanishes, x.dtype.type(1), variance))
    y = np.subtract(level, mean, out=square)
    np.divide(y, deviation, out=y)
    everywhere = tuple(axis for axis in range(1, x.ndim - 1) if mean.shape[axis] < x.shape[axis])

    def pullback(dy: Array) -> Array:
        product = np.multiply(dy, y, out=space.image((key, "dx"), x.shape, x.dtype))
        dvariance = product.sum(axis=(0, *everywhere), keepdims=True) / (-2 * deviation**2)
        dvariance[vanishes] = 0
        np.divide(dy, deviation, out=dy)
        dmean = -dy.sum(axis=(0, *everywhere), keepdims=True) - 2 * mean * dvariance
        dx: Array = np.multiply(level, energy_back(dvariance) * (2 / channels), out=product)
        np.add(dx, mean_back(dmean) / channels, out=dx)
        np.add(dx, dy, out=dx)
        return dx

    return y, pullback
