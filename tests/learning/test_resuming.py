"""The state of a training has PyTorch's names and layout in its file; one that makes no sense is refused."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from cnncalc.errors import FileError
from cnncalc.learning.checkpoint import FILE, STATE, load, load_all, save
from cnncalc.learning.keeping import resumed, stored
from cnncalc.learning.team import Team
from tests.learning.keepers import EVERYTHING, keeper, taken_up
from tests.learning.sets import bars


def test_the_file_has_pytorchs_names_and_layout_for_all_it_holds(tmp_path: Path) -> None:
    with Team(1) as team:
        kept = keeper(tmp_path, team)
        list(islice(kept.run(), 9))
        network, trained, state = load_all(tmp_path)
        shapes = {name: value.shape for name, value in network.tensors().items()}
        parameters = {name: value.shape for name, value in network.parameters.views.items()}
        wanted = {f"{kind}.{name}": shape for kind in ("best", "average") for name, shape in shapes.items()}
        wanted |= {f"optimiser.{m}.{n}": shape for m in ("mean", "square") for n, shape in parameters.items()}
        assert {name: value.shape for name, value in state.items()} == wanted
        moments = kept.training.trainer.arrays()
        for name, view in network.parameters.like().views.items():
            assert view.shape == state[f"optimiser.mean.{name}"].shape
        gathered = network.parameters.like()
        for name, view in gathered.views.items():
            view[...] = state[f"optimiser.mean.{name}"]
        assert np.array_equal(gathered.vector, moments["optimiser.mean"])
    assert trained.training["epoch"] == 2
    size = (tmp_path / FILE).stat().st_size
    assert size < 5 * sum(value.nbytes for value in network.tensors().values()) + 20_000


def facts_changed(folder: Path, **changes: object) -> None:
    """Writes the file anew with other facts about the training."""
    network, trained, state = load_all(folder)
    history = changes.pop("history", trained.history)
    changed = replace(trained, training={**trained.training, **changes}, history=history)  # type: ignore[arg-type]
    save(network, changed, folder, state)


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": 0},
        {"epoch": 99},
        {"epoch": "1"},
        {"epoch": 2},
        {"batch": -1},
        {"batch": 1e9},
        {"batch": 9},
        {"seed": -3},
        {"so_far": [1.0]},
        {"so_far": [float("nan"), 3]},
        {"seconds": None},
        {"best_epoch": 1},
        {"best_rank": [1]},
        {"history": [{"epoch": 1}]},
        {"history": [{}]},
        {"trainer": {}},
        {
            "trainer": {
                "generators": [{"bit_generator": "MT19937"}],
                "optimiser_steps": 0,
                "averaged_steps": 0,
            }
        },
        {"trainer": {"generators": [7], "optimiser_steps": 0, "averaged_steps": 0}},
    ],
)
def test_a_state_that_makes_no_sense_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with Team(1) as team:
        list(islice(keeper(tmp_path, team).run(), 2))
        facts_changed(tmp_path, **changes)
        with pytest.raises(FileError, match="cannot be taken up"):
            resumed(stored(tmp_path), bars(), team)


def test_tensors_of_the_state_that_are_missing_too_many_or_of_another_shape_are_refused(
    tmp_path: Path,
) -> None:
    with Team(1) as team:
        list(islice(keeper(tmp_path, team).run(), 2))
        network, trained, state = load_all(tmp_path)
        name = "optimiser.square.0.weight"
        others = [
            {key: value for key, value in state.items() if key != name},
            {**state, "more": np.zeros(3)},
            {**state, name: np.zeros((6, 1, 3))},
            {**state, **{f"best.{key}": value for key, value in network.tensors().items()}},
        ]
        for other in others:
            save(network, trained, tmp_path, other)
            with pytest.raises(FileError, match="cannot be taken up"):
                resumed(stored(tmp_path), bars(), team)
        assert all(not key.startswith(STATE) for key in state)


def test_tensors_that_no_training_changes_are_kept_too(tmp_path: Path) -> None:
    """The templates of distances to templates."""
    text = "input 8x8x1; conv 6x3x3; tanh; fc 84; tanh; rbf 4"
    with Team(1) as team:
        kept = keeper(tmp_path, team, replace(EVERYTHING, loss="mse"), text)
        list(islice(kept.run(), 12))
        fixed = kept.training.network.fixed.views
        assert fixed
        for network in (load(tmp_path)[0], taken_up(tmp_path, team).training.network):
            for name, value in fixed.items():
                assert np.array_equal(network.tensors()[name], value), name
