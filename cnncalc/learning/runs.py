"""Runs as records: what is known of a training from its file, without its tensors; and which runs a folder holds."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.errors import CnncalcError, FileError
from cnncalc.layers import Model, parse
from cnncalc.learning.checkpoint import FILE, Trained, corrupt, file_of, read_file, text_of_model
from cnncalc.learning.network import shapes
from cnncalc.learning.settings import WHOLE, Settings
from cnncalc.learning.training import Epoch


class RunFacts(NamedTuple):
    """A run, finished or as far as it came."""

    path: Path  # of its folder or its file, as it was named
    model: Model
    text: str  # the model in words
    trained: Trained
    history: list[Epoch]
    parameters: int
    written: float  # when, in seconds since 1970

    @property
    def epochs(self) -> int:
        """How many it was to take."""
        return int(self.trained.settings.get("epochs", len(self.history)))

    @property
    def finished(self) -> bool:
        """Whether it came to its end, where it looks at the test pictures."""
        return self.trained.finished and bool(self.trained.test)

    @property
    def accuracy(self) -> float | None:
        """On the test pictures."""
        return self.trained.test.get("accuracy")

    @property
    def best(self) -> Epoch | None:
        return best_epoch(self.history)

    @property
    def seconds(self) -> float:
        """Of training."""
        return self.history[-1].seconds if self.history else 0.0

    def document(self) -> dict[str, Any]:
        best = self.best
        return {
            "run": str(self.path),
            "model": self.text,
            "parameters": self.parameters,
            "data": self.trained.data,
            "epochs": len(self.history),
            "epochs_wanted": self.epochs,
            "finished": self.finished,
            "accuracy": self.accuracy,
            "best_epoch": best.epoch if best else None,
            "validation_accuracy": best.validation_accuracy if best else None,
            "seconds": self.seconds,
            "written": self.written,
            "settings": self.trained.settings,
            "history": [epoch._asdict() for epoch in self.history],
            "test": self.trained.test,
        }


class Unread(NamedTuple):
    """A folder that should hold a run, and why none can be read from it."""

    path: Path
    reason: str


def best_epoch(history: list[Epoch]) -> Epoch | None:
    """The epoch whose network a training keeps: most right on the validation pictures, then the smallest loss."""
    validated = [epoch for epoch in history if epoch.validation_accuracy is not None]
    return max(validated, key=lambda e: (e.validation_accuracy, -(e.validation_loss or 0.0)), default=None)


def read_run(run: Path) -> RunFacts:
    """What is known of a run, given its folder or its file; raises FileError where it is missing or corrupt."""
    path = file_of(run)
    metadata, _ = read_file(path, tensors=False)
    text = text_of_model(path, metadata)
    try:
        model = parse(text, source=str(path))
        known = metadata.keys() & {part.name for part in fields(Trained)}
        trained = Trained.read({name: json.loads(metadata[name]) for name in known})
        history = [read_epoch(row) for row in trained.history]
        check_settings(trained)
        parameters = sum(map(math.prod, shapes(list(model.leaves()), "param_shapes").values()))
        written = path.stat().st_mtime
    except KeyError as error:
        raise corrupt(path, f"its metadata lacks {error.args[0]}") from None
    except (
        CnncalcError,
        OSError,
        ValueError,
        TypeError,
        LookupError,
        OverflowError,
        RecursionError,
    ) as error:
        raise corrupt(path, str(error)) from None
    return RunFacts(run, model, text, trained, history, parameters, written)


def read_epoch(row: dict[str, Any]) -> Epoch:
    """An epoch as a run's file has it; raises TypeError or ValueError where it is none."""
    epoch = Epoch(**row)
    for name, value in epoch._asdict().items():
        if value is None and name.startswith("validation"):
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"an epoch whose {name} is {value!r}")
    return epoch


def check_settings(trained: Trained) -> None:
    """Raises ValueError where settings or test are not what a training writes."""
    epochs, accuracy = trained.settings.get("epochs", 0), trained.test.get("accuracy", 0.0)
    if not isinstance(epochs, int) or not isinstance(accuracy, int | float):
        raise ValueError(f"{epochs!r} epochs with an accuracy of {accuracy!r}")


def runs_in(folder: Path) -> list[RunFacts | Unread]:
    """The runs in the folder, by number; those that are broken say why. Raises FileError where there is no folder."""
    if not folder.is_dir():
        raise FileError(f"there is no folder {folder}", "give the folder that holds the runs, such as runs")
    found: list[RunFacts | Unread] = []
    try:
        names = sorted((path for path in folder.iterdir() if path.is_dir()), key=numbered)
        for path in names:
            if (path / FILE).is_file():
                found.append(read_or_say(path))
            elif all(each.name.startswith(FILE) for each in path.iterdir()):
                found.append(Unread(path, "nothing was saved in it yet"))
    except OSError as error:
        raise FileError(f"{folder} cannot be read: {error.strerror}", "name another folder") from None
    return found


def read_or_say(path: Path) -> RunFacts | Unread:
    try:
        return read_run(path)
    except CnncalcError as error:
        return Unread(path, error.message)


def numbered(path: Path) -> tuple[str, int, str]:
    """By name, but mnist-10 behind mnist-9."""
    stem, _, number = path.name.rpartition("-")
    return (stem, int(number), "") if number.isdecimal() else (path.name, 0, "")


def command(run: RunFacts) -> list[str]:
    """The words of the command that trains such a network anew; what is as it would be anyway is left out.

    With the same version, numpy, machine and number of threads the network is the same, too.
    """
    given = run.trained.settings
    own = {part.name for part in fields(Settings)} & given.keys()
    # the optimiser has a rate and a decay of its own, and the batch a schedule
    choices = {name: given[name] for name in ("optimiser", "batch") if name in given}
    plain = Settings(**choices).facts() | {
        "optimiser": Settings().facts()["optimiser"],
        "batch": Settings().batch,
    }
    words = ["cnncalc", "train", run.trained.data, "--model", run.text]
    for part in fields(Settings):
        name = part.name
        if name in own and given[name] != plain[name]:
            whole = name == "batch" and given[name] == WHOLE
            words += [f"--{name}", "all" if whole else written(given[name])]
    rule = run.trained.chosen_rule
    words += ["--resize", rule.resize] if rule.resize else []
    words += ["--size", "x".join(map(str, rule.size))] if rule.size else []
    words += ["--gray"] if rule.gray else []
    for name in ("seed", "threads"):
        if name in given:
            words += [f"--{name}", str(given[name])]
    return words


def written(value: Any) -> str:
    return f"{value!r}" if isinstance(value, float) else str(value)
