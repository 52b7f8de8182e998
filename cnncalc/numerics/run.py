"""What a layer is told of the pass that it takes part in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from cnncalc.numerics.workspace import Array, Workspace


def alone(part: Array) -> Array:
    """The sum over all workers where there is only one."""
    return part


@dataclass
class Run:
    """One worker's pass over its part of a batch, as the layer at work is told of it."""

    train: bool
    space: Workspace = field(default_factory=Workspace)
    rng: np.random.Generator = field(default_factory=np.random.default_rng)
    reduce: Callable[[Array], Array] = alone  # sums a small array over all workers
    key: str = ""  # the path of the layer at work
    need_dx: bool = True  # whether the layer's pullback is asked for dx
    reuse: bool = False  # whether the layer may overwrite its input
    buffers: dict[str, Array] = field(default_factory=dict)  # what the layer keeps, by name
    kept: dict[str, Array] = field(default_factory=dict)  # new values for buffers, by path and name

    def inside(self, name: str, buffers: dict[str, Array], *, reuse: bool, need_dx: bool) -> Run:
        """The same pass as a layer inside this one is told of it."""
        path = f"{self.key}.{name}" if self.key else name
        return Run(self.train, self.space, self.rng, self.reduce, path, need_dx, reuse, buffers, self.kept)

    def keep(self, name: str, value: Array) -> None:
        """Hands in the next value of one of the layer's buffers; the trainer takes one worker's word for it."""
        self.kept[f"{self.key}.{name}"] = value
