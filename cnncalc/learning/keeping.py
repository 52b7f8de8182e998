"""A training that is written down as it goes, so that little is lost when it is stopped, and it goes on to the bit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import numpy as np

from cnncalc.errors import CnncalcError, FileError
from cnncalc.learning.checkpoint import Trained, file_of, load_all, save
from cnncalc.learning.data import DataSet, Rule
from cnncalc.learning.data.fingerprint import change, fingerprint
from cnncalc.learning.network import Network
from cnncalc.learning.resuming import state_of, take_up
from cnncalc.learning.settings import Settings
from cnncalc.learning.surroundings import changes, surroundings
from cnncalc.learning.team import Team
from cnncalc.learning.tensorfile import corrupt
from cnncalc.learning.training import Epoch, Progress, Result, Training
from cnncalc.learning.transfer import Start

SHARE = 20  # of the time at most one part in so many goes into writing
MOST_THREADS = 256


class Keeper:
    """A training and its file, which is written after an epoch, and after so many seconds within one.

    Where writing takes long, it is done less often, so that it takes a twentieth of the time at most; with 0 seconds
    it is done after every batch, whatever it takes. The file has at most five times the bytes of the network, or as
    many as network, optimiser, average and best network need.
    """

    def __init__(self, training: Training, folder: Path, trained: Trained, every: float) -> None:
        self.training = training
        self.folder = folder
        self.trained = trained
        self.every = every
        self.saved = (0, 0)  # epoch and images of the last checkpoint
        self.stopped = False
        self.free = 0.0  # when the next checkpoint may be written
        self.due = 0.0  # when it is to be written

    def run(self, stopping: Callable[[], bool] = lambda: False) -> Iterator[Progress | Epoch | Result]:
        """The events of the training, to its end or to the first batch after which it is to stop.

        Raises FileError where the file cannot be written, DivergenceError where the loss is no longer finite; either
        way the last checkpoint stands.
        """
        self.save()  # that it cannot be written is to show now
        for event in self.training.run():
            self.stopped = stopping() and not isinstance(event, Result)
            if self.stopped or isinstance(event, Result) or self.is_time(event):
                self.save()
            yield event
            if self.stopped:
                return

    def is_time(self, event: Progress | Epoch) -> bool:
        now = time.perf_counter()
        return not self.every or now >= (self.free if isinstance(event, Epoch) else max(self.free, self.due))

    def save(self) -> None:
        """Writes the run's file, unless the network is past saving: then the file from before is worth more."""
        training = self.training
        over = training.result is not None
        if not over and not training.sound:
            return
        start = time.perf_counter()
        self.trained = replace(
            self.trained,
            history=[epoch._asdict() for epoch in training.history],
            test=training.result._asdict() if training.result else {},
            training={} if over else {k: v for k, v in training.facts().items() if k != "history"},
        )
        save(training.network, self.trained, self.folder, None if over else state_of(training))
        self.saved = (training.epoch, min(training.batch * training.batches.size, len(training.learned)))
        end = time.perf_counter()
        self.free, self.due = end + SHARE * (end - start), end + self.every


def begun(
    network: Network,
    data: DataSet,
    rule: Rule,
    settings: Settings,
    team: Team,
    seed: int,
    start: Start | None = None,
) -> tuple[Training, Trained]:
    """A training of a network whose parameters are drawn anew, or come from its start, and what its file says."""
    rng = np.random.default_rng(seed)
    network.initialise(rng)
    known = fingerprint(data)
    if start:
        start.hand_over(network)
        data = start.seen_alike(data)
    training = Training(network, data, settings, team, rng)
    facts = {**settings.facts(), "validation": len(training.held_out), "seed": seed, "threads": team.size}
    if start:
        facts |= {"from": start.run, "new_head": start.new_head}
    size = (data.shape[0], data.shape[1]) if rule.resize else None
    more = {
        "rule": replace(rule, size=size).facts(),
        "fingerprint": known,
        "surroundings": surroundings(),
    }
    return training, Trained.on(data, facts, [], **more)


class Stored(NamedTuple):
    """A run that is not over, as its file has it."""

    path: Path
    network: Network
    trained: Trained
    settings: Settings
    seed: int
    threads: int
    state: dict[str, Any]

    @property
    def folder(self) -> Path:
        return self.path.parent


def stored(run: Path) -> Stored:
    """What is needed to go on with a run; raises FileError."""
    path = file_of(run)
    network, trained, state = load_all(path)
    try:
        settings, seed, threads = settings_of(trained.settings)
    except (CnncalcError, ValueError, TypeError, LookupError) as error:
        raise corrupt(path, f"its settings: {error}") from None
    return Stored(path, network, trained, settings, seed, threads, state)


def settings_of(facts: dict[str, Any]) -> tuple[Settings, int, int]:
    """Settings, seed and threads from a run's file; raises UsageError, TypeError, ValueError or KeyError."""
    hints = get_type_hints(Settings)
    values = {part.name: facts[part.name] for part in fields(Settings)}
    for name, value in values.items():
        if not isinstance(value, hints[name] | int if hints[name] is not str else str):
            raise TypeError(f"{name} is {value!r}")
    seed, threads = facts["seed"], facts["threads"]
    if not (
        isinstance(seed, int) and seed >= 0 and isinstance(threads, int) and 1 <= threads <= MOST_THREADS
    ):
        raise ValueError(f"seed {seed!r}, threads {threads!r}")
    return Settings(**values), seed, threads


def resumed(run: Stored, data: DataSet, team: Team) -> tuple[Training, Trained, list[str]]:
    """The training where it stood, what its file says, and what has changed that its last bits depend on.

    Raises FileError where the data set is not what it was, or the file is damaged.
    """
    trained = run.trained
    other = change(trained.fingerprint, fingerprint(data)) if trained.fingerprint else ""
    if other:
        raise FileError(
            f"{data.name} has changed since {run.folder} began: {other}",
            "bring the data back as they were, or train anew",
        )
    data = replace(
        data, mean=trained.mean, deviation=trained.deviation
    )  # a transfer keeps those it came from
    rng = np.random.default_rng(run.seed)
    try:
        training = Training(run.network, data, run.settings, team, rng)
        take_up(training, run.state, {**trained.training, "history": trained.history})
    except (CnncalcError, ValueError, TypeError, LookupError, OverflowError, AttributeError) as error:
        raise corrupt(run.path, f"its training cannot be taken up: {error}") from None
    now = surroundings()
    found = [*changes(trained.surroundings, now)]
    if run.threads != team.size:
        found.append(f"threads were {run.threads}, are {team.size}")
    again = {"epoch": training.epoch, "batch": training.batch, "changes": found}
    trained = replace(
        trained,
        data=data.name,
        settings={**trained.settings, "threads": team.size},
        surroundings=now,
        resumed=[*trained.resumed, again],
    )
    return training, trained, found
