"""A model with parameters: forward, and backward through the pullbacks that forward leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnncalc.errors import ShapeError, UsageError
from cnncalc.layers import Layer, Model, Serial, Shape, Step, show
from cnncalc.layers.activation import Softmax
from cnncalc.layers.dense import RadialBasis
from cnncalc.learning.parameters import Parameters
from cnncalc.numerics.elementwise import softmax
from cnncalc.numerics.run import Run
from cnncalc.numerics.ufuncs import ufunc_settings
from cnncalc.numerics.workspace import Array

Backward = Callable[[Array, Parameters], "Array | None"]
Order = list[tuple[int, Layer]]


class Network:
    """A classifier: its last softmax, if the model has one, belongs to the loss.

    The first `frozen` layers, as shape numbers them, are not trained, and run as they do when nothing is.
    """

    def __init__(self, model: Model, *, dtype: Any = np.float32, frozen: int = 0) -> None:
        steps = list(model.leaves())
        output = [model.input, *(step.output for step in model.steps())][-1]
        if not steps or len(output) != 1:
            raise ShapeError(
                f"a classifier ends in a vector of classes, not in {show(output)}", "end it with fc 10"
            )
        self.model = model
        self.dtype = np.dtype(dtype)
        self.classes = output[0]
        self.steps = steps
        self.frozen = frozen
        fixed = [step for step in steps if step.layer.fixed or top(step) < frozen]
        trained = [step for step in steps if not (step.layer.fixed or top(step) < frozen)]
        self.parameters = Parameters(shapes(trained, "param_shapes"), self.dtype)
        self.fixed = Parameters(shapes(fixed, "param_shapes"), self.dtype)
        self.values = {**self.parameters.views, **self.fixed.views}
        self.buffers: dict[str, Array] = {
            f"{step.path}.{name}": value.astype(self.dtype)
            for step in steps
            for name, value in step.layer.initial_buffers(step.input).items()
        }
        layers = model.body.layers
        self.body = Serial(layers[:-1]) if self.softmax else model.body
        self.front, self.rest, self.flattened = self.cut()
        if frozen and not self.parameters.vector.size:
            raise UsageError(
                f"with {frozen} layers frozen there is nothing left to train",
                "freeze fewer",
            )

    @property
    def softmax(self) -> bool:
        """Whether the model ends in a softmax, which forward leaves to the loss."""
        return any(isinstance(layer, Softmax) for layer in self.model.body.layers[-1:])

    def cut(self) -> tuple[Order, Order, int]:
        """What is frozen and what is not, in the order of computation, and the leaves that flatten before the rest."""
        leaves = [step.layer for step in self.model.steps() if "." not in step.path]
        pairs = enumerate(zip(leaves, self.model.body.layers, strict=False))
        inserted = next((i for i, (leaf, layer) in pairs if leaf is not layer), len(leaves))
        end = self.frozen - (self.frozen > inserted)
        return self.body.order(slice(end)), self.body.order(slice(end, None)), int(self.frozen > inserted + 1)

    def tensors(self) -> dict[str, Array]:
        """Parameters and buffers by path and name, as PyTorch's state_dict has them."""
        return {**self.values, **self.buffers}

    def settle(self, arrays: dict[str, Array]) -> None:
        """Has its numbers from now on in other arrays, named as contents() names them."""
        self.parameters = self.parameters.like(arrays["parameters"])
        self.fixed = self.fixed.like(arrays.get("fixed"))
        self.values = {**self.parameters.views, **self.fixed.views}
        self.buffers = {name: arrays[name] for name in self.buffers}

    def initialise(self, rng: np.random.Generator) -> None:
        """Draws the parameters anew."""
        for step in self.steps:
            for name, value in step.layer.initial(step.input, rng).items():
                self.values[f"{step.path}.{name}"][...] = value

    def features(self, x: Array, run: Run) -> Array:
        """What the frozen layers make of a batch."""
        run = Run(False, run.space, run.rng, need_dx=False, buffers=self.buffers)
        y, _ = self.body.along(x, self.values, run, self.front)
        return y

    def forward(
        self, x: Array, run: Run, *, need_dx: bool = False, behind: bool = False
    ) -> tuple[Array, Backward]:
        """The logits (K, N) for a batch (C, *spatial, N), and the way back.

        Where the last layer puts out distances, they are penalties (LeCun et al. 1998, section II.C): the logits are
        their negatives. behind: x is what the frozen layers made of a batch.

        backward(dlogits, gradients) fills in the gradients of all parameters and gives dx, or None unless it is
        asked for.
        """
        if self.front and not behind:
            x = self.features(x, run)
        run = Run(run.train, run.space, run.rng, run.reduce, "", need_dx, False, self.buffers, run.kept)
        y, pullback = self.body.along(x, self.values, run, self.rest, self.flattened)
        distances = any(isinstance(layer, RadialBasis) for layer in self.body.layers[-1:])
        if distances:
            np.negative(y, out=y)

        def backward(dy: Array, gradients: Parameters) -> Array | None:
            if distances:
                np.negative(dy, out=dy)
            dx, found = pullback(dy)
            for name, gradient in found.items():
                np.copyto(gradients.views[name], gradient)
            return dx

        return y, backward

    @ufunc_settings()
    def probabilities(self, x: Array, run: Run) -> Array:
        """Softmax of the logits, (K, N)."""
        logits, _ = self.forward(x, run)
        shares, _ = softmax(logits, run.space, "shares")
        return shares


def top(step: Step) -> int:
    """The place of a leaf, or of the block that it is in, among the layers of the model."""
    return int(step.path.partition(".")[0])


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
