"""Pooling: one number for each window of each channel."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from cnncalc.errors import ShapeError
from cnncalc.layers.base import Cost, Field, Formula, Layer, Pullback, Shape, described, option
from cnncalc.layers.depthwise import correlated_by_channel
from cnncalc.layers.field import ends
from cnncalc.layers.values import EXTENT, FACTORS, PADS, SIZES, YES_NO, Padding, Sizes
from cnncalc.layers.window import Window, fields, misfits, rank_error, resolved, size_formulas, slide, windows

if TYPE_CHECKING:
    from numpy.random import Generator

    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array


class Pooling(Layer):
    """What the poolings share: a window that by default moves by its own size."""

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

    def slides(self, x: Shape) -> list[Window]:
        return self.windows

    def out_shape(self, x: Shape) -> Shape:
        y = slide(self.windows, x, x[-1], word=self.word)
        for window, n in zip(self.windows, x, strict=False):
            # PyTorch's rule for pads that are chosen; those of "same" follow, as in TensorFlow, also from a dilation
            if window.padding != "same" and max(window.pads(n)) > window.kernel // 2:
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


class MaxPooling(Pooling):
    """The largest number of each window; padding never wins."""

    word = "maxpool"
    aliases = ("pool",)
    help = "the largest number of each window"

    dilation: Sizes = option(SIZES, "distance between the elements of a window", minimum=1, default=(1,))

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        return maximum(x, self.windows, run)


class AveragePooling(Pooling):
    """The mean of each window."""

    word = "avgpool"
    help = "the mean of each window"

    countpad: bool = option(YES_NO, "whether padding counts in the mean", default=True)

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        return average(x, self.windows, run, count_padding=self.countpad)


class Subsampling(Pooling):
    """LeNet's trainable pooling: the sum of each window times a coefficient plus a bias, both one a channel.

    LeCun et al. 1998, section II.B, layer S2.
    """

    word = "subsample"
    help = "LeNet's pooling: each window's sum times a trained number plus another"

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        return {"weight": x[-1:], "bias": x[-1:]}

    def cost(self, x: Shape) -> Cost:
        return Cost(0, prod(self.out_shape(x)) * (prod(self.kernel) + 1))

    def formulas(self, x: Shape) -> list[Formula]:
        return [
            *size_formulas(self.windows, x),
            Formula("parameters", f"2·{x[-1]} = {self.parameters(x):,}"),
        ]

    def initial(self, x: Shape, rng: Generator) -> dict[str, Array]:
        """The mean of each window."""
        import numpy as np

        return {"weight": np.full(x[-1], 1 / prod(self.kernel)), "bias": np.zeros(x[-1])}

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        import numpy as np

        taps = (len(x), 1, *self.kernel)
        weight = np.broadcast_to(params["weight"].reshape(-1, *(1 for _ in taps[1:])), taps)
        y, back = correlated_by_channel(x, {**params, "weight": weight}, run, self.windows)

        def pullback(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            dx, gradients = back(dy)
            summed = gradients["weight"].reshape(len(x), -1).sum(axis=1)
            return dx, {**gradients, "weight": summed}

        return y, pullback


class GlobalPooling(Layer):
    """One window over the whole map; the rank stays."""

    reads_output = False

    def slides(self, x: Shape) -> list[Window]:
        """The one window of each axis."""
        if len(x) == 1:
            raise rank_error([Window(1, 1, (0, 0), 1)], x, self.word)
        return [Window(n, n, (0, 0), 1) for n in x[:-1]]

    def out_shape(self, x: Shape) -> Shape:
        return slide(self.slides(x), x, x[-1], word=self.word)

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        return tuple(f.united(n) for f, n in zip(field, x, strict=False))

    def over(self, x: Array) -> list[Window]:
        """The windows of a batch (C, *spatial, N)."""
        return self.slides(described(x))


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel (Lin et al. 2014, Network in Network)."""

    word = "globalavgpool"
    help = "the mean of each channel"

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        return average(x, self.over(x), run)


class GlobalMaxPooling(GlobalPooling):
    """The largest number of each channel."""

    word = "globalmaxpool"
    help = "the largest number of each channel"

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        return maximum(x, self.over(x), run)


class AdaptivePooling(Layer):
    """As many windows as are asked for: window i reaches from ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉, as PyTorch cuts it."""

    reads_output = False

    size: Sizes = option(FACTORS, "size of the output", minimum=1, head=True)

    def sizes(self, x: Shape) -> Sizes:
        """The output size of each axis."""
        sizes = self.size * (len(x) - 1) if len(self.size) == 1 else self.size
        if len(x) - 1 != len(sizes) or len(x) == 1:
            raise rank_error([Window(n, n, (0, 0), 1) for n in sizes], x, self.word)
        return sizes

    def out_shape(self, x: Shape) -> Shape:
        return (*self.sizes(x), x[-1])

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        return tuple(
            f.through(lambda unit, axis=axis: ends(self.uses(unit, axis, x)), m, x[axis])  # type: ignore[misc]  # mypy takes defaults for parameters
            for axis, (f, m) in enumerate(zip(field, self.sizes(x), strict=False))
        )

    def uses(self, unit: int, axis: int, x: Shape) -> range:
        n, m = x[axis], self.sizes(x)[axis]
        return range(unit * n // m, -(-(unit + 1) * n // m))

    def over(self, x: Array) -> list[Window] | None:
        """The windows of a batch (C, *spatial, N), where all are of one size and lie side by side."""
        pairs = list(zip(x.shape[1:-1], self.sizes(described(x)), strict=True))
        return None if any(n % m for n, m in pairs) else [Window(n // m, n // m, (0, 0), 1) for n, m in pairs]

    def ranges(self, x: Array) -> tuple[tuple[range, ...], ...]:
        """The elements of each window along each axis."""
        shape = described(x)
        return tuple(
            tuple(self.uses(unit, axis, shape) for unit in range(m))
            for axis, m in enumerate(self.sizes(shape))
        )


class AdaptiveAveragePooling(AdaptivePooling):
    """The mean of each window."""

    word = "adaptiveavgpool"
    help = "means, as many as asked for"

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.adaptive import adaptive_average

        over = self.over(x)
        if over:
            return average(x, over, run)
        y, back = adaptive_average(x, self.ranges(x), run.space, run.key)
        return y, lambda dy: (back(dy), {})


class AdaptiveMaxPooling(AdaptivePooling):
    """The largest number of each window."""

    word = "adaptivemaxpool"
    help = "maxima, as many as asked for"

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.adaptive import adaptive_max

        over = self.over(x)
        if over:
            return maximum(x, over, run)
        y, back = adaptive_max(x, self.ranges(x), run.space, run.key)
        return y, lambda dy: (back(dy), {})


def maximum(x: Array, over: list[Window], run: Run) -> tuple[Array, Pullback]:
    """The maximum of each window of a batch, and the way back."""
    from cnncalc.numerics.max_pooling import max_pool

    axes, out = resolved(over, x.shape[1:-1])
    y, back = max_pool(x, axes, out, run.space, run.key, train=run.train)
    return y, lambda dy: (back(dy), {})


def average(x: Array, over: list[Window], run: Run, **how: Any) -> tuple[Array, Pullback]:
    """The mean of each window of a batch, and the way back."""
    from cnncalc.numerics.average_pooling import average_pool

    axes, out = resolved(over, x.shape[1:-1])
    y, back = average_pool(x, axes, out, run.space, run.key, **how)
    return y, lambda dy: (back(dy), {})
