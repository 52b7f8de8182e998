"""Activations: elementwise functions, and softmax over the channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncalc.layers.base import Layer, option
from cnncalc.layers.values import NUMBER

if TYPE_CHECKING:
    from cnncalc.numerics import Array, Pullback, Run


class Identity(Layer):
    word = "identity"
    help = "x"
    monotone = True

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        return x, lambda dy: (dy, {})


class ReLU(Layer):
    word = "relu"
    help = "max(x, 0)"
    monotone = True


@dataclass(frozen=True)
class LeakyReLU(Layer):
    word = "leakyrelu"
    help = "max(x, ax) with a slope a below 1"
    monotone = True

    slope: float = option(NUMBER, "the slope below zero", minimum=0, below=1, default=0.01, head=True)


class Sigmoid(Layer):
    word = "sigmoid"
    help = "1/(1 + e⁻ˣ)"
    monotone = True


class Tanh(Layer):
    word = "tanh"
    help = "2/(1 + e⁻²ˣ) − 1"
    monotone = True


class Softplus(Layer):
    word = "softplus"
    help = "ln(1 + eˣ)"
    monotone = True


class Softmax(Layer):
    word = "softmax"
    help = "eˣ/Σeˣ over the channels"
