"""From the words after --kernel to a step: the catalogue, a matrix, or the filters of a trained run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnncalc.errors import UsageError

if TYPE_CHECKING:
    from cnncalc.imaging.kernels import Bank, Step


def read_step(text: str) -> Step:
    """The step that the words mean; CnncalcError where they mean none."""
    from cnncalc.imaging.kernels import own

    if not text.strip():
        raise UsageError("the kernel has no name", "cnncalc kernels lists them")
    run = own.split_run(text)
    return read_filters(*run) if run else own.read_step(text)


def read_filters(run: Path, layer: int | None, chosen: int | None) -> Bank:
    """The filters of a convolution of a trained network, the first one's if no layer is named; without biases."""
    from cnncalc.imaging.kernels import Bank, Kernel
    from cnncalc.learning.checkpoint import load

    network, _ = load(run)
    convolutions = {
        int(step.path) + 1: step
        for step in network.steps
        if step.layer.word == "conv" and len(step.input) == 3 and step.path.isdecimal()
    }
    numbers = ", ".join(map(str, convolutions))
    if not convolutions:
        raise UsageError(f"{run} has no layer of two-dimensional filters", "cnncalc shape shows its layers")
    layer = layer or next(iter(convolutions))
    if layer not in convolutions:
        raise UsageError(f"layer {layer} of {run} has no filters", f"those with filters: {numbers}")
    step = convolutions[layer]
    weights = network.tensors()[f"{step.path}.weight"]
    if weights.shape[1] not in (1, 3):
        raise UsageError(
            f"the filters of layer {layer} see {weights.shape[1]} channels, and a picture has 1 or 3",
            f"layer {next(iter(convolutions))} sees the picture",
        )
    if chosen is not None and chosen > len(weights):
        raise UsageError(
            f"layer {layer} has {len(weights)} filters, and no number {chosen}",
            f"name one of 1 to {len(weights)}",
        )
    picks = range(len(weights)) if chosen is None else [chosen - 1]
    filters = tuple(
        tuple(
            Kernel(f"filter {i + 1}", tuple(tuple(map(float, row)) for row in plane)) for plane in weights[i]
        )
        for i in picks
    )
    name = f"{run.name}:layer={layer}" + ("" if chosen is None else f",filter={chosen}")
    return Bank(name, filters, tuple(f"filter {i + 1}" for i in picks), f"layer {layer} of {run}")
