"""Pooling: one number for each window of each channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncalc.errors import ShapeError
from cnncalc.layers.base import Field, Formula, Layer, Pullback, Shape, option
from cnncalc.layers.values import EXTENT, PADS, SIZES, YES_NO, Padding, Sizes
from cnncalc.layers.window import Window, fields, misfits, resolved, size_formulas, slide, windows

if TYPE_CHECKING:
    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array


@dataclass(frozen=True)
class Pooling(Layer):
    """What maximum and average pooling share: a window that by default moves by its own size."""

    reads_output = False

    kernel: Sizes = option(EXTENT, "size of the window", minimum=1, head=True)
    stride: Sizes = option(
        SIZES, "step of the window (default: its size)", minimum=1, default=lambda layer: layer.kernel
    )
    padding: Padding = option(
        PADS, "border that no result comes from", word="pad", minimum=0, default=((0, 0),)
    )
    ceil: bool = option(YES_NO, "round the output size up", default=False)

    @property
    def windows(self) -> list[Window]:
        dilation: Sizes = getattr(self, "dilation", (1,) * self.axes)
        return windows(self.kernel, self.stride, self.padding, dilation, ceil=self.ceil)

    def out_shape(self, x: Shape) -> Shape:
        y = slide(self.windows, x, x[-1], word=self.word)
        for window, n in zip(self.windows, x, strict=False):
            if max(window.pads(n)) > window.kernel // 2:
                raise ShapeError(
                    f"padding {max(window.pads(n))} is more than half of a window of {window.kernel}: "
                    "a window could see padding alone",
                    f"pad {window.kernel // 2} is the most",
                )
        return y

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        return fields(self.windows, field, x)

    def formulas(self, x: Shape) -> list[Formula]:
        return size_formulas(self.windows, x)

    def notes(self, x: Shape) -> list[str]:
        return misfits(self.windows, x)


@dataclass(frozen=True)
class MaxPooling(Pooling):
    """The largest number of each window; padding never wins."""

    word = "maxpool"
    aliases = ("pool",)
    help = "the largest number of each window"

    dilation: Sizes = option(SIZES, "distance between the elements of a window", minimum=1, default=(1,))

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.pooling import max_pool

        axes, out = resolved(self.windows, x)
        y, back = max_pool(x, axes, out, run.space, run.key, train=run.train)
        return y, lambda dy: (back(dy), {})


@dataclass(frozen=True)
class AveragePooling(Pooling):
    """The mean of each window."""

    word = "avgpool"
    help = "the mean of each window"

    countpad: bool = option(YES_NO, "whether padding counts in the mean", default=True)

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.pooling import average_pool

        axes, out = resolved(self.windows, x)
        y, back = average_pool(x, axes, out, run.space, run.key, count_padding=self.countpad)
        return y, lambda dy: (back(dy), {})
