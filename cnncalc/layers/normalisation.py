"""Normalisation, over batches, channels and windows, and noise: dropout."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from cnncalc.layers.base import Cost, Field, Formula, Layer, Pullback, Shape, option
from cnncalc.layers.values import COUNT, EXTENT, NUMBER, YES_NO, Sizes
from cnncalc.layers.window import Window, fields, resolved, slide, windows

if TYPE_CHECKING:
    from numpy.random import Generator

    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array

EPSILON = 1e-5  # both as PyTorch has them
MOMENTUM = 0.1


def identical(shapes: dict[str, Shape]) -> dict[str, Array]:
    """Scales and shifts that change nothing."""
    import numpy as np

    return {name: np.ones(shape) if name == "weight" else np.zeros(shape) for name, shape in shapes.items()}


class BatchNorm(Layer):
    """Per channel: x̂ = (x − μ)/√(σ² + ε), y = γx̂ + β, μ and σ² over batch and space (Ioffe & Szegedy 2015)."""

    word = "batchnorm"
    help = "normalises each channel over the batch and space"
    reads_output = False
    spares_gradient = True
    rectifies: ClassVar[bool] = False

    affine: bool = option(YES_NO, "whether scale and shift are trained", default=True)

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        return {"weight": x[-1:], "bias": x[-1:]} if self.affine else {}

    def buffer_shapes(self, x: Shape) -> dict[str, Shape]:
        return {"running_mean": x[-1:], "running_var": x[-1:]}

    def cost(self, x: Shape) -> Cost:
        return Cost(scaled=prod(x))

    def formulas(self, x: Shape) -> list[Formula]:
        return [Formula("parameters", f"2·{x[-1]} = {self.parameters(x):,}")] if self.affine else []

    def initial(self, x: Shape, rng: Generator) -> dict[str, Array]:
        """Scale one, shift zero."""
        return identical(self.param_shapes(x))

    def initial_buffers(self, x: Shape) -> dict[str, Array]:
        import numpy as np

        return {"running_mean": np.zeros(x[-1]), "running_var": np.ones(x[-1])}

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        import numpy as np

        from cnncalc.numerics.normalisation import batch_norm, batch_norm_inference

        scale = params.get("weight", np.ones(x.shape[0], x.dtype))
        shift = params.get("bias", np.zeros(x.shape[0], x.dtype))
        place = run.space, run.key
        if not run.train:
            known = run.buffers["running_mean"], run.buffers["running_var"]
            y, unlearned = batch_norm_inference(
                x, *known, scale, shift, EPSILON, *place, rectify=self.rectifies, reuse=run.reuse
            )
            return y, lambda dy: (unlearned(dy), {})
        y, seen, back = batch_norm(
            x, scale, shift, EPSILON, run.reduce, *place, rectify=self.rectifies, reuse=run.reuse
        )
        unbiased = seen.variance * seen.pixels / max(seen.pixels - 1, 1)
        for name, new in (("running_mean", seen.mean), ("running_var", unbiased)):
            run.keep(name, (1 - MOMENTUM) * run.buffers[name] + MOMENTUM * new)

        def pullback(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            dx, dscale, dshift = back(dy)
            return dx, {"weight": dscale, "bias": dshift} if self.affine else {}

        return y, pullback


class RectifiedBatchNorm(BatchNorm):
    """The same and max(·, 0) in one go, while the numbers are near; a way to compute two layers, without a word."""

    word = ""
    reads_output = True
    spares_gradient = False
    rectifies = True


class LayerNorm(Layer):
    """Per position: x̂ = (x − μ)/√(σ² + ε), y = γx̂ + β, μ and σ² over the channels (Ba, Kiros, Hinton 2016).

    As ConvNeXt and Keras apply it to images; what it learns are one scale and one shift a channel.
    """

    word = "layernorm"
    help = "normalises each position over its channels"

    affine: bool = option(YES_NO, "whether scale and shift are trained", default=True)

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        return {"weight": x[-1:], "bias": x[-1:]} if self.affine else {}

    def cost(self, x: Shape) -> Cost:
        return Cost(scaled=prod(x))

    def formulas(self, x: Shape) -> list[Formula]:
        return [Formula("parameters", f"2·{x[-1]} = {self.parameters(x):,}")] if self.affine else []

    def initial(self, x: Shape, rng: Generator) -> dict[str, Array]:
        """Scale one, shift zero."""
        return identical(self.param_shapes(x))

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        import numpy as np

        from cnncalc.numerics.local_normalisation import layer_norm

        scale = params.get("weight", np.ones(x.shape[0], x.dtype))
        shift = params.get("bias", np.zeros(x.shape[0], x.dtype))
        y, back = layer_norm(x, scale, shift, EPSILON, run.space, run.key)

        def pullback(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            dx, dscale, dshift = back(dy)
            return dx, {"weight": dscale, "bias": dshift} if self.affine else {}

        return y, pullback


class LayerScale(Layer):
    """A trained factor for each channel, small at first (Touvron et al. 2021, CaiT, section 2)."""

    word = "layerscale"
    help = "multiplies each channel by a trained number"

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        return {"weight": x[-1:]}

    def cost(self, x: Shape) -> Cost:
        return Cost(scaled=prod(x))

    def formulas(self, x: Shape) -> list[Formula]:
        return [Formula("parameters", f"{x[-1]} = {self.parameters(x):,}")]

    def initial(self, x: Shape, rng: Generator) -> dict[str, Array]:
        """0.1, as in the paper's networks of up to eighteen blocks."""
        import numpy as np

        return {"weight": np.full(x[-1], 0.1)}

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.local_normalisation import channel_scale

        y, back = channel_scale(x, params["weight"], run.space, run.key)

        def pullback(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            dx, dfactors = back(dy)
            return dx, {"weight": dfactors}

        return y, pullback


class LocalResponseNorm(Layer):
    """y = x/(k + α/n · Σ x²)^β over the n channels around each one, as PyTorch and Caffe have it.

    Krizhevsky, Sutskever, Hinton 2012, section 3.3, whose α is the α/n here.
    """

    word = "lrn"
    help = "divides by the energy of the N channels around each one"

    size: int = option(COUNT, "how many channels", minimum=1, default=5, head=True)
    alpha: float = option(NUMBER, "weight of the energy", minimum=0, default=1e-4)
    beta: float = option(NUMBER, "power of the divisor", minimum=0, default=0.75)
    k: float = option(NUMBER, "least divisor", minimum=0, default=1.0)

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.local_normalisation import response_norm

        y, back = response_norm(x, self.size, self.alpha, self.beta, self.k, run.space, run.key)
        return y, lambda dy: (back(dy), {})


class LocalContrastNorm(Layer):
    """(x − m)/σ with mean and deviation over all channels of a window, or of the whole map where none is named.

    Jarrett et al. 2009, section 2.1; where the deviation vanishes, one takes its place.
    """

    word = "lcn"
    help = "(x − m)/σ over all channels in a window of F×F, or in all"

    kernel: Sizes = option(EXTENT, "size of the window", minimum=1, default=(), head=True)

    def out_shape(self, x: Shape) -> Shape:
        if self.kernel:
            slide(self.windows, x, x[-1], word=self.word)
        return x

    @property
    def windows(self) -> list[Window]:
        ones = (1,) * self.axes
        return windows(self.kernel, ones, "same", ones)

    def field(self, field: tuple[Field, ...], x: Shape) -> tuple[Field, ...]:
        if self.kernel:
            return fields(self.windows, field, x)
        return tuple(f.united(n).joined(f, n) for f, n in zip(field, x, strict=False))

    def uses(self, unit: int, axis: int, x: Shape) -> range:
        return self.windows[axis].uses(unit, x[axis]) if self.kernel else range(x[axis])

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.local_normalisation import contrast_norm

        spatial = x.shape[1:-1]
        over = self.windows if self.kernel else [Window(n, n, (0, 0), 1) for n in spatial]
        y, back = contrast_norm(x, *resolved(over, spatial), run.space, run.key)
        return y, lambda dy: (back(dy), {})


class Dropout(Layer):
    """Zeroes each number with the given probability while training; scales the rest so that the mean stays."""

    word = "dropout"
    help = "units vanish at random in training"

    rate: float = option(
        NUMBER, "the probability that a unit vanishes", minimum=0, below=1, default=0.5, head=True
    )

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        if not run.train:
            return x, lambda dy: (dy, {})
        from cnncalc.numerics.elementwise import dropout

        y, back = dropout(x, self.rate, run.rng, run.space, run.key, reuse=run.reuse)
        return y, lambda dy: (back(dy), {})
