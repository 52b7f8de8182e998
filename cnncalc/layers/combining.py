"""Layers made of layers: one after the other, and branches that meet again."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

from cnncalc.errors import ShapeError
from cnncalc.layers.base import Field, Flow, Layer, Shape, Step, Steps, inner, option, placed, show
from cnncalc.layers.dense import Flatten
from cnncalc.layers.values import YES_NO


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


class Branches(Block):
    """A block whose branches all begin with its input and meet at its end."""

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


class Auxiliary(Block):
    """Layers beside the main way, whose output goes nowhere in the model, such as GoogLeNet's extra classifiers."""

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
