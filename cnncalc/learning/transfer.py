"""A network that has learned one task as the start for another (Yosinski, Clune, Bengio, Lipson 2014).

Its first layers may be frozen; what they make of a picture is then the same each time, and computed once where
nothing changes the pictures.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import NamedTuple

import numpy as np

from cnncalc.errors import ShapeError, UsageError
from cnncalc.layers import Layer, Model, Serial
from cnncalc.layers.dense import Dense
from cnncalc.learning.checkpoint import Trained
from cnncalc.learning.data import DataSet, Parts, Split
from cnncalc.learning.inputs import Features, Inputs
from cnncalc.learning.network import Network
from cnncalc.learning.team import Team
from cnncalc.numerics.run import Run
from cnncalc.numerics.ufuncs import ufunc_settings
from cnncalc.numerics.workspace import Array

MOST = 1 << 30  # bytes of features that are kept; more are computed anew each time
AT_ONCE = 250  # pictures that a worker takes


class Start(NamedTuple):
    """What a training begins from, instead of drawing all parameters."""

    network: Network  # learned
    trained: Trained
    run: str  # where it was
    new_head: bool

    def model(self, classes: int, frozen: int) -> Model:
        """The model that goes on: as it was, or with a last layer for so many classes.

        Raises ShapeError where it tells another number of classes apart, UsageError where a new head or freezing so
        many layers makes no sense.
        """
        model = self.network.model
        if self.new_head:
            model = with_units(model, head_of(model), classes)
        elif self.network.classes != classes:
            raise ShapeError(
                f"the network tells {self.network.classes} classes apart, and here are {classes}",
                "--new-head gives it a last layer that fits",
            )
        layers = len([step for step in model.steps() if "." not in step.path])
        if frozen >= layers:
            raise UsageError(
                f"{frozen} layers cannot be frozen, the network has {layers}",
                f"--freeze takes up to {layers - 1}; cnncalc shape RUN numbers them",
            )
        return model

    def hand_over(self, network: Network) -> None:
        """Gives a network of that model what has been learned, but for a new head, which keeps what was drawn."""
        body = network.model.body.layers
        head = body[head_of(network.model)] if self.new_head else None
        drawn = {step.path for step in network.steps if step.layer is head}
        learned = self.network.tensors()
        for name, value in network.tensors().items():
            if name.rpartition(".")[0] not in drawn:
                value[...] = learned[name]

    def seen_alike(self, data: DataSet) -> DataSet:
        """The data with the mean and the deviation of those that the network learned from: it sees them as it did."""
        return replace(data, mean=self.trained.mean, deviation=self.trained.deviation)


def head_of(model: Model) -> int:
    """The place of the last layer with parameters, which must be dense; raises UsageError."""
    last = [step for step in model.leaves() if step.layer.param_shapes(step.input)][-1:]
    for index, layer in enumerate(model.body.layers):
        if isinstance(layer, Dense) and any(step.layer is layer for step in last):
            return index
    raise UsageError("the network does not end in fc, which a new one could replace", "leave out --new-head")


def with_units(model: Model, head: int, classes: int) -> Model:
    """The model with another number of units in its last dense layer."""
    layers: list[Layer] = list(model.body.layers)
    old = layers[head]
    assert isinstance(old, Dense)  # head_of found it
    layers[head] = Dense(units=classes, bias=old.bias)
    return model._replace(body=Serial(tuple(layers)))


def computed_once(network: Network, inputs: Inputs, parts: Parts, team: Team) -> tuple[Inputs, Parts]:
    """What the frozen layers make of all pictures, and the door for it; as it was where that would be too much."""
    shape = features_shape(network)
    size = sum(len(part) for part in parts) * prod(shape) * network.dtype.itemsize
    if not network.front or size > MOST:
        return inputs, parts
    train, validation, test = (features(network, inputs, part, shape, team) for part in parts)
    return Features(shape, shape, 0.0, 1.0), Parts(train, validation, test)


def features_shape(network: Network) -> tuple[int, ...]:
    """The shape of what the frozen layers put out, channels last."""
    one = np.zeros((network.model.input[-1], *network.model.input[:-1], 1), network.dtype)
    found = network.features(one, Run(train=False)).shape[:-1]
    return (*found[1:], found[0])


def features(network: Network, inputs: Inputs, part: Split, shape: tuple[int, ...], team: Team) -> Split:
    """The pictures of a part as the frozen layers leave them, (N, *spatial, C)."""
    made: Array = np.empty((len(part), *shape), network.dtype)
    firsts = range(0, len(part), AT_ONCE)

    @ufunc_settings()
    def share(worker: int) -> None:
        run = Run(train=False)
        for first in firsts[worker :: team.size]:
            rows = slice(first, first + AT_ONCE)
            x = inputs.batch(part.images[rows], run.space, network.dtype)
            made[rows] = np.moveaxis(network.features(x, run), (0, -1), (-1, 0))

    team.run(share, team.size)
    return Split(made, part.labels)
