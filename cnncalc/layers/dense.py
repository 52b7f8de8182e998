"""Fully connected layers, and the way from a volume to a vector."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from cnncalc.layers.base import Cost, Field, Formula, Layer, Pullback, Shape, option, weight_and_bias
from cnncalc.layers.values import COUNT, YES_NO

if TYPE_CHECKING:
    from numpy.random import Generator

    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array


class Flatten(Layer):
    """A volume as a vector; the numbers stand in PyTorch's order, channel by channel."""

    word = "flatten"
    help = "a volume as a vector"
    reads_output = False
    view = True

    def out_shape(self, x: Shape) -> Shape:
        return (prod(x),)

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        if len(x) == 1:
            return field
        return tuple(f.united(n) for f, n in zip(field, x, strict=False))

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.dense import flatten

        y, back = flatten(x, run.space, run.key)
        return y, lambda dy: (back(dy), {})


class Dense(Layer):
    """Units that see the whole input."""

    word = "fc"
    aliases = ("dense",)
    help = "fully connected layer of N units; flattens a volume by itself"
    flat = True
    reads_output = False
    spares_gradient = True

    units: int = option(COUNT, "number of units", minimum=1, head=True)
    bias: bool = option(YES_NO, "whether each unit has a bias", default=True)

    def out_shape(self, x: Shape) -> Shape:
        return (self.units,)

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"weight": (self.units, prod(x))}
        return {**shapes, "bias": (self.units,)} if self.bias else shapes

    def cost(self, x: Shape) -> Cost:
        macs = prod(x) * self.units
        return Cost(macs, macs + (self.units if self.bias else 0))

    def formulas(self, x: Shape) -> list[Formula]:
        inputs = f"({prod(x)} + 1)" if self.bias else f"{prod(x)}"
        return [
            Formula("parameters", f"{inputs}·{self.units} = {self.parameters(x):,}"),
            Formula("MACs", f"{prod(x)}·{self.units} = {self.cost(x).macs:,}"),
        ]

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.dense import dense

        y, back = dense(x, params["weight"], params.get("bias"), run.space, run.key, need_dx=run.need_dx)
        return y, weight_and_bias(back)


class RadialBasis(Layer):
    """Squared distances to fixed templates, LeNet-5's output layer (LeCun et al. 1998, section II.B)."""

    word = "rbf"
    help = "squared distances to N templates that are not trained"
    flat = True
    fixed = True

    units: int = option(COUNT, "number of templates", minimum=1, head=True)

    def out_shape(self, x: Shape) -> Shape:
        return (self.units,)

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (self.units, prod(x))}

    def cost(self, x: Shape) -> Cost:
        return Cost(0, prod(x) * self.units)

    def formulas(self, x: Shape) -> list[Formula]:
        return [Formula("parameters", f"{prod(x)}·{self.units} = {self.parameters(x):,}")]

    def initial(self, x: Shape, rng: Generator) -> dict[str, Array]:
        """Templates of −1 and 1, as those of LeNet-5, but drawn: its were drawings of the ten digits."""
        return {"weight": rng.choice((-1.0, 1.0), (self.units, prod(x)))}

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.dense import squared_distances

        y, back = squared_distances(x, params["weight"], run.space, run.key)
        return y, lambda dy: (back(dy), {})
