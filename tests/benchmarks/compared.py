"""One pass of a network, forward and back, beside the same network in PyTorch, in double precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

from cnncalc.layers import Model, Serial, parse
from cnncalc.learning.network import Network
from cnncalc.numerics import elementwise
from cnncalc.numerics.run import Run
from cnncalc.numerics.workspace import Array
from tests.benchmarks.peers import sequential

NEAR = 1e-9  # of the largest number of an array
NOISE = 1e-11  # of the largest number of all gradients: what is zero comes out as rounding leaves it


class MismatchError(AssertionError):
    """Two arrays are not the same."""


def classifier(model: Model) -> Model:
    """The same layers with a vector of four at the end."""
    return Model(model.input, Serial((*model.body.layers, *parse("input 1; fc 4").body.layers)))


def drawn_network(model: Model, seed: int, frozen: int = 0) -> Network:
    """With parameters, biases and running statistics that are all drawn: zeros and ones would hide errors."""
    network, rng = Network(model, dtype=np.float64, frozen=frozen), np.random.default_rng(seed)
    network.initialise(rng)
    for value in network.values.values():
        if value.ndim == 1:
            value += rng.normal(size=value.shape)
    for name, value in network.buffers.items():
        value[...] = (
            rng.uniform(0.5, 2, value.shape) if name.endswith("var") else rng.normal(size=value.shape)
        )
    return network


def peer_of(network: Network) -> torch.nn.Sequential:
    """The network in PyTorch with the same numbers; what is frozen stands as it does when nothing is trained."""
    peer = sequential(network.model).double()
    tensors = {name: torch.from_numpy(np.array(value)) for name, value in network.tensors().items()}
    peer.load_state_dict(tensors, strict=True)
    for module in list(peer)[: network.frozen]:
        module.eval()
    return peer


def first(x: Array) -> torch.Tensor:
    """A batch as PyTorch has it: (C, *spatial, N) as (N, C, *spatial)."""
    return torch.from_numpy(np.moveaxis(x, -1, 0).copy())


@contextmanager
def masks() -> Iterator[dict[str, Array]]:
    """By what each dropout multiplies, found by letting ones through it with the same random numbers."""
    real, found = elementwise.dropout, {}

    def told(x: Array, rate: float, rng: Any, space: Any, key: str, *, reuse: bool = False) -> Any:
        ones = space.image((key, "ones"), x.shape, x.dtype)
        ones.fill(1)
        found[key] = real(ones, rate, deepcopy(rng), space, (key, "mask"))[0]
        return real(x, rate, rng, space, key, reuse=reuse)

    with patch.object(elementwise, "dropout", told):
        yield found


def masked(mask: torch.Tensor, _: Any, given: tuple[torch.Tensor], __: torch.Tensor) -> torch.Tensor:
    """A hook that puts this in the place of what a dropout puts out."""
    return given[0] * mask


def check_outputs(network: Network, x: Array) -> bool:
    """Without training; whether they are finite. Raises MismatchError."""
    peer = peer_of(network).eval()
    with torch.no_grad():
        expected = peer(first(x)).numpy().T
    if not np.isfinite(expected).all():
        return False
    y, _ = network.forward(x.copy(), Run(train=False))
    same("outputs", y, expected)
    return True


def check_training(network: Network, x: Array, dy: Array) -> bool:
    """Outputs, all gradients and running statistics; whether they can be compared. Raises MismatchError.

    A larger batch goes through the same memory before.
    Infinite outputs cannot, nor can those behind a batch normalisation of a channel that is constant: it magnifies
    what rounding left of the deviations, several in a row to any size.
    """
    run = Run(train=True, rng=np.random.default_rng(0))
    gradients = network.parameters.like()
    with masks() as dropped:
        _, before = network.forward(np.concatenate([-x, x], axis=-1), run, need_dx=True)
        before(np.concatenate([dy, dy], axis=-1), network.parameters.like())
        y, backward = network.forward(x.copy(), run, need_dx=True)
    peer, image, constant = peer_of(network), first(x).requires_grad_(), []
    for path, module in peer.named_modules():
        if path in dropped:
            module.register_forward_hook(partial(masked, first(dropped[path])))
        if isinstance(module, BatchNorm) and module.training:
            module.register_forward_hook(partial(judged, constant))
    expected = peer(image)
    if not bool(torch.isfinite(expected).all()):
        return False
    expected.backward(first(dy))
    dx = backward(dy.copy(), gradients)
    theirs = {name: value.grad for name, value in peer.named_parameters() if name in gradients.views}
    slopes = {name: 0 * gradients.views[name] if g is None else g.numpy() for name, g in theirs.items()}
    ours = dict(gradients.views)
    if not network.front:
        assert dx is not None
        assert image.grad is not None
        slopes["the input"], ours["the input"] = np.moveaxis(image.grad.numpy(), 0, -1), dx
    noise = NOISE * max(float(np.abs(slope).max(initial=0)) for slope in slopes.values())
    try:
        same("outputs", y, expected.detach().numpy().T)
        for name, slope in slopes.items():
            same(f"gradient of {name}", ours[name], slope, noise)
        for name, value in run.kept.items():
            same(name, value, peer.state_dict()[name].numpy())
    except MismatchError:
        if any(constant):
            return False
        raise
    return True


def judged(constant: list[bool], _: Any, given: tuple[torch.Tensor], __: torch.Tensor) -> None:
    """A hook that notes whether a channel has no deviations but those of rounding."""
    x = given[0].detach().transpose(0, 1).flatten(1)
    constant.append(bool((x.std(1) <= 1e-12 * (x.abs().amax(1) + 1)).any()))


def same(what: str, ours: Array, theirs: Array, noise: float = 0.0) -> None:
    scale = float(np.abs(theirs).max(initial=0))
    off = float(np.abs(ours - theirs).max(initial=0))
    if ours.shape != theirs.shape or not off <= NEAR * scale + noise:
        raise MismatchError(f"{what}: {off:.1e} off, where the largest number is {scale:.1e}")
