"""The moving average is the weighted mean that it is said to be."""

import numpy as np
import pytest

from cnncalc.layers import parse
from cnncalc.learning.averaging import Average
from cnncalc.learning.network import Network


def test_each_step_counts_by_beta_to_the_power_of_its_age_and_the_start_not_at_all() -> None:
    network = Network(parse("input 4; batchnorm; fc 3"), dtype=np.float64)
    network.parameters.vector[:] = 1e9
    average = Average(network, 0.8)
    rng = np.random.default_rng(0)
    vectors, means = [], []
    for _ in range(5):
        network.parameters.vector[:] = rng.normal(size=network.parameters.vector.size)
        network.buffers["0.running_mean"][:] = rng.normal(size=4)
        vectors.append(network.parameters.vector.copy())
        means.append(network.buffers["0.running_mean"].copy())
        average.update()
    weights = np.array([0.8**age for age in (4, 3, 2, 1, 0)])
    weights /= weights.sum()
    assert average.averages["parameters"] == pytest.approx(weights @ np.array(vectors))
    assert average.averages["0.running_mean"] == pytest.approx(weights @ np.array(means))


def test_the_network_has_the_averages_only_while_that_is_asked_for() -> None:
    network = Network(parse("input 4; fc 3"))
    average = Average(network, 0.5)
    network.parameters.vector[:] = 2
    average.update()
    network.parameters.vector[:] = 5
    average.update()  # weights 1/3 and 2/3
    with average.in_place():
        assert network.parameters.vector == pytest.approx(4)
        assert network.parameters.views["0.weight"] == pytest.approx(4)
    assert (network.parameters.vector == 5).all()
    assert average.averages["parameters"] == pytest.approx(4)
