"""One worker's share of what a team does with a network: of a batch, of a test, and of the optimiser's step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cnncalc.layers import Model
from cnncalc.learning.averaging import contents
from cnncalc.learning.descent import Descent
from cnncalc.learning.folding import Folded
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.losses import Score, total
from cnncalc.learning.memory import Shapes
from cnncalc.learning.network import Backward, Network
from cnncalc.learning.processes import Reduce
from cnncalc.learning.settings import Settings
from cnncalc.learning.team import Members, Team, parts
from cnncalc.numerics.run import Run
from cnncalc.numerics.ufuncs import ufunc_settings
from cnncalc.numerics.workspace import Array

AT_ONCE = 512  # pictures that lie ready for the team
TESTED = 128  # pictures that a worker tests the network on at once, few enough for a cache

_NOTHING = np.zeros(1)  # what a worker brings that only waits for the others


class Share:
    """A network, its numbers in arrays that all workers see, and a gradient of this worker's own part."""

    def __init__(
        self,
        network: Network,
        inputs: Inputs,
        settings: Settings,
        arrays: dict[str, Array],
        worker: int,
        run: Run,
    ) -> None:
        network.settle(arrays)
        self.network = network
        self.folded = Folded(network)
        self.worker = worker
        self.inputs = inputs
        self.loss = settings.chosen_loss
        self.images, self.labels = arrays["images"], arrays["labels"]
        rows = arrays["gradients"]
        self.gradients = network.parameters.like(rows[worker])
        self.run = run
        own = parts(rows.shape[1], len(rows))[worker]
        self.descent = Descent(own, network.parameters, arrays, settings, run.reduce)

    def outputs(self, network: Network, part: slice, run: Run) -> tuple[Array, Backward]:
        x = self.inputs.batch(self.images[part], run.space, network.dtype)
        return network.forward(x, run, behind=self.inputs.behind)

    @ufunc_settings()  # a number out of range shows in the loss
    def slope(self, part: slice, examples: int) -> Score:
        """The loss of a part of the pictures; its gradient, as of a mean over so many examples, is left behind."""
        run, labels = self.run, self.labels[part]
        outputs, backward = self.outputs(self.network, part, run)
        softmax = self.network.softmax
        score, doutputs = self.loss.score(outputs, labels, examples, run.space, softmax=softmax)
        backward(doutputs, self.gradients)
        if not self.worker:  # what is kept is the same for all
            for name, value in run.kept.items():
                self.network.buffers[name][...] = value
        return score

    @ufunc_settings()
    def score(self, part: slice) -> Score:
        """The loss of a part of the pictures, as the network is when it does not learn."""
        run, network = replace(self.run, train=False), self.folded.current()
        scores = []
        for first in range(part.start, part.stop, TESTED):
            some = slice(first, min(first + TESTED, part.stop))
            outputs, _ = self.outputs(network, some, run)
            labels, softmax = self.labels[some], network.softmax
            scores.append(self.loss.score(outputs, labels, 1, run.space, softmax=softmax)[0])
        return total(scores)

    def learn(self, part: slice, examples: int, workers: int, rate: float, steps: int) -> Score:
        """The slope of a part, and this worker's part of the step, as soon as all others have left theirs."""
        score = self.slope(part, examples)
        self.run.reduce(_NOTHING)
        self.descend(workers, rate, steps)
        return score

    @ufunc_settings()
    def descend(self, workers: int, rate: float, steps: int) -> None:
        """This worker's part of a step along the gradients that so many have left."""
        self.descent.step(workers, rate, steps)

    def generator(self) -> Any:
        """Where this worker's random numbers stand."""
        return self.run.rng.bit_generator.state

    def restore(self, generator: Any) -> None:
        self.run.rng.bit_generator.state = generator


@dataclass
class Plan:
    """What each worker makes its share from; the network at hand becomes the first one's."""

    network: Network | None
    model: Model
    dtype: np.dtype[Any]
    frozen: int
    inputs: Inputs
    settings: Settings
    generators: list[np.random.Generator]

    def __call__(self, worker: int, arrays: dict[str, Array], reduce: Reduce) -> Share:
        network = self.network if self.network and not worker else self.made()
        run = Run(train=True, rng=self.generators[worker], reduce=reduce)
        return Share(network, self.inputs, self.settings, arrays, worker, run)

    def made(self) -> Network:
        return Network(self.model, dtype=self.dtype, frozen=self.frozen)

    def __getstate__(self) -> dict[str, Any]:
        """Only the first worker has the network itself, and no process that is told of this."""
        return {**self.__dict__, "network": None}


class Shares:
    """The shares of all workers of a team."""

    def __init__(
        self, team: Team, network: Network, inputs: Inputs, settings: Settings, rng: np.random.Generator
    ) -> None:
        before = contents(network)
        shapes: Shapes = {name: (value.shape, value.dtype) for name, value in before.items()}
        size = network.parameters.vector.size
        shapes["gradients"] = ((team.size, size), network.dtype)
        for name in settings.chosen_optimiser.keeps:
            shapes[f"optimiser.{name}"] = ((size,), network.dtype)
        shapes["images"] = ((AT_ONCE, *inputs.picture), inputs.dtype)
        shapes["labels"] = ((AT_ONCE,), np.int64)
        self.size = team.size
        self.network = network
        plan = Plan(
            network, network.model, network.dtype, network.frozen, inputs, settings, rng.spawn(team.size)
        )
        self.members: Members = team.hire(plan, shapes)
        self.arrays = self.members.arrays
        self.gradients = self.arrays["gradients"]
        for name, value in before.items():
            self.arrays[name][...] = value

    def cut(self, images: Array, labels: Array) -> list[slice]:
        """Lays pictures and classes out for all, and says which are whose."""
        examples = len(labels)
        self.arrays["images"][:examples] = images
        self.arrays["labels"][:examples] = labels
        return parts(examples, min(self.size, examples))

    def slope(self, images: Array, labels: Array, examples: int) -> list[Score]:
        """Leaves the gradient of at most 512 pictures, each worker's part of it by itself."""
        shared = self.cut(images, labels)
        return self.members.run("slope", [(part, examples) for part in shared])

    def learn(self, images: Array, labels: Array, rate: float, steps: int) -> list[Score]:
        """A step along the gradient of at most 512 pictures, of which there are enough for all workers."""
        shared, examples = self.cut(images, labels), len(labels)
        return self.members.run("learn", [(part, examples, self.size, rate, steps) for part in shared])

    def descend(self, workers: int, rate: float, steps: int) -> None:
        """A step along the gradients that so many workers have left, after so many steps before."""
        self.members.run("descend", [(workers, rate, steps)] * self.size)

    def score(self, images: Array, labels: Array) -> list[Score]:
        """How the network does on at most 512 pictures."""
        return self.members.run("score", [(part,) for part in self.cut(images, labels)])

    @property
    def generators(self) -> list[Any]:
        """Where the random numbers of each worker stand."""
        return self.members.run("generator", [()] * self.size)

    @generators.setter
    def generators(self, states: list[Any]) -> None:
        self.members.run("restore", [(state,) for state in states])
