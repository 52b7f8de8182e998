"""Random models for the properties that every model has."""

from math import gcd
from random import Random

from hypothesis import strategies as st

from cnncalc.errors import CnncalcError
from cnncalc.layers import Layer, Model, Serial, Shape
from cnncalc.layers.activation import (
    GELU,
    Identity,
    LeakyReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.dense import Dense, Flatten
from cnncalc.layers.normalisation import BatchNorm, Dropout
from cnncalc.layers.pooling import AveragePooling, MaxPooling
from cnncalc.layers.values import Padding, Sizes


def sizes(rng: Random, axes: int, largest: int) -> Sizes:
    return tuple(rng.randint(1, largest) for _ in range(axes))


def pads(rng: Random, axes: int, largest: int, words: tuple[str, ...]) -> Padding:
    """A word, none, the same all around, or any number before and after."""
    same = rng.randint(0, largest)
    return rng.choice(
        [
            rng.choice(words),
            ((0, 0),),
            ((same, same),),
            tuple((rng.randint(0, largest), rng.randint(0, largest)) for _ in range(axes)),
        ]
    )


def convolution(rng: Random, x: Shape) -> Convolution:
    axes = len(x) - 1
    filters = rng.randint(1, 6)
    groups = rng.choice([g for g in range(1, 7) if gcd(x[-1], filters) % g == 0])
    return Convolution(
        filters,
        sizes(rng, axes, 4),
        stride=sizes(rng, axes, 3),
        padding=pads(rng, axes, 2, ("same", "valid", "full", "causal")),
        dilation=sizes(rng, axes, 2),
        groups=groups,
        bias=rng.random() < 0.7,
    )


def pooling(rng: Random, x: Shape) -> Layer:
    axes = len(x) - 1
    kernel = sizes(rng, axes, 3)
    stride = sizes(rng, axes, 3) if rng.random() < 0.5 else None
    padding = pads(rng, axes, 1, ("same", "valid"))
    ceil = rng.random() < 0.4
    if rng.random() < 0.5:
        dilation = sizes(rng, axes, 2)
        return MaxPooling(kernel, stride=stride, padding=padding, ceil=ceil, dilation=dilation)
    return AveragePooling(kernel, stride=stride, padding=padding, ceil=ceil, countpad=rng.random() < 0.5)


def elementwise(rng: Random) -> Layer:
    plain = (Identity, ReLU, ReLU6, SiLU, GELU, Sigmoid, Tanh, Softplus, Softmax)
    kinds = [
        rng.choice(plain)(),
        LeakyReLU(rng.random() * 0.9),
        Dropout(rng.random() * 0.9),
        BatchNorm(rng.random() < 0.7),
    ]
    return rng.choice([kinds[0], kinds[0], *kinds[1:]])


def layer(rng: Random, x: Shape) -> Layer:
    """Mostly windows as long as there are axes to slide over, then mostly dense layers."""
    kind = rng.random()
    if kind < 0.3:
        return elementwise(rng)
    if kind < 0.4 or len(x) == 1:
        return rng.choice([Flatten(), Dense(rng.randint(1, 5), rng.random() < 0.7)])
    return convolution(rng, x) if kind < 0.75 else pooling(rng, x)


@st.composite
def models(draw: st.DrawFn, *, axes: tuple[int, ...] = (1, 2, 2, 3)) -> Model:
    """A stack in one to three dimensions, of layers that fit."""
    rng = Random(draw(st.integers(0, 2**32)))
    dimensions = rng.choice(axes)
    shape: Shape = (
        *(rng.randint(1, (0, 20, 9, 6)[dimensions]) for _ in range(dimensions)),
        rng.randint(1, 6),
    )
    x, layers = shape, ()
    for _ in range(rng.randint(1, 5)):
        try:
            more = layer(rng, x)
            *_, last = Model(shape, Serial((*layers, more))).steps()
        except CnncalcError:
            continue
        x, layers = last.output, (*layers, more)
    return Model(shape, Serial(layers))
