"""Layers made of layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cnncalc.layers.base import Layer, Shape, Step
from cnncalc.layers.dense import Flatten


@dataclass(frozen=True)
class Serial(Layer):
    """One layer after the other; the one fold that shapes, costs, fields, networks and errors come from."""

    layers: tuple[Layer, ...] = ()

    def steps(self, x: Shape, path: str = "") -> Iterator[Step]:
        """The leaves in order; a volume that meets a layer which takes a vector is flattened by a leaf of its own."""
        index = 0
        for layer in self.layers:
            inner = [Flatten(place=layer.place), layer] if layer.flat and len(x) > 1 else [layer]
            for part in inner:
                for step in part.steps(x, f"{path}{index}"):
                    x = step.output
                    yield step
                index += 1


@dataclass(frozen=True)
class Model:
    """A network: the shape of one example, and the layers it goes through."""

    input: Shape
    body: Serial

    def steps(self) -> Iterator[Step]:
        return self.body.steps(self.input)
