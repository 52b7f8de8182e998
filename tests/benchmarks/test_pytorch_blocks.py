"""Whole random networks with blocks beside PyTorch, in double precision: outputs and all gradients.

Run by hand, where PyTorch is installed: pytest -m bench
"""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnncalc.layers import Layer, Model, Serial
from cnncalc.layers.normalisation import Dropout
from cnncalc.learning.network import Network
from cnncalc.numerics.run import Run
from tests.learning.test_network import batch_last, classifier, network
from tests.stacks import stacks

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.bench


def dropped(model: Model) -> bool:
    return any(isinstance(step.layer, Dropout) for step in model.leaves())


@settings(max_examples=2000, derandomize=False)
@given(stacks(), st.integers(0, 999))
def test_random_networks_with_blocks_agree_in_value_and_gradient(model: Model, seed: int) -> None:
    assume(not dropped(model))
    x = np.random.default_rng(seed).normal(size=batch_last(model.input))  # whose means have no ties
    compare(network(classifier(model), seed), x, seed)


def compare(made: Network, x: np.ndarray, seed: int) -> None:
    from tests.benchmarks.torch_stacks import calculated

    tensors = {
        name: torch.from_numpy(np.ascontiguousarray(value)).requires_grad_()
        for name, value in made.values.items()
    }
    image = torch.from_numpy(np.moveaxis(x, -1, 0).copy()).requires_grad_()
    expected = calculated(made.body, image, tensors)
    assume(bool(torch.isfinite(expected).all()))  # a dilated window can meet padding alone, which is −∞
    dy = np.random.default_rng(seed).normal(size=(made.classes, x.shape[-1]))
    expected.backward(torch.from_numpy(dy.T.copy()))
    gradients = made.parameters.like()
    logits, backward = made.forward(x.copy(), Run(train=True), need_dx=True)
    assert pytest.approx(expected.detach().numpy(), abs=1e-8, rel=1e-7) == logits.T
    dx = backward(dy, gradients)
    assert dx is not None
    scale = max(1.0, float(np.abs(gradients.vector).max(initial=0)))
    for name, view in gradients.views.items():
        slope = tensors[name].grad
        assert view / scale == pytest.approx(0 if slope is None else slope.numpy() / scale, abs=1e-7), name
    slope = np.moveaxis(image.grad.numpy(), 0, -1)
    assert dx / scale == pytest.approx(slope / scale, abs=1e-7)
    compared.append(made.parameters.vector.size)


compared: list[int] = []  # the parameters of each network


def test_every_layer_has_its_counterpart() -> None:
    from tests.benchmarks.torch_stacks import LEAVES

    assert {cls for cls in Layer.known.values() if not cls.block} == set(LEAVES)
    assert Serial not in LEAVES
