"""The loss against its definition, and its gradient against differences."""

import numpy as np
import pytest

from cnncalc.learning.losses import softmax_cross_entropy

LOGITS = np.array([[2.0, -1.0, 0.5], [0.5, 3.0, 0.5], [-1.0, 0.0, 1.0]])
LABELS = np.array([0, 2, 1])


def test_it_is_minus_the_logarithm_of_the_share_of_the_right_class() -> None:
    score, _ = softmax_cross_entropy(LOGITS.copy(), LABELS, 3)
    expected = 0.0
    for example, label in enumerate(LABELS):
        column = LOGITS[:, example]
        expected -= np.log(np.exp(column[label]) / sum(np.exp(value) for value in column))
    assert score.loss == pytest.approx(expected)
    assert score.right == 1


def test_its_gradient_is_that_of_the_mean() -> None:
    _, gradient = softmax_cross_entropy(LOGITS.copy(), LABELS, 3)
    for place in np.ndindex(LOGITS.shape):
        step = np.zeros_like(LOGITS)
        step[place] = 1e-6
        up = softmax_cross_entropy(LOGITS + step, LABELS, 3)[0].loss
        down = softmax_cross_entropy(LOGITS - step, LABELS, 3)[0].loss
        assert gradient[place] == pytest.approx((up - down) / 2e-6 / 3, abs=1e-8)


def test_large_logits_do_not_overflow() -> None:
    score, gradient = softmax_cross_entropy(np.array([[1e4], [-1e4]], np.float32), np.array([1]), 1)
    assert score.loss == pytest.approx(2e4)
    assert np.isfinite(gradient).all()
