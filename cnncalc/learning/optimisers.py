"""Optimisers: how a step follows from the gradient. A new one is one class and one word in OPTIMISERS.

All work on the flat vector of the parameters, in place. θ are the parameters, g the gradient, η the learning rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from cnncalc.learning.choices import Choice, family, number

if TYPE_CHECKING:
    from cnncalc.numerics.workspace import Array


class Moments:
    """What an optimiser keeps from step to step: named vectors like the parameters, and the number of steps."""

    def __init__(self, vectors: dict[str, Array], spare: Array) -> None:
        self.steps = 0
        self.vectors = vectors
        self.spare = spare  # room for what is worked out in between


@dataclass(frozen=True)
class Optimiser(Choice):
    """A rule for a step; its fields are its hyper-parameters."""

    keeps: ClassVar[tuple[str, ...]] = ()  # the vectors it needs
    rate: ClassVar[float]  # a learning rate that suits it, where none is given
    decay: ClassVar[float] = 0.0  # decoupled weight decay, where none is given

    def step(self, parameters: Array, gradient: Array, rate: float, kept: Moments) -> None:
        """Moves the parameters by the gradient, which is overwritten."""
        raise NotImplementedError


@dataclass(frozen=True)
class SGD(Optimiser):
    """θ ← θ − ηg (Robbins & Monro 1951)."""

    name = "sgd"
    rate = 0.1

    def step(self, parameters: Array, gradient: Array, rate: float, kept: Moments) -> None:  # noqa: ARG002 - all are asked alike
        gradient *= rate
        parameters -= gradient


@dataclass(frozen=True)
class Momentum(Optimiser):
    """Δ ← βΔ + g, θ ← θ − ηΔ (Polyak 1964)."""

    name = "momentum"
    keeps = ("velocity",)
    rate = 0.05

    beta: float = number(0.9, below=1)

    def step(self, parameters: Array, gradient: Array, rate: float, kept: Moments) -> None:
        import numpy as np

        np.multiply(self.hastened(gradient, kept), rate, out=gradient)
        parameters -= gradient

    def hastened(self, gradient: Array, kept: Moments) -> Array:
        """The velocity with the gradient in it."""
        velocity = kept.vectors["velocity"]
        velocity *= self.beta
        velocity += gradient
        return velocity


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Δ ← βΔ + g, θ ← θ − η(g + βΔ): the gradient is taken ahead (Nesterov 1983, as in Sutskever et al. 2013)."""

    name = "nesterov"

    def step(self, parameters: Array, gradient: Array, rate: float, kept: Moments) -> None:
        import numpy as np

        np.multiply(self.hastened(gradient, kept), self.beta, out=kept.spare)
        gradient += kept.spare
        gradient *= rate
        parameters -= gradient


@dataclass(frozen=True)
class Adagrad(Optimiser):
    """s ← s + g², θ ← θ − ηg/(√s + ε) (Duchi, Hazan, Singer 2011)."""

    name = "adagrad"
    keeps = ("square",)
    rate = 0.03

    epsilon: float = number(1e-8, above=0)

    def step(self, parameters: Array, gradient: Array, rate: float, kept: Moments) -> None:
        import numpy as np

        square = kept.vectors["square"]
        np.multiply(gradient, gradient, out=kept.spare)
        square += kept.spare
        scaled_step(parameters, gradient, square, rate, self.epsilon, kept)


@dataclass(frozen=True)
class RMSprop(Optimiser):
    """s ← ρs + (1 − ρ)g², θ ← θ − ηg/(√s + ε) (Tieleman & Hinton 2012, lecture 6e)."""

    name = "rmsprop"
    keeps = ("square",)
    rate = 0.003

    rho: float = number(0.9, below=1)
    epsilon: float = number(1e-8, above=0)

    def step(self, parameters: Array, gradient: Array, rate: float, kept: Moments) -> None:
        import numpy as np

        square = kept.vectors["square"]
        np.multiply(gradient, gradient, out=kept.spare)
        kept.spare *= 1 - self.rho
        square *= self.rho
        square += kept.spare
        scaled_step(parameters, gradient, square, rate, self.epsilon, kept)


def scaled_step(
    parameters: Array, gradient: Array, square: Array, rate: float, epsilon: float, kept: Moments
) -> None:
    """θ ← θ − ηg/(√s + ε)."""
    import numpy as np

    np.sqrt(square, out=kept.spare)
    kept.spare += epsilon
    np.divide(gradient, kept.spare, out=gradient)
    gradient *= rate
    parameters -= gradient


@dataclass(frozen=True)
class Adam(Optimiser):
    """m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − ηm̂/(√v̂ + ε) (Kingma & Ba 2015, algorithm 1).

    β₂ is 0.99 and not the paper's 0.999, which suits runs of a few hundred steps better.
    """

    name = "adam"
    keeps = ("mean", "square")
    rate = 0.005

    beta1: float = number(0.9, below=1)
    beta2: float = number(0.99, below=1)
    epsilon: float = number(1e-8, above=0)

    def step(self, parameters: Array, gradient: Array, rate: float, kept: Moments) -> None:
        import numpy as np

        mean, square, spare = kept.vectors["mean"], kept.vectors["square"], kept.spare
        kept.steps += 1
        # the running means, written as steps towards g and g²
        np.subtract(gradient, mean, out=spare)
        spare *= 1 - self.beta1
        mean += spare
        np.multiply(gradient, gradient, out=gradient)
        gradient -= square
        gradient *= 1 - self.beta2
        square += gradient
        # the corrections for the start, m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ), taken together
        correction = math.sqrt(1 - self.beta2**kept.steps)
        np.sqrt(square, out=spare)
        spare += self.epsilon * correction
        np.divide(mean, spare, out=spare)
        spare *= rate * correction / (1 - self.beta1**kept.steps)
        parameters -= spare


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay, θ ← θ − ηλθ beside each step (Loshchilov & Hutter 2019)."""

    name = "adamw"
    decay = 0.01


OPTIMISERS = family(SGD, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW)
