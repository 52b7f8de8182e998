"""The relatives of relu: values to the last digits, slopes against differences, in place as beside."""

import math

import numpy as np
import pytest

from cnncalc.numerics.rectifiers import gelu, normal_distribution, relu6, silu
from cnncalc.numerics.workspace import Workspace


@pytest.mark.parametrize(("dtype", "error"), [(np.float64, 3e-16), (np.float32, 2e-7)])
def test_the_normal_distribution_is_right_to_the_last_digits(dtype, error):
    x = np.concatenate([np.linspace(-12, 12, 4001), [-1e30, 1e30, 0]]).astype(dtype)
    expected = [math.erfc(-v / math.sqrt(2)) / 2 for v in x.tolist()]
    np.testing.assert_allclose(normal_distribution(x, np.empty_like(x)), expected, rtol=0, atol=error)


@pytest.mark.parametrize(
    ("function", "value"),
    [(relu6, [0, 0.5, 6]), (silu, [-0.2689414, 0.3112297, 6.9936226]), (gelu, [-0.1586553, 0.3457312, 7])],
)
@pytest.mark.parametrize("reuse", [False, True])
def test_values_and_slopes(function, value, reuse):
    x = np.array([-1, 0.5, 7]).reshape(3, 1)
    y, _ = function(x.copy(), Workspace(), "f", reuse=reuse)
    np.testing.assert_allclose(y.ravel(), value, atol=1e-7)
    x = np.random.default_rng(0).normal(size=(4, 3, 2, 5)) * 4
    step = 1e-6
    above, below = (function(x + side, Workspace(), "f")[0] for side in (step, -step))
    given = x.copy()
    y, back = function(given, Workspace(), "f", reuse=reuse)
    assert (y is given) == reuse
    np.testing.assert_allclose(back(np.ones_like(x)), (above - below) / (2 * step), atol=1e-8)
