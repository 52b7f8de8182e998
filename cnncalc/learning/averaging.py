"""The exponential moving average of a network's weights, which often does better than the weights themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from cnncalc.learning.network import Network
from cnncalc.numerics.workspace import Array


class Average:
    """Parameters and buffers, each step's weighted by β to the power of its age (Polyak & Juditsky 1992).

    The weights add up to 1 from the first step on, as with Adam's corrected means: the start leaves no trace.
    """

    def __init__(self, network: Network, beta: float) -> None:
        self.beta = beta
        self.steps = 0
        self.running = contents(network)
        self.averages = {name: value.copy() for name, value in self.running.items()}
        self.spare = {name: np.empty_like(value) for name, value in self.running.items()}

    def update(self) -> None:
        """Takes in the network as it is after a step."""
        self.steps += 1
        weight = (1 - self.beta) / (1 - self.beta**self.steps)
        for name, value in self.running.items():
            spare = self.spare[name]
            np.subtract(value, self.averages[name], out=spare)
            spare *= weight
            self.averages[name] += spare

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The network has the averages while this lasts, and its own numbers again behind it."""
        self.exchange()
        try:
            yield
        finally:
            self.exchange()

    def exchange(self) -> None:
        for name, value in self.running.items():
            np.copyto(self.spare[name], value)
            np.copyto(value, self.averages[name])
            np.copyto(self.averages[name], self.spare[name])


def contents(network: Network) -> dict[str, Array]:
    """All numbers of a network, not copied: the vectors of what is trained and what is not, and its buffers by name."""
    fixed = {"fixed": network.fixed.vector} if network.fixed.vector.size else {}
    return {"parameters": network.parameters.vector, **fixed, **network.buffers}
