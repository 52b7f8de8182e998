"""Pooling against plain loops, its gradients against the adjoint identity."""

from __future__ import annotations

from itertools import product
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.numerics import max_pooling
from cnncalc.numerics.average_pooling import average_pool
from cnncalc.numerics.max_pooling import max_pool
from cnncalc.numerics.windows import Axis
from cnncalc.numerics.workspace import Array, Workspace
from tests.numerics.engine_cases import is_real, pooling_geometries, windows


def largest(x: Array, axes: tuple[Axis, ...], out: tuple[int, ...], dy: Array) -> tuple[Array, Array]:
    """The largest pixel of every window, and dy given to the first that is as large; by plain loops."""
    y, dx = np.full(dy.shape, -np.inf), np.zeros_like(x)
    for position, seen in windows(axes, out):
        real = [pixel for _, pixel in seen if is_real(pixel, x.shape[1:-1])]
        for channel, image in product(range(x.shape[0]), range(x.shape[-1]) if real else ()):
            winner = max(real, key=lambda pixel: x[(channel, *pixel, image)])  # max keeps the first
            y[(channel, *position, image)] = x[(channel, *winner, image)]
            dx[(channel, *winner, image)] += dy[(channel, *position, image)]
    return y, dx


@settings(max_examples=150, deadline=None)
@given(
    pooling_geometries(), st.integers(1, 2), st.integers(1, 3), st.integers(0, 99), st.sampled_from([1, 30])
)
def test_max_pool_finds_the_largest_and_gives_it_all_the_gradient(geometry, c, n, seed, strip):
    axes, sizes, out = geometry
    rng = np.random.default_rng(seed)
    shape = (c, *sizes, n)
    x = rng.permutation(np.prod(shape)).reshape(shape).astype(np.float64)
    dy = rng.standard_normal((c, *out, n))
    with mock.patch.object(
        max_pooling, "_STRIP", strip
    ):  # images as small as these pass in one piece otherwise
        y, pullback = max_pool(x, axes, out, Workspace(), "pool")
        dx = pullback(dy.copy())
        tested, _ = max_pool(x, axes, out, Workspace(), "pool", train=False)
    want, want_dx = largest(x, axes, out, dy)
    np.testing.assert_array_equal(y, want)
    np.testing.assert_array_equal(tested, want)
    np.testing.assert_allclose(dx, want_dx, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(pooling_geometries(), st.integers(0, 99))
def test_of_equal_pixels_the_first_in_row_major_order_wins(geometry, seed):
    axes, sizes, out = geometry
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2, (1, *sizes, 2)).astype(np.float64)
    y, pullback = max_pool(x, axes, out, Workspace(), "pool")
    dy = rng.standard_normal(y.shape)
    _, want = largest(x, axes, out, dy)
    np.testing.assert_allclose(pullback(dy), want, atol=1e-12)


@settings(max_examples=150, deadline=None)
@given(pooling_geometries(), st.booleans(), st.integers(1, 3), st.integers(0, 99))
def test_average_pool_agrees_with_plain_loops_and_its_pullback_is_the_adjoint(geometry, count, n, seed):
    axes, sizes, out = geometry
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((2, *sizes, n))
    bounds = [(-a.before, s + a.after) for a, s in zip(axes, sizes, strict=True)]
    want = np.zeros((2, *out, n))
    for position, seen in windows(axes, out):
        real = [pixel for _, pixel in seen if is_real(pixel, sizes)]
        padded = [
            pixel
            for _, pixel in seen
            if all(low <= p < high for p, (low, high) in zip(pixel, bounds, strict=True))
        ]
        divisor = len(padded if count else real)
        if not divisor:
            return  # a window that counts nothing has no mean; the layer's geometry rules it out
        want[(slice(None), *position)] = sum(x[(slice(None), *pixel)] for pixel in real) / divisor
    y, pullback = average_pool(x, axes, out, Workspace(), "pool", count_padding=count)
    np.testing.assert_allclose(y, want, atol=1e-12)
    dy = rng.standard_normal(y.shape)
    along = np.vdot(dy, y)
    np.testing.assert_allclose(np.vdot(pullback(dy), x), along, atol=1e-10)


@pytest.mark.parametrize(
    ("axes", "out"),
    [((Axis(2, 2), Axis(2, 2)), (3, 3)), ((Axis(3, 2, 1, 1), Axis(2, 3, 1)), (4, 2))],
    ids=["apart", "overlapping"],
)
@pytest.mark.parametrize("pool", [max_pool, average_pool])
def test_pooling_leaves_its_input_alone_and_repeats_itself_in_a_used_workspace(pool, axes, out):
    rng = np.random.default_rng(7)
    space = Workspace()
    for n in (8, 3, 8, 3, 9):  # what is done with new memory is forgotten, and found out once more
        x, dy = (
            space.image(name, (3, *sides, n), np.float32) for name, sides in (("x", (7, 6)), ("dy", out))
        )
        kept = rng.standard_normal(x.shape, dtype=np.float32)
        np.copyto(x, kept)
        max_pool(x, axes, out, space, "pool", train=False)  # as between two epochs
        y, pullback = pool(x, axes, out, space, "pool")
        fresh, fresh_pullback = pool(x, axes, out, Workspace(), "pool")
        np.testing.assert_array_equal(y, fresh)
        np.copyto(dy, y)
        np.testing.assert_array_equal(pullback(dy), fresh_pullback(fresh.copy()))
        np.testing.assert_array_equal(x, kept)


def test_an_activation_may_overwrite_the_output_of_a_pooling_before_the_pullback_runs():
    x = np.random.default_rng(8).standard_normal((2, 6, 6, 4))
    axes, out = (Axis(3, 2, 1, 1), Axis(2, 2)), (3, 3)
    for pool in (max_pool, average_pool):
        y, pullback = pool(x, axes, out, Workspace(), "pool")
        dy = np.ones_like(y)
        want = pullback(dy.copy()).copy()
        y.fill(-1)
        np.testing.assert_array_equal(pullback(dy), want)


def test_two_poolings_in_one_workspace_do_not_disturb_each_other():
    x = np.random.default_rng(9).standard_normal((2, 6, 6, 4))
    axes, out = (Axis(3, 2, 1, 1), Axis(2, 2)), (3, 3)
    for pool in (max_pool, average_pool):
        space = Workspace()
        y, pullback = pool(x, axes, out, space, "one")
        kept, want = y.copy(), pool(x, axes, out, Workspace(), "one")[1](np.ones_like(y))
        other, other_pullback = pool(-x, axes, out, space, "two")
        other_pullback(np.full_like(other, 3))
        np.testing.assert_array_equal(y, kept)
        np.testing.assert_array_equal(pullback(np.ones_like(y)), want)
