"""One step: the gradient of the batch, what is added to it, and what the optimiser is given."""

import numpy as np
import pytest

from cnncalc.layers import parse
from cnncalc.learning import descent
from cnncalc.learning import trainer as module
from cnncalc.learning.evaluation import inputs_for
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.losses import Score
from cnncalc.learning.network import Network
from cnncalc.learning.optimisers import OPTIMISERS
from cnncalc.learning.settings import Settings
from cnncalc.learning.share import Shares
from cnncalc.learning.team import Team
from cnncalc.learning.trainer import Trainer
from cnncalc.numerics.workspace import Array
from tests.learning.sets import bars

SMALL = "input 8x8x1; conv 6x3x3; relu; maxpool 2x2; batchnorm; fc 4; softmax"
DATA = bars()


def stepped(
    text: str, settings: Settings, examples: int = 30, threads: int = 2, rate: float = 0.1
) -> Network:
    """The network after one step, in double precision."""
    network = Network(parse(text), dtype=np.float64)
    network.initialise(np.random.default_rng(0))
    with Team(threads) as team:
        trainer = Trainer(network, inputs_for(network, DATA), team, np.random.default_rng(0), settings)
        trainer.step(DATA.train.images[:examples], DATA.train.labels[:examples], rate)
    return network


def start(text: str) -> Network:
    network = Network(parse(text), dtype=np.float64)
    network.initialise(np.random.default_rng(0))
    return network


def test_one_batch_is_learned_to_a_loss_of_nothing() -> None:
    data = bars()
    network = Network(parse("input 8x8x1; conv 8x3x3 pad 1; tanh; avgpool 2x2; fc 16; relu; fc 4"))
    rng = np.random.default_rng(0)
    network.initialise(rng)
    labels = rng.integers(0, 4, 16)  # drawn, so that they have to be learned by heart
    with Team(2) as team:
        trainer = Trainer(network, inputs_for(network, data), team, rng)
        losses = [trainer.step(data.train.images[:16], labels, 0.01).loss for _ in range(300)]
    assert losses[0] > 10
    assert losses[-1] < 0.05


@pytest.mark.parametrize("examples", [2, 7])
def test_a_step_takes_the_gradient_of_the_mean_loss_however_many_share_it(examples: int) -> None:
    before = start(SMALL).parameters.vector
    moved = [
        before - stepped(SMALL, Settings(optimiser="sgd"), examples, threads, rate=1.0).parameters.vector
        for threads in (1, 3)
    ]
    assert np.abs(moved[0]).max() > 0.01
    assert moved[1] == pytest.approx(moved[0], abs=1e-12)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("clip", [0.0, 0.01])
def test_a_step_is_the_same_in_one_piece_and_in_many(
    monkeypatch: pytest.MonkeyPatch, optimiser: str, clip: float
) -> None:
    """Also where a piece ends inside a layer, with penalty and decay, after several steps."""
    settings = Settings(optimiser=optimiser, clip=clip, l2=0.1, decay=0.1)
    found = []
    for piece, threads in ((10**6, 1), (7, 1), (1000, 3)):
        monkeypatch.setattr(descent, "PIECE", piece)
        network = start(SMALL)
        with Team(threads) as team:
            trainer = Trainer(network, inputs_for(network, DATA), team, np.random.default_rng(0), settings)
            for i in range(3):
                part = slice(20 * i, 20 * i + 20)
                trainer.step(DATA.train.images[part], DATA.train.labels[part], 0.1)
        found.append(network.parameters.vector)
    assert np.abs(found[0] - start(SMALL).parameters.vector).max() > 1e-4
    assert found[1] == pytest.approx(found[0], abs=1e-9)
    assert found[2] == pytest.approx(found[0], abs=1e-9)


def test_running_averages_are_those_of_pytorch() -> None:
    """running ← 0.9·running + 0.1·batch, with the unbiased variance."""
    network = Network(parse("input 2x2x1; batchnorm; fc 4"), dtype=np.float64)
    data = bars(train=5)
    images = data.train.images[:, :2, :2]
    with Team(2) as team:
        trainer = Trainer(network, Inputs((2, 2, 1), (2, 2, 1), 0.0, 1 / 255), team, np.random.default_rng(0))
        trainer.step(images, data.train.labels, 0.0)
    assert network.buffers["0.running_mean"] == pytest.approx(0.1 * images.mean())
    assert network.buffers["0.running_var"] == pytest.approx(0.9 + 0.1 * images.var(ddof=1))


def test_the_penalty_adds_lambda_times_the_weights_and_leaves_biases_and_scales_alone() -> None:
    before = start(SMALL).parameters.views
    plain = stepped(SMALL, Settings(optimiser="sgd")).parameters.views
    penalised = stepped(SMALL, Settings(optimiser="sgd", l2=0.5)).parameters.views
    for name, view in before.items():
        share = 0.1 * 0.5 if name in ("0.weight", "5.weight") else 0.0
        assert plain[name] - penalised[name] == pytest.approx(share * view, abs=1e-12), name


def test_the_penalty_is_the_gradient_of_half_lambda_times_the_squares() -> None:
    """½λ‖W‖² by differences, in the direction of the step."""
    weights = start(SMALL).parameters.views["5.weight"]
    step = np.zeros_like(weights)
    step[1, 2] = 1e-4
    half = [0.5 * 0.5 * ((weights + sign * step) ** 2).sum() for sign in (1, -1)]
    slope = (half[0] - half[1]) / 2e-4
    plain = stepped(SMALL, Settings(optimiser="sgd")).parameters.views["5.weight"]
    penalised = stepped(SMALL, Settings(optimiser="sgd", l2=0.5)).parameters.views["5.weight"]
    assert (plain - penalised)[1, 2] == pytest.approx(0.1 * slope)


def test_decoupled_decay_shrinks_the_weights_by_the_rate_times_lambda_whatever_the_gradient() -> None:
    before = start(SMALL).parameters.views
    plain = stepped(SMALL, Settings(optimiser="adam")).parameters.views
    decayed = stepped(SMALL, Settings(optimiser="adamw", decay=0.5)).parameters.views
    for name, view in before.items():
        share = 0.1 * 0.5 if name in ("0.weight", "5.weight") else 0.0
        assert plain[name] - decayed[name] == pytest.approx(share * view, abs=1e-12), name


def test_a_long_gradient_is_clipped_as_a_whole_and_a_short_one_left_alone() -> None:
    before = start(SMALL).parameters.vector
    plain = before - stepped(SMALL, Settings(optimiser="sgd"), rate=1.0).parameters.vector
    length = float(np.linalg.norm(plain))
    clipped = before - stepped(SMALL, Settings(optimiser="sgd", clip=length / 4), rate=1.0).parameters.vector
    assert clipped == pytest.approx(plain / 4)
    loose = before - stepped(SMALL, Settings(optimiser="sgd", clip=length * 1.01), rate=1.0).parameters.vector
    assert loose == pytest.approx(plain)


def test_what_is_clipped_is_the_gradient_with_the_penalty() -> None:
    before = start(SMALL).parameters.vector
    moved = before - stepped(SMALL, Settings(optimiser="sgd", l2=9.0, clip=0.5), rate=1.0).parameters.vector
    assert np.linalg.norm(moved) == pytest.approx(0.5)


def test_a_batch_taken_by_slices_has_the_gradient_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    text = SMALL.replace("batchnorm; ", "")
    whole = stepped(text, Settings(optimiser="sgd"), examples=100).parameters.vector
    seen = []
    plain = Shares.slope

    def slope(self: Shares, images: Array, labels: Array, examples: int) -> list[Score]:
        seen.append((len(images), len(labels), examples))
        return plain(self, images, labels, examples)

    monkeypatch.setattr(module, "AT_ONCE", 30)
    monkeypatch.setattr(Shares, "slope", slope)
    sliced = stepped(text, Settings(optimiser="sgd"), examples=100).parameters.vector
    assert seen == [(30, 30, 100)] * 3 + [(10, 10, 100)]
    assert sliced == pytest.approx(whole, abs=1e-13)


def test_slices_count_every_example_once(monkeypatch: pytest.MonkeyPatch) -> None:
    network = start("input 8x8x1; fc 4")
    scores = []
    for at_once in (100, 7):
        monkeypatch.setattr(module, "AT_ONCE", at_once)
        with Team(1) as team:
            trainer = Trainer(network, inputs_for(network, DATA), team, np.random.default_rng(0))
            scores.append(trainer.step(DATA.train.images[:50], DATA.train.labels[:50], 0.0))
    assert scores[0].right == scores[1].right
    assert scores[0].loss == pytest.approx(scores[1].loss)


@pytest.mark.parametrize("words", ["batchnorm", "fc 8; batchnorm; relu"])
def test_single_examples_are_learned_through_batch_normalisation(words: str) -> None:
    network = stepped(f"input 8x8x1; conv 2x3x3; {words}; fc 4", Settings(optimiser="sgd"), examples=1)
    assert all(np.isfinite(value).all() for value in network.tensors().values())


@pytest.mark.parametrize("softmax", ["", "; softmax"])
def test_squared_error_is_followed_back_through_the_whole_network(softmax: str) -> None:
    """One step of plain descent against differences of the loss itself, and a softmax as a layer."""
    text = "input 8x8x1; conv 2x3x3; tanh; fc 4"
    images, labels = DATA.train.images[:5], DATA.train.labels[:5]
    network = start(text + softmax)
    inputs = inputs_for(network, DATA)
    vector = network.parameters.vector
    before = vector.copy()

    def loss() -> float:
        from cnncalc.numerics.run import Run

        alone = Run(train=False)
        y, _ = network.forward(inputs.batch(images, alone.space, network.dtype), alone)
        y = np.exp(y) / np.exp(y).sum(axis=0) if softmax else y
        targets = np.eye(4)[labels].T
        return float(((y - targets) ** 2).mean())

    slopes = []
    for i in range(0, vector.size, 17):
        values = []
        for sign in (1, -1):
            vector[:] = before
            vector[i] += sign * 1e-6
            values.append(loss())
        slopes.append((values[0] - values[1]) / 2e-6)
    moved = (
        before
        - stepped(
            text + softmax, Settings(optimiser="sgd", loss="mse"), examples=5, rate=1.0
        ).parameters.vector
    )
    assert moved[::17] == pytest.approx(slopes, abs=1e-8)
    assert np.abs(slopes).max() > 1e-3
