"""Training drives the loss down, the same way each time, and stops when it runs away."""

import numpy as np
import pytest

from cnncalc.arithmetic.zoo import ZOO
from cnncalc.errors import DivergenceError, ShapeError
from cnncalc.layers import Layer, parse
from cnncalc.learning.data import Split, load
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.losses import Score
from cnncalc.learning.network import Network
from cnncalc.learning.team import Team
from cnncalc.learning.training import Epoch, Progress, Settings, Trainer, evaluate, inputs_for, train
from cnncalc.numerics.workspace import Array
from tests.learning.sets import bars

SMALL = "input 8x8x1; conv 6x3x3; relu; maxpool 2x2; batchnorm; dropout 0.1; fc 4; softmax"


def trained(
    text: str, settings: Settings, seed: int = 0, threads: int = 2
) -> tuple[Network, list[Progress | Epoch]]:
    rng = np.random.default_rng(seed)
    network = Network(parse(text))
    network.initialise(rng)
    with Team(threads) as team:
        return network, list(train(network, bars(), settings, team, rng))


def test_bars_are_learned() -> None:
    network, events = trained(SMALL, Settings(epochs=8, batch=20, rate=0.02))
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert [epoch.epoch for epoch in epochs] == list(range(1, 9))
    assert epochs[-1].test_accuracy == 1
    assert epochs[-1].loss < epochs[0].loss / 2
    with Team(2) as team:
        score = evaluate(network, bars().test, inputs_for(network, bars()), team)
    assert score.right == 100


def test_progress_counts_every_picture_and_ends_with_nothing_left() -> None:
    _, events = trained("input 8x8x1; fc 4", Settings(epochs=2, batch=128))
    progress = [event for event in events if isinstance(event, Progress)]
    assert [(event.epoch, event.images, event.of) for event in progress] == [
        (epoch, images, 300) for epoch in (1, 2) for images in (128, 256, 300)
    ]
    assert progress[-1].left == 0


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


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_the_same_seed_gives_the_same_bytes(threads: int) -> None:
    runs = [trained(SMALL, Settings(epochs=1, batch=31), threads=threads)[0] for _ in range(2)]
    assert runs[0].parameters.vector.tobytes() == runs[1].parameters.vector.tobytes()
    assert all(runs[0].buffers[name].tobytes() == runs[1].buffers[name].tobytes() for name in runs[0].buffers)
    other = trained(SMALL, Settings(epochs=1, batch=31), seed=1, threads=threads)[0]
    assert runs[0].parameters.vector.tobytes() != other.parameters.vector.tobytes()


def test_each_epoch_goes_through_all_pictures_in_an_order_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Array] = []

    def record(_: Trainer, images: Array, labels: Array, rate: float) -> Score:  # noqa: ARG001
        seen.extend(images)
        return Score(0.0, 0)

    monkeypatch.setattr(Trainer, "step", record)
    trained("input 8x8x1; fc 4", Settings(epochs=2, batch=32))
    first, second = ([image.tobytes() for image in part] for part in (seen[:300], seen[300:]))
    stored = [image.tobytes() for image in bars().train.images]
    assert sorted(first) == sorted(second) == sorted(stored)
    assert stored != first != second != stored


def test_a_step_takes_the_gradient_of_the_mean_loss_however_many_share_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = bars()
    gradients = []
    for threads in (1, 3):
        network = Network(parse(SMALL.replace("dropout 0.1; ", "")), dtype=np.float64)
        network.initialise(np.random.default_rng(0))
        with Team(threads) as team:
            trainer = Trainer(network, inputs_for(network, data), team, np.random.default_rng(0))
            keep = gradients.append
            monkeypatch.setattr(
                trainer.optimiser, "step", lambda _, gradient, __, keep=keep: keep(gradient.copy())
            )
            trainer.step(data.train.images[:7], data.train.labels[:7], 0.1)
    assert np.abs(gradients[0]).max() > 0.01
    assert gradients[1] == pytest.approx(gradients[0], abs=1e-12)


def test_batches_smaller_than_the_team_are_learned_too() -> None:
    network, events = trained("input 8x8x1; fc 4", Settings(epochs=1, batch=1, rate=0.01), threads=3)
    assert np.isfinite(network.parameters.vector).all()
    assert isinstance(events[-1], Epoch)


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


def test_a_loss_that_is_not_finite_stops_the_training() -> None:
    with pytest.raises(DivergenceError, match="no longer finite") as caught:
        trained(
            "input 8x8x1; fc 50; identity; fc 50; identity; fc 4", Settings(epochs=50, batch=20, rate=1e30)
        )
    assert "--rate" in caught.value.hint


def test_every_layer_word_can_be_trained() -> None:
    sizes = {"conv": "2x3x3", "maxpool": "2x2", "pool": "2x2", "avgpool": "2x2", "fc": "5", "dense": "5"}
    sizes["depthwise"] = "3x3"
    for word, cls in Layer.known.items():
        if cls.forward is Layer.forward:
            continue
        network, _ = trained(f"input 8x8x1; {word} {sizes.get(word, '')}; fc 4", Settings(epochs=1, batch=50))
        assert np.isfinite(network.parameters.vector).all(), word


def test_pictures_are_standardised_and_centred_on_black() -> None:
    inputs = Inputs((2, 2, 1), (5, 4, 1), 0.5, 0.25)
    images = np.array([[[[0], [255]], [[51], [102]]]], np.uint8)
    from cnncalc.numerics.workspace import Workspace

    x = inputs.batch(images, Workspace(), np.dtype(np.float64))
    black, white = (0 - 0.5) / 0.25, (1 - 0.5) / 0.25
    expected = np.full((5, 4), black)
    expected[1:3, 1:3] = [[black, white], [(0.2 - 0.5) / 0.25, (0.4 - 0.5) / 0.25]]
    assert x.shape == (1, 5, 4, 1)
    assert x[0, :, :, 0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("input 8x8x1; fc 5", "5 classes apart, bars has 4"),
        ("input 7x8x1; fc 4", "pictures of 8×8×1 do not fit an input of 7×8×1"),
        ("input 8x8x3; fc 4", "pictures of 8×8×1 do not fit an input of 8×8×3"),
        ("input 64; fc 4", "pictures of 8×8×1 do not fit an input of 64"),
    ],
)
def test_a_network_that_does_not_fit_the_data(text: str, message: str) -> None:
    with pytest.raises(ShapeError, match=message) as caught:
        inputs_for(Network(parse(text)), bars())
    assert caught.value.hint


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_default_network_reaches_99_percent(seed: int) -> None:
    """At least 98.7 % of the 10,000 test digits after the first epoch, 99.0 % at the end of the default run."""
    rng = np.random.default_rng(seed)
    network = Network(ZOO["default"].model)
    network.initialise(rng)
    with Team(2) as team:
        events = train(network, load("mnist"), Settings(), team, rng)
        accuracies = [event.test_accuracy for event in events if isinstance(event, Epoch)]
    assert accuracies[0] >= 0.987
    assert accuracies[-1] >= 0.990


def shuffled(split: Split, order: Array) -> Split:
    return Split(split.images[order], split.labels[order])


def test_a_score_does_not_depend_on_the_order_nor_on_the_team() -> None:
    data = bars(test=777)
    network, _ = trained(SMALL, Settings(epochs=1, batch=50))
    inputs = inputs_for(network, data)
    scores = []
    for threads in (1, 2):
        for order in (np.arange(777), np.random.default_rng(0).permutation(777)):
            with Team(threads) as team:
                scores.append(evaluate(network, shuffled(data.test, order), inputs, team))
    assert {score.right for score in scores} == {scores[0].right}
    assert [score.loss for score in scores] == pytest.approx([scores[0].loss] * 4, rel=1e-5)
