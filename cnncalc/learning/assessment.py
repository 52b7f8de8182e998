"""Which classes a network takes for which, how sure that makes of each, and where it is most wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np

from cnncalc.learning.data import Split
from cnncalc.learning.folding import Folded
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.losses import CrossEntropy, Loss, Score, total
from cnncalc.learning.network import Network
from cnncalc.learning.team import Team, parts
from cnncalc.numerics.run import Run
from cnncalc.numerics.ufuncs import ufunc_settings
from cnncalc.numerics.workspace import Array

T = TypeVar("T")
Look = Callable[[slice, Array, Run], T]
AT_ONCE = 250  # pictures that a worker takes


class ClassFigures(NamedTuple):
    """How well one class is told from the others; None where nothing is divided by nothing."""

    name: str
    support: int  # pictures of the class
    guessed: int  # pictures that were taken for it
    right: int
    precision: float | None  # right / guessed
    recall: float | None  # right / support
    f1: float | None  # 2·right / (support + guessed), the harmonic mean of both


class Means(NamedTuple):
    """Means of the classes' figures, over those classes of which there are pictures; what is None counts as 0."""

    precision: float
    recall: float
    f1: float


class Mistake(NamedTuple):
    """A picture that was taken for another class than its own."""

    picture: int  # its number in its part of the data set, from 0
    label: int
    guess: int
    loss: float
    probability: float  # of the guess
    probability_of_label: float


class Confusion(NamedTuple):
    """A class taken for another one."""

    label: int
    guess: int
    pictures: int


@dataclass(frozen=True)
class Assessment:
    """How well a network does on a split."""

    classes: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]  # [label][guess]: pictures of a class, and what they were taken for
    loss: float  # mean over the pictures
    loss_name: str
    mistakes: tuple[Mistake, ...]  # all of them, the largest loss first

    @property
    def pictures(self) -> int:
        return sum(map(sum, self.matrix))

    @property
    def right(self) -> int:
        return sum(self.matrix[k][k] for k in range(len(self.classes)))

    @property
    def accuracy(self) -> float:
        return self.right / max(self.pictures, 1)

    @property
    def standard_error(self) -> float:
        """√(p(1 − p)/n), of the accuracy as a share of independent trials (binomial distribution)."""
        return math.sqrt(self.accuracy * (1 - self.accuracy) / max(self.pictures, 1))

    def by_class(self) -> list[ClassFigures]:
        """The figures of each class (van Rijsbergen, Information Retrieval, 1979, chapter 7)."""
        rows = []
        for k, name in enumerate(self.classes):
            support, guessed = sum(self.matrix[k]), sum(row[k] for row in self.matrix)
            right = self.matrix[k][k]
            parts = share(right, guessed), share(right, support), share(2 * right, support + guessed)
            rows.append(ClassFigures(name, support, guessed, right, *parts))
        return rows

    def means(self) -> Means:
        rows = [row for row in self.by_class() if row.support]
        count = max(len(rows), 1)
        return Means(*(sum(getattr(row, name) or 0.0 for row in rows) / count for name in Means._fields))

    def confusions(self) -> list[Confusion]:
        """The pairs of classes that are mixed up, the most frequent first."""
        pairs = [
            Confusion(label, guess, count)
            for label, row in enumerate(self.matrix)
            for guess, count in enumerate(row)
            if count and guess != label
        ]
        return sorted(pairs, key=lambda pair: -pair.pictures)

    def document(self, worst: int) -> dict[str, Any]:
        """All figures as JSON has them, with so many of the worst mistakes."""
        named = [
            {**mistake._asdict(), "label": self.classes[mistake.label], "guess": self.classes[mistake.guess]}
            for mistake in self.mistakes[:worst]
        ]
        return {
            "pictures": self.pictures,
            "right": self.right,
            "accuracy": self.accuracy,
            "standard_error": self.standard_error,
            "loss": self.loss,
            "loss_name": self.loss_name,
            "confusion": [list(row) for row in self.matrix],
            "classes": [row._asdict() for row in self.by_class()],
            "means": self.means()._asdict(),
            "mistakes": named,
        }


def share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def assess(
    network: Network,
    data: Split,
    classes: tuple[str, ...],
    inputs: Inputs,
    team: Team,
    loss: Loss | None = None,
) -> Assessment:
    """Classifies the pictures of a split and writes down what each was taken for; loss and order as in training."""
    loss = loss or CrossEntropy()

    def look(part: slice, outputs: Array, run: Run) -> tuple[Score, Array, list[Mistake]]:
        labels, guesses = data.labels[part], outputs.argmax(axis=0)
        shares = np.exp(outputs - outputs.max(axis=0))
        shares /= shares.sum(axis=0)
        mistakes = []
        for i in np.flatnonzero(guesses != labels).tolist():
            alone, _ = loss.score(
                outputs[:, i : i + 1], labels[i : i + 1], 1, run.space, softmax=network.softmax
            )
            label, guess = int(labels[i]), int(guesses[i])
            probabilities = float(shares[guess, i]), float(shares[label, i])
            mistakes.append(Mistake(part.start + i, label, guess, alone.loss, *probabilities))
        score, _ = loss.score(outputs, labels, 1, run.space, softmax=network.softmax)
        return score, guesses, mistakes

    found = looked_at(network, data, inputs, team, look)
    matrix = np.zeros((len(classes), len(classes)), np.int64)
    if found:
        np.add.at(matrix, (data.labels, np.concatenate([guesses for _, guesses, _ in found])), 1)
    score = total([Score(0.0, 0), *(score for score, _, _ in found)])
    mistakes = sorted(
        (each for *_, some in found for each in some), key=lambda each: (-each.loss, each.picture)
    )
    return Assessment(
        classes,
        tuple(tuple(row) for row in matrix.tolist()),
        score.loss / max(len(data), 1),
        loss.name,
        tuple(mistakes),
    )


def looked_at(network: Network, data: Split, inputs: Inputs, team: Team, look: Look[T]) -> list[T]:
    """What `look` finds in the network's outputs (K, n) before a softmax, batch by batch, in the order of the split."""
    shared = parts(len(data), team.size)

    @ufunc_settings()
    def share(worker: int) -> list[T]:
        run, tested = Run(train=False), Folded(network).current()
        found = []
        end = shared[worker].stop
        for first in range(shared[worker].start, end, AT_ONCE):
            part = slice(first, min(first + AT_ONCE, end))
            x = inputs.batch(data.images[part], run.space, network.dtype)
            outputs, _ = tested.forward(x, run)
            found.append(look(part, outputs, run))
        return found

    return [each for found in team.run(share, team.size) for each in found]
