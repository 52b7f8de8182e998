"""Laying a kernel over a picture: the door, and the one place where the method is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from itertools import chain
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncalc.errors import UsageError
from cnncalc.numerics import fourier, rounding
from cnncalc.numerics.additions import Additions, Boxes, Separable, Taps, boxes, product
from cnncalc.numerics.blas import one_blas_thread
from cnncalc.numerics.borders import SAME, Geometry
from cnncalc.numerics.fourier import Fourier
from cnncalc.numerics.strips import Finishing, Route, sweep
from cnncalc.numerics.tasks import Grid, Task, task, task_of
from cnncalc.numerics.toeplitz import LongSeparable, Toeplitz, stacked_error

__all__ = ["Geometry", "Method", "Pixels", "correlate", "plan", "respond"]

Pixels: TypeAlias = NDArray[Any]  # uint8 or uint16
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


def plan(
    shape: tuple[int, ...],
    dtype: Any,
    weights: ArrayLike,
    divisor: float = 1,
    *,
    geometry: Geometry = SAME,
    raw: bool = False,
) -> Method:
    """The method that correlate takes for such a picture and kernel, of floats or for raw sums respond.

    It is the cheapest that is right; the reason says what it and the others are reckoned to cost.
    """
    planned: Callable[..., Method] = _remembered_plan if isinstance(weights, tuple) else _plan
    return planned(shape, np.dtype(dtype), weights, divisor, geometry, raw)


def _plan(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    weights: ArrayLike,
    divisor: float,
    geometry: Geometry,
    raw: bool,
) -> Method:
    what = task_of(shape, dtype, weights, divisor, geometry)
    found = list(choices(what) if what.dtype.kind == "u" and not raw else raw_choices(what))
    best = _cheapest(iter(found))
    others = sorted((each for each in found if each is not best), key=lambda each: each.cost)
    against = ", ".join(f"{each.method.name} {each.cost:.2g}" for each in others)
    reason = f"{best.method.reason}; reckoned at {best.cost:.2g} ns a value on one core"
    return Method(best.method.name, f"{reason}, against {against}" if against else reason)


def correlate(
    x: Pixels,
    weights: ArrayLike,
    divisor: float = 1,
    *,
    geometry: Geometry = SAME,
    threads: int = 1,
    into: Pixels | None = None,
) -> tuple[Pixels, int]:
    """Lays the kernel over each channel and writes the weighted sum, divided, rounded half to even and clipped.

    x is (H, W) or (H, W, C), uint8 or uint16. The result is of the same dtype and comes with the number of its values
    that were clipped to the dtype's range. Whole weights: exact. Float weights: as sums in double precision round.
    `into` takes the result; it may be x itself where mode is same and the stride 1, and little memory is needed then.
    """
    what, choice = _settled(x.shape, x.dtype, weights, divisor, geometry)
    return _correlated(x, what, choice, threads, into)


def respond(
    x: NDArray[Any], weights: ArrayLike, divisor: float = 1, *, geometry: Geometry = SAME, threads: int = 1
) -> NDArray[np.float64]:
    """The weighted sums themselves, divided and not rounded; x may be float too."""
    what = task(x, weights, divisor, geometry)
    finite = x.dtype.kind != "f" or bool(np.isfinite(x).all())
    return _responded(x, what, _cheapest(raw_choices(what, finite)), threads)


def _settled(
    shape: tuple[int, ...], dtype: np.dtype[Any], weights: ArrayLike, divisor: float, geometry: Geometry
) -> tuple[Task, Choice]:
    """The task and its cheapest choice; remembered, as many pictures are alike."""
    if isinstance(weights, np.ndarray) and weights.dtype.kind in "iuf" and weights.size <= 1024:
        return _remembered(shape, dtype, Grid(weights), divisor, geometry)
    settle: Callable[..., tuple[Task, Choice]] = _remembered if isinstance(weights, tuple) else _settle
    return settle(shape, dtype, weights, divisor, geometry)


def _settle(
    shape: tuple[int, ...], dtype: np.dtype[Any], weights: ArrayLike, divisor: float, geometry: Geometry
) -> tuple[Task, Choice]:
    what = task_of(shape, dtype, weights, divisor, geometry)
    return what, _cheapest(choices(what))


_remembered = lru_cache(maxsize=16)(_settle)
_remembered_plan: Callable[..., Method] = lru_cache(maxsize=16)(_plan)


def _cheapest(found: Iterator[Choice]) -> Choice:
    return min(found, key=lambda choice: choice.cost)


def _correlated(
    x: Pixels, what: Task, choice: Choice, threads: int, into: Pixels | None = None
) -> tuple[Pixels, int]:
    shape = (*what.results[:2], *x.shape[2:])
    y = np.empty(shape, x.dtype) if into is None else into
    if y.shape != shape or y.dtype != x.dtype or not y.flags.c_contiguous:
        raise UsageError(
            f"the result is {'×'.join(map(str, shape))} of {x.dtype} and does not go into that array"
        )
    pixels = _deep(x)
    itself = into is not None and np.shares_memory(into, x)
    if itself and (shape != x.shape or what.stride != (1, 1)):
        raise UsageError("a picture is overwritten in place only in mode same with stride 1")
    with _one_blas_thread(choice.route):
        out = pixels if itself else y.reshape(what.results)
        return y, sweep(pixels, what, [choice.route], choice.finishing, out, threads)


def _responded(x: NDArray[Any], what: Task, choice: Choice, threads: int) -> NDArray[np.float64]:
    y = np.empty((*what.results[:2], *x.shape[2:]))
    with _one_blas_thread(choice.route):
        sweep(_deep(x), what, [choice.route], choice.finishing, y.reshape(what.results), threads)
    return y


def _deep(x: NDArray[Any]) -> NDArray[Any]:
    """(H, W, C), also where there is one channel."""
    return x.reshape(*x.shape[:2], -1)


def _one_blas_thread(route: Route) -> AbstractContextManager[Any]:
    """The strips are shared out between threads already; BLAS within them is to have one each."""
    return nullcontext() if isinstance(route, Additions) else one_blas_thread()


def choices(what: Task) -> Iterator[Choice]:
    """Every method that gives the pixels of exact sums, or of sums in double precision."""
    if what.whole:
        finisher = rounding.whole(what)
        yield from (choice._replace(finishing=finisher) for choice in _whole_additions(what))
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
    finisher = rounding.raw(what)
    exact = (_whole_additions, _exact_products)
    found = chain(*(each(what) for each in exact)) if what.whole else _doubles(what, finite)
    yield from (choice._replace(finishing=finisher) for choice in found)


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
    across = (LongSeparable.pixels(what.shape[2]) + what.reach[1]) * what.shape[2]
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
    flat = stacked_error(weights, what.most)
    pair = product(what.weights)
    for choice in _products(what, weights.astype(np.float32), words):
        error = flat
        if isinstance(choice.route, LongSeparable) and pair:
            column, line = pair[0] / what.divisor, pair[1]
            first = rounding.single_error(column, what.most)
            error = first * float(np.abs(line).sum()) + rounding.single_error(
                line, what.most * float(np.abs(column).sum())
            )
        cost = choice.cost + 0.5 + error * 2 * what.weights.size
        if error < 0.05:
            yield choice._replace(cost=cost, finishing=rounding.fractional(what, True, error))
