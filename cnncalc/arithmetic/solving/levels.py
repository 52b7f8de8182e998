"""A statement of a problem: where each of its values leads from each shape that reaches it."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import NamedTuple

from cnncalc.arithmetic.solving.problem import filled
from cnncalc.arithmetic.solving.unknowns import Unknown
from cnncalc.errors import CnncalcError, LanguageError, ShapeError, UsageError
from cnncalc.layers import Model, Serial, Shape
from cnncalc.layers.language import Builder, read_input
from cnncalc.layers.window import Window
from cnncalc.layers.words import Statement

Values = tuple[str, ...]
# windows on padding alone, windows that leave input unused, how lopsided pads are, how far down the lists
Blemishes = tuple[int, ...]
FLAWLESS = (0, 0, 0, 0)
MOST = 60_000  # combinations of the values of one statement


class Move(NamedTuple):
    """A statement with values, from one shape to another."""

    values: Values
    to: Shape
    blemishes: Blemishes


class Level:
    """A statement of the problem: its unknowns, and where its values lead."""

    def __init__(self, statement: Statement, unknowns: list[Unknown], *, first: bool) -> None:
        self.statement = statement
        self.unknowns = unknowns
        self.first = first
        self.moves: dict[Shape, list[Move]] = {}
        self.error: CnncalcError | None = None  # of the first values that did not fit
        self.work = 0
        self.cut = False

    def explore(self, shapes: list[Shape], budget: int) -> None:
        """Tries the values on every shape; tries fewer where all would be more work than the budget."""
        leaves = max(self.leaves(shapes), 1)
        while len(shapes) * self.count * leaves > budget and any(u.width > 2 for u in self.unknowns):
            # what may be put out has its likely values, and can be cut short first
            largest = max(
                range(len(self.unknowns)),
                key=lambda index: (
                    (one := self.unknowns[index]).halved() != one,
                    bool(one.likely),
                    one.width,
                ),
            )
            if self.unknowns[largest].halved() == self.unknowns[largest]:
                break
            self.unknowns[largest] = self.unknowns[largest].halved()
            self.cut = True
        if self.count > MOST:
            raise UsageError(
                f"{len(self.unknowns)} unknowns in one layer or block are more than can be tried",
                "put numbers for some of them",
            )
        affordable = max(budget // (self.count * leaves), 1)
        if len(shapes) > affordable:
            self.cut = True
        lists = [unknown.values() for unknown in self.unknowns]
        for indices in product(*(range(len(one)) for one in lists)):
            values = tuple(one[index] for one, index in zip(lists, indices, strict=True))
            try:
                layer = self.made(values)
            except LanguageError as error:
                self.error = self.error or error
                continue
            skew = sum(map(skewness, values))
            for shape in shapes[:affordable]:
                reached = layer if isinstance(layer, tuple) else self.through(layer, shape)
                if reached is not None:
                    flaws = (0, 0) if isinstance(layer, tuple) else self.flaws
                    move = Move(values, reached, (*flaws, skew, sum(indices)))
                    self.moves.setdefault(shape, []).append(move)

    @property
    def count(self) -> int:
        """How many combinations of values are tried."""
        return prod(unknown.width for unknown in self.unknowns)

    def leaves(self, shapes: list[Shape]) -> int:
        """How much work the statement is for one shape."""
        before = self.work
        try:
            layer = self.made(tuple(unknown.values()[0] for unknown in self.unknowns))
        except LanguageError:
            return 1
        if not isinstance(layer, tuple) and shapes:
            self.through(layer, shapes[0])
        return self.work - before

    def made(self, values: Values) -> Serial | Shape:
        """The layers of the statement with values put in; of the input, its shape."""
        statement = with_values(self.statement, self.unknowns, values)
        return read_input(statement) if self.first else Builder().serial([statement])

    def through(self, layers: Serial, shape: Shape) -> Shape | None:
        """What comes out; None where something does not fit. Its flaws are left in `flaws`."""
        alone = unused = 0
        try:
            for step in Model(shape, layers).steps():
                self.work += 1
                for window, n in zip(step.layer.slides(step.input), step.input, strict=False):
                    if isinstance(window, Window):
                        alone += max(window.pads(n)) >= window.extent
                        unused += not window.ceil and window.padding != "same" and window.unused(n) > 0
                shape = step.output
        except ShapeError as error:
            self.work += 1
            self.error = self.error or error
            return None
        self.flaws = (alone, unused)
        return shape


def with_values(statement: Statement, unknowns: list[Unknown], values: Values) -> Statement:
    """The statement with a value for every unknown, at all its places."""
    at = {mark: value for unknown, value in zip(unknowns, values, strict=True) for mark in unknown.marks}
    return filled(statement, (at[index] for index in sorted(at)))


def skewness(value: str) -> int:
    """How lopsided pads are, and how different the axes are."""
    parts = value.split("x")
    sides = [[int(side) for side in part.split(":")] for part in parts]
    return sum(abs(pair[0] - pair[-1]) for pair in sides) + len(set(parts)) - 1
