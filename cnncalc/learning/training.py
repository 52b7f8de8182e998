"""The training loop: epochs of shuffled batches, each batch shared by a team of workers."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from cnncalc.errors import DivergenceError, ShapeError
from cnncalc.learning.data import DataSet, Split
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.losses import Score, softmax_cross_entropy
from cnncalc.learning.network import Network
from cnncalc.learning.optimisers import Adam, cyclic_rate
from cnncalc.learning.team import Team, parts
from cnncalc.numerics.run import Run
from cnncalc.numerics.workspace import Array

TEST_BATCH = 250  # images a worker takes at once when nothing is learned


@dataclass(frozen=True)
class Settings:
    """How to train: Adam, with a learning rate that rises to `rate` and falls again in each epoch."""

    epochs: int = 3
    batch: int = 128
    rate: float = 0.005


class Progress(NamedTuple):
    """Where a training stands after a batch; loss and accuracy are means over the epoch so far."""

    epoch: int  # from 1
    images: int  # of this epoch, so far
    of: int
    loss: float
    accuracy: float
    seconds: float  # of training, since it began
    left: float  # seconds that the rest will take at this pace


class Epoch(NamedTuple):
    """What an epoch came to; the training figures are means over the batches as they came."""

    epoch: int
    loss: float
    accuracy: float
    test_accuracy: float
    images_per_second: float
    seconds: float


class Trainer:
    """A network in training on a data set, step by step."""

    def __init__(self, network: Network, inputs: Inputs, team: Team, rng: np.random.Generator) -> None:
        self.network = network
        self.inputs = inputs
        self.team = team
        size = network.parameters.vector.size
        self.optimiser = Adam(size, network.dtype)
        self.gradients = [network.parameters.like() for _ in range(team.size)]
        self.runs = [
            Run(train=True, rng=generator, reduce=partial(team.total, worker))
            for worker, generator in enumerate(rng.spawn(team.size))
        ]

    @np.errstate(all="ignore")  # a number out of range shows in the loss
    def step(self, images: Array, labels: Array, rate: float) -> Score:
        """One batch (N, H, W, C): forward, backward, and a step of the optimiser."""
        workers = min(self.team.size, len(labels))
        shared = parts(len(labels), workers)

        @np.errstate(all="ignore")
        def share(worker: int) -> Score:
            part = shared[worker]
            run = self.runs[worker]
            x = self.inputs.batch(images[part], run.space, self.network.dtype)
            logits, backward = self.network.forward(x, run)
            score, dlogits = softmax_cross_entropy(logits, labels[part], len(labels))
            backward(dlogits, self.gradients[worker])
            return score

        scores = self.team.run(share, workers)
        gradient = self.gradients[0].vector
        for other in self.gradients[1:workers]:
            np.add(gradient, other.vector, out=gradient)
        self.optimiser.step(self.network.parameters.vector, gradient, rate)
        for name, value in self.runs[0].kept.items():
            self.network.buffers[name][...] = value
        return total(scores)


def inputs_for(network: Network, data: DataSet) -> Inputs:
    """The door from a data set to a network; raises ShapeError where pictures or classes do not fit."""
    if network.classes != len(data.classes):
        raise ShapeError(
            f"the network tells {network.classes} classes apart, {data.name} has {len(data.classes)}",
            f"end it with fc {len(data.classes)}",
        )
    return Inputs(data.shape, network.model.input, data.mean, data.deviation)


def train(
    network: Network, data: DataSet, settings: Settings, team: Team, rng: np.random.Generator
) -> Iterator[Progress | Epoch]:
    """Trains the network in place; yields a Progress after every batch and an Epoch after every epoch.

    Raises DivergenceError where the loss is no longer finite.
    """
    inputs = inputs_for(network, data)
    trainer = Trainer(network, inputs, team, rng)
    examples = len(data.train)
    seconds = 0.0
    for epoch in range(1, settings.epochs + 1):
        order = rng.permutation(examples)
        so_far = Score(0.0, 0)
        began = seconds
        for first in range(0, examples, settings.batch):
            start = time.perf_counter()
            rows = order[first : first + settings.batch]
            rate = cyclic_rate(epoch - 1 + first / examples, settings.epochs, settings.rate)
            score = trainer.step(data.train.images[rows], data.train.labels[rows], rate)
            seconds += time.perf_counter() - start
            if not math.isfinite(score.loss):
                raise DivergenceError(
                    f"the loss is no longer finite ({score.loss}) after {first + len(rows):,} images of epoch {epoch}",
                    f"try a smaller learning rate, such as --rate {settings.rate / 10:g}",
                )
            so_far = total([so_far, score])
            images = first + len(rows)
            share = (epoch - 1 + images / examples) / settings.epochs
            yield Progress(
                epoch,
                images,
                examples,
                so_far.loss / images,
                so_far.right / images,
                seconds,
                seconds * (1 / share - 1),
            )
        tested = evaluate(network, data.test, inputs, team)
        yield Epoch(
            epoch,
            so_far.loss / examples,
            so_far.right / examples,
            tested.right / len(data.test),
            examples / (seconds - began),
            seconds,
        )


def evaluate(network: Network, data: Split, inputs: Inputs, team: Team) -> Score:
    """The sum of the loss over a split, and how many of its examples the network classifies rightly."""
    shared = parts(len(data), team.size)

    @np.errstate(all="ignore")
    def share(worker: int) -> Score:
        run = Run(train=False)
        scores = []
        end = shared[worker].stop
        for first in range(shared[worker].start, end, TEST_BATCH):
            part = slice(first, min(first + TEST_BATCH, end))
            x = inputs.batch(data.images[part], run.space, network.dtype)
            logits, _ = network.forward(x, run)
            scores.append(softmax_cross_entropy(logits, data.labels[part], 1)[0])
        return total(scores)

    return total(team.run(share, team.size))


def total(scores: list[Score]) -> Score:
    """What several parts come to together."""
    return Score(sum(score.loss for score in scores), sum(score.right for score in scores))
