"""Blocks in training: what runs is what is described, and no branch overwrites what another one needs."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.layers import Model, parse
from cnncalc.layers.combining import Block
from cnncalc.learning.network import Network
from cnncalc.learning.team import Team
from cnncalc.numerics.run import Run
from cnncalc.numerics.workspace import Array
from tests.learning.test_network import batch_last, classifier, distinct, network
from tests.stacks import stacks


def outcome(made: Network, x: Array, run: Run, dy: Array) -> tuple[Array, Array, Array]:
    """Logits, the gradient of all parameters, and that of the input."""
    gradients = made.parameters.like()
    y, backward = made.forward(x.copy(), run, need_dx=True)
    y = y.copy()
    dx = backward(dy.copy(), gradients)
    assert dx is not None
    return y, gradients.vector, dx.copy()


def seeded() -> Run:
    return Run(train=True, rng=np.random.default_rng(5))  # dropout drops the same units every time


@settings(max_examples=120)
@given(stacks())
def test_every_leaf_in_a_block_puts_out_the_shape_and_holds_the_parameters_that_are_predicted(
    model: Model,
) -> None:
    for step in model.steps():
        layer, run = step.layer, Run(train=True, key=step.path)
        leaves = [inner for inner in model.leaves() if inner.path.startswith(step.path)]
        params: dict[str, Array] = {}
        for leaf in leaves:
            own = leaf.path.removeprefix(step.path).removeprefix(".")
            prefix = f"{own}." if own else ""
            values = leaf.layer.initial(leaf.input, np.random.default_rng(0))
            params |= {prefix + name: value for name, value in values.items()}
            buffers = leaf.layer.initial_buffers(leaf.input)
            assert {name: value.shape for name, value in buffers.items()} == leaf.layer.buffer_shapes(
                leaf.input
            )
            run.buffers |= {prefix + name: value for name, value in buffers.items()}
        assert {name: value.shape for name, value in params.items()} == layer.param_shapes(step.input)
        y, pullback = layer.forward(distinct(batch_last(step.input)), params, run)
        assert y.shape == batch_last(step.output)
        dx, gradients = pullback(np.ones(y.shape))
        assert dx is None or dx.shape == batch_last(step.input)
        if not layer.fixed and not isinstance(layer, Block):
            assert {name: value.shape for name, value in gradients.items()} == layer.param_shapes(step.input)


@settings(max_examples=80)
@given(stacks(), st.integers(0, 99))
def test_the_gradients_are_the_adjoint_of_the_derivative_batch_after_batch(model: Model, seed: int) -> None:
    """⟨dy, J·v⟩ = ⟨Jᵀ·dy, v⟩; a second batch in the same workspace meets nothing of the first."""
    made = network(classifier(model), seed)
    rng = np.random.default_rng(seed)
    run = seeded()
    start = made.parameters.vector.copy()
    for batch in range(2):
        run.rng = np.random.default_rng(5)
        x = distinct(batch_last(model.input), seed + batch)
        dy = rng.normal(size=(made.classes, x.shape[-1]))
        along, along_x = rng.normal(size=start.shape), rng.normal(size=x.shape)
        _, gradient, dx = outcome(made, x, run, dy)

        def slope(small: float, x: Array = x, dy: Array = dy, a: Array = along, b: Array = along_x) -> float:
            ends = []
            for step in (small, -small):
                made.parameters.vector[:] = start + step * a
                ends.append(float((made.forward(x + step * b, seeded())[0] * dy).sum()))
            made.parameters.vector[:] = start
            return (ends[0] - ends[1]) / (2 * small)

        backwards = float(gradient @ along + (dx * along_x).sum())
        scale = 1 + float(np.abs(gradient * along).max(initial=0))
        # a kink within the first step is out of reach of a smaller one
        close = [abs(slope(small) - backwards) < 2e-4 * scale for small in (1e-6, 1e-7)]
        assert any(close)


BRANCHING = (
    "input 6x6x2; conv 4x3x3 pad 1; {}; fc 3",
    "input 6x6x2; {}; fc 3",
    "input 6x6x4; batchnorm; {}; relu; fc 3",
)
BLOCKS = (
    "residual { relu; conv 4x3x3 pad 1 }",
    "residual { conv 4x3x3 pad 1; relu }",
    "residual { }",
    "residual { identity } shortcut { dropout 0.5 }",
    "residual { relu } shortcut { tanh }",
    "residual { batchnorm; relu; conv 4x3x3 pad 1; batchnorm } shortcut { conv 4x1x1; batchnorm }",
    "residual { conv 4x3x3 pad 1; batchnorm; relu }",
    "batchnorm; relu; sigmoid",
    "residual { residual { relu; tanh }; sigmoid } shortcut { residual { conv 4x1x1 } }",
    "residual { conv 8x3x3 pad 1 stride 2 } shortcut { avgpool 2x2; padchannels 2:2 }",
    "concat { { } { } { relu } }",
    "concat { { relu; relu } { tanh; conv 2x1x1; relu } { maxpool 3x3 stride 1 pad 1 } }",
    "concat { { } { concat { { relu } { conv 1x1x1 } } } }",
    "multiply { { } { globalavgpool; conv 4x1x1; sigmoid } }",
    "multiply { { tanh } { sigmoid } { relu } }",
    "aux { fc 2; softmax }",
    "sigmoid; identity; tanh; aux { fc 2 }; sigmoid",
)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("around", BRANCHING)
def test_arrays_that_are_reused_give_what_arrays_of_their_own_would(
    block: str, around: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if around == BRANCHING[1]:
        around = around.replace("x2;", "x4;")
    made = network(parse(around.format(block)), 3)
    x = distinct(batch_last(made.model.input), 1)
    dy = np.random.default_rng(2).normal(size=(3, x.shape[-1]))
    found = outcome(made, x, seeded(), dy)
    inside = Run.inside
    monkeypatch.setattr(Run, "inside", lambda *args, **how: inside(*args, **{**how, "reuse": False}))
    for value, expected in zip(found, outcome(made, x, seeded(), dy), strict=True):
        assert value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("block", BLOCKS)
def test_where_nobody_asks_for_dx_the_gradients_are_the_same(block: str) -> None:
    made = network(parse(BRANCHING[1].replace("x2;", "x4;").format(block)), 3)
    x = distinct(batch_last(made.model.input), 1)
    dy = np.random.default_rng(2).normal(size=(3, x.shape[-1]))
    _, expected, _ = outcome(made, x, seeded(), dy)
    gradients = made.parameters.like()
    _, backward = made.forward(x.copy(), seeded())
    assert backward(dy.copy(), gradients) is None
    assert gradients.vector == pytest.approx(expected, abs=1e-12)


def test_a_block_of_its_parts_by_hand() -> None:
    """y = relu(W·x + b) + x, then the channels of x behind it, then times the mean of each channel."""
    made = network(
        parse(
            "input 1x1x2; residual { conv 2x1x1; relu }; concat { { } { relu } }; "
            "multiply { { } { globalavgpool } }; fc 1"
        )
    )
    values = made.parameters.views
    values["0.body.0.weight"][..., 0, 0] = [[1, 2], [-1, 1]]
    values["0.body.0.bias"][:] = [1, -5]
    values["4.weight"][:] = [[1, 1, 1, 1]]
    values["4.bias"][:] = 0
    x = np.array([3.0, -1.0]).reshape(2, 1, 1, 1)
    # conv (3 − 2 + 1, −3 − 1 − 5) = (2, −9), relu (2, 0), plus x (5, −1); (5, −1, 5, 0); squared (25, 1, 25, 0)
    logits, gradient, dx = outcome(made, x, seeded(), np.ones((1, 1)))
    assert logits.item() == 51
    found = made.parameters.like()
    found.vector[:] = gradient
    assert found.views["4.weight"].tolist() == [[25, 1, 25, 0]]
    # d/dr = (2·5 + 2·5, −2); through relu, which is dead at −9, only the first
    assert found.views["0.body.0.bias"].tolist() == [20, 0]
    assert dx.ravel().tolist() == [20 + 20, -2 + 40]


def test_an_auxiliary_classifier_is_kept_and_not_run() -> None:
    made = network(parse("input 4; aux { fc 3 }; fc 2"))
    x = distinct((4, 3))
    y, gradient, _ = outcome(made, x, seeded(), np.ones((2, 3)))
    assert "0.body.0.weight" in made.tensors()
    assert np.array_equal(y, made.values["1.weight"] @ x + made.values["1.bias"][:, None])
    found = made.parameters.like()
    found.vector[:] = gradient
    assert not found.views["0.body.0.weight"].any()
    assert found.views["1.weight"].any()


def test_templates_are_drawn_and_never_trained_and_the_nearest_one_wins() -> None:
    made = network(parse("input 3; rbf 2"))
    assert made.parameters.vector.size == 0
    made.values["0.weight"][:] = [[1, 1, 1], [-1, -1, -1]]
    x = np.array([[1.0, -1.0], [1.0, 0.0], [0.0, -1.0]])
    logits, _ = made.forward(x, Run(train=True))
    assert logits.tolist() == [[-1, -9], [-9, -1]]
    _, _, dx = outcome(made, x, Run(train=True), np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert dx.tolist() == [[0, 0], [0, -2], [2, 0]]  # −2(x − w)
    assert set(made.tensors()) == {"0.weight"}


def test_two_workers_with_a_part_of_the_batch_each_give_what_one_gives() -> None:
    words = (
        "input 6x6x2; conv 4x3x3 pad 1; batchnorm; residual { conv 4x3x3 pad 1; batchnorm; relu } "
        "shortcut { conv 4x1x1; batchnorm affine no }; relu; lrn 3; layernorm; "
        "concat { { } { depthwise 3x3 pad 1 } }; globalavgpool; fc 3"
    )
    made = network(parse(words), 1)
    x = np.random.default_rng(0).normal(size=(2, 6, 6, 7))
    dy = np.random.default_rng(1).normal(size=(3, 7))
    alone = seeded()
    logits, gradient, dx = outcome(made, x, alone, dy)
    found: list[tuple[Array, Array, Array]] = []
    with Team(2) as team:
        runs = [Run(train=True, reduce=partial(team.total, worker)) for worker in range(2)]
        parts = [slice(0, 3), slice(3, 7)]
        found = team.run(lambda w: outcome(made, x[..., parts[w]], runs[w], dy[:, parts[w]]), 2)
    assert np.concatenate([part[0] for part in found], axis=-1) == pytest.approx(logits, abs=1e-12)
    assert found[0][1] + found[1][1] == pytest.approx(gradient, abs=1e-10)
    assert np.concatenate([part[2] for part in found], axis=-1) == pytest.approx(dx, abs=1e-12)
    for name, value in alone.kept.items():
        assert runs[0].kept[name] == pytest.approx(value, abs=1e-12), name
    assert set(alone.kept) == set(made.buffers)
