"""Gradients that are checked: right ones pass, wrong ones are found and named, and kinks are neither."""

from typing import Any

import numpy as np
import pytest

from cnncalc.layers import parse
from cnncalc.layers.activation import ReLU, Tanh
from cnncalc.layers.base import Layer
from cnncalc.layers.branching import Residual
from cnncalc.layers.convolution import Convolution
from cnncalc.learning.gradcheck import WHOLE, Check, check, tensor_count

EVERYTHING = (
    "input 8x8x4; conv 4x3x3 pad same table 0,1/1,2,3/0,3/2; lrn 3; depthwise 3x3 pad 1 multiplier 2; relu6; "
    "residual { separable 8x3x3 pad 1; layernorm; silu }; channelshuffle 2; "
    "concat { { channels 0:4; gelu } { conv 4x1x1 groups 4; batchnorm; leakyrelu 0.1 } }; "
    "multiply { { } { globalavgpool; conv 8x1x1; sigmoid } }; subsample 2x2; layerscale; lcn 3x3; "
    "deconv 4x3x3 stride 2 pad 1 outpad 1; softplus; adaptivemaxpool 3; zeropad 1:0x0:1; upsample 2; crop 1; "
    "adaptiveavgpool 4; padchannels 0:1; dropout 0.3; aux { fc 2 }; tanh; fc 6; softmax; rbf 3"
)


def checked(text: str, seed: int = 0, samples: int = 6, **how: float) -> list[Check]:
    limits = {"tolerance": 1e-5, "seconds": 60.0, **how}
    return list(check(parse(text), np.random.default_rng(seed), samples=samples, **limits))


def test_all_layers_agree_and_every_tensor_has_its_record() -> None:
    found = checked(EVERYTHING)
    assert [(each.path, each.tensor, each.error) for each in found if each.verdict != "agree"] == []
    assert all(0 < each.places <= 6 and each.error is not None and each.error <= 1e-5 for each in found)
    assert len(found) == tensor_count(parse(EVERYTHING))
    model = parse(EVERYTHING)
    assert {each.path for each in found} == {step.path for step in model.steps()} | {WHOLE}
    for step in model.leaves():
        own = [] if step.layer.fixed else list(step.layer.param_shapes(step.input))
        assert [each.tensor for each in found if each.path == step.path] == ["input", *own]


def spoiled(cls: type[Layer], monkeypatch: pytest.MonkeyPatch, **wrong: Any) -> None:
    """From here on the gradients of that layer are multiplied, by name; input is dx."""
    forward = cls.forward

    def other(layer: Layer, x: Any, params: Any, run: Any) -> Any:
        y, back = forward(layer, x, params, run)

        def pullback(dy: Any) -> Any:
            dx, gradients = back(dy)
            return dx * wrong.get("input", 1), {
                name: value * wrong.get(name, 1) for name, value in gradients.items()
            }

        return y, pullback

    monkeypatch.setattr(cls, "forward", other)


@pytest.mark.parametrize(
    ("cls", "tensor", "paths"),
    [
        (Convolution, "weight", {"0", "2.body.0"}),
        (Convolution, "bias", {"0", "2.body.0"}),
        (Tanh, "input", {"2.body.1"}),
        (ReLU, "input", {"1"}),
    ],
)
def test_a_pullback_that_is_wrong_is_named_and_not_those_before_it(
    cls: type[Layer], tensor: str, paths: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "input 6x6x2; conv 3x3x3; relu; residual { conv 3x3x3 pad 1; tanh }; fc 2"
    spoiled(cls, monkeypatch, **{tensor: 1.001})
    wrong = {(each.path, each.tensor) for each in checked(text, samples=30) if each.verdict == "disagree"}
    leaves = {step.path for step in parse(text).leaves()}
    assert {pair for pair in wrong if pair[0] in leaves} == {(path, tensor) for path in paths}
    assert (WHOLE, "parameters") in wrong or cls is Convolution


def test_a_block_that_loses_a_branch_is_named() -> None:
    forward = Residual.forward

    def only_the_body(layer: Residual, x: Any, params: Any, run: Any) -> Any:
        y, back = forward(layer, x, params, run)
        return y, lambda dy: (back(dy.copy())[0] - dy, back(dy)[1])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Residual, "forward", only_the_body)
        wrong = [each for each in checked("input 5; residual { fc 5; tanh }") if each.verdict == "disagree"]
    assert [(each.path, each.tensor) for each in wrong] == [("0", "input"), (WHOLE, "input")]


class Shifted:
    """Random numbers; of the first ones, which are the input, some are moved to where a kink is."""

    def __init__(self, rng: np.random.Generator, at: float) -> None:
        self.rng, self.at, self.moved = rng, at, False

    def standard_normal(self, shape: tuple[int, ...]) -> Any:
        drawn = self.rng.standard_normal(shape)
        if not self.moved:
            drawn[..., 0], self.moved = self.at, True
        return drawn

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rng, name)


def test_places_on_a_kink_are_drawn_again_and_those_beside_one_take_a_smaller_step() -> None:
    def relu(at: float) -> Check:
        rng: Any = Shifted(np.random.default_rng(0), at)
        made = parse("input 4x4x2; relu")
        found = list(check(made, rng, samples=20, tolerance=1e-5, seconds=60))
        return found[0]

    on = relu(0.0)
    assert on.verdict == "agree"
    assert on.redrawn > 0
    assert on.smaller == 0
    beside = relu(3e-6)
    assert beside.verdict == "agree"
    assert beside.smaller > 0
    assert beside.redrawn == 0
    assert relu(0.5)[-4:-1] == (0, 0, "agree")


def test_what_is_not_looked_at_is_said_to_be_unchecked() -> None:
    late = checked("input 4; fc 3", seconds=0.0)
    assert {(each.verdict, each.note, each.error) for each in late} == {
        ("unchecked", "the time was up", None)
    }
    large = checked("input 5000; fc 5000")
    assert {(each.verdict, each.note) for each in large} == {("unchecked", "too large")}


def test_the_same_seed_finds_the_same() -> None:
    text = "input 6x6x2; conv 3x3x3; dropout; relu; fc 2"
    assert checked(text, 4) == checked(text, 4)
    assert checked(text, 4) != checked(text, 5)
