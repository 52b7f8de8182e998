"""Layers that pad, cut and rearrange; none of them calculates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.errors import ShapeError
from cnncalc.layers.base import Field, Layer, Pullback, Shape, described, option, show
from cnncalc.layers.field import ends
from cnncalc.layers.values import COUNT, MARGINS, RANGE, SIDES, Margins

if TYPE_CHECKING:
    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array


class Margin(Layer):
    """What zero padding and cropping share: so many elements before and after along each axis."""

    reads_output = False
    sign: int

    margins: Margins = option(MARGINS, "elements before and after along each axis", minimum=0, head=True)

    def sides(self, x: Shape) -> Margins:
        """Before and after for each axis of x."""
        sides = self.margins * (len(x) - 1) if len(self.margins) == 1 else self.margins
        if len(x) == 1 or len(sides) != len(x) - 1:
            raise ShapeError(
                f"{self.word} names {len(self.margins)} axes, {show(x)} has {len(x) - 1}",
                f"give {self.word} one number, or one for each axis of a volume",
            )
        return sides

    def out_shape(self, x: Shape) -> Shape:
        sides = self.sides(x)
        y = tuple(n + self.sign * (before + after) for n, (before, after) in zip(x, sides, strict=False))
        if min(y) < 1:
            raise ShapeError(f"nothing is left of {show(x)}", f"{self.word} fewer than {min(x[:-1])} in all")
        return (*y, x[-1])

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        return tuple(
            f.through(lambda unit, axis=axis: ends(self.uses(unit, axis, x)), 1, 1)  # type: ignore[misc]  # mypy takes defaults for parameters
            for axis, f in enumerate(field)
        )

    def uses(self, unit: int, axis: int, x: Shape) -> range:
        shifted = unit - self.sign * self.sides(x)[axis][0]
        return range(shifted, shifted + 1)

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        rim = ((0, 0), *self.sides(described(x)))
        return framed(x, rim, run) if self.sign > 0 else cut(x, rim, run)


class ZeroPad(Margin):
    """Zeros around the input."""

    word = "zeropad"
    help = "zeros around the input"
    sign = 1


class Crop(Margin):
    """The input without its rim."""

    word = "crop"
    help = "the input without its rim"
    sign = -1


class PadChannels(Layer):
    """Channels of zeros before and after, as in the shortcuts of option A (He et al. 2016, section 4.2)."""

    word = "padchannels"
    help = "A channels of zeros before and B behind"
    reads_output = False

    sides: tuple[int, int] = option(SIDES, "channels before and behind", minimum=0, head=True)

    def out_shape(self, x: Shape) -> Shape:
        return (*x[:-1], x[-1] + sum(self.sides))

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        return framed(x, (self.sides, *((0, 0) for _ in x.shape[1:-1])), run)


class TakeChannels(Layer):
    """The channels from A up to but without B."""

    word = "channels"
    help = "the channels from A up to but without B"
    reads_output = False

    range: tuple[int, int] = option(RANGE, "first channel, and the one behind the last", minimum=0, head=True)

    def out_shape(self, x: Shape) -> Shape:
        first, end = self.range
        if not first < end <= x[-1]:
            raise ShapeError(
                f"channels {first}:{end} are not among {x[-1]}", f"0:{x[-1]} are all; the second is not taken"
            )
        return (*x[:-1], end - first)

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        first, end = self.range
        return cut(x, ((first, len(x) - end), *((0, 0) for _ in x.shape[1:-1])), run)


class ChannelShuffle(Layer):
    """Deals the channels of G groups out in turn (Zhang et al. 2018, ShuffleNet)."""

    word = "channelshuffle"
    help = "deals the channels of G groups out in turn"
    reads_output = False

    groups: int = option(COUNT, "number of groups", minimum=1, head=True)

    def out_shape(self, x: Shape) -> Shape:
        if x[-1] % self.groups:
            raise ShapeError(
                f"{self.groups} groups do not divide {x[-1]} channels", "take as many groups as divide them"
            )
        return x

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.shaping import shuffle

        y, back = shuffle(x, self.groups, run.space, run.key)
        return y, lambda dy: (back(dy), {})


def framed(x: Array, rim: Margins, run: Run) -> tuple[Array, Pullback]:
    """Zeros around a batch (C, *spatial, N), so many before and after along each axis, and the way back."""
    from cnncalc.numerics.shaping import frame

    y, back = frame(x, rim, run.space, run.key)
    return y, lambda dy: (back(dy), {})


def cut(x: Array, rim: Margins, run: Run) -> tuple[Array, Pullback]:
    """What is left of a batch without its rim, and the way back."""
    from cnncalc.numerics.shaping import bare

    y, back = bare(x, rim, run.space, run.key)
    return y, lambda dy: (back(dy), {})
