"""Gradients as the layers work them out against central differences, layer by layer, in double precision.

Every layer is checked by itself, on random input, so that the one at fault is named and not those before it; then every
block, and the network as a whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from math import prod
from typing import NamedTuple

import numpy as np

from cnncalc.layers import Layer, Model, Shape, Step
from cnncalc.numerics.run import Run
from cnncalc.numerics.workspace import Array

BATCH = 3
STEPS = (1e-5, 1e-6, 1e-7, 1e-8)  # of the differences; the smaller ones only beside a kink
LARGEST = 1 << 24  # numbers of a tensor; larger ones are not checked
WHOLE = "network"  # the path of the whole


class Check(NamedTuple):
    """What became of one tensor: the worst of the places that were looked at."""

    path: str
    layer: str  # its word
    tensor: str  # input, the name of a parameter, or parameters: all those in a block
    shape: tuple[int, ...]
    places: int  # looked at
    error: (
        float | None
    )  # |analytic − numeric| over the larger of both, or of a thousandth of the steepest slope
    place: tuple[int, ...] | None  # where that is, batch last
    analytic: float | None
    numeric: float | None
    smaller: int  # places beside a kink, where a smaller step agreed
    redrawn: int  # places on a kink, where no derivative exists: others took their turn
    verdict: str  # agree, disagree or unchecked
    note: str = ""


class Slope(NamedTuple):
    """One place, both ways."""

    error: float
    place: tuple[int, ...]
    analytic: float
    numeric: float
    step: float  # of the difference
    kink: bool


def check(
    model: Model, rng: np.random.Generator, *, samples: int, tolerance: float, seconds: float
) -> Iterator[Check]:
    """One record a tensor: for each layer its input and parameters, at up to so many random places.

    When the time is up, the rest is yielded as unchecked.
    """
    end = time.perf_counter() + seconds
    for subject in subjects(model):
        yield subject if isinstance(subject, Check) else subject.checked(rng, samples, tolerance, end)


def tensor_count(model: Model) -> int:
    """How many records there will be."""
    return sum(1 for _ in subjects(model))


def subjects(model: Model) -> Iterator[Subject | Check]:
    """Every tensor of every layer, of every block, and of the whole."""
    steps = list(model.steps())
    for step in steps:
        yield from tensors(step.path, step.layer, step.input, inside(step.path, steps))
    if len(steps) > 1:
        yield from tensors(WHOLE, model.body, model.input, steps)


def inside(path: str, steps: list[Step]) -> list[Step]:
    """The steps of a layer: itself, or all that are in it too."""
    return [step for step in steps if step.path == path or step.path.startswith(f"{path}.")]


def tensors(path: str, layer: Layer, x: Shape, steps: list[Step]) -> Iterator[Subject | Check]:
    """What is to be checked of a layer, or the record of it where it is too large."""
    leaves = [step for step in steps if not step.layer.block]
    wanted = {"input": (x[-1], *x[:-1], BATCH)}
    shapes = layer.param_shapes(x)
    trained = {} if layer.fixed else shapes
    if layer.block:
        own = (leaf.layer.param_shapes(leaf.input) for leaf in leaves if not leaf.layer.fixed)
        trained = {"parameters": (sum(prod(shape) for each in own for shape in each.values()),)}
    wanted |= {name: shape for name, shape in trained.items() if prod(shape)}
    sizes = [
        prod(wanted["input"]),
        *(prod(leaf.output) * BATCH for leaf in leaves),
        *map(prod, shapes.values()),
    ]
    word = "" if path == WHOLE else layer.word
    for name, shape in wanted.items():
        if max(sizes) > LARGEST or sum(map(prod, shapes.values())) > LARGEST:
            yield Check(path, word, name, shape, 0, None, None, None, None, 0, 0, "unchecked", "too large")
        else:
            yield Subject(path, word, name, shape, layer, x, leaves)


class Subject(NamedTuple):
    """A tensor of a layer at its place in the model."""

    path: str
    word: str
    tensor: str
    shape: tuple[int, ...]
    layer: Layer
    x: Shape
    leaves: list[Step]

    def checked(self, rng: np.random.Generator, samples: int, tolerance: float, end: float) -> Check:
        """Looks at random places until enough are found that lie on no kink, or the time is up."""
        none = (self.path, self.word, self.tensor, self.shape, 0, None, None, None, None, 0, 0)
        if time.perf_counter() > end:
            return Check(*none, "unchecked", "the time was up")
        value, evaluate, gradient = self.drawn(rng)
        steepest = float(np.abs(gradient).max(initial=0))
        found: list[Slope] = []
        smaller = redrawn = 0
        places = rng.permutation(value.size)[: 4 * samples]
        for index in places.tolist():
            if len(found) == samples or time.perf_counter() > end:
                break
            slope = self.compared(value, index, evaluate, gradient, steepest, tolerance)
            redrawn += slope.kink
            if not slope.kink:
                smaller += slope.error <= tolerance and slope.step < STEPS[0]
                found.append(slope)
        if not found:
            return Check(
                *none[:-1], redrawn, "unchecked", "every place lies on a kink" if redrawn else "no time"
            )
        worst = max(found, key=lambda slope: np.inf if np.isnan(slope.error) else slope.error)
        verdict = "agree" if worst.error <= tolerance else "disagree"
        return Check(*none[:4], len(found), *worst[:4], smaller, redrawn, verdict)

    def drawn(self, rng: np.random.Generator) -> tuple[Array, Callable[[], Array], Array]:
        """Random numbers for the tensor, what y·dy becomes of them (not yet added up), and its gradient."""
        x = rng.standard_normal((self.x[-1], *self.x[:-1], BATCH))
        params, trained, buffers = contents(self.path, self.leaves, rng)
        run = Run(train=True)
        seed = int(rng.integers(2**32))
        dy = np.zeros(())

        def forward() -> tuple[Array, Callable[[Array], tuple[Array | None, dict[str, Array]]]]:
            run.rng = np.random.default_rng(seed)  # so that dropout drops the same units every time
            run.key, run.buffers = self.path, buffers
            return self.layer.forward(x.copy(), params, run)

        y, back = forward()
        dy = rng.standard_normal(y.shape)
        dx, gradients = back(dy.copy())
        slopes = {name: gradients.get(name, np.zeros(value.shape)) for name, value in trained.items()}
        if self.tensor == "input":
            assert dx is not None  # a Run asks for it unless told otherwise
            return x, lambda: forward()[0] * dy, dx.copy()
        if self.tensor != "parameters":
            return params[self.tensor], lambda: forward()[0] * dy, slopes[self.tensor].copy()
        vector = np.concatenate([value.ravel() for value in trained.values()])

        def evaluate() -> Array:
            at = 0
            for value in trained.values():
                value[...] = vector[at : at + value.size].reshape(value.shape)
                at += value.size
            return forward()[0] * dy

        return vector, evaluate, np.concatenate([slope.ravel() for slope in slopes.values()])

    def compared(
        self,
        value: Array,
        index: int,
        evaluate: Callable[[], Array],
        gradient: Array,
        steepest: float,
        tolerance: float,
    ) -> Slope:
        """The slope at one place; where both disagree beside a kink, again with smaller steps."""
        place = tuple(int(i) for i in np.unravel_index(index, value.shape))
        analytic, start = float(gradient[place]), value[place]
        here = evaluate()
        bends: list[float] = []
        found: list[Slope] = []
        for step in STEPS:
            value[place] = start + step
            above = evaluate()
            value[place] = start - step
            below = evaluate()
            value[place] = start
            numeric = float((above - below).sum()) / (2 * step)
            error = abs(analytic - numeric) / max(abs(analytic), abs(numeric), steepest * 1e-3, 1e-9)
            found.append(Slope(error, place, analytic, numeric, step, kink=False))
            if error <= tolerance:
                return found[-1]
            # what bends does so with the square of the step, a kink in proportion to it or less
            bends.append(float(np.abs(above - 2 * here + below).max()) / step)
            if bends[0] <= tolerance * max(steepest, 1e-9) / 100 or not np.isfinite(error):
                break
        kinked = len(bends) > 1 and bends[1] > bends[0] / 3
        return min(found, key=lambda slope: slope.error)._replace(kink=kinked)


def contents(
    path: str, leaves: list[Step], rng: np.random.Generator
) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
    """Parameters, those of them that are trained, and buffers, by the names that the layer at the path has for them.

    Biases, too, are drawn: zeros would hide errors.
    """
    params: dict[str, Array] = {}
    trained: dict[str, Array] = {}
    buffers: dict[str, Array] = {}
    for leaf in leaves:
        own = leaf.path if path == WHOLE else leaf.path.removeprefix(path).removeprefix(".")
        prefix = f"{own}." if own else ""
        for name, value in leaf.layer.initial(leaf.input, rng).items():
            drawn = np.ascontiguousarray(value, np.float64)
            if drawn.ndim == 1:
                drawn += 0.5 * rng.standard_normal(drawn.shape)
            params[prefix + name] = drawn
            if not leaf.layer.fixed:
                trained[prefix + name] = drawn
        buffers |= {prefix + name: value for name, value in leaf.layer.initial_buffers(leaf.input).items()}
    return params, trained, buffers
