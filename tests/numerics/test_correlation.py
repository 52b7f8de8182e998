"""Correlation against plain loops, its gradients against the adjoint identity."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnncalc.numerics import shifted
from cnncalc.numerics.correlation import correlate
from cnncalc.numerics.windows import Axis
from cnncalc.numerics.workspace import Array, Workspace
from tests.numerics.engine_cases import fitting, is_real, wide_geometries, windows

pytestmark = pytest.mark.usefixtures("each_processor")


def by_loops(x: Array, weight: Array, bias: Array, axes: tuple[Axis, ...], groups: int) -> Array:
    sizes = x.shape[1:-1]
    out = fitting(axes, sizes)
    filters, share = weight.shape[0], weight.shape[1]
    y = np.zeros((filters, *out, x.shape[-1]))
    for position, seen in windows(axes, out):
        for k in range(filters):
            first = k // (filters // groups) * share
            total = np.full(x.shape[-1], bias[k])
            for offset, pixel in seen:
                if is_real(pixel, sizes):
                    for c in range(share):
                        total += weight[(k, c, *offset)] * x[(first + c, *pixel)]
            y[(k, *position)] = total
    return y


channels = st.tuples(
    st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)
)  # groups, and in and out of each


@settings(max_examples=150, deadline=None)
@given(wide_geometries, channels, st.integers(1, 3), st.integers(0, 99))
@example(
    [(Axis(4, 2, 3, 3), 1), (Axis(4, 3, 6, 6, 2), 1)], (1, 2, 2), 2, 0
)  # none of whose windows lie inside
@example(
    [(Axis(2), 3), (Axis(4), 4), (Axis(5), 5)], (1, 2, 2), 2, 0
)  # columns that are the pixels themselves
@example([(Axis(2), 3), (Axis(1), 4), (Axis(5), 5)], (1, 2, 2), 2, 0)  # and would be, in another order
def test_correlate_agrees_with_plain_loops_and_its_pullback_is_the_adjoint(pairs, counts, n, seed):
    agrees_with_loops(pairs, counts, n, seed)


@st.composite
def along_rows(draw: st.DrawFn) -> list[tuple[Axis, int]]:
    """Windows that go along a row by one pixel, some of them beside the image."""
    pairs = []
    for stride, dilation in ((draw(st.integers(1, 3)), 1), (1, draw(st.integers(1, 2)))):
        kernel = draw(st.integers(1, 4))
        before, after = draw(st.integers(0, kernel + 1)), draw(st.integers(0, kernel + 1))
        smallest = max(1, dilation * (kernel - 1) + 1 - before - after)
        size = draw(st.integers(smallest, smallest + 4))
        pairs.append((Axis(kernel, stride, before, after, dilation), size))
    return pairs


@settings(max_examples=100, deadline=None)
@given(
    along_rows(), st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(0, 99), st.booleans()
)
def test_products_that_are_moved_agree_with_plain_loops(pairs, share, filters, n, seed, near):
    """However few the pixels and filters are; `near`: one row of products at a time."""
    with patch.multiple(shifted, _ENOUGH=0, _FEW=1, _NEAR=1 if near else 1 << 20):
        shifted._bands.cache_clear()
        agrees_with_loops(pairs, (1, share, filters), n, seed)
    shifted._bands.cache_clear()


def agrees_with_loops(pairs: list[tuple[Axis, int]], counts: tuple[int, ...], n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups, share, filters = counts
    axes, sizes = zip(*pairs, strict=True)
    x = rng.standard_normal((groups * share, *sizes, n))
    weight = rng.standard_normal((groups * filters, share, *(axis.kernel for axis in axes)))
    bias = rng.standard_normal(groups * filters)
    y, pullback = correlate(x, weight, bias, axes, fitting(axes, sizes), groups, Workspace(), "conv")
    np.testing.assert_allclose(y, by_loops(x, weight, bias, axes, groups), atol=1e-12)

    dy = rng.standard_normal(y.shape)
    want = np.vdot(dy, y - bias.reshape(-1, *(1 for _ in y.shape[1:])))  # linear in x, and in the weight
    summed = dy.sum(axis=tuple(range(1, dy.ndim)))
    dx, dweight, dbias = pullback(dy)
    assert (dx.shape, dweight.shape) == (x.shape, weight.shape)
    np.testing.assert_allclose(np.vdot(dx, x), want, atol=1e-10)
    np.testing.assert_allclose(np.vdot(dweight, weight), want, atol=1e-10)
    np.testing.assert_allclose(dbias, summed, atol=1e-12)

    # one direction could miss an error that happens to be orthogonal to it
    other_x, other_weight = rng.standard_normal(x.shape), rng.standard_normal(weight.shape)
    zero = np.zeros_like(bias)
    along_x = by_loops(other_x, weight, zero, axes, groups)
    along_weight = by_loops(x, other_weight, zero, axes, groups)
    np.testing.assert_allclose(np.vdot(dx, other_x), np.vdot(dy, along_x), atol=1e-10)
    np.testing.assert_allclose(np.vdot(dweight, other_weight), np.vdot(dy, along_weight), atol=1e-10)


@pytest.mark.parametrize("enough", [0, 1 << 62])  # products are moved, or pixels gathered
@pytest.mark.parametrize("n", [480, 481])  # a row of windows is a whole number of pieces, and is not
@pytest.mark.parametrize(
    "axes",
    [
        (Axis(3, 1, 1, 1), Axis(3, 1, 1, 1)),
        (Axis(3, 2, 1, 0), Axis(3, 1, 0, 2)),
        (Axis(4, 1, 0, 2), Axis(5, 1, 2, 2)),
    ],
)
def test_a_batch_too_large_for_one_product_and_for_the_cache_gives_the_same(
    axes: tuple[Axis, ...], n: int, enough: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shifted, "_ENOUGH", enough)
    rng = np.random.default_rng(7)
    channels, sizes = 8, (9, 13)
    x = rng.standard_normal((channels, *sizes, n))
    weight = rng.standard_normal((channels, channels, *(axis.kernel for axis in axes)))
    zero = np.zeros(channels)
    y, pullback = correlate(x, weight, None, axes, fitting(axes, sizes), 1, Workspace(), "conv")
    np.testing.assert_allclose(y, by_loops(x, weight, zero, axes, 1), atol=1e-11)
    dy = rng.standard_normal(y.shape)
    dx, dweight, _ = pullback(dy.copy())
    for direction in range(2):
        other_x, other_weight = rng.standard_normal(x.shape), rng.standard_normal(weight.shape)
        if not direction:  # one pixel in a corner, one weight
            other_x[:, 1:, :], other_weight[1:] = 0, 0
        np.testing.assert_allclose(
            np.vdot(dx, other_x), np.vdot(dy, by_loops(other_x, weight, zero, axes, 1)), rtol=1e-9
        )
        np.testing.assert_allclose(
            np.vdot(dweight, other_weight), np.vdot(dy, by_loops(x, other_weight, zero, axes, 1)), rtol=1e-9
        )


def lenet_like(rng: np.random.Generator, n: int) -> tuple[Array, Array, tuple[Axis, Axis]]:
    x = rng.standard_normal((2, 9, 8, n), dtype=np.float32)
    return x, rng.standard_normal((3, 2, 5, 5), dtype=np.float32), (Axis(5, 1, 2, 2), Axis(5, 1, 2, 2))


def test_two_steps_of_different_batch_sizes_in_one_workspace_give_what_fresh_ones_give():
    rng = np.random.default_rng(1)
    space = Workspace()
    for n in (8, 3, 8, 11):
        x, weight, axes = lenet_like(rng, n)
        y, pullback = correlate(x, weight, None, axes, (9, 8), 1, space, "conv")
        fresh, fresh_pullback = correlate(x, weight, None, axes, (9, 8), 1, Workspace(), "conv")
        np.testing.assert_array_equal(y, fresh)
        dy = rng.standard_normal(y.shape, dtype=np.float32)
        for mine, theirs in zip(pullback(dy.copy())[:2], fresh_pullback(dy.copy())[:2], strict=True):
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("enough", [0, 1 << 62])
@pytest.mark.parametrize("groups", [1, 2])
def test_other_numbers_in_the_same_memory_give_what_a_fresh_workspace_gives(
    enough: int, groups: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(shifted, "_ENOUGH", enough)
    rng = np.random.default_rng(8)
    space, axes = Workspace(), (Axis(3, 2, 1, 0), Axis(3, 1, 1, 1))
    x, weight = np.zeros((16, 9, 8, 5)), np.zeros((16, 16 // groups, 3, 3))
    dy = np.zeros((16, 4, 8, 5))
    for _ in range(3):
        for each in (x, weight, dy):
            each[...] = rng.standard_normal(each.shape)
        y, pullback = correlate(x, weight, None, axes, (4, 8), groups, space, "conv")
        fresh, fresh_pullback = correlate(x, weight, None, axes, (4, 8), groups, Workspace(), "conv")
        np.testing.assert_array_equal(y, fresh)
        for mine, theirs in zip(pullback(dy)[:2], fresh_pullback(dy)[:2], strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_two_layers_in_one_workspace_do_not_disturb_each_other():
    rng = np.random.default_rng(2)
    x, weight, axes = lenet_like(rng, 4)
    space = Workspace()
    y, pullback = correlate(x, weight, None, axes, (9, 8), 1, space, "one")
    kept = y.copy()
    _, other_pullback = correlate(2 * x, weight[::-1], None, axes, (9, 8), 1, space, "two")
    np.testing.assert_array_equal(y, kept)
    dy = rng.standard_normal(y.shape, dtype=np.float32)
    other_pullback(dy.copy())
    got = pullback(dy.copy())
    fresh = correlate(x, weight, None, axes, (9, 8), 1, Workspace(), "one")[1](dy.copy())
    np.testing.assert_array_equal(got[0], fresh[0])
    np.testing.assert_array_equal(got[1], fresh[1])


def test_the_first_layer_of_a_network_asks_for_no_gradient_of_the_image():
    x, weight, axes = lenet_like(np.random.default_rng(3), 2)
    y, pullback = correlate(x, weight, None, axes, (9, 8), 1, Workspace(), "conv", need_dx=False)
    dx, dweight, dbias = pullback(np.ones_like(y))
    assert dx is None
    assert dbias is None
    assert dweight.shape == weight.shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_result_has_the_precision_of_the_image(dtype):
    x, weight, axes = lenet_like(np.random.default_rng(4), 2)
    y, pullback = correlate(x.astype(dtype), weight.astype(dtype), None, axes, (9, 8), 1, Workspace(), "conv")
    dx, dweight, _ = pullback(y.copy())
    assert y.dtype == dx.dtype == dweight.dtype == dtype


@pytest.mark.parametrize("order", ["C", "F"])
def test_any_order_in_memory_gives_the_same_numbers(order):
    x, weight, axes = lenet_like(np.random.default_rng(5), 4)
    want, pullback = correlate(x, weight, None, axes, (9, 8), 1, Workspace(), "conv")
    dy = np.random.default_rng(6).standard_normal(want.shape, dtype=np.float32)
    want_dx = pullback(dy.copy())[0]
    got, pullback = correlate(
        np.array(x, order=order), np.array(weight, order=order), None, axes, (9, 8), 1, Workspace(), "conv"
    )
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(pullback(np.array(dy, order=order))[0], want_dx, rtol=1e-5, atol=1e-5)
