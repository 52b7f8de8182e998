"""What is predicted of a network is what it really does: shapes, parameters, gradients, fields."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.arithmetic.report import analyse
from cnncalc.errors import ShapeError
from cnncalc.layers import Layer, Model, Serial, Shape, parse
from cnncalc.layers.base import Field
from cnncalc.layers.convolution import Bias, Convolution
from cnncalc.layers.dense import Dense
from cnncalc.layers.pooled import PooledConvolution
from cnncalc.layers.pooling import AveragePooling, MaxPooling
from cnncalc.learning.network import Network
from cnncalc.numerics.run import Run
from cnncalc.numerics.workspace import Array
from tests.models import models

BATCH = 3


def classifier(model: Model) -> Model:
    """The same layers with a vector at the end."""
    return Model(model.input, Serial((*model.body.layers, *parse("input 1; fc 4").body.layers)))


def network(model: Model, seed: int = 0) -> Network:
    made = Network(model, dtype=np.float64)
    made.initialise(np.random.default_rng(seed))
    for name, view in made.parameters.views.items():  # biases and scales too are drawn, or zeros hide errors
        if view.ndim == 1:
            view += np.random.default_rng(len(name)).normal(size=view.shape)
    return made


def distinct(shape: tuple[int, ...], seed: int = 0) -> Array:
    """Inputs without ties, none near another nor near zero: max pooling and relu are smooth around them."""
    size = int(np.prod(shape))
    values = (np.random.default_rng(seed).permutation(size) - size / 2 + 0.25) * 4 / size
    return values.reshape(shape)


def batch_last(shape: Shape) -> tuple[int, ...]:
    return (shape[-1], *shape[:-1], BATCH)


@given(models())
def test_every_leaf_puts_out_the_shape_and_holds_the_parameters_that_are_predicted(model: Model) -> None:
    report = analyse(model)
    for step, row in zip(model.steps(), report.rows, strict=True):
        run = Run(train=True, key=step.path)
        run.buffers = step.layer.initial_buffers(step.input)
        params = step.layer.initial(step.input, np.random.default_rng(0))
        y, _ = step.layer.forward(distinct(batch_last(step.input)), params, run)
        assert y.shape == batch_last(step.output)
        assert sum(value.size for value in params.values()) == row.parameters
        assert sum(value.size for value in run.buffers.values()) == row.buffers


def without(model: Model, *words: str) -> Model:
    return Model(model.input, Serial(tuple(layer for layer in model.body.layers if layer.word not in words)))


@settings(max_examples=80)
@given(models(), st.integers(0, 99))
def test_the_gradients_are_the_adjoint_of_the_derivative(model: Model, seed: int) -> None:
    """⟨dy, J·v⟩ = ⟨Jᵀ·dy, v⟩ along one random direction for the parameters and one for the input."""
    made = network(classifier(without(model, "dropout")), seed)
    rng = np.random.default_rng(seed)
    x = distinct(batch_last(model.input), seed)
    along_x, along = rng.normal(size=x.shape), rng.normal(size=made.parameters.vector.shape)
    start = made.parameters.vector.copy()

    def logits(step: float) -> Array:
        made.parameters.vector[:] = start + step * along
        y, _ = made.forward(x + step * along_x, Run(train=True))
        return y.copy()

    small = 1e-6
    derivative = (logits(small) - logits(-small)) / (2 * small)
    made.parameters.vector[:] = start
    run = Run(train=True)
    y, backward = made.forward(x.copy(), run)
    dy = rng.normal(size=y.shape)
    forwards = float((dy * derivative).sum())
    gradients = made.parameters.like()
    y, backward = made.forward(x.copy(), run, need_dx=True)
    dx = backward(dy.copy(), gradients)
    assert dx is not None
    backwards = float((gradients.vector * along).sum() + (dx * along_x).sum())
    assert forwards == pytest.approx(backwards, rel=2e-4, abs=2e-4)


@given(models())
def test_the_field_is_the_extent_of_a_one_hot_gradient(model: Model) -> None:
    """Through all-ones weights, from the middle unit of what the windows of the model make."""
    windows = tuple(
        AveragePooling(layer.kernel, stride=layer.stride, padding=layer.padding, ceil=layer.ceil)
        if isinstance(layer, MaxPooling) and set(layer.dilation) == {1}
        else layer
        for layer in model.body.layers
        if isinstance(layer, Convolution | AveragePooling | MaxPooling)
    )
    if any(isinstance(layer, MaxPooling) for layer in windows):
        return
    model = Model(model.input, Serial(windows))
    made = analyse(model)
    x = np.ones(batch_last(model.input))
    pullbacks = []
    for step in model.steps():
        run = Run(train=True, key=step.path)
        params = {name: np.ones(shape) for name, shape in step.layer.param_shapes(step.input).items()}
        x, pullback = step.layer.forward(x, params, run)
        pullbacks.append(pullback)
    middle = tuple(n // 2 for n in x.shape[1:-1])
    dy = np.zeros_like(x)
    dy[(0, *middle, 0)] = 1
    for pullback in reversed(pullbacks):
        dx, _ = pullback(dy)
        assert dx is not None
        dy = dx
    fields = made.rows[-1].field if made.rows else (Field(1, 1, 0),) * len(middle)
    spatial = dy[..., 0].any(axis=0)
    if not spatial.any():  # the taps of a dilated window in the padding can miss a small input altogether
        return
    for axis, (unit, field, n) in enumerate(zip(middle, fields, model.input, strict=False)):
        seen = np.flatnonzero(spatial.any(axis=tuple(i for i in range(spatial.ndim) if i != axis)))
        first = field.start + unit * field.jump
        inside = range(max(first, 0), min(first + field.size, n))
        if first >= 0 and first + field.size <= n:
            assert (seen[0], seen[-1]) == (inside[0], inside[-1])
        else:
            assert all(element in inside for element in seen)


def test_an_activation_changes_places_with_max_pooling_only_where_that_changes_nothing() -> None:
    words = "input 8x8x2; conv 3x3x3; {}; maxpool 2x2; fc 4"
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, 8, 8, BATCH))
    for word, cls in Layer.known.items():
        if cls.monotone:
            made = network(parse(words.format(word)))
            ordered = [type(layer) for _, layer in made.body.order()]
            behind = Dense if cls.view else cls  # what passes on its input is left out
            assert ordered[:3] == [PooledConvolution, Bias, behind]
            swapped, _ = made.forward(x, Run(train=True))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(cls, "monotone", False)
                written = network(parse(words.format(word)))
            if not cls.view:
                assert [type(layer) for _, layer in written.rest][:3] == [Convolution, cls, MaxPooling]
            plain, _ = written.forward(x, Run(train=True))
            assert np.array_equal(plain, swapped), word
    assert [layer.word for _, layer in parse(words.format("softmax")).body.order()][1] == "softmax"


def test_the_softmax_at_the_end_belongs_to_the_loss() -> None:
    made = network(parse("input 4; fc 3; softmax"))
    x = np.random.default_rng(0).normal(size=(4, 5))
    logits, _ = made.forward(x, Run(train=False))
    assert not np.allclose(logits.sum(axis=0), 1)
    shares = made.probabilities(x, Run(train=False))
    assert shares == pytest.approx(np.exp(logits) / np.exp(logits).sum(axis=0))


def test_a_classifier_ends_in_a_vector() -> None:
    with pytest.raises(ShapeError, match="ends in a vector"):
        Network(parse("input 8x8x1; conv 3x3x3"))


def test_parameters_are_views_of_one_vector_in_pytorchs_layout() -> None:
    made = network(parse("input 8x8x4; conv 6x3x2 groups 2; batchnorm; fc 3"))
    views = made.parameters.views
    assert {name: view.shape for name, view in views.items()} == {
        "0.weight": (6, 2, 3, 2),
        "0.bias": (6,),
        "1.weight": (6,),
        "1.bias": (6,),
        "3.weight": (3, 252),
        "3.bias": (3,),
    }
    made.parameters.vector[:] = np.arange(made.parameters.vector.size)
    assert views["0.weight"].swapaxes(1, 2).flags.c_contiguous  # the order in which correlate reads it
    everything = np.concatenate([view.ravel() for view in views.values()])
    assert sorted(everything) == list(range(made.parameters.vector.size))
