"""PyTorch as the oracle: a checkpoint loads into it unchanged, and both compute the same.

Run by hand, where PyTorch is installed: pytest -m bench
"""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings

from cnncalc.arithmetic.zoo import ZOO
from cnncalc.layers import Model, Serial, parse
from cnncalc.learning.checkpoint import Trained, save
from cnncalc.learning.network import Network
from cnncalc.numerics.run import Run
from tests.learning.sets import bars
from tests.models import models

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.bench

TEXTS = [
    *(entry.text for entry in ZOO.values() if entry.name != "lwls"),
    "input 9x9x2; conv 4x3x3; batchnorm; fc 5",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_checkpoint_loads_into_pytorch_unchanged(text: str, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    from tests.benchmarks.peers import sequential

    network = Network(parse(text))
    network.initialise(np.random.default_rng(0))
    path = save(network, Trained.on(bars(), {}, []), tmp_path)
    peer = sequential(network.model).eval()
    peer.load_state_dict(load_file(path), strict=True)
    height, width, channels = network.model.input
    x = np.random.default_rng(1).normal(size=(channels, height, width, 6)).astype(np.float32)
    logits, _ = network.forward(x.copy(), Run(train=False))
    expected = peer(torch.from_numpy(x.transpose(3, 0, 1, 2).copy())).detach().numpy().T
    assert logits == pytest.approx(expected, abs=2e-5)


@settings(max_examples=300)
@given(models(axes=(2,)))
def test_random_networks_agree_in_value_and_gradient(model: Model) -> None:
    from tests.benchmarks.peers import sequential

    layers = tuple(layer for layer in model.body.layers if layer.word != "dropout")
    model = Model(model.input, Serial((*layers, *parse("input 1; fc 4").body.layers)))
    try:
        peer = sequential(model).double()
    except AssertionError:  # padded on one side more than on the other
        assume(False)
    network = Network(model, dtype=np.float64)
    network.initialise(np.random.default_rng(0))
    peer.load_state_dict({k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in network.tensors().items()})
    height, width, channels = model.input
    x = np.random.default_rng(1).normal(size=(channels, height, width, 3))
    expected = peer(torch.from_numpy(x.transpose(3, 0, 1, 2).copy()))
    assume(torch.isfinite(expected).all())  # a dilated window can meet padding alone, which is −∞
    logits, backward = network.forward(x.copy(), Run(train=True))
    assert pytest.approx(expected.detach().numpy(), abs=1e-9) == logits.T
    dy = np.random.default_rng(2).normal(size=logits.shape)
    expected.backward(torch.from_numpy(dy.T.copy()))
    gradients = network.parameters.like()
    backward(dy, gradients)
    for name, parameter in peer.named_parameters():
        assert gradients.views[name] == pytest.approx(parameter.grad.numpy(), abs=1e-8), name
