"""Activations, softmax and dropout, each with its backward; `reuse` lets the result take the place of x."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache

import numpy as np

from cnncalc.numerics.channels import by_channel, channel_sum
from cnncalc.numerics.workspace import Array, Pullback, Workspace, rows

# clipping at two numbers is a vector instruction; a maximum with one number is not
_POSITIVE = {np.dtype(t): (t(0), t(np.inf)) for t in (np.float32, np.float64)}

_STRIP = 1 << 15  # numbers that several functions go over while they are near


def _result(x: Array, space: Workspace, key: Hashable, reuse: bool) -> Array:
    return x if reuse else space.image((key, "y"), x.shape, x.dtype)


def _mask(x: Array, space: Workspace) -> Array:
    return space.image(("elementwise", "mask"), x.shape, np.bool_)


def _times(factor: Array) -> Pullback:
    """The pullback of what multiplied each element by a factor, or had that slope there."""

    def pullback(dy: Array) -> Array:
        np.multiply(dy, factor, out=dy)
        return dy

    return pullback


def add_bias(
    x: Array, bias: Array, space: Workspace, key: Hashable, *, reuse: bool = False
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """One number a channel, (C,), added to x (C, *spatial, N). The pullback gives (dx, dbias), dx being dy."""
    y = np.add(x, by_channel(bias, x), out=_result(x, space, key, reuse))
    return y, lambda dy: (dy, channel_sum(dy))


def relu(x: Array, space: Workspace, key: Hashable, *, reuse: bool = False) -> tuple[Array, Pullback]:
    """max(x, 0); its derivative at 0 is 0."""
    y = rectified(x, _result(x, space, key, reuse))
    return y, lambda dy: pass_back(y, dy, space)


def rectified(x: Array, out: Array) -> Array:
    """max(x, 0), which may take the place of x."""
    y: Array = np.clip(x, *_POSITIVE[x.dtype], out=out)
    return y


def pass_back(y: Array, dy: Array, space: Workspace) -> Array:
    """The gradient dy, which is overwritten, where a rectified y is positive; elsewhere 0."""
    alive = _mask(y, space)
    space.do(np.greater, y, y.dtype.type(0), out=alive)
    space.do(np.multiply, dy, alive, out=dy)
    return dy


def leaky_relu(
    x: Array, slope: float, space: Workspace, key: Hashable, *, reuse: bool = False
) -> tuple[Array, Pullback]:
    """x where it is positive, slope·x elsewhere."""
    alive = np.greater(x, x.dtype.type(0), out=_mask(x, space))
    factor = space.image((key, "factor"), x.shape, x.dtype)  # 1 or slope
    np.multiply(alive, x.dtype.type(1 - slope), out=factor)
    np.add(factor, x.dtype.type(slope), out=factor)
    y = np.multiply(x, factor, out=_result(x, space, key, reuse))
    return y, _times(factor)


def sigmoid(x: Array, space: Workspace, key: Hashable, *, reuse: bool = False) -> tuple[Array, Pullback]:
    """1 / (1 + e⁻ˣ), as (1 + tanh(x/2)) / 2, which overflows nowhere."""
    half = x.dtype.type(0.5)
    y = np.multiply(x, half, out=_result(x, space, key, reuse))
    _hyperbolic_tangent(y, y, space, key)
    np.multiply(y, half, out=y)
    np.add(y, half, out=y)

    def pullback(dy: Array) -> Array:
        slope = np.square(y, out=space.image(("elementwise", "slope"), y.shape, y.dtype))
        np.subtract(y, slope, out=slope)  # y·(1 − y)
        np.multiply(dy, slope, out=dy)
        return dy

    return y, pullback


def tanh(x: Array, space: Workspace, key: Hashable, *, reuse: bool = False) -> tuple[Array, Pullback]:
    """The hyperbolic tangent."""
    y = _result(x, space, key, reuse)
    _hyperbolic_tangent(x, y, space, key)

    def pullback(dy: Array) -> Array:
        slope = np.square(y, out=space.image(("elementwise", "slope"), y.shape, y.dtype))
        np.subtract(y.dtype.type(1), slope, out=slope)
        np.multiply(dy, slope, out=dy)
        return dy

    return y, pullback


def _hyperbolic_tangent(x: Array, y: Array, space: Workspace, key: Hashable) -> None:
    """Fills y, which may be x: to an absolute error of 2·10⁻⁷ in single precision, however it is computed."""
    if x.dtype == np.float32 and _looks_up():
        with np.errstate(over="ignore"):
            space.replay((key, "tanh"), (x, y), lambda: _from_exponential(x, y, space))
    else:
        np.tanh(x, out=y)


@cache
def _looks_up() -> bool:
    """Whether numpy's tanh fetches numbers from a table one by one, which takes it twice as long as e^x.

    It does with AVX2; with AVX-512 the table is in registers.
    """
    found = set(np.show_config(mode="dicts")["SIMD Extensions"]["found"])
    return not found.isdisjoint({"AVX2", "X86_V3"}) and found.isdisjoint({"AVX512_SKX", "X86_V4"})


def _from_exponential(x: Array, y: Array, space: Workspace) -> None:
    """y = 2 / (1 + e^(−2x)) − 1; where the power is beyond all numbers that is −1, as it should be."""
    one, two = x.dtype.type(1), x.dtype.type(2)
    source, result = (rows(each) if each.ndim > 3 else each for each in (x, y))
    step = max(1, _STRIP // max(source[0].size, 1))
    for first in range(0, len(source), step):
        part = result[first : first + step]
        space.do(np.multiply, source[first : first + step], -two, out=part)
        space.do(np.exp, part, out=part)
        space.do(np.add, part, one, out=part)
        space.do(np.divide, two, part, out=part)
        space.do(np.subtract, part, one, out=part)


def softplus(x: Array, space: Workspace, key: Hashable, *, reuse: bool = False) -> tuple[Array, Pullback]:
    """log(1 + eˣ), as max(x, 0) + log(1 + e^−|x|), which overflows nowhere."""
    slope = sigmoid(x, space, key)[0]
    small = np.abs(x, out=space.image((key, "small"), x.shape, x.dtype))
    np.log1p(np.exp(np.negative(small, out=small), out=small), out=small)
    y = np.clip(x, *_POSITIVE[x.dtype], out=space.image((key, "softplus"), x.shape, x.dtype))
    y = np.add(y, small, out=x if reuse else y)
    return y, _times(slope)


def softmax(x: Array, space: Workspace, key: Hashable, *, reuse: bool = False) -> tuple[Array, Pullback]:
    """Shares that add up to 1 over the first axis, e^(x − max x) / Σ."""
    y = np.subtract(x, x.max(axis=0), out=_result(x, space, key, reuse))
    np.exp(y, out=y)
    np.divide(y, y.sum(axis=0), out=y)

    def pullback(dy: Array) -> Array:
        product = np.multiply(dy, y, out=space.image(("elementwise", "slope"), y.shape, y.dtype))
        np.subtract(dy, product.sum(axis=0), out=dy)
        np.multiply(dy, y, out=dy)
        return dy

    return y, pullback


def dropout(
    x: Array, rate: float, rng: np.random.Generator, space: Workspace, key: Hashable, *, reuse: bool = False
) -> tuple[Array, Pullback]:
    """Each element is dropped with probability `rate`, the others grow so that the expected value stays.

    rate in [0, 1). The workers draw from generators of their own.
    """
    drawn = space.image((key, "factor"), x.shape, x.dtype)
    rng.random(out=drawn if drawn.flags.c_contiguous else rows(drawn), dtype=x.dtype.type)
    kept = np.greater_equal(drawn, x.dtype.type(rate), out=_mask(x, space))
    factor = np.multiply(kept, x.dtype.type(1 / (1 - rate)), out=drawn)
    y = np.multiply(x, factor, out=_result(x, space, key, reuse))
    return y, _times(factor)
