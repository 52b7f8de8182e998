"""The losses against their definitions, and their gradients against differences."""

import numpy as np
import pytest

from cnncalc.learning.losses import LOSSES, CrossEntropy, Loss, Score, SquaredError, total
from cnncalc.numerics.workspace import Array, Workspace

OUTPUTS = np.array([[2.0, -1.0, 0.5, 0.1], [0.5, 3.0, 0.5, 0.2], [-1.0, 0.0, 1.0, 0.3]])
LABELS = np.array([0, 2, 1, 2])


def scored(loss: Loss, outputs: Array, *, softmax: bool = False, examples: int = 4) -> tuple[Score, Array]:
    score, gradient = loss.score(
        outputs.copy(), LABELS[: outputs.shape[1]], examples, Workspace(), softmax=softmax
    )
    return score, gradient.copy()


def shares(column: Array) -> list[float]:
    return [np.exp(value) / sum(np.exp(other) for other in column) for value in column]


def test_cross_entropy_is_minus_the_logarithm_of_the_share_of_the_right_class() -> None:
    expected = -sum(np.log(shares(OUTPUTS[:, i])[label]) for i, label in enumerate(LABELS))
    for softmax in (False, True):
        score, _ = scored(CrossEntropy(), OUTPUTS, softmax=softmax)
        assert score.loss == pytest.approx(expected)
        assert score.right == 2


def test_squared_error_is_the_mean_over_the_outputs_of_the_distance_from_one_hot() -> None:
    by_hand = (1 + 0.25 + 1) + (1 + 9 + 1) + (0.25 + 0.25 + 1) + (0.01 + 0.04 + 0.49)
    score, _ = scored(SquaredError(), OUTPUTS)
    assert score.loss == pytest.approx(by_hand / 3)
    assert score.right == 2


def test_behind_a_softmax_squared_error_is_that_of_the_shares() -> None:
    expected = 0.0
    for i, label in enumerate(LABELS):
        expected += sum((share - (j == label)) ** 2 for j, share in enumerate(shares(OUTPUTS[:, i]))) / 3
    assert scored(SquaredError(), OUTPUTS, softmax=True)[0].loss == pytest.approx(expected)


@pytest.mark.parametrize("softmax", [False, True])
@pytest.mark.parametrize("cls", LOSSES.values())
def test_the_gradient_is_that_of_the_mean_over_the_whole_batch(cls: type[Loss], softmax: bool) -> None:
    _, gradient = scored(cls(), OUTPUTS, softmax=softmax, examples=9)
    assert gradient.shape == OUTPUTS.shape
    for place in np.ndindex(OUTPUTS.shape):
        step = np.zeros_like(OUTPUTS)
        step[place] = 1e-6
        up, down = (scored(cls(), OUTPUTS + sign * step, softmax=softmax)[0].loss for sign in (1, -1))
        assert gradient[place] == pytest.approx((up - down) / 2e-6 / 9, abs=1e-8)


@pytest.mark.parametrize("cls", LOSSES.values())
def test_large_outputs_do_not_overflow(cls: type[Loss]) -> None:
    outputs = np.array([[1e4, -1e4], [-1e4, 1e4]], np.float32)
    score, gradient = cls().score(outputs, np.array([1, 1]), 2, Workspace(), softmax=True)
    assert np.isfinite(score.loss)
    assert np.isfinite(gradient).all()
    assert gradient.dtype == np.float32
    assert cls is not CrossEntropy or score.loss == pytest.approx(2e4)


def test_parts_add_up() -> None:
    assert total([Score(1.5, 2), Score(0.25, 3)]) == Score(1.75, 5)
