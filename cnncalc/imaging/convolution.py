"""Convolution on paper: small matrices, exact numbers, every product at hand.

Whole numbers and fractions stay what they are; only an activation such as tanh makes floats of them.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from cnncalc.errors import LanguageError, ShapeError, UsageError, nearest
from cnncalc.imaging.convolved import Convolved, Map, Settings
from cnncalc.imaging.matrix import Matrix, Number, Plane
from cnncalc.imaging.matrix_text import counted
from cnncalc.layers import Layer
from cnncalc.layers.activation import Activation, Identity
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.language import Builder
from cnncalc.layers.sweep import IDLE, Sweep
from cnncalc.layers.transposed import TransposedConvolution
from cnncalc.layers.window import Sliding
from cnncalc.layers.words import Word, read_flags, read_text

WORK = 4_000_000  # products; about two seconds


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
