"""Training drives the loss down, the same way each time, and stops when it runs away."""

import json

import numpy as np
import pytest

from cnncalc.arithmetic.zoo import ZOO
from cnncalc.errors import DivergenceError, ShapeError
from cnncalc.layers import Layer, parse
from cnncalc.learning.averaging import contents
from cnncalc.learning.data import Split, load
from cnncalc.learning.evaluation import inputs_for
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.losses import LOSSES, Score
from cnncalc.learning.network import Network
from cnncalc.learning.optimisers import OPTIMISERS
from cnncalc.learning.settings import WHOLE, Settings
from cnncalc.learning.team import Team
from cnncalc.learning.trainer import Trainer
from cnncalc.learning.training import Epoch, Progress, Result, Training
from cnncalc.numerics.workspace import Array
from tests.learning.scoring import scored
from tests.learning.sets import bars

SMALL = "input 8x8x1; conv 6x3x3; relu; maxpool 2x2; batchnorm; dropout 0.1; fc 4; softmax"


def trained(
    text: str, settings: Settings, seed: int = 0, threads: int = 2
) -> tuple[Network, list[Progress | Epoch | Result]]:
    rng = np.random.default_rng(seed)
    network = Network(parse(text))
    network.initialise(rng)
    with Team(threads) as team:
        return network, list(Training(network, bars(), settings, team, rng).run())


def test_bars_are_learned() -> None:
    network, events = trained(SMALL, Settings(epochs=8, batch=20, rate=0.02))
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert [epoch.epoch for epoch in epochs] == list(range(1, 9))
    assert epochs[-1].validation_accuracy == 1
    assert epochs[-1].loss < epochs[0].loss / 2
    with Team(2) as team:
        score = scored(network, bars().test, inputs_for(network, bars()), team)
    assert score.right == 100
    result = events[-1]
    assert isinstance(result, Result)
    assert (result.accuracy, result.pictures) == (1, 100)
    assert result.loss == pytest.approx(score.loss / 100)


def test_progress_counts_every_picture_and_ends_with_nothing_left() -> None:
    _, events = trained("input 8x8x1; fc 4", Settings(epochs=2, batch=128, validation=0))
    progress = [event for event in events if isinstance(event, Progress)]
    assert [(event.epoch, event.images, event.of) for event in progress] == [
        (epoch, images, 300) for epoch in (1, 2) for images in (128, 256, 300)
    ]
    assert progress[-1].left == 0


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
    trained("input 8x8x1; fc 4", Settings(epochs=2, batch=32, validation=0))
    first, second = ([image.tobytes() for image in part] for part in (seen[:300], seen[300:]))
    stored = [image.tobytes() for image in bars().train.images]
    assert sorted(first) == sorted(second) == sorted(stored)
    assert stored != first != second != stored


def test_batches_smaller_than_the_team_are_learned_too() -> None:
    network, events = trained("input 8x8x1; fc 4", Settings(epochs=1, batch=1, rate=0.01), threads=3)
    assert np.isfinite(network.parameters.vector).all()
    assert isinstance(events[-1], Result)


def test_a_loss_that_is_not_finite_stops_the_training() -> None:
    with pytest.raises(DivergenceError, match="no longer finite") as caught:
        trained(
            "input 8x8x1; fc 50; identity; fc 50; identity; fc 4", Settings(epochs=50, batch=20, rate=1e30)
        )
    assert "--rate" in caught.value.hint


HEADS = {
    "conv": "2x3x3",
    "depthwise": "3x3",
    "separable": "2x3x3",
    "deconv": "2x3x3",
    "upsample": "2",
    "maxpool": "2x2",
    "pool": "2x2",
    "avgpool": "2x2",
    "subsample": "2x2",
    "adaptiveavgpool": "3",
    "adaptivemaxpool": "3",
    "fc": "5",
    "dense": "5",
    "rbf": "5",
    "zeropad": "1",
    "crop": "1",
    "padchannels": "1:2",
    "channels": "0:1",
    "channelshuffle": "1",
    "residual": "{ conv 1x3x3 pad 1; relu }",
    "concat": "{ { } { conv 2x3x3 pad 1; relu } }",
    "multiply": "{ { } { globalavgpool; sigmoid } }",
    "aux": "{ fc 3 }",
}


def test_every_layer_word_can_be_trained() -> None:
    for word in Layer.known:
        network, _ = trained(f"input 8x8x1; {word} {HEADS.get(word, '')}; fc 4", Settings(epochs=1, batch=50))
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
    """At least 98.7 % of the held-out digits after the first epoch, 99.0 % of the test digits at the end."""
    rng = np.random.default_rng(seed)
    network = Network(ZOO["default"].model)
    network.initialise(rng)
    with Team(2) as team:
        events = list(Training(network, load("mnist"), Settings(), team, rng).run())
    accuracies = [event.validation_accuracy for event in events if isinstance(event, Epoch)]
    assert accuracies[0] is not None
    assert accuracies[0] >= 0.987
    assert isinstance(events[-1], Result)
    assert events[-1].accuracy >= 0.990


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
                scores.append(scored(network, shuffled(data.test, order), inputs, team))
    assert {score.right for score in scores} == {scores[0].right}
    assert [score.loss for score in scores] == pytest.approx([scores[0].loss] * 4, rel=1e-5)


def epochs_of(events: list[Progress | Epoch | Result]) -> list[Epoch]:
    return [event for event in events if isinstance(event, Epoch)]


def test_without_validation_pictures_the_last_network_is_tested() -> None:
    _, events = trained(SMALL, Settings(epochs=2, batch=50, validation=0))
    assert [(epoch.validation_loss, epoch.validation_accuracy) for epoch in epochs_of(events)] == [
        (None, None)
    ] * 2
    assert isinstance(events[-1], Result)
    assert events[-1].epoch == 2


def test_the_test_pictures_are_looked_at_once_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    data = bars()
    plain = Training.evaluate
    monkeypatch.setattr(
        Training, "evaluate", lambda self, part: looked.append(len(part)) or plain(self, part)
    )
    network = Network(parse("input 8x8x1; fc 4"))
    with Team(1) as team:
        list(Training(network, data, Settings(epochs=3, validation=30), team, np.random.default_rng(0)).run())
    assert looked == [30, 30, 30, 100]


@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("keep", ["best", "last"])
def test_the_network_that_is_kept_is_the_one_that_was_validated(keep: str, average: float) -> None:
    """A rate that grows without bound spoils the network after a good start."""
    rng = np.random.default_rng(0)
    network = Network(parse("input 8x8x1; batchnorm; fc 4"))
    network.initialise(rng)
    data = bars()
    settings = Settings(epochs=4, batch=20, rate=0.02, keep=keep, average=average, schedule="constant")
    with Team(2) as team:
        training = Training(network, data, settings, team, rng)
        kept, events = {}, []
        for event in training.run():
            events.append(event)
            if isinstance(event, Epoch):
                with training.trainer.averaged():
                    kept[event.epoch] = {name: value.copy() for name, value in contents(network).items()}
                training.trainer.settings = Settings(**{**settings.facts(), "rate": 5.0 * event.epoch})
                training.settings = training.trainer.settings
    epochs = epochs_of(events)
    best = max(epochs, key=lambda epoch: (epoch.validation_accuracy, -(epoch.validation_loss or 0))).epoch
    assert best < 4
    result = events[-1]
    assert isinstance(result, Result)
    assert result.epoch == (best if keep == "best" else 4)
    for name, value in contents(network).items():
        assert np.array_equal(value, kept[result.epoch][name]), name


EVERYTHING = Settings(
    epochs=3,
    batch=40,
    rate=0.01,
    l2=1e-3,
    clip=1.0,
    warmup=1.0,
    average=0.9,
    augment="shift:1,rotate:5,elastic:2,flip",
    optimiser="adamw",
)


@pytest.mark.parametrize("settings", [EVERYTHING, Settings(epochs=3, batch=40, optimiser="momentum")])
@pytest.mark.parametrize("stop", [1, 7, 8, 15, 21])
def test_a_training_taken_up_again_ends_in_the_same_bytes(settings: Settings, stop: int) -> None:
    """Stopped after so many events, its state written down as bytes and JSON, and given to another one."""

    def begun(seed: int) -> Training:
        rng = np.random.default_rng(seed)
        network = Network(parse(SMALL))
        network.initialise(rng)
        return Training(network, bars(), settings, team, rng)

    def outcome(training: Training) -> tuple[bytes, list[object], object]:
        vector = b"".join(value.tobytes() for value in contents(training.network).values())
        return vector, [epoch[:5] for epoch in training.history], training.result

    with Team(2) as team:
        whole = begun(0)
        list(whole.run())
        first = begun(0)
        events = first.run()
        for _ in range(stop):
            next(events)
        arrays = {name: value.copy() for name, value in first.arrays().items()}
        facts = json.loads(json.dumps(first.facts()))
        events.close()
        second = begun(99)
        second.restore(arrays, facts)
        assert {name: value.tobytes() for name, value in second.best.items()} == {
            name: value.tobytes() for name, value in first.best.items()
        }
        list(second.run())
    assert outcome(second) == outcome(whole)


@pytest.mark.parametrize("augment", ["", "shift:2,elastic"])
def test_the_number_of_threads_changes_the_gradient_by_rounding_alone(augment: str) -> None:
    """Order and augmentation do not depend on them."""
    settings = Settings(epochs=1, batch=50, rate=1e-3, augment=augment)
    text = "input 8x8x1; fc 8; tanh; fc 4"
    vectors = [trained(text, settings, threads=threads)[0].parameters.vector for threads in (1, 2, 5)]
    assert vectors[1] == pytest.approx(vectors[0], abs=2e-4)
    assert vectors[2] == pytest.approx(vectors[0], abs=2e-4)


def test_batches_of_all_pictures_take_one_step_an_epoch() -> None:
    _, events = trained(SMALL, Settings(epochs=3, batch=WHOLE, rate=0.05))
    assert [event.images for event in events if isinstance(event, Progress)] == [275] * 3
    losses = [epoch.loss for epoch in epochs_of(events)]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_bars_are_learned_with_every_optimiser_and_loss_at_the_rate_that_suits_it(
    optimiser: str, loss: str
) -> None:
    _, events = trained(SMALL, Settings(epochs=6, batch=10, optimiser=optimiser, loss=loss, validation=0))
    assert isinstance(events[-1], Result)
    assert events[-1].accuracy > (0.9 if loss == "cross-entropy" else 0.5)
