"""Random models of every layer and block that the language knows, for what can be counted of them."""

from math import gcd
from random import Random

from hypothesis import strategies as st

from cnncalc.errors import CnncalcError
from cnncalc.layers import Layer, Model, Serial, Shape
from cnncalc.layers.branching import Concat, Multiply, Residual
from cnncalc.layers.combining import Auxiliary
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.dense import Dense, RadialBasis
from cnncalc.layers.depthwise import Depthwise, Separable
from cnncalc.layers.normalisation import LayerNorm, LayerScale, LocalContrastNorm, LocalResponseNorm
from cnncalc.layers.pooling import (
    AdaptiveAveragePooling,
    AdaptiveMaxPooling,
    GlobalAveragePooling,
    GlobalMaxPooling,
    Subsampling,
)
from cnncalc.layers.shaping import ChannelShuffle, Crop, PadChannels, TakeChannels, ZeroPad
from cnncalc.layers.transposed import TransposedConvolution, Upsample
from tests.models import layer as plain
from tests.models import pads, sizes


def enlarging(rng: Random, x: Shape) -> Layer:
    axes, filters = len(x) - 1, rng.randint(1, 4)
    if rng.random() < 0.3:
        return Upsample(sizes(rng, axes, 3))
    return TransposedConvolution(
        filters,
        sizes(rng, axes, 4),
        stride=sizes(rng, axes, 3),
        padding=pads(rng, axes, 1, ("same", "valid", "full")),
        dilation=sizes(rng, axes, 2),
        outpad=tuple(rng.choice([0, 0, 1]) for _ in range(axes)),
        groups=rng.choice([g for g in range(1, 5) if gcd(x[-1], filters) % g == 0]),
        bias=rng.random() < 0.7,
    )


def filtering(rng: Random, x: Shape) -> Layer:
    axes = len(x) - 1
    window = {
        "stride": sizes(rng, axes, 3),
        "padding": pads(rng, axes, 2, ("same", "valid", "full")),
        "dilation": sizes(rng, axes, 2),
        "bias": rng.random() < 0.7,
    }
    kernel = sizes(rng, axes, 3)
    kind = rng.random()
    if kind < 0.4:
        return Depthwise(kernel, multiplier=rng.randint(1, 3), **window)
    if kind < 0.7:
        return Separable(rng.randint(1, 4), kernel, multiplier=rng.randint(1, 2), **window)
    table = tuple(
        tuple(sorted(rng.sample(range(x[-1]), rng.randint(1, x[-1])))) for _ in range(rng.randint(1, 4))
    )
    return Convolution(len(table), kernel, table=table, **window)


def rearranging(rng: Random, x: Shape) -> Layer:
    axes = len(x) - 1
    margins = tuple((rng.randint(0, 2), rng.randint(0, 2)) for _ in range(axes))
    first = rng.randint(0, x[-1] - 1)
    return rng.choice(
        [
            ZeroPad(margins),
            Crop(((rng.randint(0, 1), rng.randint(0, 1)),)),
            PadChannels((rng.randint(0, 3), rng.randint(0, 3))),
            TakeChannels((first, rng.randint(first + 1, x[-1]))),
            ChannelShuffle(rng.choice([n for n in range(1, x[-1] + 1) if x[-1] % n == 0])),
            LocalResponseNorm(rng.randint(1, 5), k=2.0),
            LocalContrastNorm(rng.choice([(), sizes(rng, axes, 4)])),
            LayerNorm(rng.random() < 0.5),
            LayerScale(),
        ]
    )


def gathering(rng: Random, x: Shape) -> Layer:
    axes = len(x) - 1
    return rng.choice(
        [
            GlobalAveragePooling(),
            GlobalMaxPooling(),
            AdaptiveAveragePooling(sizes(rng, axes, 4)),
            AdaptiveMaxPooling(sizes(rng, axes, 4)),
            Subsampling(sizes(rng, axes, 2)),
            RadialBasis(rng.randint(1, 4)),
        ]
    )


def block(rng: Random, x: Shape, depth: int) -> Layer:
    """Branches that fit together by construction, or, now and then, perhaps not."""
    kind = rng.random()
    if kind < 0.1:
        return Auxiliary(stack(rng, x, depth), training=rng.random() < 0.5)
    if kind < 0.25:
        gate = (Serial(), Serial((GlobalAveragePooling(), Convolution(x[-1], (1,) * (len(x) - 1)))))
        return Multiply(gate if rng.random() < 0.5 else gate[::-1])
    body = stack(rng, x, depth)
    y = output(x, body)
    if len(y) == 1:
        return Concat((body, Serial((Dense(2),))))
    if kind < 0.6:
        if y == x and rng.random() < 0.7:
            return Residual(body)
        return Residual(
            body, shortcut=Serial((AdaptiveMaxPooling(y[:-1]), Convolution(y[-1], (1,) * (len(y) - 1))))
        )
    return Concat((body, *(Serial((AdaptiveAveragePooling(y[:-1]),)) for _ in range(rng.randint(0, 2)))))


def output(x: Shape, body: Serial) -> Shape:
    *_, last = [x, *(step.output for step in Model(x, body).steps())]
    return last


def some_layer(rng: Random, x: Shape, depth: int) -> Layer:
    kind = rng.random()
    if kind < 0.35 or len(x) == 1:
        return plain(rng, x)
    if kind < 0.5 and depth:
        return block(rng, x, depth - 1)
    if kind < 0.65:
        return filtering(rng, x)
    if kind < 0.8:
        return enlarging(rng, x)
    return rearranging(rng, x) if kind < 0.93 else gathering(rng, x)


def stack(rng: Random, x: Shape, depth: int) -> Serial:
    shape, layers = x, ()
    for _ in range(rng.randint(1, 4)):
        try:
            more = some_layer(rng, shape, depth)
            y = output(x, Serial((*layers, more)))
        except CnncalcError:
            continue
        if max(y[:-1], default=0) <= 40:
            shape, layers = y, (*layers, more)
    return Serial(layers)


@st.composite
def stacks(draw: st.DrawFn) -> Model:
    """A stack with blocks in one to three dimensions, of layers that fit."""
    rng = Random(draw(st.integers(0, 2**32)))
    dimensions = rng.choice((1, 1, 2, 2, 3))
    shape = (*(rng.randint(1, (0, 20, 9, 5)[dimensions]) for _ in range(dimensions)), rng.randint(1, 6))
    return Model(shape, stack(rng, shape, 2))
