"""Runs read back as records; broken ones named; the command that repeats one."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from cnncalc.errors import FileError
from cnncalc.layers import parse
from cnncalc.learning.checkpoint import FILE, Trained, save
from cnncalc.learning.network import Network
from cnncalc.learning.runs import RunFacts, Unread, best_epoch, command, read_run, runs_in
from cnncalc.learning.settings import Settings
from cnncalc.learning.training import Epoch
from tests.learning.sets import bars

TEXT = "input 8x8x1; conv 2x3x3 stride 1; relu; fc 4"
HISTORY = [
    Epoch(1, 0.9, 0.5, 0.8, 0.70, 1000.0, 1.5),
    Epoch(2, 0.5, 0.8, 0.6, 0.90, 1000.0, 3.0),
    Epoch(3, 0.4, 0.9, 0.5, 0.90, 1000.0, 4.5),
    Epoch(4, 0.3, 0.9, 0.4, 0.85, 1000.0, 6.0),
]


def saved(
    folder: Path,
    *,
    chosen: Settings | None = None,
    epochs: int = 4,
    finished: bool = True,
    accuracy: float = 0.9,
    **changes: object,
) -> Path:
    """A run as train leaves it, after so many epochs."""
    folder.mkdir(parents=True)
    facts = {**(chosen or Settings(epochs=4)).facts(), "validation": 25, "seed": 3, "threads": 1}
    rows = [epoch._asdict() for epoch in HISTORY[:epochs]]
    test = {"epoch": 3, "loss": 0.5, "accuracy": accuracy, "pictures": 100} if finished else {}
    trained = replace(Trained.on(bars(), facts, rows, test), **changes)  # type: ignore[arg-type]
    save(Network(parse(TEXT)), trained, folder)
    return folder


def test_a_run_says_what_it_was_and_how_far_it_came(tmp_path: Path) -> None:
    run = read_run(saved(tmp_path / "a-1"))
    assert (run.text, run.parameters) == (TEXT, 2 * 9 + 2 + 4 * 72 + 4)
    assert (run.finished, run.accuracy, run.epochs, run.seconds) == (True, 0.9, 4, 6.0)
    assert run.history == HISTORY
    unfinished = read_run(saved(tmp_path / "a-2", epochs=2, finished=False) / FILE)
    assert (unfinished.finished, unfinished.accuracy, len(unfinished.history)) == (False, None, 2)
    assert (unfinished.epochs, unfinished.seconds) == (4, 3.0)
    assert read_run(saved(tmp_path / "a-3", epochs=0, finished=False)).best is None


def test_the_best_epoch_has_most_right_and_of_those_the_smallest_loss() -> None:
    assert best_epoch(HISTORY) == HISTORY[2]
    assert best_epoch([epoch._replace(validation_accuracy=None) for epoch in HISTORY]) is None


def test_a_folder_lists_its_runs_by_number_and_names_what_is_broken(tmp_path: Path) -> None:
    for name in ("mnist-10", "mnist-9", "cats-2"):
        saved(tmp_path / name)
    (tmp_path / "mnist-1").mkdir()
    (tmp_path / "mnist-1" / FILE).write_bytes(b"junk")
    (tmp_path / "mnist-2").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("no run")
    found = runs_in(tmp_path)
    assert [entry.path.name for entry in found] == ["cats-2", "mnist-1", "mnist-2", "mnist-9", "mnist-10"]
    assert [isinstance(entry, Unread) for entry in found] == [False, True, True, False, False]
    assert "nothing was saved" in found[2].reason  # type: ignore[union-attr]
    with pytest.raises(FileError, match="no folder"):
        runs_in(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "changes",
    [
        {"history": [{"epoch": 1}]},
        {"history": [{**HISTORY[0]._asdict(), "loss": "low"}]},
        {"history": [{**HISTORY[0]._asdict(), "loss": float("nan")}]},
        {"history": [7]},
        {"history": 7},
        {"settings": {"epochs": "many"}},
        {"settings": 3},
        {"test": {"accuracy": "good"}},
        {"test": [1]},
    ],
)
def test_what_a_training_does_not_write_is_damage(tmp_path: Path, changes: dict[str, object]) -> None:
    run = saved(tmp_path / "a", **changes)
    with pytest.raises(FileError, match="not a run of cnncalc, or damaged"):
        read_run(run)


def repeated(folder: Path, settings: Settings) -> tuple[RunFacts, list[str]]:
    run = read_run(saved(folder, chosen=settings))
    return run, command(run)


def test_what_is_as_by_default_is_left_out_of_the_command(tmp_path: Path) -> None:
    _, words = repeated(tmp_path / "a", Settings())
    assert shlex.join(words) == (f"cnncalc train bars --model '{TEXT}' --validation 25 --seed 3 --threads 1")


@pytest.mark.parametrize(
    "settings",
    [
        Settings(epochs=7, batch=0, rate=0.1, loss="mse"),
        Settings(optimiser="sgd", rate=Settings().peak),  # what another optimiser has by default
        Settings(optimiser="adamw", decay=0.0),
        Settings(optimiser="momentum:beta=0.8", schedule="constant", warmup=0.5, clip=2, keep="last"),
        Settings(batch=0, schedule="cyclic", augment="shift:2,flip", average=0.99, l2=0.1, decay=0.02),
    ],
)
def test_the_command_gives_the_same_settings_again(tmp_path: Path, settings: Settings) -> None:
    run, words = repeated(tmp_path / "a", settings)
    options = dict(zip(words[3::2], words[4::2], strict=True))
    names = {name.removeprefix("--"): value for name, value in options.items()}
    assert (names.pop("model"), names.pop("seed"), names.pop("threads")) == (TEXT, "3", "1")
    kinds = {"epochs": int, "validation": int, "optimiser": str, "schedule": str, "loss": str, "augment": str}
    kinds |= {"keep": str, "batch": lambda text: 0 if text == "all" else int(text)}  # type: ignore[dict-item]
    given = {name: kinds.get(name, float)(text) for name, text in names.items()}
    again = Settings(**given).facts()  # type: ignore[arg-type]
    assert again == {name: run.trained.settings[name] for name in again}
