"""Layers that enlarge: transposed convolution and upsampling."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from cnncalc.errors import ShapeError
from cnncalc.layers.base import (
    Cost,
    Field,
    Formula,
    Layer,
    Pullback,
    Shape,
    described,
    option,
    weight_and_bias,
)
from cnncalc.layers.convolution import BIAS, DILATION, STRIDE, check_groups
from cnncalc.layers.values import COUNT, EXTENT, FACTORS, FILTERS, PADS, SIZES, Padding, Sizes
from cnncalc.layers.window import Transposed, fields, per_axis, rank_error, resolved, size_formulas, slide

if TYPE_CHECKING:
    from numpy.random import Generator

    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array


class TransposedConvolution(Layer):
    """Each element of the input lays a filter, weighted by it; what falls together is added.

    The adjoint of a convolution with the same words: Dumoulin & Visin 2016, chapter 4; PyTorch's ConvTranspose.
    """

    word = "deconv"
    help = "transposed convolution with K filters of F×F"
    reads_output = False
    spares_gradient = True

    filters: int = option(FILTERS, "number of filters", minimum=1, head=True)
    kernel: Sizes = option(EXTENT, "size of a filter", minimum=1, head=True)
    stride: Sizes = STRIDE
    padding: Padding = option(
        PADS, "what is cut from the full result", word="pad", minimum=0, default=((0, 0),)
    )
    outpad: Sizes = option(
        SIZES, "extra size at the end of a transposed convolution", minimum=0, default=(0,)
    )
    dilation: Sizes = DILATION
    groups: int = option(COUNT, "groups of channels that do not see each other", minimum=1, default=1)
    bias: bool = BIAS

    @property
    def windows(self) -> list[Transposed]:
        pads = per_axis(self.padding, self.axes)
        sizes = zip(self.kernel, self.stride, pads, self.dilation, self.outpad, strict=True)
        return [Transposed(*axis) for axis in sizes]

    def slides(self, x: Shape) -> list[Transposed]:
        return self.windows

    def out_shape(self, x: Shape) -> Shape:
        if self.padding == "causal":
            raise ShapeError(
                "causal pads a convolution; what a transposed one cuts is numbers, same, valid or full",
                "pad 0:N cuts N at the end",
            )
        y = slide(self.windows, x, self.filters, word=self.word)
        for window in self.windows:
            if window.outpad >= max(window.stride, window.dilation):
                raise ShapeError(
                    f"outpad {window.outpad} is not below the stride or the dilation, "
                    f"{max(window.stride, window.dilation)}",
                    f"outpad {max(window.stride, window.dilation) - 1} is the most",
                )
        check_groups(self.groups, x[-1], self.filters)
        return y

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {"weight": (x[-1], self.filters // self.groups, *self.kernel)}
        return {**shapes, "bias": (self.filters,)} if self.bias else shapes

    def cost(self, x: Shape) -> Cost:
        macs = prod(x) * prod(self.kernel) * (self.filters // self.groups)
        return Cost(macs, macs + (prod(self.out_shape(x)) if self.bias else 0))

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        return fields(self.windows, field, x)

    def formulas(self, x: Shape) -> list[Formula]:
        taps = "·".join(map(str, self.kernel))
        filters = f"{self.filters}/{self.groups}" if self.groups > 1 else f"{self.filters}"
        bias = f" + {self.filters}" if self.bias else ""
        return [
            *size_formulas(self.windows, x),
            Formula("parameters", f"{taps}·{x[-1]}·{filters}{bias} = {self.parameters(x):,}"),
            Formula("MACs", f"{taps}·{filters}·{'·'.join(map(str, x))} = {self.cost(x).macs:,}"),
        ]

    def initial(self, x: Shape, rng: Generator) -> dict[str, Array]:
        """Variance one over the inputs that fall on an element of the output, on the average."""
        values = super().initial(x, rng)
        inputs = x[-1] // self.groups * max(1.0, prod(self.kernel) / prod(self.stride))
        values["weight"] *= (prod(values["weight"].shape[1:]) / inputs) ** 0.5
        return values

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.transposed import transpose_correlate

        axes, out = resolved(self.windows, x.shape[1:-1])
        weight, bias = params["weight"], params.get("bias")
        how = (axes, out, self.groups, run.space, run.key)
        y, back = transpose_correlate(x, weight, bias, *how, need_dx=run.need_dx)
        return y, weight_and_bias(back)


class Upsample(Layer):
    """Repeats each element along each axis."""

    word = "upsample"
    help = "repeats each element N times along each axis"
    reads_output = False

    factor: Sizes = option(FACTORS, "how often each element is repeated", minimum=1, head=True)

    def slides(self, x: Shape) -> list[Transposed]:
        """The transposed convolution that does the same: a kernel of ones as long as its stride."""
        factors = self.factor * (len(x) - 1) if len(self.factor) == 1 else self.factor
        if len(x) - 1 != len(factors) or len(x) == 1:
            raise rank_error([Transposed(f, f, (0, 0), 1) for f in factors], x, self.word)
        return [Transposed(factor, factor, (0, 0), 1) for factor in factors]

    def out_shape(self, x: Shape) -> Shape:
        return slide(self.slides(x), x, x[-1], word=self.word)

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        return fields(self.slides(x), field, x)

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.transposed import repeat

        factors = tuple(window.kernel for window in self.slides(described(x)))
        y, back = repeat(x, factors, run.space, run.key)
        return y, lambda dy: (back(dy), {})
