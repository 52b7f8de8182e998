"""The training loop: epochs of shuffled batches, a look at the validation pictures after each, the test at the end."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from cnncalc.errors import DivergenceError
from cnncalc.learning.averaging import contents
from cnncalc.learning.batches import Batches
from cnncalc.learning.data import DataSet, Split
from cnncalc.learning.evaluation import inputs_for, score
from cnncalc.learning.losses import Score, total
from cnncalc.learning.network import Network
from cnncalc.learning.settings import Settings
from cnncalc.learning.team import Team
from cnncalc.learning.trainer import Trainer
from cnncalc.learning.transfer import computed_once
from cnncalc.numerics.workspace import Array


class Progress(NamedTuple):
    """Where a training stands after a batch; loss and accuracy are means over the epoch so far."""

    epoch: int  # from 1
    images: int  # of this epoch, so far
    of: int
    loss: float  # without the penalty on the weights
    accuracy: float
    seconds: float  # of training, since it began
    left: float  # seconds that the rest will take at this pace


class Epoch(NamedTuple):
    """What an epoch came to; the training figures are means over the batches as they came."""

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float | None  # None where no pictures are held out
    validation_accuracy: float | None
    images_per_second: float
    seconds: float


class Result(NamedTuple):
    """What the network that is kept makes of the test pictures, at which it is looked once."""

    epoch: int  # whose network it is
    loss: float
    accuracy: float
    pictures: int


class Training:
    """A training from its first batch to its last; what it goes on from is in state()."""

    def __init__(
        self, network: Network, data: DataSet, settings: Settings, team: Team, rng: np.random.Generator
    ) -> None:
        self.network = network
        self.data = data
        self.settings = settings
        self.team = team
        parts = data.split(settings.held_out(len(data.train)), settings.examples)
        self.inputs = inputs_for(network, data)
        if network.frozen and not settings.chosen_augmentations:
            self.inputs, parts = computed_once(network, self.inputs, parts, team)
        self.learned, self.held_out, self.tested = parts
        self.trainer = Trainer(network, self.inputs, team, rng, settings)
        self.batches = Batches(
            self.learned,
            settings.batch_size(len(self.learned)),
            settings.chosen_augmentations,
            int(rng.integers(2**63)),
            threads=max(1, team.size // 2),
        )
        self.epoch = 1
        self.batch = 0  # of this epoch, done
        self.so_far = Score(0.0, 0)  # of this epoch
        self.seconds = 0.0
        self.began = 0.0  # seconds when this epoch began
        self.history: list[Epoch] = []
        self.result: Result | None = None
        self.best: dict[str, Array] = {}  # the network of the best epoch, where that is to be kept
        self.best_epoch = 0
        self.best_rank = (
            -1.0,
            0.0,
        )  # its accuracy, and its loss for the case of a tie, the larger the better

    def run(self) -> Iterator[Progress | Epoch | Result]:
        """Goes on from where it stands to the end. Raises DivergenceError where the loss is no longer finite."""
        while self.epoch <= self.settings.epochs:
            yield from self.finish_epoch()
            yield self.close_epoch()
        yield self.test()

    def finish_epoch(self) -> Iterator[Progress]:
        """The batches of this epoch that are left."""
        examples, size = len(self.learned), self.batches.size
        batches = self.batches.epoch(self.epoch, self.batch)
        start = time.perf_counter()
        for images, labels in batches:
            first = self.batch * size
            rate = self.settings.rate_at(self.epoch - 1 + first / examples, size / examples)
            score = self.trainer.step(images, labels, rate)
            self.seconds += time.perf_counter() - start
            done = first + len(labels)
            if not math.isfinite(score.loss):
                raise self.diverged(f"the loss is no longer finite ({score.loss})", done)
            self.batch += 1
            self.so_far = total([self.so_far, score])
            share = (self.epoch - 1 + done / examples) / self.settings.epochs
            yield Progress(
                self.epoch,
                done,
                examples,
                self.so_far.loss / done,
                self.so_far.right / done,
                self.seconds,
                self.seconds * (1 / share - 1),
            )
            start = time.perf_counter()

    def close_epoch(self) -> Epoch:
        """Validates, keeps the network if it is the best so far, and turns to the next epoch."""
        examples, held_out = len(self.learned), len(self.held_out)
        if not self.sound:  # the step of the last batch may be the one that was too long
            raise self.diverged("the weights are no longer finite", examples)
        loss = accuracy = None
        if held_out:
            with self.trainer.averaged():
                score = self.evaluate(self.held_out)
                loss, accuracy = score.loss / held_out, score.right / held_out
                if self.settings.keep == "best" and (accuracy, -loss) > self.best_rank:
                    self.best = {name: value.copy() for name, value in contents(self.network).items()}
                    self.best_epoch, self.best_rank = self.epoch, (accuracy, -loss)
        epoch = Epoch(
            self.epoch,
            self.so_far.loss / examples,
            self.so_far.right / examples,
            loss,
            accuracy,
            examples / (self.seconds - self.began),
            self.seconds,
        )
        self.history.append(epoch)
        self.epoch, self.batch = self.epoch + 1, 0
        self.so_far, self.began = Score(0.0, 0), self.seconds
        return epoch

    @property
    def sound(self) -> bool:
        """Whether all numbers of the network are finite."""
        return all(bool(np.isfinite(value).all()) for value in contents(self.network).values())

    def diverged(self, fact: str, images: int) -> DivergenceError:
        """The error, with what may help."""
        clip = "" if self.settings.clip else "; or cut long gradients short with --clip 1"
        return DivergenceError(
            f"{fact} after {images:,} images of epoch {self.epoch}",
            f"try a smaller learning rate, such as --rate {self.settings.peak / 10:g}{clip}",
        )

    def evaluate(self, data: Split) -> Score:
        return score(self.trainer.shares, data)

    def test(self) -> Result:
        """Makes the network the one that is kept, for good, and looks at the test pictures."""
        if self.best:
            for name, value in contents(self.network).items():
                value[...] = self.best[name]
        elif self.trainer.average:
            self.trainer.average.exchange()
        score, pictures = self.evaluate(self.tested), len(self.tested)
        epoch = self.best_epoch or self.settings.epochs
        self.result = Result(epoch, score.loss / pictures, score.right / pictures, pictures)
        return self.result

    def arrays(self) -> dict[str, Array]:
        """All arrays that the rest of the training depends on, by name and not copied."""
        return {**self.trainer.arrays(), **{f"best.{name}": value for name, value in self.best.items()}}

    def facts(self) -> dict[str, Any]:
        """All else that it depends on, as JSON has it."""
        return {
            "trainer": self.trainer.facts(),
            "seed": self.batches.seed,
            "epoch": self.epoch,
            "batch": self.batch,
            "so_far": list(self.so_far),
            "seconds": self.seconds,
            "began": self.began,
            "best_epoch": self.best_epoch,
            "best_rank": list(self.best_rank),
            "history": [epoch._asdict() for epoch in self.history],
        }

    def restore(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Takes up the state of another training with the same network, data and settings.

        With a team of the same size the rest goes on to the bit. A worker more has the random numbers of a beginning.
        Raises ValueError, TypeError, LookupError or OverflowError where the facts make no sense.
        """
        trainer = dict(facts["trainer"])
        fresh, saved = self.trainer.facts()["generators"], list(trainer["generators"])
        trainer["generators"] = saved[: len(fresh)] + fresh[len(saved) :]
        self.epoch, self.batch = within(facts["epoch"], 1, self.settings.epochs + 1), facts["batch"]
        within(self.batch, 0, len(self.batches))
        self.batches.seed = within(facts["seed"], 0, 2**63)
        self.so_far = Score(*map(finite, facts["so_far"]))
        self.seconds, self.began = finite(facts["seconds"]), finite(facts["began"])
        self.best_epoch = within(facts["best_epoch"], 0, self.epoch - 1)
        accuracy, loss = map(float, facts["best_rank"])  # which need not be finite
        self.best_rank = (accuracy, loss)
        self.history = [Epoch(**epoch) for epoch in facts["history"]]
        if len(self.history) != self.epoch - 1:
            raise ValueError(f"epoch {self.epoch} after a history of {len(self.history)}")
        self.best = {name: value.copy() for name, value in split_off(arrays, "best.").items()}
        for name, value in self.trainer.arrays().items():
            value[...] = arrays[name]
        self.trainer.restore(trainer)


def within(value: Any, least: int, most: int) -> int:
    """The whole number, if it is one between those two; raises ValueError or TypeError."""
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a whole number")
    if not least <= value <= most:
        raise ValueError(f"{value} is not within {least} and {most}")
    return value


def finite(value: Any) -> Any:
    """The number, if it is finite; raises ValueError or TypeError."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is not a finite number")
    return value


def split_off(arrays: dict[str, Array], prefix: str) -> dict[str, Array]:
    """The arrays whose names begin so, without that beginning."""
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}
