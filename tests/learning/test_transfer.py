"""What one task taught begins another: what is frozen stays, what is kept is kept, and a new head is new."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from cnncalc.errors import ShapeError, UsageError
from cnncalc.layers import parse
from cnncalc.learning.checkpoint import Trained, load
from cnncalc.learning.data import DataSet, Rule
from cnncalc.learning.inputs import Features, Inputs
from cnncalc.learning.keeping import Keeper, begun, resumed, stored
from cnncalc.learning.network import Network
from cnncalc.learning.settings import Settings
from cnncalc.learning.team import Team
from cnncalc.learning.transfer import Start, features_shape
from cnncalc.numerics.run import Run
from cnncalc.numerics.workspace import Array
from tests.learning.sets import bars

TEXT = """input 8x8x1; conv 6x3x3 pad 1; batchnorm; relu; maxpool 2x2; residual { conv 6x3x3 pad 1 }; relu
fc 5; tanh; fc 4; softmax"""
LAYERS = 11  # with the one that flattens before fc 5


def learned(text: str = TEXT, seed: int = 3) -> Start:
    network = Network(parse(text))
    network.initialise(np.random.default_rng(seed))
    for name, value in network.buffers.items():
        value[...] = 0.5 if name.endswith("var") else 0.1
    data = bars()
    return Start(network, Trained.on(data, {}, []), "earlier", new_head=False)


def transferred(start: Start, settings: Settings, data: DataSet, threads: int = 2) -> Network:
    model = start.model(len(data.classes), settings.freeze)
    network = Network(model, frozen=settings.freeze)
    with Team(threads) as team:
        training, _ = begun(network, data, Rule(), settings, team, 0, start)
        list(training.run())
    return network


def outputs(network: Network, images: Array) -> Array:
    return network.forward(images, Run(train=False))[0]


@pytest.mark.parametrize("frozen", range(LAYERS - 2))
def test_what_is_frozen_stays_and_all_else_learns(frozen: int) -> None:
    start = learned()
    before = {name: value.copy() for name, value in start.network.tensors().items()}
    network = transferred(start, Settings(epochs=1, batch=20, freeze=frozen), bars())
    for name, value in network.tensors().items():
        same = np.array_equal(value, before[name])
        assert same == (int(name.partition(".")[0]) < frozen), name


@pytest.mark.parametrize("frozen", [1, 4, 5, 6, 7, 8])
def test_a_network_in_two_parts_puts_out_what_it_does_in_one(frozen: int) -> None:
    x = np.random.default_rng(0).normal(size=(1, 8, 8, 6))
    whole, cut = (Network(parse(TEXT), dtype=np.float64, frozen=n) for n in (0, frozen))
    whole.initialise(np.random.default_rng(1))
    for name, value in cut.tensors().items():
        value[...] = whole.tensors()[name]
    run = Run(train=False)
    features = cut.features(x, run).copy()
    assert (*features.shape[1:-1], features.shape[0]) == features_shape(cut)
    expected = outputs(whole, x)
    assert np.allclose(outputs(cut, x), expected, rtol=1e-12)
    assert np.allclose(cut.forward(features, run, behind=True)[0], expected, rtol=1e-12)


@pytest.mark.parametrize("frozen", range(1, 8))
def test_a_cut_before_a_maximum_divides_what_is_computed_as_it_is_written(frozen: int) -> None:
    text = (
        "input 8x8x1; conv 6x3x3 pad 1; relu; maxpool 2x2; conv 6x3x3 pad 1; maxpool 2x2; relu; fc 4; softmax"
    )
    start = learned(text)
    before = {name: value.copy() for name, value in start.network.tensors().items()}
    network = transferred(start, Settings(epochs=1, batch=20, freeze=frozen), bars())
    for name, value in network.tensors().items():
        assert np.array_equal(value, before[name]) == (int(name.partition(".")[0]) < frozen), name
    x = np.random.default_rng(0).normal(size=(1, 8, 8, 6)).astype(np.float32)
    features = network.features(x, Run(train=False)).copy()
    assert (*features.shape[1:-1], features.shape[0]) == features_shape(network)
    layers = network.model.body.layers[: min(frozen, 6)]
    y = x
    for i, layer in enumerate(layers):
        own = {
            key.partition(".")[2]: value for key, value in network.values.items() if key.startswith(f"{i}.")
        }
        y, _ = layer.forward(y, own, Run(train=False))
    assert np.allclose(features.reshape(-1), y.reshape(-1), atol=1e-5)


@pytest.mark.parametrize("frozen", [2, 4, 7])
def test_features_computed_once_teach_what_pictures_do(frozen: int, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(epochs=2, batch=20, freeze=frozen)
    once = transferred(learned(), settings, bars())
    monkeypatch.setattr("cnncalc.learning.transfer.MOST", 0)
    each_time = transferred(learned(), settings, bars())
    for name, value in once.tensors().items():
        assert np.allclose(value, each_time.tensors()[name], atol=1e-5), name


@pytest.mark.parametrize(("augment", "door"), [("shift:2", Inputs), ("", Features)])
def test_where_pictures_are_changed_the_frozen_layers_see_them_each_time(
    augment: str, door: type[Inputs]
) -> None:
    start = learned()
    settings = Settings(epochs=1, batch=20, freeze=4, augment=augment)
    with Team(1) as team:
        network = Network(start.model(4, 4), frozen=4)
        training, _ = begun(network, bars(), Rule(), settings, team, 0, start)
        assert type(training.inputs) is door
        list(training.run())


def test_a_new_head_is_drawn_for_the_classes_at_hand_and_the_rest_is_kept() -> None:
    start = learned()._replace(new_head=True)
    model = start.model(7, 0)
    assert model == parse(TEXT.replace("fc 4", "fc 7"))
    network = Network(model)
    network.initialise(np.random.default_rng(8))
    drawn = network.tensors()["9.weight"].copy()
    start.hand_over(network)
    assert np.array_equal(network.tensors()["9.weight"], drawn)
    for name, value in start.network.tensors().items():
        if not name.startswith("9."):
            assert np.array_equal(network.tensors()[name], value), name


def test_a_new_head_is_drawn_even_where_the_classes_are_as_many() -> None:
    start = learned()._replace(new_head=True)
    network = Network(start.model(4, 0))
    network.initialise(np.random.default_rng(8))
    start.hand_over(network)
    assert not np.array_equal(network.tensors()["9.weight"], start.network.tensors()["9.weight"])


def test_pictures_are_seen_as_the_earlier_ones_were() -> None:
    start = learned()
    start = start._replace(trained=replace(start.trained, mean=0.25, deviation=0.75))
    with Team(1) as team:
        network = Network(start.model(4, 0))
        training, trained = begun(network, bars(), Rule(), Settings(), team, 0, start)
    assert (training.inputs.mean, training.inputs.deviation) == (0.25, 0.75)
    assert (trained.mean, trained.deviation) == (0.25, 0.75)


@pytest.mark.parametrize(
    ("text", "classes", "frozen", "new_head", "error", "says"),
    [
        (TEXT, 7, 0, False, ShapeError, "--new-head"),
        (TEXT, 4, 11, False, UsageError, "the network has 11"),
        ("input 8x8x1; conv 4x8x8; flatten; softmax", 4, 0, True, UsageError, "leave out --new-head"),
    ],
)
def test_what_cannot_be_is_refused(
    text: str, classes: int, frozen: int, new_head: bool, error: type[Exception], says: str
) -> None:
    start = learned(text)._replace(new_head=new_head)
    with pytest.raises(error) as caught:
        start.model(classes, frozen)
    assert says in f"{caught.value} {getattr(caught.value, 'hint', '')}"


def test_a_frozen_network_with_nothing_to_train_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing left to train"):
        Network(parse(TEXT), frozen=LAYERS - 1)


def test_a_transfer_that_is_stopped_goes_on_to_the_bit(tmp_path: Path) -> None:
    settings = Settings(epochs=2, batch=20, freeze=4)
    whole = transferred(learned(), settings, bars(), threads=1)
    start = learned()
    network = Network(start.model(4, 4), frozen=4)
    with Team(1) as team:
        training, trained = begun(network, bars(), Rule(), settings, team, 0, start)
        keeper = Keeper(training, tmp_path, trained, 0)
        list(islice(keeper.run(), 8))
    with Team(1) as team:
        training, trained, _ = resumed(stored(tmp_path), bars(), team)
        list(Keeper(training, tmp_path, trained, 1e9).run())
    end, _ = load(tmp_path)
    for name, value in whole.tensors().items():
        assert np.array_equal(end.tensors()[name], value), name


def test_few_examples_are_spread_over_the_classes() -> None:
    few = bars().split(0, 20).train
    assert len(few) == 20
    assert np.bincount(few.labels).min() >= 4
    with pytest.raises(UsageError, match="not 100,000"):
        bars().split(0, 100_000)
