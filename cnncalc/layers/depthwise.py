"""Convolutions in which each channel has filters of its own."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from cnncalc.layers.base import Cost, Formula, Pullback, Shape, option, split, weight_and_bias
from cnncalc.layers.convolution import BIAS, DILATION, PADDING, STRIDE, Filters, correlated
from cnncalc.layers.values import COUNT, EXTENT, FILTERS, Padding, Sizes
from cnncalc.layers.window import Window, resolved, size_formulas, windows

if TYPE_CHECKING:
    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array


class Depthwise(Filters):
    """Each channel has filters of its own and no filter sees another channel."""

    word = "depthwise"
    help = "filters of F×F for each channel by itself"

    kernel: Sizes = option(EXTENT, "size of a filter", minimum=1, head=True)
    stride: Sizes = STRIDE
    padding: Padding = PADDING
    dilation: Sizes = DILATION
    multiplier: int = option(COUNT, "filters for each channel", minimum=1, default=1)
    bias: bool = BIAS

    def filters_on(self, channels: int) -> int:
        return channels * self.multiplier

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        filters = self.filters_on(x[-1])
        shapes: dict[str, Shape] = {"weight": (filters, 1, *self.kernel)}
        return {**shapes, "bias": (filters,)} if self.bias else shapes

    def cost(self, x: Shape) -> Cost:
        outputs = prod(self.out_shape(x))
        macs = outputs * prod(self.kernel)
        return Cost(macs, macs + (outputs if self.bias else 0))

    def formulas(self, x: Shape) -> list[Formula]:
        taps = "·".join(map(str, self.kernel))
        per_filter = f"({taps} + 1)" if self.bias else taps
        y = "·".join(map(str, self.out_shape(x)))
        return [
            *size_formulas(self.windows, x),
            Formula("parameters", f"{per_filter}·{x[-1]}·{self.multiplier} = {self.parameters(x):,}"),
            Formula("MACs", f"{taps}·{y} = {self.cost(x).macs:,}"),
        ]

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        return correlated_by_channel(x, params, run, self.windows)


class Separable(Filters):
    """A depthwise convolution without bias, then 1×1 filters over its channels.

    Chollet 2017, Xception; the two steps are one layer, as in Keras.
    """

    word = "separable"
    help = "a depthwise convolution of F×F, then K filters of 1×1"

    filters: int = option(FILTERS, "number of filters", minimum=1, head=True)
    kernel: Sizes = option(EXTENT, "size of a depthwise filter", minimum=1, head=True)
    stride: Sizes = STRIDE
    padding: Padding = PADDING
    dilation: Sizes = DILATION
    multiplier: int = option(COUNT, "filters for each channel", minimum=1, default=1)
    bias: bool = BIAS

    def filters_on(self, channels: int) -> int:
        return self.filters

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        between = x[-1] * self.multiplier
        shapes: dict[str, Shape] = {
            "depthwise.weight": (between, 1, *self.kernel),
            "pointwise.weight": (self.filters, between, *(1,) * self.axes),
        }
        return {**shapes, "pointwise.bias": (self.filters,)} if self.bias else shapes

    def cost(self, x: Shape) -> Cost:
        positions = prod(self.out_shape(x)[:-1])
        macs = positions * x[-1] * self.multiplier * (prod(self.kernel) + self.filters)
        return Cost(macs, macs + (positions * self.filters if self.bias else 0))

    def formulas(self, x: Shape) -> list[Formula]:
        taps = "·".join(map(str, self.kernel))
        between = f"{x[-1]}·{self.multiplier}"
        pointwise = f"({between} + 1)·{self.filters}" if self.bias else f"{between}·{self.filters}"
        positions = "·".join(map(str, self.out_shape(x)[:-1]))
        return [
            *size_formulas(self.windows, x),
            Formula("parameters", f"{taps}·{between} + {pointwise} = {self.parameters(x):,}"),
            Formula("MACs", f"({taps} + {self.filters})·{between}·{positions} = {self.cost(x).macs:,}"),
        ]

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        steps = ("depthwise", "pointwise")
        mine = split(params)
        first = run.inside(steps[0], {}, reuse=False, need_dx=run.need_dx)
        second = run.inside(steps[1], {}, reuse=False, need_dx=True)
        between, back_first = correlated_by_channel(x, mine[steps[0]], first, self.windows)
        ones = windows((1,) * self.axes, (1,) * self.axes, ((0, 0),) * self.axes, (1,) * self.axes)
        y, back_second = correlated(between, mine[steps[1]], second, ones, 1)

        def pullback(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            dbetween, gradients = back_second(dy)
            assert dbetween is not None  # it was asked for
            dx, others = back_first(dbetween)
            found = zip(steps, (others, gradients), strict=True)
            return dx, {f"{step}.{name}": value for step, part in found for name, value in part.items()}

        return y, pullback


def correlated_by_channel(
    x: Array, params: dict[str, Array], run: Run, over: list[Window]
) -> tuple[Array, Pullback]:
    """The same with filters of its own for each channel."""
    from cnncalc.numerics.depthwise import correlate_channels

    axes, out = resolved(over, x.shape[1:-1])
    weight, bias = params["weight"], params.get("bias")
    y, back = correlate_channels(x, weight, bias, axes, out, run.space, run.key, need_dx=run.need_dx)
    return y, weight_and_bias(back)
