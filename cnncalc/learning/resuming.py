"""The state of a training as tensors by PyTorch's names and in its layout, and a training from them again."""

from __future__ import annotations

from typing import Any

from cnncalc.learning.averaging import contents
from cnncalc.learning.network import Network
from cnncalc.learning.training import Training
from cnncalc.numerics.workspace import Array

NETWORK = "network."  # the arrays of the network itself, which the file has under its own names
BEST = "best."
VECTOR = "parameters"  # what stands in the names of arrays for the vector of all parameters


def state_of(training: Training) -> dict[str, Array]:
    """What the rest of the training depends on besides the network: optimiser.first.0.weight, best.0.weight, …"""
    state: dict[str, Array] = {}
    for name, value in training.arrays().items():
        if not name.startswith(NETWORK):
            state |= spread(training.network, name, value)
    return state


def take_up(training: Training, state: dict[str, Array], facts: dict[str, Any]) -> None:
    """Brings a training that has not begun to where the facts and tensors of another one stood.

    The network must have its tensors already. Raises ValueError, TypeError, LookupError or OverflowError where they
    do not make a state.
    """
    arrays = training.arrays()
    if any(name.startswith(BEST) for name in state):
        arrays |= {f"{BEST}{name}": value for name, value in contents(training.network).items()}
    wanted: set[str] = set()
    found = {}
    for name, value in arrays.items():
        if not name.startswith(NETWORK):
            wanted |= spread(training.network, name, value).keys()
            value = gathered(training.network, name, value, state)
        found[name] = value
    if state.keys() != wanted:
        raise ValueError(f"it has a tensor {next(iter(state.keys() - wanted))} that nothing needs")
    training.restore(found, facts)
    if bool(training.best) != bool(training.best_epoch):
        raise ValueError(f"its best epoch is {training.best_epoch}, and its tensors say otherwise")


def stem(network: Network, name: str, value: Array) -> str:
    """How the names of the tensors begin that a vector like that of all parameters is spread over; or nothing."""
    if value.shape != network.parameters.vector.shape:
        return ""
    kind, _, rest = name.partition(".")
    return f"{kind}." if rest == VECTOR else f"{name}." if kind == "optimiser" else ""


def spread(network: Network, name: str, value: Array) -> dict[str, Array]:
    """An array of the training as tensors."""
    start = stem(network, name, value)
    if not start:
        return {name: value}
    parts = network.parameters.like()
    parts.vector[...] = value
    return {start + part: view for part, view in parts.views.items()}


def gathered(network: Network, name: str, like: Array, state: dict[str, Array]) -> Array:
    """The array again; raises ValueError or LookupError where its tensors are not what they must be."""
    start = stem(network, name, like)
    parts = network.parameters.like()
    whole = parts.vector if start else like.copy()
    views = {start + part: view for part, view in parts.views.items()} if start else {name: whole}
    for tensor, view in views.items():
        if state[tensor].shape != view.shape:
            raise ValueError(f"its tensor {tensor} is {state[tensor].shape}, not {view.shape}")
        view[...] = state[tensor]
    return whole
