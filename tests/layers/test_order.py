"""What is computed behind a maximum gives what it gives before it."""

import numpy as np
import pytest

from cnncalc.layers import Layer, Serial, parse
from cnncalc.layers.convolution import Bias, Convolution
from cnncalc.learning.network import Network
from cnncalc.numerics.run import Run
from cnncalc.numerics.workspace import Array


def words(text: str) -> list[str]:
    return [type(layer).__name__ for _, layer in parse(text).body.order()]


def test_the_bias_and_what_never_decreases_stand_behind_the_maximum() -> None:
    assert words("input 8x8x2; conv 3x3x3; relu; maxpool 2x2; fc 4") == [
        "PooledConvolution",
        "Bias",
        "ReLU",
        "Dense",
    ]
    assert words("input 8x8x2; conv 3x3x3; identity; relu; maxpool 2x2; identity") == [
        "PooledConvolution",
        "Bias",
        "ReLU",
    ]
    assert words("input 8x8x2; conv 3x3x3 bias no; maxpool 2x2") == ["PooledConvolution"]
    assert words("input 8x8x2; conv 3x3x3; relu; avgpool 2x2") == ["Convolution", "ReLU", "AveragePooling"]
    assert words("input 8x8x2; conv 3x3x3; batchnorm; maxpool 2x2") == [
        "Convolution",
        "BatchNorm",
        "MaxPooling",
    ]


def test_a_convolution_by_a_table_is_pooled_by_itself() -> None:
    assert words("input 8x8x2; conv 3x3x3 table 0/1/0,1 bias no; maxpool 2x2") == [
        "Convolution",
        "MaxPooling",
    ]


def test_a_batch_normalisation_takes_the_relu_behind_it_along() -> None:
    assert words("input 8x8x2; batchnorm; relu; maxpool 2x2; batchnorm; relu; batchnorm; tanh") == [
        "BatchNorm",
        "MaxPooling",
        "ReLU",
        "RectifiedBatchNorm",
        "BatchNorm",
        "Tanh",
    ]


def one_by_one(layers: tuple[Layer, ...], x: Array, params: dict[str, Array], run: Run) -> Array:
    """As the layers are written."""
    buffers = run.buffers
    for i, layer in enumerate(layers):
        own, run.buffers = (
            {name.partition(".")[2]: value for name, value in given.items() if name.startswith(f"{i}.")}
            for given in (params, buffers)
        )
        run.key, run.reuse = str(i), False
        x, _ = layer.forward(x, own, run)
    return x


@pytest.mark.parametrize(
    "text",
    [
        "input 9x9x2; conv 3x3x3; relu; maxpool 2x2 ceil; conv 4x2x2; tanh; maxpool 2x2 pad 1",
        "input 9x9x2; conv 3x3x3; relu; maxpool 2x2; batchnorm; relu; conv 2x1x1; batchnorm affine no; relu",
        "input 9x9x2; conv 5x3x3 stride 2 pad 2; relu; maxpool 2x2; conv 2x1x1",
        "input 9x9x2; conv 4x3x3 groups 2; maxpool 3x3 stride 2; conv 4x1x1; maxpool 2x2; conv 2x1x1",
    ],
)
def test_the_order_of_computation_changes_no_bit(text: str) -> None:
    rng = np.random.default_rng(0)
    body = parse(text).body
    network = Network(parse(f"{text}; fc 4"))
    network.initialise(rng)
    params = {name: rng.normal(size=value.shape).astype(np.float32) for name, value in network.values.items()}
    x = rng.normal(size=(2, 9, 9, 6)).astype(np.float32)
    plain = one_by_one(body.layers, x.copy(), params, Run(train=True, buffers=network.buffers))
    assert any(isinstance(layer, Bias) for _, layer in body.order())
    y, _ = body.forward(x.copy(), params, Run(train=True, buffers=network.buffers))
    assert np.array_equal(y, plain)


def test_the_gradient_of_a_bias_behind_the_maximum_is_that_of_one_before_it() -> None:
    rng = np.random.default_rng(1)
    text = "input 9x9x2; conv 3x3x3; maxpool 3x3 stride 2"
    body = parse(text).body
    params = {"0.weight": rng.normal(size=(3, 2, 3, 3)), "0.bias": rng.normal(size=3)}
    x = rng.normal(size=(2, 9, 9, 5))
    y, back = body.forward(x, params, Run(train=True))
    dy = rng.normal(size=y.shape)
    _, found = back(dy.copy())
    for name, value in params.items():
        step = rng.normal(size=value.shape)
        ends = []
        for sign in (1, -1):
            moved = {**params, name: value + sign * 1e-6 * step}
            ends.append(float((body.forward(x, moved, Run(train=True))[0] * dy).sum()))
        assert (found[name] * step).sum() == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6), name


def test_a_bias_has_no_word_of_its_own() -> None:
    assert Bias not in Layer.known.values()
    assert Convolution.word in Layer.known
    assert (
        Serial(parse("input 4x4x1; conv 2x2x2; maxpool 2x2").body.layers)
        == parse("input 4x4x1; conv 2x2x2; maxpool 2x2").body
    )
