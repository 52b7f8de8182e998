"""Losses, each with its gradient. A new loss is one class and one word in LOSSES."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.learning.choices import Choice, family

if TYPE_CHECKING:
    from cnncalc.numerics.workspace import Array, Workspace


class Score(NamedTuple):
    """Sum of the examples' losses, and how many of them were classified rightly."""

    loss: float
    right: int


def total(scores: Iterable[Score]) -> Score:
    """What several parts come to together."""
    losses, right = zip(*scores, strict=True)
    return Score(sum(losses), sum(right))


@dataclass(frozen=True)
class Loss(Choice):
    """A loss of an example's outputs and class."""

    def score(
        self, outputs: Array, labels: Array, examples: int, space: Workspace, *, softmax: bool
    ) -> tuple[Score, Array]:
        """The loss, and the gradient of its mean over `examples`, those of the whole batch.

        outputs (K, N) are those before a softmax at the end, `softmax` says whether there is one; labels (N,) in
        0…K−1; gradient (K, N), by the outputs.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """−log softmax(outputs)[label], in nats; the outputs are taken as logits whether or not a softmax is written."""

    name = "cross-entropy"

    def score(
        self,
        outputs: Array,
        labels: Array,
        examples: int,
        space: Workspace,  # noqa: ARG002 - all losses are asked alike
        *,
        softmax: bool,  # noqa: ARG002
    ) -> tuple[Score, Array]:
        import numpy as np

        columns = np.arange(labels.size)
        shifted = outputs - outputs.max(axis=0)
        doutputs = np.exp(shifted)
        sums = doutputs.sum(axis=0)
        loss = float((np.log(sums) - shifted[labels, columns]).sum(dtype=np.float64))
        doutputs /= sums
        doutputs[labels, columns] -= 1
        doutputs /= examples
        return Score(loss, right(outputs, labels)), doutputs


@dataclass(frozen=True)
class SquaredError(Loss):
    """Σ(y − t)²/K with one-hot targets t: the mean over the K outputs, as in PyTorch and Keras.

    A softmax at the end is a layer like any other here, and y what comes out of it.
    """

    name = "mse"

    def score(
        self, outputs: Array, labels: Array, examples: int, space: Workspace, *, softmax: bool
    ) -> tuple[Score, Array]:
        import numpy as np

        from cnncalc.numerics import elementwise

        classes = len(outputs)
        y, back = elementwise.softmax(outputs, space, "loss") if softmax else (outputs, None)
        difference = y.copy()
        difference[labels, np.arange(labels.size)] -= 1
        loss = float(np.square(difference).sum(dtype=np.float64)) / classes
        difference *= 2 / (classes * examples)
        return Score(loss, right(outputs, labels)), back(difference) if back else difference


def right(outputs: Array, labels: Array) -> int:
    """How many examples have their largest output at their label."""
    return int((outputs.argmax(axis=0) == labels).sum())


LOSSES = family(CrossEntropy, SquaredError)
