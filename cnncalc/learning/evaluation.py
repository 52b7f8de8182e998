"""How well a network does on pictures that it does not learn from."""

from __future__ import annotations

from cnncalc.errors import ShapeError
from cnncalc.learning.batches import in_order
from cnncalc.learning.data import DataSet, Split
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.losses import Score, total
from cnncalc.learning.network import Network
from cnncalc.learning.share import AT_ONCE, Shares


def inputs_for(network: Network, data: DataSet) -> Inputs:
    """The door from a data set to a network; raises ShapeError where pictures or classes do not fit."""
    if network.classes != len(data.classes):
        raise ShapeError(
            f"the network tells {network.classes} classes apart, {data.name} has {len(data.classes)}",
            f"end it with fc {len(data.classes)}",
        )
    return Inputs(data.shape, network.model.input, data.mean, data.deviation)


def score(shares: Shares, data: Split) -> Score:
    """The sum of the loss over a split, and how many of its examples the workers' network classifies rightly."""
    scores = [Score(0.0, 0)]
    for images, labels in in_order(data, AT_ONCE, shares.size):
        scores += shares.score(images, labels)
    return total(scores)
