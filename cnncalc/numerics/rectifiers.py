"""The smooth and the bounded relatives of relu, each with its backward; `reuse` lets the result take x's place."""

from __future__ import annotations

import math
from collections.abc import Hashable
from functools import cache

import numpy as np

from cnncalc.numerics.elementwise import sigmoid
from cnncalc.numerics.workspace import Array, Pullback, Workspace

_STEP = 64  # nodes of the normal distribution's table for each unit
_END = 9  # where it ends: Φ(−9) is 10⁻¹⁹


def relu6(x: Array, space: Workspace, key: Hashable, *, reuse: bool = False) -> tuple[Array, Pullback]:
    """min(max(x, 0), 6); its derivative at 0 and at 6 is 0."""
    low, high = x.dtype.type(0), x.dtype.type(6)
    y = np.clip(x, low, high, out=x if reuse else space.image((key, "y"), x.shape, x.dtype))

    def pullback(dy: Array) -> Array:
        alive, below = (space.image(("rectifiers", i), y.shape, np.bool_) for i in range(2))
        np.greater(y, low, out=alive)
        np.logical_and(alive, np.less(y, high, out=below), out=alive)
        np.multiply(dy, alive, out=dy)
        return dy

    return y, pullback


def silu(x: Array, space: Workspace, key: Hashable, *, reuse: bool = False) -> tuple[Array, Pullback]:
    """x·σ(x), σ the sigmoid; its derivative is σ + y·(1 − σ)."""
    share, _ = sigmoid(x, space, (key, "share"))
    y = np.multiply(x, share, out=x if reuse else space.image((key, "y"), x.shape, x.dtype))

    def pullback(dy: Array) -> Array:
        slope = np.subtract(
            x.dtype.type(1), share, out=space.image(("rectifiers", "slope"), y.shape, y.dtype)
        )
        np.multiply(slope, y, out=slope)
        np.add(slope, share, out=slope)
        np.multiply(dy, slope, out=dy)
        return dy

    return y, pullback


def gelu(x: Array, space: Workspace, key: Hashable, *, reuse: bool = False) -> tuple[Array, Pullback]:
    """x·Φ(x), Φ the normal distribution and φ its density; its derivative is Φ + x·φ(x)."""
    share = normal_distribution(x, space.image((key, "share"), x.shape, x.dtype))
    slope = space.image((key, "slope"), x.shape, x.dtype)
    np.multiply(x, x, out=slope)
    np.multiply(slope, x.dtype.type(-0.5), out=slope)
    np.exp(slope, out=slope)
    np.multiply(slope, x.dtype.type(1 / math.sqrt(2 * math.pi)), out=slope)
    np.multiply(slope, x, out=slope)
    np.add(slope, share, out=slope)
    y = np.maximum(x, -_END, out=x if reuse else space.image((key, "y"), x.shape, x.dtype))
    np.multiply(y, share, out=y)  # below the table's end nothing but zero is left

    def pullback(dy: Array) -> Array:
        np.multiply(dy, slope, out=dy)
        return dy

    return y, pullback


def normal_distribution(x: Array, out: Array) -> Array:
    """Φ(x) to an absolute error of 10⁻¹⁶: Taylor's series from the nearest node of a table."""
    values, densities = (table.astype(x.dtype) for table in _table())
    bounded = np.clip(x, -_END, _END)
    nodes = np.rint(bounded * _STEP)
    at = (nodes + _END * _STEP).astype(np.intp)
    a = nodes / x.dtype.type(_STEP)
    d = bounded - a
    # the derivatives of φ are Hermite's polynomials: φ⁽ᵏ⁾ = (−1)ᵏ Heₖ φ
    series, term = d.copy(), d.copy()
    before, hermite = np.ones_like(a), a.copy()
    for k in range(1, 7):
        term *= d * x.dtype.type(-1 / (k + 1))
        series += hermite * term
        before, hermite = hermite, a * hermite - k * before
    series *= densities.take(at, mode="clip")  # a number that is none has its place anywhere
    series += values.take(at, mode="clip")
    np.copyto(out, series)
    return out


@cache
def _table() -> tuple[Array, Array]:
    """Φ and φ at the nodes."""
    nodes = np.arange(-_END * _STEP, _END * _STEP + 1) / _STEP
    values = np.array([math.erfc(-node / math.sqrt(2)) / 2 for node in nodes])
    return values, np.exp(-0.5 * nodes**2) / math.sqrt(2 * math.pi)
