"""Convolution, as the field uses the word: cross-correlation, no flip."""

from __future__ import annotations

from functools import cache
from math import gcd, prod
from typing import TYPE_CHECKING, Any

from cnncalc.errors import ShapeError
from cnncalc.layers.base import Cost, Field, Formula, Layer, Pullback, Shape, option, weight_and_bias
from cnncalc.layers.values import COUNT, EXTENT, FILTERS, PADS, SIZES, TABLE, YES_NO, Padding, Sizes, Table
from cnncalc.layers.window import Window, fields, misfits, resolved, size_formulas, slide, windows

if TYPE_CHECKING:
    from numpy.random import Generator

    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array

STRIDE: Any = option(SIZES, "step of the window", minimum=1, default=(1,), always=True)
PADDING: Any = option(PADS, "zeros around the input", word="pad", minimum=0, default=((0, 0),))
DILATION: Any = option(SIZES, "distance between the taps of a filter", minimum=1, default=(1,))
BIAS: Any = option(YES_NO, "whether each filter has a bias", default=True)


class Filters(Layer):
    """What the layers with filters share: a window, and a bias for each filter."""

    reads_output = False
    spares_gradient = True

    @property
    def windows(self) -> list[Window]:
        mine: Any = self  # the subclasses declare the words in the order in which each writes them
        return windows(mine.kernel, mine.stride, mine.padding, mine.dilation)

    def slides(self, x: Shape) -> list[Window]:
        return self.windows

    def filters_on(self, channels: int) -> int:
        """How many filters there are, that is, how many channels come out."""
        raise NotImplementedError

    def out_shape(self, x: Shape) -> Shape:
        return slide(self.windows, x, self.filters_on(x[-1]), word=self.word)

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        return fields(self.windows, field, x)

    def notes(self, x: Shape) -> list[str]:
        return misfits(self.windows, x)


class Convolution(Filters):
    """K filters of F×F that see all channels of their group, or those that a table gives them."""

    word = "conv"
    help = "convolution with K filters of F×F"

    filters: int = option(FILTERS, "number of filters", minimum=1, head=True)
    kernel: Sizes = option(EXTENT, "size of a filter", minimum=1, head=True)
    stride: Sizes = STRIDE
    padding: Padding = PADDING
    dilation: Sizes = DILATION
    groups: int = option(COUNT, "groups of channels that do not see each other", minimum=1, default=1)
    bias: bool = BIAS
    table: Table = option(
        TABLE, "the channels that each filter sees; lenet is that of C3", minimum=0, default=()
    )

    def filters_on(self, channels: int) -> int:
        return self.filters

    def out_shape(self, x: Shape) -> Shape:
        y = super().out_shape(x)
        check_groups(self.groups, x[-1], self.filters)
        if self.table:
            self.check_table(x[-1])
        return y

    def check_table(self, channels: int) -> None:
        if len(self.table) != self.filters or self.groups > 1:
            raise ShapeError(
                f"the table gives channels to {len(self.table)} filters, in one group; "
                f"here are {self.filters}, in {self.groups}",
                f"make it {len(self.table)} filters without groups",
            )
        most = max(map(max, self.table))
        if most >= channels:
            raise ShapeError(
                f"the table names channel {most}, there are {channels}, from 0 to {channels - 1}",
                f"give the layer {most + 1} channels",
            )

    def seen(self, channels: int) -> int:
        """Over all filters, how many channels they see."""
        if self.table:
            return sum(len(set(row)) for row in self.table)
        return self.filters * (channels // self.groups)

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        inputs = (self.filters, x[-1] // self.groups)
        shapes: dict[str, Shape] = {
            "weight": (*((self.seen(x[-1]),) if self.table else inputs), *self.kernel)
        }
        return {**shapes, "bias": (self.filters,)} if self.bias else shapes

    def cost(self, x: Shape) -> Cost:
        positions = prod(self.out_shape(x)[:-1])
        macs = positions * prod(self.kernel) * self.seen(x[-1])
        return Cost(macs, macs + (positions * self.filters if self.bias else 0))

    def formulas(self, x: Shape) -> list[Formula]:
        y = self.out_shape(x)
        taps = "·".join(map(str, self.kernel))
        if self.table:
            parameters = f"{taps}·{self.seen(x[-1])}" + (f" + {self.filters}" if self.bias else "")
            macs = f"{taps}·{self.seen(x[-1])}·{'·'.join(map(str, y[:-1]))}"
        else:
            weights = f"{taps}·{x[-1]}/{self.groups}" if self.groups > 1 else f"{taps}·{x[-1]}"
            parameters = f"({weights} + 1)·{self.filters}" if self.bias else f"{weights}·{self.filters}"
            macs = f"{weights}·{'·'.join(map(str, y))}"
        return [
            *size_formulas(self.windows, x),
            Formula("parameters", f"{parameters} = {self.parameters(x):,}"),
            Formula("MACs", f"{macs} = {self.cost(x).macs:,}"),
        ]

    def initial(self, x: Shape, rng: Generator) -> dict[str, Array]:
        """Of a table, too, the variance is one over the inputs that the filter sees."""
        values = super().initial(x, rng)
        if self.table:
            sees = [len(row) for row in self.rows for _ in row]
            for weight, channels in zip(values["weight"], sees, strict=True):
                weight /= channels**0.5
        return values

    @property
    def rows(self) -> list[tuple[int, ...]]:
        """The channels that each filter sees, each once, in the order in which their weights lie."""
        return _rows(self.table)

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        if not self.bias:  # or it is added later
            params = {"weight": params["weight"]}
        if not self.table:
            return correlated(x, params, run, self.windows, self.groups)
        # as filters that see all channels, with zeros where the table has none
        places = _places(self.table)
        shape = (self.filters, self.kernel[0], x.shape[0], *self.kernel[1:])
        whole = run.space.array((run.key, "whole"), shape, x.dtype).swapaxes(1, 2)
        whole[...] = 0
        whole[places] = params["weight"]
        y, back = correlated(x, {**params, "weight": whole}, run, self.windows, 1)

        def pullback(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            dx, gradients = back(dy)
            return dx, {**gradients, "weight": gradients["weight"][places]}

        return y, pullback


def _rows(table: Table) -> list[tuple[int, ...]]:
    return [tuple(dict.fromkeys(row)) for row in table]


@cache
def _places(table: Table) -> tuple[Array, Array]:
    """The filter and the channel of every weight."""
    import numpy as np

    pairs = [(index, channel) for index, row in enumerate(_rows(table)) for channel in row]
    filters, channels = np.array(pairs).T
    return filters, channels


class Bias(Layer):
    """The bias of a convolution where it is added later than by the convolution itself; it has no word of its own."""

    reads_output = False

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.elementwise import add_bias

        y, back = add_bias(x, params["bias"], run.space, run.key, reuse=run.reuse)

        def pullback(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx, dbias = back(dy)
            return dx, {"bias": dbias}

        return y, pullback


def check_groups(groups: int, channels: int, filters: int) -> None:
    """Raises ShapeError where the groups do not divide both."""
    shared = gcd(channels, filters)
    if shared % groups:
        fitting = [str(groups) for groups in range(1, min(shared, 64) + 1) if shared % groups == 0]
        raise ShapeError(
            f"{groups} groups do not divide {channels} channels and {filters} filters",
            f"groups {', '.join(fitting)} would",
        )


def correlated(
    x: Array, params: dict[str, Array], run: Run, over: list[Window], groups: int
) -> tuple[Array, Pullback]:
    """A batch correlated with the weight, and the way back."""
    from cnncalc.numerics.correlation import correlate

    axes, out = resolved(over, x.shape[1:-1])
    weight, bias = params["weight"], params.get("bias")
    y, back = correlate(x, weight, bias, axes, out, groups, run.space, run.key, need_dx=run.need_dx)
    return y, weight_and_bias(back)
