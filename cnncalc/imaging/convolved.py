"""A convolution on paper once it is done: what went in, what came out, and every product on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import NamedTuple, TypeAlias

from cnncalc.imaging.matrix import Matrix, Number, Plane
from cnncalc.layers import Formula, Shape
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.sweep import Sweep
from cnncalc.layers.transposed import TransposedConvolution

Value: TypeAlias = int | Fraction | float
Map: TypeAlias = tuple[tuple[Value, ...], ...]


class Product(NamedTuple):
    """One term of a sum: a place of the padded input under a tap, the number there, the weight on it."""

    channel: int
    row: int  # places in the padded input
    column: int
    x: Number  # 0 where there is padding
    weight: Number
    element: tuple[int, int] | None  # row and column in the input, None where there is padding


class Position(NamedTuple):
    """Where the window of a filter stands, and what comes out there."""

    filter: int
    row: int
    column: int


@dataclass(frozen=True)
class Settings:
    """What is asked for, in the words of the model language."""

    flip: bool = False  # true convolution: the kernel is turned by 180°
    stride: str = "1"
    pad: str = "0"
    dilation: str = "1"
    transposed: bool = False
    outpad: str = ""
    bias: Matrix | None = None
    activation: str = "identity"

    @property
    def turned(self) -> bool:
        """Whether the kernel lies on the input turned by 180°: what a transposed correlation spreads does, too."""
        return self.flip != self.transposed


@dataclass(frozen=True)
class Convolved:
    """Input, kernel and result of one convolution, and how the window moved.

    kernel: its filters as written; weights: as they lie on the input, flipped where that was asked for.
    result: the sums of products, divided, with the bias, by filter, row and column; output: that behind the
    activation.
    """

    x: Matrix
    kernel: Matrix
    settings: Settings
    layer: Convolution | TransposedConvolution
    sweeps: tuple[Sweep, Sweep]  # rows, columns; a signal's rows are IDLE
    weights: tuple[tuple[Plane, ...], ...]
    bias: tuple[Number, ...]  # one a filter; empty where there is none
    result: tuple[Plane, ...]
    output: tuple[Map, ...]

    @property
    def activation(self) -> str:
        """Its word; empty where there is none."""
        words = self.settings.activation
        return "" if words == "identity" else words

    @property
    def fractions(self) -> bool:
        """Whether the words that came in have fractions, so that the result is written with them."""
        matrices = (self.x, self.kernel, self.settings.bias)
        return any(matrix.fractions for matrix in matrices if matrix)

    @property
    def axes(self) -> int:
        return self.layer.axes

    @property
    def divisor(self) -> int:
        """What sums of products are divided by."""
        return self.x.divisor * self.kernel.divisor

    @cached_property
    def positions(self) -> list[Position]:
        """Every place that a window takes: filter after filter, row after row."""
        rows, columns = self.sweeps
        return [
            Position(*at)
            for at in product(range(len(self.weights)), range(rows.positions), range(columns.positions))
        ]

    def products(self, at: Position) -> Iterator[Product]:
        """The terms of the sum at a position, those with padding too."""
        rows, columns = self.sweeps
        for c, (plane, weights) in enumerate(zip(self.x.planes, self.weights[at.filter], strict=True)):
            for i, row in enumerate(rows.taps(at.row)):
                for j, column in enumerate(columns.taps(at.column)):
                    y, x = rows.element(row), columns.element(column)
                    if y is None or x is None:
                        yield Product(c, row, column, 0, weights[i][j], None)
                    else:
                        yield Product(c, row, column, plane[y][x], weights[i][j], (y, x))

    def padded(self, channel: int) -> list[list[Number | None]]:
        """The input with the zeros around and between its numbers as None."""
        rows, columns = self.sweeps
        plane = self.x.planes[channel]
        ys = [rows.element(place) for place in range(rows.length)]
        xs = [columns.element(place) for place in range(columns.length)]
        return [[None if y is None or x is None else plane[y][x] for x in xs] for y in ys]

    @property
    def shape(self) -> Shape:
        """Of the input, channels last."""
        return (*self.x.size[2 - self.axes :], len(self.x.planes))

    def formulas(self) -> list[Formula]:
        """The figures of the layer written out."""
        return self.layer.formulas(self.shape)

    def notes(self) -> list[str]:
        """What is worth knowing: how the words were read, and input that no window reaches."""
        return [*self.x.notes, *self.kernel.notes, *self.layer.notes(self.shape)]
