"""Convolution, as the field uses the word: cross-correlation, no flip."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, prod
from typing import TYPE_CHECKING

from cnncalc.errors import ShapeError
from cnncalc.layers.base import Cost, Field, Formula, Layer, Pullback, Shape, option, weight_and_bias
from cnncalc.layers.values import COUNT, EXTENT, FILTERS, PADS, SIZES, YES_NO, Padding, Sizes
from cnncalc.layers.window import Window, fields, misfits, resolved, size_formulas, slide, windows

if TYPE_CHECKING:
    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array


@dataclass(frozen=True)
class Convolution(Layer):
    """K filters of F×F that see all channels of their group."""

    word = "conv"
    help = "convolution with K filters of F×F"
    reads_output = False

    filters: int = option(FILTERS, "number of filters", minimum=1, head=True)
    kernel: Sizes = option(EXTENT, "size of a filter", minimum=1, head=True)
    stride: Sizes = option(SIZES, "step of the window", minimum=1, default=(1,), always=True)
    padding: Padding = option(PADS, "zeros around the input", word="pad", minimum=0, default=((0, 0),))
    dilation: Sizes = option(SIZES, "distance between the taps of a filter", minimum=1, default=(1,))
    groups: int = option(COUNT, "groups of channels that do not see each other", minimum=1, default=1)
    bias: bool = option(YES_NO, "whether each filter has a bias", default=True)

    @property
    def windows(self) -> list[Window]:
        return windows(self.kernel, self.stride, self.padding, self.dilation)

    def out_shape(self, x: Shape) -> Shape:
        y = slide(self.windows, x, self.filters, word=self.word)
        shared = gcd(x[-1], self.filters)
        if shared % self.groups:
            fitting = [str(groups) for groups in range(1, min(shared, 64) + 1) if shared % groups == 0]
            raise ShapeError(
                f"{self.groups} groups do not divide {x[-1]} channels and {self.filters} filters",
                f"groups {', '.join(fitting)} would",
            )
        return y

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"weight": (self.filters, x[-1] // self.groups, *self.kernel)}
        return {**shapes, "bias": (self.filters,)} if self.bias else shapes

    def cost(self, x: Shape) -> Cost:
        outputs = prod(self.out_shape(x))
        return Cost(outputs * prod(self.kernel) * (x[-1] // self.groups), outputs if self.bias else 0)

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        return fields(self.windows, field, x)

    def formulas(self, x: Shape) -> list[Formula]:
        y = self.out_shape(x)
        channels = f"{x[-1]}/{self.groups}" if self.groups > 1 else f"{x[-1]}"
        weights = "·".join([*map(str, self.kernel), channels])
        per_filter = f"({weights} + 1)" if self.bias else weights
        return [
            *size_formulas(self.windows, x),
            Formula("parameters", f"{per_filter}·{self.filters} = {self.parameters(x):,}"),
            Formula("MACs", f"{weights}·{'·'.join(map(str, y))} = {self.cost(x).macs:,}"),
        ]

    def notes(self, x: Shape) -> list[str]:
        return misfits(self.windows, x)

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.correlation import correlate

        axes, out = resolved(self.windows, x)
        y, back = correlate(
            x,
            params["weight"],
            params.get("bias"),
            axes,
            out,
            self.groups,
            run.space,
            run.key,
            need_dx=run.need_dx,
        )
        return y, weight_and_bias(back)
