"""A network in training, step by step: the gradient of a batch, shared by a team, and the step that follows from it."""

from __future__ import annotations

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
from cnncalc.numerics.ufuncs import ufunc_settings
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
        self.shares = Shares(team, network, inputs, self.settings, rng)
        self.steps = 0
        self.average = Average(network, self.settings.average) if self.settings.average else None

    @ufunc_settings()  # a number out of range shows in the loss
    def step(self, images: Array, labels: Array, rate: float) -> Score:
        """One batch (N, H, W, C): forward, backward, and a step of the optimiser.

        Of a batch of more than 512 pictures the gradients of its slices are added, so that memory stays bounded;
        batch normalisation then has the statistics of each slice.
        """
        if self.shares.size <= len(labels) <= AT_ONCE:
            scores = self.shares.learn(images, labels, rate, self.steps)
        else:
            scores, workers = self.slope(images, labels)
            self.shares.descend(workers, rate, self.steps)
        self.steps += 1
        if self.average:
            self.average.update()
        return total(scores)

    def slope(self, images: Array, labels: Array) -> tuple[list[Score], int]:
        """Leaves the gradient of a batch in the places of so many workers; that of a large one is in the first's."""
        if len(labels) <= AT_ONCE:  # a worker a picture
            scores = self.shares.slope(images, labels, len(labels))
            return scores, len(scores)
        gradients = self.shares.gradients
        scores, whole = [], np.zeros_like(gradients[0])
        for first in range(0, len(labels), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            found = self.shares.slope(images[part], labels[part], len(labels))
            for gradient in gradients[: len(found)]:
                whole += gradient
            scores += found
        np.copyto(gradients[0], whole)
        return scores, 1

    def averaged(self) -> AbstractContextManager[None]:
        """While this lasts, the network is the one to be tested and saved: the average, where there is one."""
        return self.average.in_place() if self.average else nullcontext()

    def arrays(self) -> dict[str, Array]:
        """All arrays that the next step depends on, by name and not copied."""
        averages = self.average.averages if self.average else {}
        return {
            **{f"network.{name}": value for name, value in contents(self.network).items()},
            **{name: value for name, value in self.shares.arrays.items() if name.startswith("optimiser.")},
            **{f"average.{name}": value for name, value in averages.items()},
        }

    def facts(self) -> dict[str, Any]:
        """All else that it depends on, as JSON has it."""
        return {
            "optimiser_steps": self.steps,
            "averaged_steps": self.average.steps if self.average else 0,
            "generators": self.shares.generators,
        }

    def restore(self, facts: dict[str, Any]) -> None:
        """Takes up the facts of another trainer of the same settings and team."""
        self.steps = facts["optimiser_steps"]
        if self.average:
            self.average.steps = facts["averaged_steps"]
        self.shares.generators = facts["generators"]
