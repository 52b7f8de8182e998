"""A network without the batch normalisations behind its convolutions puts out what the one with them does."""

import numpy as np
import pytest

from cnncalc.layers import parse
from cnncalc.layers.normalisation import BatchNorm
from cnncalc.learning.averaging import contents
from cnncalc.learning.folding import Folded
from cnncalc.learning.network import Network
from cnncalc.numerics.run import Run

MODELS = {
    "input 9x9x2; conv 4x3x3; batchnorm; relu; maxpool 2x2; fc 3": 0,
    "input 9x9x2; conv 4x3x3 bias no; batchnorm affine no; tanh; conv 4x2x2 groups 2; batchnorm; fc 3; softmax": 0,
    "input 12x2; conv 4x3 stride 2; batchnorm; identity; conv 2x3; relu; batchnorm; fc 3": 1,
    "input 7x7x2; batchnorm; conv 3x3x3; batchnorm; maxpool 2x2; batchnorm; fc 8; batchnorm; fc 3": 3,
    "input 7x7x2; conv 2x2x2 table 0,1/1; batchnorm; conv 4x3x3; batchnorm; batchnorm; fc 3": 2,
    "input 8x8x4; residual { conv 4x3x3 pad 1; batchnorm; relu; conv 4x3x3 pad 1 bias no; batchnorm }; relu; fc 3": 0,
    "input 8x8x4; residual { conv 6x1x1; batchnorm } shortcut { conv 6x1x1; batchnorm; relu }; batchnorm; fc 3": 1,
    "input 8x8x4; concat { { conv 2x1x1; batchnorm; residual { conv 2x1x1; batchnorm } } { batchnorm } }; fc 3": 1,
}


def drawn(network: Network, seed: int) -> None:
    """Other numbers for all that the network keeps."""
    rng = np.random.default_rng(seed)
    for name, value in network.tensors().items():
        value[...] = (
            rng.uniform(0.3, 3, value.shape) if name.endswith("var") else rng.normal(size=value.shape)
        )


def gap(network: Network, plain: Network) -> float:
    """How far apart their outputs are, for the largest of them."""
    channels, *spatial = network.model.input[-1:] + network.model.input[:-1]
    x = np.random.default_rng(2).normal(size=(channels, *spatial, 3))
    found, _ = network.forward(x.copy(), Run(train=False))
    found = found.copy()
    other, _ = plain.forward(x.copy(), Run(train=False))
    return float(np.abs(found - other).max() / np.abs(found).max())


def norms(network: Network) -> int:
    return sum(isinstance(step.layer, BatchNorm) for step in network.steps)


@pytest.mark.parametrize(("text", "left"), MODELS.items())
def test_the_outputs_stay_and_only_norms_behind_convolutions_go(text: str, left: int) -> None:
    network = Network(parse(text), dtype=np.float64)
    drawn(network, 0)
    folded = Folded(network)
    assert gap(network, folded.current()) < 1e-13
    assert norms(folded.current()) == left < norms(network)


def test_numbers_that_change_or_move_are_taken_over() -> None:
    """As those of a network that goes on learning, or has its averages in place for a while."""
    network = Network(parse(next(iter(MODELS))), dtype=np.float64)
    drawn(network, 0)
    folded = Folded(network)
    first = folded.current().tensors()["0.weight"].copy()
    drawn(network, 1)
    assert gap(network, folded.current()) < 1e-13
    assert not np.allclose(first, folded.current().tensors()["0.weight"])
    network.settle({name: value.copy() for name, value in contents(network).items()})
    drawn(network, 3)
    assert gap(network, folded.current()) < 1e-13


@pytest.mark.parametrize(
    ("text", "frozen"), [("input 5x5x1; conv 2x3x3; relu; batchnorm; fc 3", 0), (next(iter(MODELS)), 1)]
)
def test_a_network_without_such_norms_or_with_frozen_layers_is_tested_as_it_is(
    text: str, frozen: int
) -> None:
    network = Network(parse(text), frozen=frozen)
    assert Folded(network).current() is network
