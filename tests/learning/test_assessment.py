"""What was taken for what: a matrix worked by hand, then every figure by counting pictures one by one."""

import math
from collections import Counter

import numpy as np
import pytest

from cnncalc.layers import parse
from cnncalc.learning.assessment import Assessment, Confusion, assess
from cnncalc.learning.evaluation import inputs_for
from cnncalc.learning.losses import CrossEntropy, Loss, SquaredError
from cnncalc.learning.network import Network
from cnncalc.learning.team import Team
from cnncalc.numerics.run import Run
from tests.learning.scoring import scored
from tests.learning.sets import bars

# 10 cats, of which 7 are found and 3 taken for dogs; 5 dogs, of which 1 is taken for a cat; no cow, but one guess
BY_HAND = Assessment(("cat", "dog", "cow"), ((7, 3, 0), (1, 3, 1), (0, 0, 0)), 0.5, "cross-entropy", ())


def test_the_figures_of_a_matrix_by_hand() -> None:
    cat, dog, cow = BY_HAND.by_class()
    assert cat == ("cat", 10, 8, 7, 7 / 8, 7 / 10, 14 / 18)
    assert dog == ("dog", 5, 6, 3, 3 / 6, 3 / 5, 6 / 11)
    assert cow == ("cow", 0, 1, 0, 0.0, None, 0.0)
    assert BY_HAND.means() == pytest.approx(((7 / 8 + 1 / 2) / 2, (0.7 + 0.6) / 2, (14 / 18 + 6 / 11) / 2))
    assert (BY_HAND.pictures, BY_HAND.right, BY_HAND.accuracy) == (15, 10, 10 / 15)
    assert BY_HAND.standard_error == pytest.approx(math.sqrt((2 / 3) * (1 / 3) / 15))
    assert BY_HAND.confusions() == [Confusion(0, 1, 3), Confusion(1, 0, 1), Confusion(1, 2, 1)]


def test_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    for row in BY_HAND.by_class()[:2]:
        assert row.precision
        assert row.recall
        assert row.f1 == pytest.approx(2 / (1 / row.precision + 1 / row.recall))


def test_a_class_that_is_neither_there_nor_guessed_has_no_figures() -> None:
    _, other = Assessment(("a", "b"), ((4, 0), (0, 0)), 0.0, "mse", ()).by_class()
    assert other[4:] == (None, None, None)


@pytest.mark.parametrize("loss", [CrossEntropy(), SquaredError()])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("text", ["fc 4", "conv 3x3x3; relu; fc 4; softmax"])
def test_every_figure_is_that_of_counting_one_picture_after_the_other(
    text: str, threads: int, loss: Loss
) -> None:
    data = bars(test=530)  # several batches for each worker
    network = Network(parse(f"input 8x8x1; {text}"))
    network.initialise(np.random.default_rng(3))
    inputs = inputs_for(network, data)
    with Team(threads) as team:
        found = assess(network, data.test, data.classes, inputs, team, loss)
        score = scored(network, data.test, inputs, team, loss)
    taken, losses = Counter[tuple[int, int]](), {}
    for i, label in enumerate(data.test.labels.tolist()):
        run = Run(train=False)
        x = inputs.batch(data.test.images[i : i + 1], run.space, network.dtype)
        shares = network.probabilities(x, Run(train=False))[:, 0].astype(float)
        outputs = network.forward(x, run)[0][:, 0].astype(float)
        guess = int(shares.argmax())
        taken[label, guess] += 1
        if guess != label:
            target = np.eye(4)[label]
            y = shares if network.softmax else outputs
            one = -math.log(shares[label]) if loss.name == "cross-entropy" else ((y - target) ** 2).sum() / 4
            losses[i] = (label, guess, one, shares[guess], shares[label])
    assert found.matrix == tuple(tuple(taken[label, guess] for guess in range(4)) for label in range(4))
    assert (found.right, found.pictures) == (score.right, 530)
    assert found.loss == pytest.approx(score.loss / 530, rel=1e-6)
    assert {each.picture for each in found.mistakes} == set(losses)
    for mistake in found.mistakes:
        assert mistake[1:] == pytest.approx(losses[mistake.picture], rel=1e-4)
    shown = [mistake.loss for mistake in found.mistakes]
    assert shown == sorted(shown, reverse=True)
    document = found.document(worst=2)
    assert [each["picture"] for each in document["mistakes"]] == [m.picture for m in found.mistakes[:2]]


@pytest.mark.bench
def test_the_figures_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 6, 500)
    guesses = np.where(rng.random(500) < 0.6, labels, rng.integers(0, 6, 500))
    matrix = metrics.confusion_matrix(labels, guesses)
    rows = Assessment(tuple("abcdef"), tuple(map(tuple, matrix.tolist())), 0.0, "mse", ()).by_class()
    expected = metrics.precision_recall_fscore_support(labels, guesses)
    assert np.allclose([[r.precision, r.recall, r.f1, r.support] for r in rows], np.transpose(expected))
