"""A network in training, step by step: the gradient of a batch, shared by a team, and the step that follows from it."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from cnncalc.learning.averaging import Average, contents
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.losses import Score, total
from cnncalc.learning.network import Network
from cnncalc.learning.settings import Settings
from cnncalc.learning.share import AT_ONCE, Shares
from cnncalc.learning.team import Team
from cnncalc.numerics.workspace import Array


class Trainer:
    """A network, what its optimiser keeps, the average of its weights, and its workers' random numbers."""

    def __init__(
        self,
        network: Network,
        inputs: Inputs,
        team: Team,
        rng: np.random.Generator,
        settings: Settings | None = None,
    ) -> None:
        self.network = network
        self.settings = settings or Settings()
        self.loss = self.settings.chosen_loss
        self.shares = Shares(team, network, inputs, self.loss, rng.spawn(team.size))
        self.optimiser = self.settings.chosen_optimiser
        self.kept = self.optimiser.moments(network.parameters.vector.size, network.dtype)
        self.average = Average(network, self.settings.average) if self.settings.average else None

    @np.errstate(all="ignore")  # a number out of range shows in the loss
    def step(self, images: Array, labels: Array, rate: float) -> Score:
        """One batch (N, H, W, C): forward, backward, and a step of the optimiser.

        Of a batch of more than 512 pictures the gradients of its slices are added, so that memory stays bounded;
        batch normalisation then has the statistics of each slice.
        """
        examples = len(labels)
        gradient = self.shares.gradients[0]
        if examples <= AT_ONCE:
            score = self.slope(images, labels, examples)
        else:
            scores, whole = [], np.zeros_like(gradient)
            for first in range(0, examples, AT_ONCE):
                part = slice(first, first + AT_ONCE)
                scores.append(self.slope(images[part], labels[part], examples))
                whole += gradient
            np.copyto(gradient, whole)
            score = total(scores)
        self.descend(gradient, rate)
        if self.average:
            self.average.update()
        return score

    def slope(self, images: Array, labels: Array, examples: int) -> Score:
        """Leaves the gradient of the loss of these pictures, over so many examples, in the first worker's gradient."""
        scores = self.shares.slope(images, labels, examples)
        gradient = self.shares.gradients[0]
        for other in self.shares.gradients[1 : len(scores)]:
            np.add(gradient, other, out=gradient)
        return total(scores)

    def descend(self, gradient: Array, rate: float) -> None:
        """The penalty, the clip, the decay and the step, in this order: what is clipped is the whole gradient."""
        settings, parameters = self.settings, self.network.parameters
        if settings.l2:
            for weights in parameters.weights:
                spare = self.kept.spare[weights]
                np.multiply(parameters.vector[weights], settings.l2, out=spare)
                gradient[weights] += spare
        if settings.clip:
            clip(gradient, settings.clip)
        if settings.shrink:
            for weights in parameters.weights:
                parameters.vector[weights] *= 1 - rate * settings.shrink
        self.optimiser.step(parameters.vector, gradient, rate, self.kept)

    def averaged(self) -> AbstractContextManager[None]:
        """While this lasts, the network is the one to be tested and saved: the average, where there is one."""
        return self.average.in_place() if self.average else nullcontext()

    def arrays(self) -> dict[str, Array]:
        """All arrays that the next step depends on, by name and not copied."""
        averages = self.average.averages if self.average else {}
        return {
            **{f"network.{name}": value for name, value in contents(self.network).items()},
            **{f"optimiser.{name}": value for name, value in self.kept.vectors.items()},
            **{f"average.{name}": value for name, value in averages.items()},
        }

    def facts(self) -> dict[str, Any]:
        """All else that it depends on, as JSON has it."""
        return {
            "optimiser_steps": self.kept.steps,
            "averaged_steps": self.average.steps if self.average else 0,
            "generators": self.shares.generators,
        }

    def restore(self, facts: dict[str, Any]) -> None:
        """Takes up the facts of another trainer of the same settings and team."""
        self.kept.steps = facts["optimiser_steps"]
        if self.average:
            self.average.steps = facts["averaged_steps"]
        self.shares.generators = facts["generators"]


def clip(gradient: Array, longest: float) -> None:
    """Shortens a gradient that is longer, in the norm over all parameters (Pascanu, Mikolov, Bengio 2013)."""
    length = math.sqrt(float(np.dot(gradient, gradient)))
    if length > longest:
        gradient *= longest / length
