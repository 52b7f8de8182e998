"""The matrix that a convolution is: sparse, its weights shared; times the flattened input it gives the result."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from cnncalc.errors import UsageError
from cnncalc.imaging.convolution import over
from cnncalc.imaging.convolved import Convolved
from cnncalc.imaging.matrix import Number

ENTRIES = 250_000


@dataclass(frozen=True)
class Toeplitz:
    """rows: one an output, by filter, row and column, with one entry an input, by channel, row and column.

    None where an output does not see an input: no weight is there, not even one that happens to be 0.
    """

    rows: tuple[tuple[Number | None, ...], ...]
    inputs: tuple[Number, ...]  # the input, flattened
    sums: tuple[Number, ...]  # rows times inputs, worked out as such
    outputs: tuple[Number, ...]  # the result, flattened: sums over the divisor, with the bias
    divisor: int
    bias: tuple[Number, ...]  # one an output; empty where there is none
    weights: int  # free ones, those of the kernel

    @property
    def entries(self) -> int:
        return len(self.rows) * len(self.inputs)

    @property
    def connections(self) -> int:
        """Entries that are weights."""
        return sum(entry is not None for row in self.rows for entry in row)


def toeplitz(done: Convolved) -> Toeplitz:
    """The matrix of a convolution; UsageError where it is too large to look at."""
    height, width = done.x.size
    inputs = tuple(number for plane in done.x.planes for row in plane for number in row)
    entries = len(inputs) * len(done.positions)
    if entries > ENTRIES:
        raise UsageError(
            f"the matrix would be {len(done.positions):,}×{len(inputs):,}, {entries:,} entries",
            f"give smaller matrices; {ENTRIES:,} entries are the most",
        )
    rows = []
    for at in done.positions:
        row: list[Number | None] = [None] * len(inputs)
        for term in done.products(at):
            if term.element:
                y, x = term.element
                row[(term.channel * height + y) * width + x] = term.weight
        rows.append(tuple(row))
    sums = tuple(
        sum((w * x for w, x in zip(row, inputs, strict=True) if w is not None), start=0) for row in rows
    )
    bias = tuple(done.bias[at.filter] for at in done.positions) if done.bias else ()
    return Toeplitz(
        tuple(rows),
        inputs,
        sums,
        tuple(over(s, done.divisor, bias[i] if bias else 0) for i, s in enumerate(sums)),
        done.divisor,
        bias,
        prod(done.layer.kernel) * len(done.x.planes) * len(done.weights),
    )
