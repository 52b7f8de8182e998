"""A convolution as one document of plain numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc.imaging.convolved import Convolved, Position
from cnncalc.imaging.toeplitz import Toeplitz


def document(done: Convolved, matrix: Toeplitz | None = None, *, steps: bool = False) -> dict[str, Any]:
    """Input, kernel and result by channel or filter, row and column (a signal has no rows); what was asked for.

    Numbers are whole where they are; `exact` holds the result as fractions where it has any.
    """
    sweeps = done.sweeps[2 - done.axes :]
    found: dict[str, Any] = {
        "schema": 1,
        "operation": "convolution" if done.settings.flip else "correlation",
        "transposed": done.settings.transposed,
        "axes": done.axes,
        "size": {
            "input": [*done.x.size[2 - done.axes :], len(done.x.planes)],
            "kernel": list(done.layer.kernel),
            "result": [*(sweep.positions for sweep in sweeps), len(done.weights)],
        },
        "stride": list(done.layer.stride),
        "dilation": list(done.layer.dilation),
        "pad": [[sweep.before, sweep.after] for sweep in sweeps],
        "input": plain(done.x.planes, done.axes),
        "input_divisor": done.x.divisor,
        "kernel": [plain(planes, done.axes) for planes in done.weights],
        "kernel_divisor": done.kernel.divisor,
        "bias": plain(done.bias),
        "activation": done.activation or None,
        "result": plain(done.output, done.axes),
        "notes": done.notes(),
    }
    if any(isinstance(value, Fraction) for plane in done.result for row in plane for value in row):
        found["exact"] = words(done.result, done.axes)
    if steps:
        found["steps"] = [step(done, at) for at in done.positions]
    if matrix:
        found["matrix"] = {
            "rows": [[0 if entry is None else plain(entry) for entry in row] for row in matrix.rows],
            "entries": matrix.entries,
            "connections": matrix.connections,
            "weights": matrix.weights,
        }
    return found


def step(done: Convolved, at: Position) -> dict[str, Any]:
    """One position: the products as pairs of input and weight, and what comes out."""
    return {
        "filter": at.filter,
        "position": [at.row, at.column][2 - done.axes :],
        "products": [[plain(term.x), plain(term.weight)] for term in done.products(at)],
        "result": plain(done.result[at.filter][at.row][at.column]),
    }


def plain(value: Any, axes: int = 2) -> Any:
    """Nested tuples as nested lists, fractions as floats; a signal's planes without their only row."""
    if isinstance(value, tuple):
        if axes == 1:
            return [plain(plane[0]) for plane in value]
        return [plain(part) for part in value]
    return float(value) if isinstance(value, Fraction) else value


def words(maps: Any, axes: int) -> Any:
    """The numbers as text such as 13/8."""
    if isinstance(maps, tuple):
        if axes == 1:
            return [words(plane[0], 2) for plane in maps]
        return [words(part, 2) for part in maps]
    return str(maps)
