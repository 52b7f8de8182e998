"""The fully connected layer and flattening."""

from __future__ import annotations

import numpy as np
import pytest

from cnncalc.numerics.dense import dense, flatten
from cnncalc.numerics.workspace import Workspace


def test_dense_is_a_product_and_its_pullback_the_adjoint():
    rng = np.random.default_rng(1)
    x, weight, bias, dy = (rng.standard_normal(shape) for shape in ((5, 7), (3, 5), (3,), (3, 7)))
    y, pullback = dense(x, weight, bias, Workspace(), "fc")
    np.testing.assert_allclose(y, np.einsum("of,fn->on", weight, x) + bias[:, None], atol=1e-12)
    dx, dweight, dbias = pullback(dy.copy())
    v_x, v_weight = rng.standard_normal(x.shape), rng.standard_normal(weight.shape)
    np.testing.assert_allclose(np.vdot(dx, v_x), np.vdot(dy, weight @ v_x), atol=1e-12)
    np.testing.assert_allclose(np.vdot(dweight, v_weight), np.vdot(dy, v_weight @ x), atol=1e-12)
    np.testing.assert_allclose(dbias, dy.sum(axis=1), atol=1e-12)


def test_dense_without_bias_or_gradient_of_the_input():
    y, pullback = dense(np.ones((2, 3)), np.ones((4, 2)), None, Workspace(), "fc", need_dx=False)
    np.testing.assert_array_equal(y, np.full((4, 3), 2))
    dx, dweight, dbias = pullback(np.ones((4, 3)))
    assert dx is None
    assert dbias is None
    np.testing.assert_array_equal(dweight, np.full((4, 2), 3))


@pytest.mark.parametrize("shape", [(3, 4), (3, 5, 4), (3, 2, 5, 4), (3, 2, 2, 5, 4)])
def test_flatten_goes_channel_by_channel_whatever_the_order_in_memory(shape):
    x = np.arange(np.prod(shape)).reshape(shape).astype(np.float32)
    lying = Workspace().image("x", shape, np.float32)
    lying[...] = x
    y, pullback = flatten(lying, Workspace(), "flatten")
    np.testing.assert_array_equal(y, x.reshape(-1, shape[-1]))
    np.testing.assert_array_equal(pullback(y.copy()), x)
