"""Blocks of branches that all begin with the same input and meet again: sums, concatenations, products."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import TYPE_CHECKING

from cnncalc.errors import ShapeError
from cnncalc.layers.base import Field, Flow, Pullback, Shape, Step, Steps, inner, placed, show, split
from cnncalc.layers.combining import Block, Serial

if TYPE_CHECKING:
    from cnncalc.numerics.run import Run
    from cnncalc.numerics.workspace import Array

    Spread = Callable[[Array], list[Array]]  # dy to what of it belongs to each branch


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
