"""Normalisation by what is near: by hand, and each pullback against the adjoint identity."""

from __future__ import annotations

import numpy as np
import pytest

from cnncalc.numerics.local_normalisation import channel_scale, contrast_norm, layer_norm, response_norm
from cnncalc.numerics.windows import Axis
from cnncalc.numerics.workspace import Workspace
from tests.numerics.engine_cases import slope_along

SHAPES = [(5, 3), (5, 4, 3), (5, 4, 3, 2), (5, 3, 2, 2, 2)]


def adjoint(function, x, rtol=1e-6):
    """⟨dy, J·v⟩ = ⟨Jᵀ·dy, v⟩ for a function to (y, pullback), or to the gradient of x first."""
    rng = np.random.default_rng(7)
    y, pullback = function(x)
    v, dy = rng.standard_normal(x.shape), rng.standard_normal(y.shape)
    along = slope_along(lambda x: function(x)[0], x, v)
    found = pullback(dy.copy())
    dx = found[0] if isinstance(found, tuple) else found
    np.testing.assert_allclose(np.vdot(dx, v), np.vdot(dy, along), rtol=rtol)
    return found, dy


def test_a_response_is_divided_by_the_energy_of_the_channels_around_it():
    x = np.array([1.0, 2.0, 3.0, 4.0]).reshape(4, 1, 1, 1)
    y, _ = response_norm(x, 3, 3.0, 1.0, 1.0, Workspace(), "lrn")
    # s = 1 + 3/3·(1 + 4), 1 + (1 + 4 + 9), 1 + (4 + 9 + 16), 1 + (9 + 16)
    assert y.ravel() == pytest.approx([1 / 6, 2 / 15, 3 / 30, 4 / 26])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 12])
def test_response_norm_hands_back_through_every_channel_that_it_takes_in(shape, size):
    x = np.random.default_rng(1).standard_normal(shape)
    adjoint(lambda x: response_norm(x, size, 2.0, 0.75, 1.0, Workspace(), "lrn"), x)


@pytest.mark.parametrize("shape", SHAPES)
def test_layer_norm_and_channel_scale_hand_back_to_all_that_they_take(shape):
    rng = np.random.default_rng(2)
    x, scale, shift = rng.standard_normal(shape), rng.standard_normal(5), rng.standard_normal(5)
    (_, dscale, dshift), dy = adjoint(lambda x: layer_norm(x, scale, shift, 1e-5, Workspace(), "ln"), x)
    rest = tuple(range(1, x.ndim))
    normal = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-5)
    np.testing.assert_allclose(dscale, (dy * normal).sum(axis=rest), rtol=1e-9)
    np.testing.assert_allclose(dshift, dy.sum(axis=rest), rtol=1e-9)
    (_, dfactors), dy = adjoint(lambda x: channel_scale(x, scale, Workspace(), "scale"), x)
    np.testing.assert_allclose(dfactors, (dy * x).sum(axis=rest), rtol=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kernel", [0, 1, 2, 3])
def test_contrast_norm_hands_back_through_mean_and_deviation(shape, kernel):
    sizes = shape[1:-1]
    axes = tuple(Axis(kernel, 1, (kernel - 1) // 2, kernel // 2) if kernel else Axis(n) for n in sizes)
    out = sizes if kernel else (1,) * len(sizes)
    x = np.random.default_rng(3).standard_normal(shape)
    adjoint(lambda x: contrast_norm(x, axes, out, Workspace(), "lcn"), x)


def test_where_there_is_nothing_but_rounding_only_the_mean_is_taken_off():
    """Beside a step of 2·10⁶ the squares of what differs by a tenth are lost in those of the rest."""
    x = np.random.default_rng(4).standard_normal((2, 8, 3, 1)) * 0.1
    x += np.where(np.arange(8) < 4, -1e6, 1e6)[:, None, None]
    window = Axis(3, 1, 1, 1)
    y, pullback = contrast_norm(x, (window, window), (8, 3), Workspace(), "lcn")
    y = y.copy()
    np.testing.assert_allclose(y[:, 1:2, 1], x[:, 1:2, 1] - x[:, 0:3].mean(), atol=1e-6)
    dy = np.zeros(x.shape)
    dy[0, 1, 1] = 1
    expected = dy.copy()
    expected[:, 0:3] -= 1 / 18
    np.testing.assert_allclose(pullback(dy), expected, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_small_contrast_far_from_zero_counts(dtype):
    small = np.random.default_rng(5).integers(-4, 5, (2, 6, 6, 1)) / 8
    x = (small + 1000).astype(dtype)
    y, _ = contrast_norm(x, (Axis(6), Axis(6)), (1, 1), Workspace(), "lcn")
    np.testing.assert_allclose(y, (small - small.mean()) / small.std(), rtol=1e-3, atol=1e-3)
