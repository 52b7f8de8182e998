"""How well a network does on pictures that it does not learn from."""

from __future__ import annotations

import numpy as np

from cnncalc.errors import ShapeError
from cnncalc.learning.data import DataSet, Split
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.losses import CrossEntropy, Loss, Score, total
from cnncalc.learning.network import Network
from cnncalc.learning.team import Team, parts
from cnncalc.numerics.run import Run

AT_ONCE = 250  # pictures that a worker takes


def inputs_for(network: Network, data: DataSet) -> Inputs:
    """The door from a data set to a network; raises ShapeError where pictures or classes do not fit."""
    if network.classes != len(data.classes):
        raise ShapeError(
            f"the network tells {network.classes} classes apart, {data.name} has {len(data.classes)}",
            f"end it with fc {len(data.classes)}",
        )
    return Inputs(data.shape, network.model.input, data.mean, data.deviation)


def evaluate(network: Network, data: Split, inputs: Inputs, team: Team, loss: Loss | None = None) -> Score:
    """The sum of the loss over a split, and how many of its examples the network classifies rightly."""
    loss = loss or CrossEntropy()
    shared = parts(len(data), team.size)

    @np.errstate(all="ignore")
    def share(worker: int) -> Score:
        run = Run(train=False)
        scores = [Score(0.0, 0)]
        end = shared[worker].stop
        for first in range(shared[worker].start, end, AT_ONCE):
            part = slice(first, min(first + AT_ONCE, end))
            x = inputs.batch(data.images[part], run.space, network.dtype)
            outputs, _ = network.forward(x, run)
            score, _ = loss.score(outputs, data.labels[part], 1, run.space, softmax=network.softmax)
            scores.append(score)
        return total(scores)

    return total(team.run(share, team.size))
