"""Convolution on paper: small matrices, exact numbers, every product at hand.

Whole numbers and fractions stay what they are; only an activation such as tanh makes floats of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import NamedTuple, TypeAlias

from cnncalc.errors import LanguageError, ShapeError, UsageError, nearest
from cnncalc.imaging.matrix import Matrix, Number, Plane
from cnncalc.imaging.matrix_text import counted
from cnncalc.layers import Formula, Layer, Shape
from cnncalc.layers.activation import Activation, Identity
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.language import Builder
from cnncalc.layers.sweep import IDLE, Sweep
from cnncalc.layers.transposed import TransposedConvolution
from cnncalc.layers.window import Sliding
from cnncalc.layers.words import Word, read_flags, read_text

WORK = 4_000_000  # products; about two seconds

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


# ── doing it ──


def convolve(x: Matrix, kernel: Matrix, settings: Settings) -> Convolved:
    """Slides the kernel over the input; nothing is flipped unless that is asked for.

    x: planes are channels. kernel: for each filter a plane a channel, filters in a row or grouped.
    Errors: LanguageError for settings, ShapeError for sizes that do not go together, UsageError for too much.
    """
    x, kernel = alike(x, kernel)
    filters = by_filter(kernel, len(x.planes))
    layer = read_settings(settings, len(filters), kernel)
    sweeps = find_sweeps(layer, x, kernel)
    check_work(sweeps, len(filters) * len(x.planes))
    if settings.turned:
        filters = tuple(tuple(turned(plane) for plane in planes) for planes in filters)
    bias = read_bias(settings.bias, len(filters))
    scaled = replace(kernel, filters=filters).over_one_divisor()  # whole numbers are quick
    image = x.over_one_divisor()
    result = tuple(
        slide(image, planes, scaled.divisor, sweeps, bias[k] if bias else 0)
        for k, planes in enumerate(scaled.filters)
    )
    output = activate(result, read_activation(settings.activation))
    return Convolved(x, kernel, settings, layer, sweeps, filters, bias, result, output)


def alike(x: Matrix, kernel: Matrix) -> tuple[Matrix, Matrix]:
    """Both as signals or both as matrices: a row may be either; beside a signal, a column is one, too."""
    if kernel.axes == 1 and x.axes == 2 and x.size[1] == 1:
        columns = tuple(tuple(tuple(zip(*p, strict=True)) for p in planes) for planes in x.filters)
        x = replace(x, axes=1, filters=columns)
    axes = max(x.axes, kernel.axes)
    return replace(x, axes=axes), replace(kernel, axes=axes)


def turned(plane: Plane) -> Plane:
    """The plane turned by 180°."""
    return tuple(row[::-1] for row in plane[::-1])


def by_filter(kernel: Matrix, channels: int) -> tuple[tuple[Plane, ...], ...]:
    """The planes of the kernel by filter, one for each channel of the input."""
    planes = kernel.planes
    if kernel.grouped and len(kernel.filters[0]) == channels:
        return kernel.filters
    if kernel.grouped or len(planes) % channels:
        each = len(kernel.filters[0]) if kernel.grouped else len(planes)
        raise ShapeError(
            f"the input has {counted(channels, 'channel')}, a filter of {counted(each, 'plane')} does not fit it",
            f"give a filter {counted(channels, 'plane')}, separated by |; filters are separated by ||",
            place=kernel.place,
        )
    return tuple(planes[i : i + channels] for i in range(0, len(planes), channels))


def read_settings(settings: Settings, filters: int, kernel: Matrix) -> Convolution | TransposedConvolution:
    """The settings as the layer that they describe; LanguageError with the word at fault."""
    size = "x".join(map(str, (filters, *kernel.size[2 - kernel.axes :])))
    words = ["--deconv" if settings.transposed else "--conv", size]
    words += ["--stride", settings.stride, "--pad", settings.pad, "--dilation", settings.dilation]
    words += ["--outpad", settings.outpad] if settings.outpad else []
    layer = Builder().layer(read_flags([*words, "--bias", "yes" if settings.bias else "no"])[0])
    assert isinstance(layer, Convolution | TransposedConvolution)
    return layer


def find_sweeps(layer: Convolution | TransposedConvolution, x: Matrix, kernel: Matrix) -> tuple[Sweep, Sweep]:
    """How the window moves, by rows and by columns; ShapeError where it does not fit."""
    shape = (*x.size[2 - layer.axes :], len(x.planes))
    try:
        layer.out_shape(shape)
    except ShapeError as error:
        error.place = kernel.place
        raise
    over: Sliding = layer.slides(shape)
    sweeps = [Sweep.of(axis, n) for axis, n in zip(over, shape, strict=False)]
    return (sweeps[0], sweeps[1]) if layer.axes == 2 else (IDLE, sweeps[0])


def check_work(sweeps: tuple[Sweep, Sweep], planes: int) -> None:
    """UsageError where there are more products than one reads or waits for."""
    rows, columns = sweeps
    products = planes * rows.positions * columns.positions * rows.kernel * columns.kernel
    places = rows.length * columns.length
    if max(products, places) > WORK:
        raise UsageError(
            f"{products:,} products over {places:,} places are too many to be worked out exactly (at most {WORK:,})",
            "give smaller matrices; cnncalc filter is for pictures",
        )


def read_bias(bias: Matrix | None, filters: int) -> tuple[Number, ...]:
    """One number a filter, or one for all."""
    if bias is None:
        return ()
    numbers = tuple(over(number, bias.divisor) for plane in bias.planes for row in plane for number in row)
    if len(numbers) not in (1, filters):
        raise UsageError(f"{len(numbers)} biases for {counted(filters, 'filter')}", f"give one, or {filters}")
    return numbers * filters if len(numbers) == 1 else numbers


def read_activation(words: str) -> Layer:
    """The activation that the words of the model language name."""
    known = [word for word, cls in Layer.known.items() if issubclass(cls, (Activation, Identity))]
    statements = read_text(words)
    first = statements[0][0] if len(statements) == 1 else None
    if not isinstance(first, Word) or first.text not in known:
        place = first.place if first else None
        raise LanguageError(f"{words!r} is no activation", nearest(words, known), place=place)
    return Builder().layer(statements[0])


def slide(
    x: Matrix, weights: tuple[Plane, ...], divisor: int, sweeps: tuple[Sweep, Sweep], bias: Number
) -> Plane:
    """What one filter gives at each position; x and weights hold whole numbers."""
    rows, columns = (reached(sweep) for sweep in sweeps)
    return tuple(
        tuple(
            over(
                sum(
                    plane[y][x] * kernel[i][j]
                    for plane, kernel in zip(x.planes, weights, strict=True)
                    for i, y in row
                    for j, x in column
                ),
                x.divisor * divisor,
                bias,
            )
            for column in columns
        )
        for row in rows
    )


def reached(sweep: Sweep) -> list[list[tuple[int, int]]]:
    """By position: the taps that lie on an element, and which."""
    return [
        [
            (tap, n)
            for tap, place in enumerate(sweep.taps(position))
            if (n := sweep.element(place)) is not None
        ]
        for position in range(sweep.positions)
    ]


def over(number: Number, divisor: int, plus: Number = 0) -> Number:
    """The exact quotient plus a bias, as a whole number where it is one."""
    value = Fraction(number) / divisor + plus
    return value.numerator if value.denominator == 1 else value


def activate(maps: tuple[Plane, ...], layer: Layer) -> tuple[Map, ...]:
    """The maps behind an activation; what it does not change stays exact."""
    if isinstance(layer, Identity):
        return maps
    import numpy as np

    from cnncalc.numerics.run import Run

    x = np.array([[[float(value) for value in row] for row in plane] for plane in maps])
    y, _ = layer.forward(x[..., None], {}, Run(train=False))  # (C, *spatial, N)
    values = y[..., 0].tolist()
    return tuple(
        tuple(
            tuple(
                exact if new == old else int(new) if new == 0 else new
                for exact, old, new in zip(*rows, strict=True)
            )
            for rows in zip(plane, before, after, strict=True)
        )
        for plane, before, after in zip(maps, x.tolist(), values, strict=True)
    )
