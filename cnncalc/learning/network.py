"""A model with parameters: forward, and backward through the pullbacks that forward leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from cnncalc.errors import ShapeError, UsageError
from cnncalc.layers import Model, Shape, Step, show
from cnncalc.layers.activation import Softmax
from cnncalc.layers.pooling import MaxPooling
from cnncalc.learning.parameters import Parameters
from cnncalc.numerics.elementwise import softmax
from cnncalc.numerics.run import Run
from cnncalc.numerics.workspace import Array

Backward = Callable[[Array, Parameters], "Array | None"]


class Stage(NamedTuple):
    """A leaf in the order of computation."""

    step: Step
    params: dict[str, Array]  # views of the network's parameters, by the layer's own names
    buffers: dict[str, Array]
    reuse: bool  # whether it may overwrite its input
    need_dx: bool  # whether any layer before it has parameters


class Network:
    """A classifier: its last softmax, if the model has one, belongs to the loss."""

    def __init__(self, model: Model, *, dtype: Any = np.float32) -> None:
        steps = list(model.steps())
        for step in steps:
            if not step.layer.computes:
                raise UsageError(
                    f"cnncalc counts {step.layer.word}, but cannot run it",
                    "leave it out of networks to train",
                )
        if not steps or len(steps[-1].output) != 1:
            output = steps[-1].output if steps else model.input
            raise ShapeError(
                f"a classifier ends in a vector of classes, not in {show(output)}", "end it with fc 10"
            )
        self.model = model
        self.dtype = np.dtype(dtype)
        self.classes = steps[-1].output[0]
        self.steps = steps
        self.parameters = Parameters(shapes(steps, "param_shapes"), self.dtype)
        self.buffers: dict[str, Array] = {
            f"{step.path}.{name}": value.astype(self.dtype)
            for step in steps
            for name, value in step.layer.initial_buffers(step.input).items()
        }
        self.stages = self.staged()

    @property
    def softmax(self) -> bool:
        """Whether the model ends in a softmax, which forward leaves to the loss."""
        return isinstance(self.steps[-1].layer, Softmax)

    def tensors(self) -> dict[str, Array]:
        """Parameters and buffers by path and name, as PyTorch's state_dict has them."""
        return {**self.parameters.views, **self.buffers}

    def initialise(self, rng: np.random.Generator) -> None:
        """Draws the parameters anew."""
        for step in self.steps:
            for name, value in step.layer.initial(step.input, rng).items():
                self.parameters.views[f"{step.path}.{name}"][...] = value

    def staged(self) -> list[Stage]:
        """The leaves in the order of computation, without the softmax of the loss.

        A function that never decreases may be applied behind the maximum of a window as well as before it, with
        the same result; behind, there is less of it to do.
        """
        order = self.steps[:-1] if self.softmax else self.steps[:]
        for i in range(1, len(order)):
            if isinstance(order[i].layer, MaxPooling) and order[i - 1].layer.monotone:
                order[i - 1], order[i] = order[i], order[i - 1]
        stages: list[Stage] = []
        trained = False
        for i, step in enumerate(order):
            params = self.parameters.below(step.path, tuple(step.layer.param_shapes(step.input)))
            buffers = {
                name: self.buffers[f"{step.path}.{name}"] for name in step.layer.buffer_shapes(step.input)
            }
            reuse = i > 0 and not order[i - 1].layer.reads_output
            stages.append(Stage(step, params, buffers, reuse, trained))
            trained = trained or bool(params)
        return stages

    def forward(self, x: Array, run: Run) -> tuple[Array, Backward]:
        """The logits (K, N) for a batch (C, *spatial, N), and the way back.

        backward(dlogits, gradients) fills in the gradients of all parameters and gives dx, or None where no layer
        that has parameters needs it.
        """
        pullbacks = []
        for stage in self.stages:
            run.key, run.reuse, run.need_dx = stage.step.path, stage.reuse, stage.need_dx
            run.buffers = stage.buffers
            x, pullback = stage.step.layer.forward(x, stage.params, run)
            pullbacks.append(pullback)

        def backward(dy: Array | None, gradients: Parameters) -> Array | None:
            for stage, pullback in zip(reversed(self.stages), reversed(pullbacks), strict=True):
                if dy is None:
                    break
                dy, found = pullback(dy)
                for name, gradient in found.items():
                    np.copyto(gradients.views[f"{stage.step.path}.{name}"], gradient)
            return dy

        return x, backward

    @np.errstate(all="ignore")
    def probabilities(self, x: Array, run: Run) -> Array:
        """Softmax of the logits, (K, N)."""
        logits, _ = self.forward(x, run)
        shares, _ = softmax(logits, run.space, "shares")
        return shares


def shapes(steps: list[Step], kind: str) -> dict[str, Shape]:
    """The shapes of the parameters or of the buffers of all leaves, by path and name."""
    return {
        f"{step.path}.{name}": shape
        for step in steps
        for name, shape in getattr(step.layer, kind)(step.input).items()
    }


def tensor_shapes(steps: list[Step]) -> dict[str, Shape]:
    """The shapes of all that a network of these leaves keeps."""
    return {**shapes(steps, "param_shapes"), **shapes(steps, "buffer_shapes")}
