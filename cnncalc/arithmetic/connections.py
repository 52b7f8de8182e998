"""What one map costs fully connected, locally connected and as a convolution: the case for sharing weights."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from cnncalc.arithmetic.report import SCHEMA, Report, Row, analyse
from cnncalc.errors import ShapeError
from cnncalc.layers import Shape, parse, show

SIZES: tuple[Shape, ...] = ((3, 3), (32, 32), (224, 224), (1000, 1000))
FIVE_TO_FIVE = "input 5x1; conv 1x3 pad 1"  # five numbers to five, by a window of three


class Wiring(NamedTuple):
    """A way to connect units to an input; a connection is the use of a weight, biases are apart."""

    name: str
    connections: int
    weights: int
    biases: int

    @property
    def parameters(self) -> int:
        return self.weights + self.biases

    def document(self) -> dict[str, Any]:
        return {**self._asdict(), "parameters": self.parameters}


class Wired(NamedTuple):
    """A layer, and the map that it makes wired in each way."""

    row: Row
    ways: list[Wiring]

    def document(self) -> dict[str, Any]:
        return {**self.row.place(), "ways": [way.document() for way in self.ways]}


def wired(row: Row) -> Wired | None:
    """The map of a convolution wired in three ways; None of a layer that has no window with weights.

    Locally connected units see what those of the convolution see, each with weights of its own; the taps of a window
    on padding count, as they do in multiply-adds.
    """
    if not row.cost.macs or len(row.input) == 1:
        return None
    shapes = row.step.layer.param_shapes(row.input)
    biases = sum(prod(shape) for name, shape in shapes.items() if name.endswith("bias"))
    units, uses = prod(row.output), row.cost.macs
    each = units if biases else 0
    every = prod(row.input) * units
    return Wired(
        row,
        [
            Wiring("fully connected", every, every, each),
            Wiring("locally connected", uses, uses, each),
            Wiring("convolution", uses, row.parameters - biases, biases),
        ],
    )


def wirings(report: Report) -> list[Wired]:
    """Every convolution of a model."""
    return [found for row in report.rows if (found := wired(row))]


def five_to_five() -> Wired:
    """Five numbers that become five: dense 5·5 + 5 parameters, convolved 3 + 1."""
    [found] = wirings(analyse(parse(FIVE_TO_FIVE)))
    return found


class Reach(NamedTuple):
    """What units take to see an input of some size, with biases left out."""

    input: Shape
    window: Shape
    units: int | None  # None where it is left open: the figures are those of one unit

    @classmethod
    def of(cls, x: Shape, window: Shape, units: int | None) -> Reach:
        """Raises ShapeError where the window does not fit."""
        if len(window) > len(x) or any(k > n for k, n in zip(window, x, strict=False)):
            raise ShapeError(
                f"a {show(window)} window does not fit in {show(x)}",
                "take a kernel as large as the input at most",
            )
        return cls(x, window, units)

    @property
    def fully(self) -> int:
        """Connections and weights where every unit sees all of the input."""
        return prod(self.input) * (self.units or 1)

    @property
    def locally(self) -> int:
        """Connections where every unit sees a window; as many weights if none are shared."""
        return prod(self.seen) * (self.units or 1)

    @property
    def shared(self) -> int:
        """Weights of a convolution with that window: the units share them."""
        return prod(self.seen)

    @property
    def seen(self) -> Shape:
        """The window, over all channels where the input has them."""
        return (*self.window, *self.input[len(self.window) :])

    def document(self) -> dict[str, Any]:
        return {**self._asdict(), "fully": self.fully, "locally": self.locally, "shared": self.shared}


def document(reaches: list[Reach], maps: list[Wired]) -> dict[str, Any]:
    """What `compare --fc --json` prints."""
    return {
        "schema": SCHEMA,
        "inputs": [reach.document() for reach in reaches],
        "layers": [found.document() for found in maps],
    }
