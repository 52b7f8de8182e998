"""Normalisation and noise: batch normalisation, dropout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncalc.layers.base import Formula, Layer, Shape, option
from cnncalc.layers.values import NUMBER, YES_NO

if TYPE_CHECKING:
    from numpy.random import Generator

    from cnncalc.numerics import Array, Pullback, Run


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Per channel: x̂ = (x − μ)/√(σ² + ε), y = γx̂ + β, μ and σ² over batch and space (Ioffe & Szegedy 2015)."""

    word = "batchnorm"
    help = "normalises each channel over the batch and space"

    affine: bool = option(YES_NO, "whether scale and shift are trained", default=True)

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        return {"weight": x[-1:], "bias": x[-1:]} if self.affine else {}

    def buffer_shapes(self, x: Shape) -> dict[str, Shape]:
        return {"running_mean": x[-1:], "running_var": x[-1:]}

    def formulas(self, x: Shape) -> list[Formula]:
        return [Formula("parameters", f"2·{x[-1]} = {2 * x[-1]:,}")] if self.affine else []


@dataclass(frozen=True)
class Dropout(Layer):
    """Zeroes each number with the given probability while training; scales the rest so that the mean stays."""

    word = "dropout"
    help = "units vanish at random in training"

    rate: float = option(
        NUMBER, "the probability that a unit vanishes", minimum=0, below=1, default=0.5, head=True
    )
