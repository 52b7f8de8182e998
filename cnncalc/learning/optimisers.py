"""Optimisers, and how the learning rate runs through a training."""

from __future__ import annotations

import math

import numpy as np

from cnncalc.numerics.workspace import Array


class Adam:
    """Kingma & Ba 2015: steps by the running mean of the gradient over the root of that of its square."""

    def __init__(
        self, size: int, dtype: np.dtype[np.floating], *, betas: tuple[float, float] = (0.9, 0.99)
    ) -> None:
        self.betas = betas
        self.epsilon = 1e-8
        self.steps = 0
        self.mean = np.zeros(size, dtype)
        self.square = np.zeros(size, dtype)
        self.spare = np.empty(size, dtype)

    def step(self, parameters: Array, gradient: Array, rate: float) -> None:
        """Moves the parameters by the gradient, which is overwritten."""
        self.steps += 1
        first, second = self.betas
        number = parameters.dtype.type
        # m ← β₁m + (1 − β₁)g and v ← β₂v + (1 − β₂)g², written as steps towards g and g²
        np.subtract(gradient, self.mean, out=self.spare)
        np.multiply(self.spare, number(1 - first), out=self.spare)
        np.add(self.mean, self.spare, out=self.mean)
        np.multiply(gradient, gradient, out=gradient)
        np.subtract(gradient, self.square, out=gradient)
        np.multiply(gradient, number(1 - second), out=gradient)
        np.add(self.square, gradient, out=self.square)
        # θ ← θ − η·m̂/(√v̂ + ε), the corrections for the start taken together
        correction = math.sqrt(1 - second**self.steps)
        np.sqrt(self.square, out=self.spare)
        np.add(self.spare, number(self.epsilon * correction), out=self.spare)
        np.divide(self.mean, self.spare, out=self.spare)
        np.multiply(self.spare, number(rate * correction / (1 - first**self.steps)), out=self.spare)
        np.subtract(parameters, self.spare, out=parameters)


RISE = 0.15  # the share of a cycle on the way up
START = 0.04  # of the peak, where a cycle begins


def cyclic_rate(done: float, epochs: int, peak: float) -> float:
    """The learning rate after `done` of so many epochs: each epoch is a cycle, each with a lower peak than the last.

    Within a cycle the rate climbs to the peak and falls to nothing, both along a cosine: the one-cycle policy of
    Smith & Topin 2018, restarted as by Loshchilov & Hutter 2017, so that the network is good after every epoch.
    """
    epoch = min(int(done), epochs - 1)
    within = done - epoch
    top = peak * (1 - epoch / epochs)
    if within < RISE:
        return top * (START + (1 - START) * (1 - math.cos(math.pi * within / RISE)) / 2)
    return top * (1 + math.cos(math.pi * (within - RISE) / (1 - RISE))) / 2
