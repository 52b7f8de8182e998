"""Layers made of layers: one after the other, and the model that they make up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.layers.activation import Identity, ReLU
from cnncalc.layers.base import (
    Field,
    Flow,
    Layer,
    Pullback,
    Shape,
    Step,
    Steps,
    inner,
    option,
    split,
)
from cnncalc.layers.convolution import Bias, Convolution
from cnncalc.layers.dense import Flatten
from cnncalc.layers.normalisation import BatchNorm, RectifiedBatchNorm
from cnncalc.layers.pooled import PooledConvolution
from cnncalc.layers.pooling import MaxPooling
from cnncalc.layers.values import YES_NO

if TYPE_CHECKING:
    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array


class Block(Layer):
    """A layer whose figures are those of the layers inside it."""

    block = True

    def branches_by_name(self) -> Iterator[tuple[str, Serial]]:
        """The branches with their part of the path, in the order in which they are computed."""
        yield from ()

    def inside(self, x: Shape) -> list[Step]:
        """The steps inside for an input of its own, by paths that begin here."""
        found = list(self.steps(Flow(x, tuple(Field(1, 1, 0) for _ in x[:-1])), ""))
        return [step for step in found if step.layer is not self]

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        return {
            f"{step.path}.{name}".removeprefix("."): shape
            for step in self.inside(x)
            if not step.layer.block
            for name, shape in step.layer.param_shapes(step.input).items()
        }


class Serial(Block):
    """One layer after the other; the one fold that shapes, costs, fields, networks and errors come from."""

    layers: tuple[Layer, ...] = inner(many=True, default=())

    @property
    def view(self) -> bool:  # type: ignore[override]  # of a class it is a constant
        return all(layer.view for layer in self.layers)

    def steps(self, flow: Flow, path: str = "") -> Steps:
        """The steps in order; a volume that meets a layer which takes a vector is flattened by a leaf of its own."""
        index = 0
        prefix = f"{path}." if path else ""
        for layer in self.layers:
            if layer.flat and len(flow.shape) > 1:
                flow = yield from Flatten(place=layer.place).steps(flow, f"{prefix}{index}")
                index += 1
            flow = yield from layer.steps(flow, f"{prefix}{index}")
            index += 1
        return flow

    def order(self, part: slice = slice(None)) -> list[tuple[int, Layer]]:
        """The layers, or some in a row, in the order of computation, each with its place in the description.

        A function that never decreases may be applied behind the maximum of a window as well as before it, with
        the same result; behind, there is less of it to do. Adding the bias of a convolution is such a function.
        A batch normalisation takes the relu that follows with it, and a convolution the maximum behind it. What passes
        on its input is left out.
        """
        order = [each for each in list(enumerate(self.layers))[part] if not isinstance(each[1], Identity)]
        for i in range(1, len(order)):
            if isinstance(order[i][1], MaxPooling) and order[i - 1][1].monotone:
                order[i - 1], order[i] = order[i], order[i - 1]
        for i in reversed(range(1, len(order))):
            place, layer = order[i - 1]
            if isinstance(order[i][1], MaxPooling) and isinstance(layer, Convolution) and layer.bias:
                order[i - 1] = place, layer.but(bias=False)
                order.insert(i + 1, (place, Bias()))
        for i in reversed(range(1, len(order))):
            place, layer = order[i - 1]
            if isinstance(order[i][1], ReLU) and isinstance(layer, BatchNorm):
                order[i - 1 : i + 1] = [(place, RectifiedBatchNorm(affine=layer.affine))]
        for i in reversed(range(1, len(order))):
            (place, layer), (_, after) = order[i - 1 : i + 1]
            if isinstance(after, MaxPooling) and isinstance(layer, Convolution) and not layer.table:
                order[i - 1 : i + 1] = [(place, PooledConvolution(convolution=layer, pooling=after))]
        return order

    @cached_property
    def ordered(self) -> list[tuple[int, Layer]]:
        """All of them in the order of computation."""
        return self.order()

    @property
    def reads_output(self) -> bool:  # type: ignore[override]  # of a class it is a constant
        """Whether the last layer that is not a view reads its output."""
        return next((layer.reads_output for _, layer in reversed(self.ordered) if not layer.view), False)

    @property
    def spares_gradient(self) -> bool:  # type: ignore[override]  # likewise
        return any(layer.spares_gradient for _, layer in self.ordered[-1:])

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        return self.along(x, params, run, self.ordered)

    def along(
        self,
        x: Array,
        params: dict[str, Array],
        run: Run,
        order: list[tuple[int, Layer]],
        flattened: int = 0,
    ) -> tuple[Array, Pullback]:
        """Some of the layers in the order of computation; so many leaves that flatten stand before them."""
        given, buffers = split(params), split(run.buffers)
        way: list[tuple[str, Pullback]] = []  # back to the first layer that needs a gradient
        reuse, need_dx = run.reuse, run.need_dx

        def through(name: str, layer: Layer, x: Array) -> Array:
            nonlocal reuse, need_dx
            mine = given.get(name, {})
            inside = run.inside(name, buffers.get(name, {}), reuse=reuse, need_dx=need_dx)
            y, pullback = layer.forward(x, mine, inside)
            need_dx = need_dx or bool(mine)
            if need_dx:
                way.append((name, pullback))
            if not layer.view:
                reuse = not layer.reads_output
            return y

        for index, layer in order:
            if layer.flat and x.ndim > 2:
                x = through(str(index + flattened), Flatten(), x)
                flattened += 1
            x = through(str(index + flattened), layer, x)

        def back(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            gradients: dict[str, Array] = {}
            dx: Array | None = dy
            for name, pullback in reversed(way):
                if dx is None:
                    break
                dx, found = pullback(dx)
                gradients.update({f"{name}.{own}": gradient for own, gradient in found.items()})
            return dx if run.need_dx else None, gradients

        return x, back


class Auxiliary(Block):
    """Layers beside the main way, whose output goes nowhere in the model, such as GoogLeNet's extra classifiers.

    They are counted and kept, not run: a loss of their own, with which they could learn, they do not have here.
    """

    word = "aux"
    help = "layers beside the main way, such as an extra classifier"
    view = True

    body: Serial = inner()
    training: bool = option(YES_NO, "whether they run in training only", default=False)

    def branches_by_name(self) -> Iterator[tuple[str, Serial]]:
        yield "body", self.body

    def steps(self, flow: Flow, path: str) -> Steps:
        beside = flow._replace(kept=True, idle=flow.idle or self.training)
        yield from self.body.steps(beside, f"{path}.body")
        yield Step(
            path,
            self,
            flow.shape,
            flow.shape,
            flow.field,
            flow.field,
            flow.held + prod(flow.shape),
            flow.idle,
        )
        return flow

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        return x, lambda dy: (dy, {})


class Model(NamedTuple):
    """A network: the shape of one example, and the layers it goes through."""

    input: Shape
    body: Serial

    def steps(self) -> Iterator[Step]:
        """Every leaf in order, and every block behind what is inside it."""
        return self.body.steps(Flow(self.input, tuple(Field(1, 1, 0) for _ in self.input[:-1])))

    def leaves(self) -> Iterator[Step]:
        """The steps that are not blocks."""
        return (step for step in self.steps() if not step.layer.block)
