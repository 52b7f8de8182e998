"""What each layer puts out, beside its definition, for random settings in one to three dimensions."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError
from cnncalc.layers import Layer, Shape, parse
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.dense import Dense, Flatten, RadialBasis
from cnncalc.layers.depthwise import Depthwise, Separable
from cnncalc.layers.normalisation import BatchNorm, Dropout, LayerScale
from cnncalc.layers.pooling import AdaptiveAveragePooling, AveragePooling, GlobalAveragePooling, Subsampling
from cnncalc.layers.shaping import Crop, ZeroPad
from cnncalc.layers.transposed import TransposedConvolution, Upsample
from cnncalc.numerics.run import Run
from cnncalc.numerics.workspace import Array
from tests.layers.definitions import by_definition
from tests.models import elementwise, pooling
from tests.stacks import enlarging, filtering, gathering, rearranging

BATCH = 2


def drawn(rng: Random, x: Shape) -> Layer:
    kinds = (
        lambda: filtering(rng, x),
        lambda: enlarging(rng, x),
        lambda: pooling(rng, x),
        lambda: rearranging(rng, x),
        lambda: rearranging(rng, x),
        lambda: gathering(rng, x),
        lambda: rng.choice([elementwise(rng), elementwise(rng), Flatten()]),
    )
    return rng.choice(kinds)()


def batch_last(x: Array) -> Array:
    """(N, *spatial, C) to (C, *spatial, N)."""
    return np.ascontiguousarray(np.moveaxis(np.moveaxis(x, 0, -1), -2, 0))


def compare(layer: Layer, x: Array, seed: int) -> None:
    rng = np.random.default_rng(seed)
    params = {name: rng.normal(size=shape) for name, shape in layer.param_shapes(x.shape[1:]).items()}
    y, _ = layer.forward(batch_last(x), params, Run(train=True))
    expected = np.stack([by_definition(layer, example, params) for example in x])
    assert y == pytest.approx(batch_last(expected), abs=1e-9)


def fitting(rng: Random, sides: tuple[int, ...]) -> tuple[Layer, Shape, Shape]:
    """A layer with an input that it takes, of at most such sides in so many dimensions, and its output."""
    dimensions = rng.choice((1, 2, 2, 3))
    x = (*(rng.randint(1, sides[dimensions]) for _ in range(dimensions)), rng.randint(1, 4))
    layer = drawn(rng, x)
    try:
        return layer, x, layer.out_shape(x)
    except CnncalcError:
        reject()


@settings(max_examples=150)
@given(st.integers(0, 2**32))
def test_every_layer_puts_out_what_its_definition_says(seed: int) -> None:
    layer, x, y = fitting(Random(seed), (0, 9, 5, 3))
    batch = isinstance(layer, BatchNorm | Dropout) or layer.word == "softmax"
    if batch or np.prod(y) > 150:
        return
    if layer.flat:
        x = (int(np.prod(x)),)
    compare(layer, np.random.default_rng(seed).normal(size=(BATCH, *x)) * 3, seed)


LINEAR = (Convolution, Depthwise, Separable, TransposedConvolution, Upsample, AveragePooling, Subsampling)
LINEAR += (GlobalAveragePooling, AdaptiveAveragePooling, ZeroPad, Crop, LayerScale)


@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_a_one_hot_gradient_reaches_the_elements_that_a_unit_is_said_to_use(seed: int) -> None:
    """Through all-ones weights; the elements along each axis are a product, for windows are boxes of taps."""
    rng = Random(seed)
    layer, x, y = fitting(rng, (0, 9, 6, 4))
    if not isinstance(layer, LINEAR):
        return
    params = {name: np.ones(shape) for name, shape in layer.param_shapes(x).items()}
    made, back = layer.forward(np.ones((x[-1], *x[:-1], 1)), params, Run(train=True))
    unit = tuple(rng.randrange(n) for n in y[:-1])
    dy = np.zeros(made.shape)
    dy[(slice(None), *unit, 0)] = 1
    dx, _ = back(dy)
    assert dx is not None
    expected = np.zeros(x[:-1], bool)
    used = [[i for i in layer.uses(place, axis, x) if 0 <= i < x[axis]] for axis, place in enumerate(unit)]
    expected[np.ix_(*used)] = True
    assert np.array_equal(dx[..., 0].any(axis=0), expected)


def test_vectors_go_through_the_layers_that_take_them() -> None:
    words = ("relu6", "silu", "gelu", "layernorm", "layerscale", "lrn", "lcn")
    words += ("padchannels 1:2", "channels 1:4", "channelshuffle 2")
    x = np.random.default_rng(0).normal(size=(BATCH, 6))
    for word in words:
        compare(parse(f"input 6; {word}").body.layers[0], x, 1)
    for layer in (Dense(3), Dense(3, bias=False), RadialBasis(4)):
        compare(layer, x, 2)


def test_the_table_of_lenet_gives_each_filter_its_maps() -> None:
    layer = parse("input 5x5x6; conv 16x5x5 table lenet").body.layers[0]
    assert isinstance(layer, Convolution)
    compare(layer, np.random.default_rng(0).normal(size=(BATCH, 5, 5, 6)), 0)
    params = layer.initial((5, 5, 6), np.random.default_rng(0))
    assert params["weight"].shape == (60, 5, 5)
    # 60 connections: six filters see 3 maps, nine see 4, one sees 6; variance is one over what a filter sees
    for first, end, maps in ((0, 18, 3), (18, 54, 4), (54, 60, 6)):
        assert params["weight"][first:end].var() == pytest.approx(1 / (25 * maps), rel=0.2)


def test_a_constant_image_has_no_contrast() -> None:
    for words in ("lcn 3x3", "lcn"):
        layer = parse(f"input 6x6x2; {words}").body.layers[0]
        x = np.full((2, 6, 6, 1), 7.3, np.float32)
        y, back = layer.forward(x, {}, Run(train=True))
        assert np.abs(y).max() < 1e-4
        dx, _ = back(np.ones_like(y))
        assert dx is not None
        assert np.isfinite(dx).all()


def test_numbers_out_of_range_do_not_end_in_an_error() -> None:
    for word in ("gelu", "silu", "relu6"):
        layer = parse(f"input 3; {word}").body.layers[0]
        x = np.array([[np.nan], [np.inf], [-1e30]], np.float32)
        with np.errstate(all="ignore"):
            y, back = layer.forward(x, {}, Run(train=True))
            back(np.ones_like(y))
        assert np.isnan(y[0])
        assert np.abs(y[2]) < 1e-6
