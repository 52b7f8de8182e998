"""Adam against the formulas of the paper, and the course of the learning rate."""

import numpy as np
import pytest

from cnncalc.learning.optimisers import Adam, cyclic_rate


def test_adam_takes_the_steps_of_algorithm_1_of_kingma_and_ba() -> None:
    rng = np.random.default_rng(0)
    parameters = rng.normal(size=5)
    expected = parameters.copy()
    mean, square = np.zeros(5), np.zeros(5)
    adam = Adam(5, np.dtype(np.float64), betas=(0.9, 0.999))
    for t in range(1, 8):
        gradient = rng.normal(size=5) * 10.0 ** rng.integers(-3, 3, 5)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        expected -= 0.01 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
        adam.step(parameters, gradient.copy(), 0.01)
        assert parameters == pytest.approx(expected, rel=1e-12)


def test_the_rate_climbs_and_falls_in_each_epoch_and_peaks_lower_every_time() -> None:
    rates = np.array([cyclic_rate(done, 4, 1.0) for done in np.linspace(0, 4, 4001)])
    peaks = [rates[1000 * epoch : 1000 * (epoch + 1)].max() for epoch in range(4)]
    assert peaks == pytest.approx([1, 0.75, 0.5, 0.25])
    assert rates[[999, 1999, 2999, 4000]] == pytest.approx(0, abs=1e-4)
    assert rates[0] == pytest.approx(0.04)
    assert (rates >= 0).all()
    assert np.abs(np.diff(rates[:1000])).max() < 0.011  # no jumps within an epoch
