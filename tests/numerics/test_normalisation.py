"""Batch normalisation: statistics, several workers, and the gradient through both statistics."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from cnncalc.numerics.normalisation import batch_norm, batch_norm_inference
from cnncalc.numerics.workspace import Workspace
from tests.numerics.engine_cases import slope_along

SHAPES = [(3, 7), (3, 5, 4), (3, 4, 5, 6), (2, 3, 2, 4, 3)]
EPS = 1e-3


def channels(values, x):
    return values.reshape(-1, *(1 for _ in x.shape[1:]))


def plain(x, scale, shift):
    rest = tuple(range(1, x.ndim))
    mean, variance = x.mean(axis=rest), x.var(axis=rest)
    normal = (x - channels(mean, x)) / np.sqrt(channels(variance, x) + EPS)
    return normal * channels(scale, x) + channels(shift, x), mean, variance


def alone(part):
    return part


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_is_its_formula_and_its_pullback_the_adjoint(shape):
    rng = np.random.default_rng(1)
    x, v, dy = (rng.standard_normal(shape) for _ in range(3))
    scale, shift, v_scale, v_shift = (rng.standard_normal(shape[0]) for _ in range(4))
    y, statistics, pullback = batch_norm(x, scale, shift, EPS, alone, Workspace(), "bn")
    want, mean, variance = plain(x, scale, shift)
    np.testing.assert_allclose(y, want, atol=1e-12)
    np.testing.assert_allclose(statistics.mean, mean, atol=1e-12)
    np.testing.assert_allclose(statistics.variance, variance, atol=1e-12)
    assert statistics.pixels == x.size // shape[0]
    dx, dscale, dshift = pullback(dy.copy())
    for gradient, direction, along in (
        (dx, v, slope_along(lambda x: plain(x, scale, shift)[0], x, v)),
        (dscale, v_scale, slope_along(lambda scale: plain(x, scale, shift)[0], scale, v_scale)),
        (dshift, v_shift, slope_along(lambda shift: plain(x, scale, shift)[0], shift, v_shift)),
    ):
        np.testing.assert_allclose(np.vdot(gradient, direction), np.vdot(dy, along), rtol=1e-6)


def test_two_workers_with_a_part_each_give_what_one_gives_with_the_whole_batch():
    rng = np.random.default_rng(2)
    x, dy = rng.standard_normal((2, 3, 4, 5, 7))
    scale, shift = rng.standard_normal((2, 3))
    want, statistics, pullback = batch_norm(x, scale, shift, EPS, alone, Workspace(), "bn")
    want_dx, want_dscale, want_dshift = pullback(dy.copy())
    barrier, shared = Barrier(2), [np.empty(0)] * 2

    def work(worker: int):
        def reduce(part):
            shared[worker] = part
            barrier.wait(10)
            total = shared[0] + shared[1]
            barrier.wait(10)
            return total

        own = slice(0, 4) if worker == 0 else slice(4, 7)
        y, mine, back = batch_norm(x[..., own].copy(), scale, shift, EPS, reduce, Workspace(), "bn")
        return y, mine, back(dy[..., own].copy())

    with ThreadPoolExecutor(2) as pool:
        (y0, s0, g0), (y1, _, g1) = pool.map(work, range(2))
    np.testing.assert_allclose(np.concatenate([y0, y1], axis=-1), want, atol=1e-12)
    np.testing.assert_allclose(s0.variance, statistics.variance, atol=1e-12)
    assert s0.pixels == statistics.pixels
    np.testing.assert_allclose(np.concatenate([g0[0], g1[0]], axis=-1), want_dx, atol=1e-12)
    np.testing.assert_allclose(g0[1] + g1[1], want_dscale, atol=1e-12)
    np.testing.assert_allclose(g0[2] + g1[2], want_dshift, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_at_inference_the_statistics_are_constants(shape):
    rng = np.random.default_rng(3)
    x, v, dy = (rng.standard_normal(shape) for _ in range(3))
    mean, scale, shift = rng.standard_normal((3, shape[0]))
    variance = rng.random(shape[0]) + 0.1

    def formula(x, scale, shift):
        normal = (x - channels(mean, x)) / np.sqrt(channels(variance, x) + EPS)
        return normal * channels(scale, x) + channels(shift, x)

    known = mean, variance, scale, shift, EPS, Workspace(), "bn"
    y, pullback = batch_norm_inference(x.copy(), *known)
    want = formula(x, scale, shift)
    np.testing.assert_allclose(y, want, atol=1e-12)
    along = slope_along(lambda x: formula(x, scale, shift), x, v)
    handed = dy.copy()
    np.testing.assert_allclose(np.vdot(pullback(handed), v), np.vdot(dy, along), rtol=1e-6)
    np.testing.assert_array_equal(handed, dy)  # another branch may read it, too

    cut = np.zeros((*shape[:-2], shape[-2] + 2, shape[-1]))[..., 1:-1, :]  # of a padded image
    cut[...] = x
    np.testing.assert_allclose(batch_norm_inference(cut, *known, reuse=True)[0], want, atol=1e-12)
    y, pullback = batch_norm_inference(x, *known, rectify=True, reuse=True)
    assert y is x
    np.testing.assert_allclose(y, np.maximum(want, 0), atol=1e-12)
    np.testing.assert_allclose(np.vdot(pullback(dy.copy()), v), np.vdot(dy * (want > 0), along), rtol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_rectified_it_is_followed_by_a_relu(shape):
    rng = np.random.default_rng(6)
    x, dy = rng.standard_normal((2, *shape))
    scale, shift = rng.standard_normal((2, shape[0]))
    given = scale, shift, EPS, alone
    want, _, way = batch_norm(x, *given, Workspace(), "bn")
    y, _, pullback = batch_norm(x, *given, Workspace(), "bn", rectify=True)
    assert (want < 0).any()
    np.testing.assert_array_equal(y, np.maximum(want, 0))
    for mine, apart in zip(pullback(dy.copy()), way(dy * (want > 0)), strict=True):
        np.testing.assert_allclose(mine, apart, atol=1e-13)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradient_may_take_the_place_of_x(shape):
    rng = np.random.default_rng(7)
    x, dy = rng.standard_normal((2, *shape))
    given = *rng.standard_normal((2, shape[0])), EPS, alone
    want, _, way = batch_norm(x, *given, Workspace(), "bn")
    own = x.copy()
    y, _, pullback = batch_norm(own, *given, Workspace(), "bn", reuse=True)
    kept, handed = dy.copy(), dy.copy()
    found = pullback(handed)
    np.testing.assert_array_equal(y, want)
    np.testing.assert_array_equal(handed, kept)
    for mine, apart in zip(found, way(dy), strict=True):
        np.testing.assert_array_equal(mine, apart)


@pytest.mark.parametrize("scale", [0.0, -1e-6, 1e-3, 0.5])
@pytest.mark.parametrize("shift", [0.0, 1.0, 30.0])
def test_rectified_a_scale_of_any_size_has_its_gradient(scale, shift):
    """The gradient of a small scale cannot be read off outputs that hardly depend on x."""
    rng = np.random.default_rng(9)
    x, dy = rng.standard_normal((2, 3, 6, 6, 16), dtype=np.float32)
    given = np.full(3, scale, np.float32), np.full(3, shift, np.float32), EPS, alone
    y, _, pullback = batch_norm(x, *given, Workspace(), "bn", rectify=True)
    exact = (x.astype(np.float64), *(each.astype(np.float64) for each in given[:2]), EPS, alone)
    _, _, way = batch_norm(*exact, Workspace(), "bn")
    for mine, apart in zip(pullback(dy.copy()), way(dy.astype(np.float64) * (y > 0)), strict=True):
        np.testing.assert_allclose(mine, apart, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_gradient_cut_from_a_larger_image_goes_back_as_a_whole_one_does(shape):
    """As behind max pooling of a padded image."""
    rng = np.random.default_rng(8)
    x, dy = rng.standard_normal((2, *shape))
    _, _, pullback = batch_norm(
        x, *rng.standard_normal((2, shape[0])), EPS, alone, Workspace(), "bn", rectify=True
    )
    rim = [(0, 0), *((1, 1) for _ in shape[1:-1]), (0, 0)]
    larger = Workspace().image(
        "dx", tuple(n + sum(sides) for n, sides in zip(shape, rim, strict=True)), float
    )
    cut = larger[tuple(slice(first, n + first) for n, (first, _) in zip(shape, rim, strict=True))]
    cut[...] = dy
    for mine, whole in zip(pullback(cut), pullback(dy.copy()), strict=True):
        np.testing.assert_allclose(mine, whole, atol=1e-13)


def test_a_batch_in_single_precision_far_from_zero_keeps_its_variance():
    x = np.random.default_rng(4).standard_normal((2, 8, 8, 32), dtype=np.float32) + np.float32(1000)
    y, statistics, pullback = batch_norm(
        x, np.ones(2, np.float32), np.zeros(2, np.float32), EPS, alone, Workspace(), "bn"
    )
    np.testing.assert_allclose(statistics.variance, x.astype(np.float64).var(axis=(1, 2, 3)), rtol=1e-3)
    assert y.dtype == np.float32
    assert all(gradient.dtype == np.float32 for gradient in pullback(y.copy()))
