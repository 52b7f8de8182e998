"""Activations: elementwise functions, and softmax over the channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.layers.base import Layer, Pullback, option
from cnncalc.layers.values import NUMBER

if TYPE_CHECKING:
    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array


class Activation(Layer):
    """A function of numpy arrays with its pullback; the subclasses name the function."""

    def primitive(self, elementwise: Any) -> Any:
        """The function of numerics.elementwise that computes it: (x, space, key, reuse) → y, pullback."""
        raise NotImplementedError

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics import elementwise

        y, back = self.primitive(elementwise)(x, run.space, run.key, reuse=run.reuse)
        return y, lambda dy: (back(dy), {})


class Identity(Layer):
    """Passes on what comes in."""

    word = "identity"
    help = "x"
    monotone = True
    view = True
    reads_output = False

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        return x, lambda dy: (dy, {})


class ReLU(Activation):
    """max(x, 0)."""

    word = "relu"
    help = "max(x, 0)"
    monotone = True

    def primitive(self, elementwise: Any) -> Any:
        return elementwise.relu


class ReLU6(Activation):
    """min(max(x, 0), 6) (Howard et al. 2017, MobileNet; Krizhevsky 2010)."""

    word = "relu6"
    help = "min(max(x, 0), 6)"
    monotone = True

    def primitive(self, elementwise: Any) -> Any:
        from cnncalc.numerics import rectifiers

        return rectifiers.relu6


class SiLU(Activation):
    """x/(1 + e⁻ˣ), also called swish (Ramachandran, Zoph, Le 2017)."""

    word = "silu"
    aliases = ("swish",)
    help = "x/(1 + e⁻ˣ)"

    def primitive(self, elementwise: Any) -> Any:
        from cnncalc.numerics import rectifiers

        return rectifiers.silu


class GELU(Activation):
    """x·Φ(x), Φ the normal distribution (Hendrycks & Gimpel 2016)."""

    word = "gelu"
    help = "x·Φ(x), Φ the normal distribution"

    def primitive(self, elementwise: Any) -> Any:
        from cnncalc.numerics import rectifiers

        return rectifiers.gelu


class LeakyReLU(Activation):
    """max(x, ax) with a slope a below 1."""

    word = "leakyrelu"
    help = "max(x, ax) with a slope a below 1"
    monotone = True

    slope: float = option(NUMBER, "the slope below zero", minimum=0, below=1, default=0.01, head=True)

    def primitive(self, elementwise: Any) -> Any:
        def leaky(x: Array, space: Any, key: str, *, reuse: bool) -> Any:
            return elementwise.leaky_relu(x, self.slope, space, key, reuse=reuse)

        return leaky


class Sigmoid(Activation):
    """1/(1 + e⁻ˣ)."""

    word = "sigmoid"
    help = "1/(1 + e⁻ˣ)"
    monotone = True

    def primitive(self, elementwise: Any) -> Any:
        return elementwise.sigmoid


class Tanh(Activation):
    """2/(1 + e⁻²ˣ) − 1."""

    word = "tanh"
    help = "2/(1 + e⁻²ˣ) − 1"
    monotone = True

    def primitive(self, elementwise: Any) -> Any:
        return elementwise.tanh


class Softplus(Activation):
    """ln(1 + eˣ)."""

    word = "softplus"
    help = "ln(1 + eˣ)"
    monotone = True

    def primitive(self, elementwise: Any) -> Any:
        return elementwise.softplus


class Softmax(Activation):
    """eˣ/Σeˣ over the channels; behind the last layer it belongs to the loss."""

    word = "softmax"
    help = "eˣ/Σeˣ over the channels"

    def primitive(self, elementwise: Any) -> Any:
        return elementwise.softmax
