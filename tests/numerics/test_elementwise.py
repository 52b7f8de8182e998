"""Activations, softmax and dropout: values by hand, gradients by central differences."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from cnncalc.numerics import elementwise
from cnncalc.numerics.elementwise import dropout, leaky_relu, relu, sigmoid, softmax, softplus, tanh
from cnncalc.numerics.workspace import Workspace
from tests.numerics.engine_cases import slope_along


def sloped(x, space, key, *, reuse=False):
    return leaky_relu(x, 0.1, space, key, reuse=reuse)


PLAIN = {
    relu: lambda x: np.maximum(x, 0),
    sloped: lambda x: np.where(x > 0, x, 0.1 * x),
    sigmoid: lambda x: 1 / (1 + np.exp(-x)),
    tanh: np.tanh,
    softplus: lambda x: np.log(1 + np.exp(x)),
    softmax: lambda x: np.exp(x) / np.exp(x).sum(axis=0),
}


@pytest.mark.parametrize("reuse", [False, True])
@pytest.mark.parametrize("shape", [(4, 3), (2, 5, 3), (3, 4, 2, 5)])
@pytest.mark.parametrize("function", PLAIN)
def test_an_activation_is_its_formula_and_its_pullback_the_adjoint(function, shape, reuse):
    rng = np.random.default_rng(len(shape))
    x, v, dy = (rng.standard_normal(shape) for _ in range(3))
    y, pullback = function(x.copy(), Workspace(), "f", reuse=reuse)
    np.testing.assert_allclose(y, PLAIN[function](x), rtol=1e-12)
    along = slope_along(PLAIN[function], x, v)
    np.testing.assert_allclose(np.vdot(pullback(dy.copy()), v), np.vdot(dy, along), rtol=1e-6)


@pytest.mark.parametrize("function", PLAIN)
def test_only_with_reuse_does_the_result_take_the_place_of_the_input(function):
    x = np.random.default_rng(0).standard_normal((3, 4, 4, 2))
    kept = x.copy()
    y, _ = function(x, Workspace(), "f")
    np.testing.assert_array_equal(x, kept)
    assert function(x, Workspace(), "f", reuse=True)[0] is x
    np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("function", PLAIN)
def test_large_inputs_overflow_nowhere(function, dtype):
    x = np.array([[-1e4, -100, 0, 100, 1e4]] * 2, dtype)
    y, pullback = function(x.copy(), Workspace(), "f")
    dx = pullback(np.ones_like(x))
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()
    assert y.dtype == dx.dtype == dtype
    limits = {relu: (0, 1e4), sloped: (-1e3, 1e4), sigmoid: (0, 1), tanh: (-1, 1), softplus: (0, 1e4)}
    np.testing.assert_allclose(y[0, [0, -1]], limits.get(function, (0.5, 0.5)), rtol=1e-6)


@pytest.mark.parametrize("lookup", [False, True])
@pytest.mark.parametrize("shape", [(7, 3), (2, 40_000), (3, 5, 4), (6, 9, 40, 128), (2, 3, 4, 5, 6)])
def test_in_single_precision_tanh_is_right_to_three_units_whichever_way(shape, lookup, monkeypatch):
    monkeypatch.setattr(elementwise, "_looks_up", lambda: lookup)
    x = np.random.default_rng(0).normal(scale=3, size=shape).astype(np.float32)
    x.flat[:3] = -np.inf, np.inf, np.nan
    y, _ = tanh(x, Workspace(), "f")
    np.testing.assert_allclose(y, np.tanh(x.astype(np.float64)), rtol=0, atol=3 * 2**-24)
    apart = np.repeat(x, 2, axis=-1)[..., ::2]
    assert np.array_equal(tanh(apart, Workspace(), "f", reuse=True)[0], y, equal_nan=True)


def test_in_double_precision_a_small_tanh_has_all_its_digits(monkeypatch):
    monkeypatch.setattr(elementwise, "_looks_up", lambda: True)
    x = np.array([[1e-9, -1e-6, 1e-3]])
    np.testing.assert_allclose(tanh(x, Workspace(), "f")[0], x - x**3 / 3, rtol=1e-11)


def test_relu_has_no_slope_at_zero():
    _, pullback = relu(np.array([[-1.0, 0.0, 2.0]]), Workspace(), "relu")
    np.testing.assert_array_equal(pullback(np.ones((1, 3))), [[0, 0, 1]])


def test_dropout_keeps_the_expected_value_and_drops_the_same_gradients():
    x = np.full((50, 20, 20), 3.0, np.float32)
    y, pullback = dropout(x, 0.25, np.random.default_rng(0), Workspace(), "drop")
    assert set(np.unique(y)) == {0, 4}
    assert np.mean(y == 0) == pytest.approx(0.25, abs=0.01)
    np.testing.assert_array_equal(pullback(x.copy()), y)  # linear, and the same factor
    np.testing.assert_array_equal(x, 3)


def test_dropout_at_rate_zero_changes_nothing():
    x = np.arange(6.0).reshape(2, 3)
    for reuse in (False, True):
        y, _ = dropout(x, 0.0, np.random.default_rng(0), Workspace(), "drop", reuse=reuse)
        np.testing.assert_array_equal(y, np.arange(6.0).reshape(2, 3))


@pytest.mark.parametrize("function", [*PLAIN, partial(dropout, rate=0.5, rng=np.random.default_rng(3))])
def test_a_used_workspace_gives_what_a_fresh_one_gives(function):
    space = Workspace()
    for n in (8, 3, 9):
        x = np.random.default_rng(n).standard_normal((3, 4, 5, n), dtype=np.float32)
        if isinstance(function, partial):
            function = partial(dropout, rate=0.5, rng=np.random.default_rng(n))
        y, pullback = function(x, space=space, key="f")
        y, dx = y.copy(), pullback(np.ones_like(x)).copy()
        if isinstance(function, partial):
            function = partial(dropout, rate=0.5, rng=np.random.default_rng(n))
        fresh, fresh_pullback = function(x, space=Workspace(), key="f")
        np.testing.assert_array_equal(y, fresh)
        np.testing.assert_array_equal(dx, fresh_pullback(np.ones_like(x)))


def test_two_activations_in_one_workspace_do_not_disturb_each_other():
    x = np.random.default_rng(5).standard_normal((3, 4, 5, 2))
    for function in PLAIN:
        space = Workspace()
        y, pullback = function(x, space, "one")
        kept, want = y.copy(), function(x, Workspace(), "one")[1](np.ones_like(x))
        function(-x, space, "two")[1](np.full_like(x, 3))
        np.testing.assert_array_equal(y, kept)
        np.testing.assert_array_equal(pullback(np.ones_like(x)), want)
