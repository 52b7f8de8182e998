"""A convolution and the max pooling behind it, computed in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.layers.base import Layer, Pullback, inner
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.pooling import MaxPooling
from cnncalc.layers.window import resolved

if TYPE_CHECKING:
    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array


class PooledConvolution(Layer):
    """The largest results of a convolution, without its bias; a way to compute two layers, without a word."""

    reads_output = False

    convolution: Convolution = inner()
    pooling: MaxPooling = inner()

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        from cnncalc.numerics.pooled import correlate_and_pool

        filters = resolved(self.convolution.windows, x.shape[1:-1])
        pools = resolved(self.pooling.windows, filters[1])
        weight, groups = params["weight"], self.convolution.groups
        how = {"train": run.train, "need_dx": run.need_dx}
        y, back = correlate_and_pool(x, weight, filters, pools, groups, run.space, run.key, **how)

        def pullback(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            dx, dweight = back(dy)
            return dx, {"weight": dweight}

        return y, pullback
