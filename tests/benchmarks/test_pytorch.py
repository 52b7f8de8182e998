"""PyTorch as the oracle: the checkpoint of a named network loads into it unchanged, and both compute the same.

Run by hand, where PyTorch is installed: pytest -m bench
"""

from pathlib import Path

import numpy as np
import pytest

from cnncalc.arithmetic.zoo import ZOO
from cnncalc.layers import Layer, parse
from cnncalc.learning.checkpoint import Trained, save
from cnncalc.learning.network import Network
from cnncalc.numerics.run import Run
from tests.learning.sets import bars

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.bench

PARAMETERS, MACS = 30_000_000, 6_000_000_000  # larger ones repeat the blocks of smaller ones
LEAVES = 1000  # in single precision the numbers of deeper ones outgrow it before they have learned


def comparable() -> list[str]:
    """The classifiers of the zoo that are not too large."""
    names = []
    for name, entry in ZOO.items():
        leaves = list(entry.model.leaves())
        parameters = sum(step.layer.parameters(step.input) for step in leaves)
        macs = sum(step.layer.cost(step.input).macs for step in leaves)
        small = parameters <= PARAMETERS and macs <= MACS and len(leaves) <= LEAVES
        if small and len(leaves[-1].output) == 1:
            names.append(name)
    return names


@pytest.mark.parametrize("name", comparable())
def test_a_checkpoint_loads_into_pytorch_unchanged(name: str, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    from tests.benchmarks.peers import sequential

    network, rng = Network(parse(ZOO[name].text)), np.random.default_rng(0)
    network.initialise(rng)
    for key, value in network.buffers.items():
        value[...] = rng.uniform(0.5, 2, value.shape) if key.endswith("var") else rng.normal(size=value.shape)
    path = save(network, Trained.on(bars(), {}, []), tmp_path)
    peer = sequential(network.model).eval()
    peer.load_state_dict(load_file(path), strict=True)
    height, width, channels = network.model.input
    x = rng.normal(size=(channels, height, width, 2)).astype(np.float32)
    logits, _ = network.forward(x.copy(), Run(train=False))
    with torch.no_grad():
        expected = peer(torch.from_numpy(x.transpose(3, 0, 1, 2).copy())).numpy().T
    assert np.isfinite(expected).all()
    assert np.abs(logits - expected).max() <= 2e-5 * np.abs(expected).max()


def test_every_layer_has_its_counterpart() -> None:
    from tests.benchmarks.peers import OWN
    from tests.benchmarks.torch_stacks import LEAVES as DEFINED

    assert set(Layer.known.values()) == {*OWN, *DEFINED}
