"""Every optimiser against its formula, worked out number by number in plain Python."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from cnncalc.learning.optimisers import (
    OPTIMISERS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Momentum,
    Nesterov,
    Optimiser,
    RMSprop,
)
from tests.learning.moments import moments

RATES = [0.1, 0.05, 0.2]  # it changes, or it could stand in the wrong place
Number = Callable[[float, list[float]], list[float]]


def sgd(theta: float, gradients: list[float]) -> list[float]:
    path = []
    for rate, g in zip(RATES, gradients, strict=True):
        theta = theta - rate * g
        path.append(theta)
    return path


def momentum(theta: float, gradients: list[float]) -> list[float]:
    """The course's: θ ← θ − ηΔ, Δ ← 0.9Δ + ∂L/∂θ."""
    path, delta = [], 0.0
    for rate, g in zip(RATES, gradients, strict=True):
        delta = 0.9 * delta + g
        theta = theta - rate * delta
        path.append(theta)
    return path


def nesterov(theta: float, gradients: list[float]) -> list[float]:
    path, delta = [], 0.0
    for rate, g in zip(RATES, gradients, strict=True):
        delta = 0.9 * delta + g
        theta = theta - rate * (g + 0.9 * delta)
        path.append(theta)
    return path


def adagrad(theta: float, gradients: list[float]) -> list[float]:
    path, s = [], 0.0
    for rate, g in zip(RATES, gradients, strict=True):
        s = s + g**2
        theta = theta - rate * g / (math.sqrt(s) + 1e-8)
        path.append(theta)
    return path


def rmsprop(theta: float, gradients: list[float]) -> list[float]:
    path, s = [], 0.0
    for rate, g in zip(RATES, gradients, strict=True):
        s = 0.9 * s + 0.1 * g**2
        theta = theta - rate * g / (math.sqrt(s) + 1e-8)
        path.append(theta)
    return path


def adam(theta: float, gradients: list[float]) -> list[float]:
    path, m, v = [], 0.0, 0.0
    for t, (rate, g) in enumerate(zip(RATES, gradients, strict=True), start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.99 * v + 0.01 * g**2
        theta = theta - rate * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.99**t)) + 1e-8)
        path.append(theta)
    return path


FORMULAS: list[tuple[Optimiser, Number]] = [
    (SGD(), sgd),
    (Momentum(), momentum),
    (Nesterov(), nesterov),
    (Adagrad(), adagrad),
    (RMSprop(), rmsprop),
    (Adam(), adam),
    (AdamW(), adam),  # its decay is the trainer's
]
STARTS = [0.5, -2.0, 0.0, 7.0]
GRADIENTS = [[0.3, -1.0, 0.02, 50.0], [-0.2, -1.5, 0.01, -40.0], [0.1, 3.0, 0.0, 1e-3]]


def test_all_are_checked() -> None:
    assert [optimiser.name for optimiser, _ in FORMULAS] == list(OPTIMISERS)


@pytest.mark.parametrize(("optimiser", "formula"), FORMULAS, ids=OPTIMISERS)
def test_three_steps_are_those_of_the_formula(optimiser: Optimiser, formula: Number) -> None:
    parameters = np.array(STARTS)
    kept = moments(optimiser, 4, parameters.dtype)
    found = []
    for rate, gradient in zip(RATES, GRADIENTS, strict=True):
        optimiser.step(parameters, np.array(gradient), rate, kept)
        found.append(parameters.copy())
    expected = [
        formula(start, list(column))
        for start, column in zip(STARTS, zip(*GRADIENTS, strict=True), strict=True)
    ]
    assert pytest.approx(np.array(expected), rel=1e-12) == np.array(found).T


@pytest.mark.parametrize("optimiser", [optimiser for optimiser, _ in FORMULAS], ids=OPTIMISERS)
def test_a_step_is_taken_in_place_in_the_precision_of_the_parameters(optimiser: Optimiser) -> None:
    parameters = np.ones(3, np.float32)
    kept = moments(optimiser, 3, parameters.dtype)
    vectors = dict(kept.vectors)
    optimiser.step(parameters, np.full(3, 0.5, np.float32), 0.1, kept)
    assert parameters.dtype == np.float32
    assert (parameters < 1).all()
    assert set(vectors) == set(optimiser.keeps)
    for name, vector in kept.vectors.items():
        assert vector is vectors[name]
        assert vector.dtype == np.float32
        assert vector.any()  # or what is kept would not be what is saved


def test_a_gradient_of_nothing_moves_nothing() -> None:
    for optimiser, _ in FORMULAS:
        parameters = np.array([1.0, -1.0])
        optimiser.step(parameters, np.zeros(2), 0.1, moments(optimiser, 2, parameters.dtype))
        assert parameters.tolist() == [1.0, -1.0]
