"""The one place where it is chosen how a kernel is laid over a picture: every method that is right, and its cost."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncalc.numerics import fourier, rounding
from cnncalc.numerics.additions import Boxes, Separable, Taps
from cnncalc.numerics.factors import boxes, product
from cnncalc.numerics.fourier import Fourier
from cnncalc.numerics.strips import Finishing, Route
from cnncalc.numerics.tasks import Task
from cnncalc.numerics.toeplitz import Centred, LongSeparable, Toeplitz, separable_error, stacked_error

SINGLE = 2**24  # whole numbers up to here are exact in single precision
DOUBLE = 2**53  # and up to here in double


class Method(NamedTuple):
    """How a picture is correlated, and why so."""

    name: str
    reason: str


class Choice(NamedTuple):
    """A method that would give the right result, and what it costs: rough nanoseconds a result on one core."""

    method: Method
    cost: float
    route: Route
    finishing: Finishing


def choices(what: Task) -> Iterator[Choice]:
    """Every method that gives the pixels of exact sums, or of sums in double precision."""
    if what.whole:
        finishing = rounding.whole(what)
        yield from (choice._replace(finishing=finishing) for choice in _whole_additions(what))
        exact = rounding.fractional(what, scaled=False, error=0.0)
        yield from (choice._replace(finishing=exact) for choice in _exact_products(what))
        return
    yield from (choice._replace(finishing=rounding.fractional(what, False, 0.0)) for choice in _doubles(what))
    if what.dtype == np.uint8 and _holds(np.uint8, what):
        yield from _settled_singles(what)
    error = fourier.error(what) / abs(what.divisor)
    if error < 1e-3 and _holds(what.dtype, what):
        why = Method(
            "FFT", "a large kernel; overlapping tiles in double precision, pixels near a half computed again"
        )
        yield Choice(why, _fourier_cost(what), Fourier(what), rounding.fractional(what, False, error))


def raw_choices(what: Task, finite: bool = True) -> Iterator[Choice]:
    """Every method whose sums are within 1e-12 of Σ |weight| · |pixel| of a plain loop in double precision."""
    finishing = rounding.raw(what)
    exact = (_whole_additions, _exact_products)
    found = chain(*(each(what) for each in exact)) if what.whole else _doubles(what, finite)
    yield from (choice._replace(finishing=finishing) for choice in found)


def _holds(dtype: Any, what: Task) -> bool:
    """Whether strips can be kept in this dtype: what lies beyond the border, too."""
    beyond = what.beyond or 0.0
    return what.dtype == dtype and float(beyond).is_integer() and 0 <= beyond <= np.iinfo(dtype).max


def _wasted(what: Task) -> int:
    """How many results are computed for one that is kept, where a stride is not known to the method."""
    return prod(what.stride)


def integers(what: Task) -> np.dtype[Any]:
    """The narrowest signed integers that hold every sum, every pixel and what rounding adds to a sum."""
    most = max(*map(abs, what.range), np.iinfo(what.dtype).max) + what.divisor
    return next(np.dtype(each) for each in (np.int16, np.int32, np.int64) if most <= np.iinfo(each).max)


def _whole_additions(what: Task) -> Iterator[Choice]:
    """Additions in the narrowest signed integers that hold the sums and what rounding adds to them."""
    dtype = integers(what)
    bits = dtype.itemsize * 8
    nothing = rounding.raw(what)
    each = 0.06 * bits / 16
    taps = Taps(what, dtype)
    if what.weights.size <= 1024:
        said = Method("taps", f"{taps.steps} additions and products in {bits}-bit integers")
        yield Choice(said, each * taps.steps, taps, nothing)
    else:  # counting its steps would take as long as filtering
        said = Method("taps", f"an addition a weight in {bits}-bit integers")
        yield Choice(said, each * what.weights.size, taps, nothing)
    pair = product(what.weights)
    if pair:
        separable = Separable(what, dtype, *pair)
        said = Method(
            "separable",
            f"a column times a row: {separable.steps} additions and products in {bits}-bit integers",
        )
        yield Choice(said, each * separable.steps * _wasted(what), separable, nothing)
    parts = boxes(what.weights)
    if parts:
        boxed = Boxes(what, dtype, parts)
        count = "one rectangle" if len(parts) == 1 else f"{len(parts)} rectangles"
        said = Method(
            "boxes", f"{count} of equal weights: {boxed.steps} additions and products in {bits}-bit integers"
        )
        yield Choice(said, each * boxed.steps * _wasted(what), boxed, nothing)


def _source(what: Task, dtype: Any) -> Any:
    return what.dtype if what.dtype.kind == "u" and _holds(what.dtype, what) else dtype


def _toeplitz_cost(what: Task, itemsize: int) -> float:
    kw, down = int(what.weights.shape[1]), what.reach[0]
    products = (Toeplitz.height(kw) + down) * (-(-kw // 4) * 4 if kw > 4 else kw) * 0.02
    return (products + 0.1 * (kw / 4) + 1.6) * itemsize / 4 * _wasted(what)


def _long_cost(what: Task, itemsize: int) -> float:
    across = LongSeparable.width + what.reach[1] * what.shape[2]
    products = (LongSeparable.height + what.reach[0]) * 0.02 + across * 0.02
    return (products + 1.0) * itemsize / 4 * _wasted(what)


def _fourier_cost(what: Task) -> float:
    return 90.0 * _wasted(what)


def _products(what: Task, weights: NDArray[Any], words: str) -> Iterator[Choice]:
    """As matrices, with these weights, which may be divided already."""
    dtype, nothing = weights.dtype, rounding.raw(what)
    source = _source(what, dtype)
    said = Method("Toeplitz", f"a banded matrix times strips, in {words}")
    yield Choice(said, _toeplitz_cost(what, dtype.itemsize), Toeplitz(what, weights, source), nothing)
    pair = product(what.weights)
    if pair:
        column, line = pair
        factor = (
            np.float64(1) if what.whole else weights.flat[_largest(what)] / what.weights.flat[_largest(what)]
        )
        said = Method("long separable", f"a column, as a banded matrix times strips, times a row, in {words}")
        route = LongSeparable(what, (column * factor).astype(dtype), line.astype(dtype), source)
        yield Choice(said, _long_cost(what, dtype.itemsize), route, nothing)


def _largest(what: Task) -> int:
    return int(np.abs(what.weights).argmax())


def _exact_products(what: Task) -> Iterator[Choice]:
    """Products of floats that are exact because every number on the way is a whole number that they hold."""
    if what.divisor >= 2**15:
        return
    if what.bound < SINGLE and what.dtype == np.uint8:
        yield from _products(what, what.weights.astype(np.float32), "single precision, which is exact here")
    elif what.bound < DOUBLE:
        yield from _products(what, what.weights.astype(np.float64), "double precision, which is exact here")
    if fourier.error(what) < 0.25 and what.bound < DOUBLE:
        said = Method("FFT", "a large kernel; overlapping tiles in double precision, exact once rounded")
        yield Choice(said, _fourier_cost(what), Fourier(what), rounding.raw(what))


def _doubles(what: Task, finite: bool = True) -> Iterator[Choice]:
    """Sums in double precision."""
    nothing = rounding.raw(what)
    taps = Taps(what, np.float64)
    said = Method("taps", "an addition a weight in double precision")
    yield Choice(said, 0.4 * what.weights.size + 0.5, taps, nothing)
    pair = product(what.weights)
    if pair:
        separable = Separable(what, np.float64, *pair)
        said = Method("separable", "a column times a row, an addition a weight in double precision")
        yield Choice(said, 0.25 * separable.steps * _wasted(what) + 0.5, separable, nothing)
    if finite:  # zeros of a matrix times infinity are no numbers
        yield from _products(what, what.weights.astype(np.float64), "double precision")


def _settled_singles(what: Task) -> Iterator[Choice]:
    """Sums in single precision; where their error leaves open how to round, the pixel is computed again."""
    weights = what.weights / what.divisor
    words = "single precision, pixels near a half again in double"
    uncounted = what.inside or not what.counted
    most = Centred.level if uncounted else what.most
    pair = product(what.weights)
    for choice in _products(what, weights.astype(np.float32), words):
        if isinstance(choice.route, LongSeparable) and pair:
            error = separable_error(pair[0] / what.divisor, pair[1], most)
        else:
            error = stacked_error(weights, most)
        cost = choice.cost + 0.5 + error * 2 * what.weights.size
        if error >= 0.05:
            continue
        if uncounted:
            finishing = rounding.between(what, error, missing=Centred.level * float(weights.sum()))
            yield choice._replace(cost=cost, route=Centred(choice.route), finishing=finishing)
        else:
            yield choice._replace(cost=cost, finishing=rounding.fractional(what, True, error))
