"""Laying a kernel over a picture: the door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from math import isfinite
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cnncalc.errors import UsageError
from cnncalc.numerics.additions import Additions
from cnncalc.numerics.blas import one_blas_thread
from cnncalc.numerics.borders import SAME, Geometry
from cnncalc.numerics.methods import Choice, Method, choices, raw_choices
from cnncalc.numerics.results import empty
from cnncalc.numerics.strips import Route, sweep
from cnncalc.numerics.tasks import Grid, Task, task, task_of

__all__ = ["Geometry", "Method", "Pixels", "correlate", "filtered", "plan", "respond"]

Pixels: TypeAlias = NDArray[Any]  # uint8 or uint16


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
    what, choice = _settled(x, weights, divisor, geometry, counted=True)
    return _correlated(x, what, choice, threads, into)


def filtered(
    x: Pixels, weights: ArrayLike, divisor: float = 1, *, geometry: Geometry = SAME, threads: int = 1
) -> Pixels:
    """The pixels of `correlate` alone: to count the clipped ones takes up to a sixth of its time."""
    what, choice = _settled(x, weights, divisor, geometry, counted=False)
    return _correlated(x, what, choice, threads)[0]


def respond(
    x: NDArray[Any], weights: ArrayLike, divisor: float = 1, *, geometry: Geometry = SAME, threads: int = 1
) -> NDArray[np.float64]:
    """The weighted sums themselves, divided and not rounded; x may be float too."""
    what = task(x, weights, divisor, geometry)
    return _responded(x, what, _cheapest(raw_choices(what, _finite(x, what))), threads)


def _finite(x: NDArray[Any], what: Task) -> bool:
    """Whether no sum, nor a part of one, is infinite or no number."""
    if x.dtype.kind != "f":
        return True
    return isfinite(float(np.maximum(x.max(), -x.min())) * float(np.abs(what.weights).sum()))


def _settled(
    x: Pixels, weights: ArrayLike, divisor: float, geometry: Geometry, *, counted: bool
) -> tuple[Task, Choice]:
    """The task and its cheapest choice; remembered, as many pictures are alike."""
    if isinstance(weights, np.ndarray) and weights.dtype.kind in "iuf" and weights.size <= 1024:
        return _remembered(x.shape, x.dtype, Grid(weights), divisor, geometry, counted)
    settle: Callable[..., tuple[Task, Choice]] = _remembered if isinstance(weights, tuple) else _settle
    return settle(x.shape, x.dtype, weights, divisor, geometry, counted)


def _settle(
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    weights: ArrayLike,
    divisor: float,
    geometry: Geometry,
    counted: bool,
) -> tuple[Task, Choice]:
    what = task_of(shape, dtype, weights, divisor, geometry)._replace(counted=counted)
    return what, _cheapest(choices(what))


_remembered = lru_cache(maxsize=16)(_settle)
_remembered_plan: Callable[..., Method] = lru_cache(maxsize=16)(_plan)


def _cheapest(found: Iterator[Choice]) -> Choice:
    return min(found, key=lambda choice: choice.cost)


def _correlated(
    x: Pixels, what: Task, choice: Choice, threads: int, into: Pixels | None = None
) -> tuple[Pixels, int]:
    shape = (*what.results[:2], *x.shape[2:])
    y = empty(shape, x.dtype) if into is None else into
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
