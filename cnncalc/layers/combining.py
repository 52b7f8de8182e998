"""Layers made of layers: one after the other, and branches that meet again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.errors import ShapeError
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
    placed,
    show,
    split,
)
from cnncalc.layers.convolution import Bias, Convolution
from cnncalc.layers.dense import Flatten
from cnncalc.layers.pooling import MaxPooling
from cnncalc.layers.values import YES_NO

if TYPE_CHECKING:
    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array

    Spread = Callable[[Array], list[Array]]  # dy to what of it belongs to each branch


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

    def order(self) -> list[tuple[int, Layer]]:
        """The layers in the order of computation, each with its place in the description.

        A function that never decreases may be applied behind the maximum of a window as well as before it, with
        the same result; behind, there is less of it to do. Adding the bias of a convolution is such a function.
        """
        order = list(enumerate(self.layers))
        for i in range(1, len(order)):
            if isinstance(order[i][1], MaxPooling) and order[i - 1][1].monotone:
                order[i - 1], order[i] = order[i], order[i - 1]
        for i in reversed(range(1, len(order))):
            place, layer = order[i - 1]
            if isinstance(order[i][1], MaxPooling) and isinstance(layer, Convolution) and layer.bias:
                order[i - 1] = place, layer.unbiased()
                order.insert(i + 1, (place, Bias()))
        return order

    @property
    def reads_output(self) -> bool:  # type: ignore[override]  # of a class it is a constant
        """Whether the last layer that is not a view reads its output."""
        return next((layer.reads_output for _, layer in reversed(self.order()) if not layer.view), False)

    @property
    def spares_gradient(self) -> bool:  # type: ignore[override]  # likewise
        return any(layer.spares_gradient for _, layer in self.order()[-1:])

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        return self.along(x, params, run, self.order())

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


class Branches(Block):
    """A block whose branches all begin with its input and meet at its end."""

    reads_output = False

    def join(self, shapes: list[Shape]) -> Shape:
        """The shape where they meet; raises ShapeError where they do not fit together."""
        raise NotImplementedError

    def joined_field(self, flows: list[Flow], y: Shape) -> tuple[Field, ...]:
        """What a unit sees where they meet."""
        field = flows[0].field
        for flow in flows[1:]:
            field = tuple(a.joined(b, n) for a, b, n in zip(field, flow.field, y, strict=False))
        return field

    def steps(self, flow: Flow, path: str) -> Steps:
        branches = list(self.branches_by_name())
        ends: list[Flow] = []
        held = flow.held
        passed = any(branch.view for _, branch in branches)  # the input itself takes part in the end
        for index, (name, branch) in enumerate(branches):
            kept = flow.kept or passed or index < len(branches) - 1
            begin = flow._replace(held=held, kept=kept)
            end = yield from branch.steps(begin, f"{path}.{name}")
            ends.append(end)
            held += 0 if branch.view else prod(end.shape)
        try:
            y = self.join([end.shape for end in ends])
        except ShapeError as error:
            raise placed(error, self.place, path, f"sees {show(flow.shape)}") from None
        field = self.joined_field(ends, y)
        held += prod(flow.shape) if flow.kept or passed else 0
        yield Step(path, self, flow.shape, y, flow.field, field, held + prod(y), flow.idle)
        return flow.on(y, field)

    def meet(self, ends: list[Array], run: Run) -> tuple[Array, Spread]:
        """What comes out where the branches meet, and the way back to their ends."""
        raise NotImplementedError

    def forward(self, x: Array, params: dict[str, Array], run: Run) -> tuple[Array, Pullback]:
        given, buffers = split(params), split(run.buffers)
        branches = list(self.branches_by_name())
        ends, ways = [], []
        for name, branch in branches:
            # the other branches and their pullbacks read x, too
            inside = run.inside(name, buffers.get(name, {}), reuse=False, need_dx=run.need_dx)
            y, way = branch.forward(x, given.get(name, {}), inside)
            ends.append(y)
            ways.append(way)
        y, spread = self.meet(ends, run)

        def back(dy: Array) -> tuple[Array | None, dict[str, Array]]:
            gradients: dict[str, Array] = {}
            own: list[Array] = []
            handed: list[Array] = []  # parts of dy itself
            for (name, branch), way, part in zip(branches, ways, spread(dy), strict=True):
                dx, found = way(part)
                gradients.update({f"{name}.{path}": gradient for path, gradient in found.items()})
                if dx is not None:
                    (handed if branch.view else own).append(dx)
            return added([*own, *handed]) if run.need_dx else None, gradients

        return y, back


def added(parts: list[Array]) -> Array | None:
    """The sum of what the branches want of their input, in the memory of the first; None where none wants any."""
    if not parts:
        return None
    total, *others = parts
    for other in others:
        total += other
    return total


class Residual(Branches):
    """y = F(x) + x, or F(x) plus what a shortcut makes of x (He et al. 2016, Deep residual learning)."""

    word = "residual"
    help = "adds its input, or its shortcut, to what the layers in it put out"

    body: Serial = inner()
    shortcut: Serial = inner(default=Serial())

    def branches_by_name(self) -> Iterator[tuple[str, Serial]]:
        yield "body", self.body
        yield "shortcut", self.shortcut

    def join(self, shapes: list[Shape]) -> Shape:
        body, shortcut = shapes
        if body != shortcut:
            name = "shortcut" if self.shortcut.layers else "input"
            raise ShapeError(
                f"the body puts out {show(body)}, the {name} has {show(shortcut)}: they cannot be added",
                self.remedy(body, shortcut),
            )
        return body

    def remedy(self, body: Shape, x: Shape) -> str:
        """A shortcut that would make of x what the body puts out."""
        if len(body) != len(x) or len(x) == 1:
            return f"end both with {show(body)}"
        strides = [-(-n // m) for n, m in zip(x[:-1], body[:-1], strict=True)]
        ones = "x".join(["1"] * (len(x) - 1))
        stride = "x".join(map(str, strides)) if len(set(strides)) > 1 else str(strides[0])
        fits = all(-(-n // s) == m for n, s, m in zip(x, strides, body[:-1], strict=False))
        if not fits:
            return f"pad the body so that it keeps {show(x[:-1])}"
        step = f" stride {stride}" if max(strides) > 1 else ""
        return f"add shortcut {{ conv {body[-1]}x{ones}{step} }}"

    def meet(self, ends: list[Array], run: Run) -> tuple[Array, Spread]:
        from cnncalc.numerics.joining import add

        mine = [not (branch.view or branch.reads_output) for _, branch in self.branches_by_name()]
        y = add(ends, run.space, run.key, into=mine.index(True) if any(mine) else None)

        def spread(dy: Array) -> list[Array]:
            if self.body.spares_gradient:
                return [dy, dy]
            copy = run.space.image((run.key, "dy"), dy.shape, dy.dtype)
            copy[...] = dy
            return [copy, dy]

        return y, spread


class Concat(Branches):
    """The channels of all branches behind each other (Szegedy et al. 2015, Going deeper with convolutions)."""

    word = "concat"
    help = "the channels of its branches behind each other"

    branches: tuple[Serial, ...] = inner(many=True)

    def branches_by_name(self) -> Iterator[tuple[str, Serial]]:
        yield from ((str(index), branch) for index, branch in enumerate(self.branches))

    def join(self, shapes: list[Shape]) -> Shape:
        if len({shape[:-1] for shape in shapes}) > 1:
            sizes = ", ".join(map(show, shapes))
            raise ShapeError(
                f"the branches put out {sizes}: only channels may differ",
                "pad, crop or stride the branches until their sizes agree",
            )
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))

    def meet(self, ends: list[Array], run: Run) -> tuple[Array, Spread]:
        from cnncalc.numerics.joining import concatenate

        return concatenate(ends, run.space, run.key)


class Multiply(Branches):
    """The product of the branches, number by number; a branch of one pixel multiplies whole channels.

    Gates: squeeze-and-excitation (Hu, Shen, Sun 2018) and WaveNet's activation (van den Oord et al. 2016).
    """

    word = "multiply"
    help = "the product of its branches; one of a single pixel scales whole channels"

    branches: tuple[Serial, ...] = inner(many=True)

    def branches_by_name(self) -> Iterator[tuple[str, Serial]]:
        yield from ((str(index), branch) for index, branch in enumerate(self.branches))

    def join(self, shapes: list[Shape]) -> Shape:
        largest = max(shapes, key=prod)
        for shape in shapes:
            if shape not in (largest, (*(1,) * (len(largest) - 1), largest[-1])):
                raise ShapeError(
                    f"the branches put out {', '.join(map(show, shapes))}: they cannot be multiplied",
                    f"end each with {show(largest)}, or with a single pixel of {largest[-1]} channels",
                )
        return largest

    def meet(self, ends: list[Array], run: Run) -> tuple[Array, Spread]:
        from cnncalc.numerics.joining import multiply

        return multiply(ends, run.space, run.key)


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
