"""A training that is written down goes on to the bit; what cannot be written, or has changed, is said."""

import errno
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from cnncalc.errors import DivergenceError, FileError
from cnncalc.learning import folder as folders
from cnncalc.learning import keeping
from cnncalc.learning.averaging import contents
from cnncalc.learning.checkpoint import FILE, load, load_all, save
from cnncalc.learning.data import DataSet, Split
from cnncalc.learning.keeping import Keeper, resumed, stored
from cnncalc.learning.optimisers import OPTIMISERS
from cnncalc.learning.settings import Settings
from cnncalc.learning.team import Team
from cnncalc.learning.training import Epoch, Progress, Result
from tests.learning.keepers import EVERYTHING, keeper, taken_up
from tests.learning.sets import bars


def tensors(folder: Path) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in load(folder)[0].tensors().items()}


@pytest.mark.parametrize(
    ("optimiser", "stop"), [("adam", 1), ("adam", 7), ("adam", 8), *((name, 15) for name in OPTIMISERS)]
)
def test_a_run_that_is_stopped_and_resumed_ends_with_the_same_bytes(
    tmp_path: Path, optimiser: str, stop: int
) -> None:
    """Stopped after a batch, after an epoch, and within a later one; each time only the file is left."""
    settings = replace(EVERYTHING, optimiser=optimiser)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    with Team(2) as team:
        events = list(keeper(whole, team, settings).run())
        list(islice(keeper(cut, team, settings).run(), stop))
        rest = list(taken_up(cut, team).run())
    assert len(rest) == len(events) - stop
    assert tensors(cut) == tensors(whole)
    assert [epoch[:5] for epoch in rest if isinstance(epoch, Epoch)] == [
        epoch[:5] for epoch in events[stop:] if isinstance(epoch, Epoch)
    ]
    assert rest[-1] == events[-1]
    _, trained = load(cut)
    assert trained.finished
    assert len(trained.history) == 3
    assert [again["changes"] for again in trained.resumed] == [[]]
    assert not load_all(cut)[2]


def test_another_number_of_threads_goes_on_and_is_reported(tmp_path: Path) -> None:
    for size in (1, 3):
        folder = tmp_path / str(size)
        folder.mkdir()
        with Team(2) as team:
            list(islice(keeper(folder, team).run(), 3))
        with Team(size) as team:
            training, trained, changes = resumed(stored(folder), bars(), team)
            assert changes == [f"threads were 2, are {size}"]
            assert (trained.settings["threads"], trained.resumed[-1]["changes"]) == (size, changes)
            assert isinstance(list(Keeper(training, folder, trained, 0).run())[-1], Result)


def test_another_numpy_or_machine_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Team(1) as team:
        list(islice(keeper(tmp_path, team).run(), 1))
        now = keeping.surroundings()
        assert now["numpy"] == np.__version__
        monkeypatch.setattr(keeping, "surroundings", lambda: {**now, "numpy": "9.9", "BLAS": "mkl"})
        _, _, changes = resumed(stored(tmp_path), bars(), team)
    assert changes == [f"numpy was {np.__version__}, is 9.9", f"BLAS was {now['BLAS']}, is mkl"]


def changed(data: DataSet, **parts: Split) -> DataSet:
    return replace(data, **parts)


def test_a_data_set_that_has_changed_is_refused(tmp_path: Path) -> None:
    data = bars()
    images, labels = np.array(data.train.images), data.train.labels
    images[17, 3, 3] ^= 1
    swapped = labels.copy()
    swapped[:] = (labels + 1) % 4
    others = {
        "others, as many as before": [
            changed(data, train=Split(images, labels)),
            changed(data, train=Split(data.train.images, swapped)),
            changed(data, test=data.train.rows(slice(0, 100))),
            replace(data, classes=("a", "b", "c", "d")),
        ],
        "it has 299 train pictures, and it had 300": [changed(data, train=data.train.rows(slice(1, None)))],
        "it has 5 validation pictures, and it had 0": [
            changed(data, validation=data.train.rows(slice(0, 5)))
        ],
    }
    with Team(1) as team:
        list(islice(keeper(tmp_path, team).run(), 1))
        for fact, sets in others.items():
            for other in sets:
                with pytest.raises(FileError, match=f"has changed since .* began: .*{fact}"):
                    resumed(stored(tmp_path), other, team)


@pytest.mark.parametrize("step", ["open", "write", "fsync", "replace"])
def test_a_full_disk_stops_the_training_and_the_last_checkpoint_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    class Full:
        write = full

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None: ...

    with Team(1) as team:
        events = keeper(tmp_path, team).run()
        list(islice(events, 5))
        before = (tmp_path / FILE).read_bytes()
        with monkeypatch.context() as patch:
            if step == "fsync":
                patch.setattr(folders.os, "fsync", full)
            elif step == "write":
                patch.setattr(Path, "open", lambda *_: Full())
            else:
                patch.setattr(Path, step, full)
            with pytest.raises(FileError, match="No space left on device"):
                next(events)
        assert (tmp_path / FILE).read_bytes() == before
        assert [file.name for file in tmp_path.iterdir()] == [FILE]
        again = taken_up(tmp_path, team)
        assert (again.training.epoch, again.training.batch) == (1, 5)


def test_a_disk_that_is_full_from_the_start_is_noticed_before_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folders.os, "fsync", full)
    with Team(1) as team:
        kept = keeper(tmp_path, team)
        with pytest.raises(FileError, match="No space left on device"):
            next(kept.run())
    assert kept.training.batch == 0
    assert list(tmp_path.iterdir()) == []


def test_when_the_loss_is_no_longer_finite_the_last_good_state_is_kept(tmp_path: Path) -> None:
    """The weights may be spoilt a batch before the loss shows it; such a network is not saved either."""
    deep = "input 8x8x1; fc 50; identity; fc 50; identity; fc 4"
    with Team(1) as team:
        kept = keeper(tmp_path, team, Settings(epochs=50, batch=20, rate=1e30, schedule="constant"), deep)
        seen = []
        with pytest.raises(DivergenceError, match="no longer finite") as caught:
            seen += list(kept.run())
        assert "--rate 1e+29" in caught.value.hint
        assert "--clip" in caught.value.hint
        network, trained, state = load_all(tmp_path)
        assert all(np.isfinite(value).all() for value in (*network.tensors().values(), *state.values()))
        assert not trained.finished
        with pytest.raises(DivergenceError):
            list(taken_up(tmp_path, team).run())


def test_a_network_that_a_step_has_spoilt_does_not_take_the_place_of_a_good_one(tmp_path: Path) -> None:
    """The loss of the batch is finite; what the step makes of the weights is not."""
    with Team(1) as team:
        kept = keeper(tmp_path, team, Settings(batch=20, optimiser="sgd", rate=1e300), "input 8x8x1; fc 4")
        events = kept.run()
        first = next(events)
        assert isinstance(first, Progress)
        assert np.isfinite(first.loss)
        assert not np.isfinite(kept.training.network.parameters.vector).all()
        assert np.isfinite(load(tmp_path)[0].parameters.vector).all()
        assert kept.saved == (1, 0)
        with pytest.raises(DivergenceError):
            next(events)


def test_a_last_step_that_spoils_the_network_is_noticed(tmp_path: Path) -> None:
    """One batch, one epoch: no further loss would show it."""
    with Team(1) as team:
        kept = keeper(
            tmp_path,
            team,
            Settings(epochs=1, batch=300, optimiser="sgd", rate=1e300, validation=0),
            "input 8x8x1; fc 4",
        )
        with pytest.raises(DivergenceError, match="after 300 images of epoch 1"):
            list(kept.run())


def test_a_wish_to_stop_is_met_after_the_batch_and_all_is_saved(tmp_path: Path) -> None:
    with Team(1) as team:
        kept = keeper(tmp_path, team)
        kept.every = 1e9
        events = []
        for event in kept.run(lambda: len(events) == 4):
            events.append(event)
        assert (len(events), kept.stopped, kept.saved) == (5, True, (1, 200))
        assert isinstance(events[-1], Progress)
        assert stored(tmp_path).trained.training["batch"] == 5


class Clock:
    """A clock that stands still until it is put forward."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now


def test_checkpoints_are_written_in_time_and_take_a_twentieth_of_it_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(keeping, "time", clock)
    cost, written = 0.5, []

    def slow(*_: object) -> None:
        clock.now += cost
        written.append(clock.now)

    monkeypatch.setattr(keeping, "save", slow)
    with Team(1) as team:
        kept = keeper(tmp_path, team, Settings(epochs=40, batch=40, validation=0))
        kept.every = 30.0
        for event in kept.run():
            if isinstance(event, Progress):
                clock.now += 1.0  # eight batches make an epoch
        gaps = np.diff(written[:-1])  # but for the end, which is always saved
        assert gaps.min() >= 20 * cost
        assert gaps.max() <= 20 * cost + 8 + cost + 1  # the next end of an epoch
        assert len(gaps) > 15
        written.clear()
        cost = 0.01
        kept = keeper(tmp_path, team, Settings(epochs=2, batch=1, validation=0))
        kept.every = 30.0
        for event in kept.run():
            if isinstance(event, Progress):
                clock.now += 1.0
        gaps = np.diff(written)
        assert 29 < min(gaps[:9]) <= max(gaps) < 32  # ten in an epoch of 300 s
        written.clear()
        cost = 5.0
        kept = keeper(tmp_path, team, Settings(epochs=3, batch=1, validation=0))
        kept.every = 30.0
        for event in kept.run():
            if isinstance(event, Progress):
                clock.now += 1.0
        assert np.diff(written[:-1]).min() >= 20 * cost


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": "3"},
        {"epochs": 0},
        {"loss": 5},
        {"optimiser": "adm"},
        {"threads": 10**9},
        {"seed": -1},
        {"rate": []},
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with Team(1) as team:
        list(islice(keeper(tmp_path, team).run(), 1))
        network, trained, state = load_all(tmp_path)
        save(network, replace(trained, settings={**trained.settings, **changes}), tmp_path, state)
        with pytest.raises(FileError, match="its settings"):
            stored(tmp_path)


def test_what_is_evaluated_before_the_end_is_what_would_be_kept(tmp_path: Path) -> None:
    """The best epoch's network, here with its averages."""
    with Team(1) as team:
        kept = keeper(tmp_path, team)
        list(islice(kept.run(), 12))
        best = kept.training.best
        found, _ = load(tmp_path)
        for name, value in contents(found).items():
            assert np.array_equal(value, best[name]), name
