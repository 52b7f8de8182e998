"""What every layer of a model does: one row a leaf, and the totals. Tables and JSON both come from this record."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from cnncalc.errors import ShapeError
from cnncalc.layers import Cost, Field, Formula, Layer, Model, Shape, Step, count, write_options

SCHEMA = 1


class Row(NamedTuple):
    """One step of a model, a leaf or the end of a block: its own figures for one example."""

    step: Step
    parameters: int
    trainable: int
    buffers: int
    cost: Cost
    notes: list[str]
    text: str  # the layer in the model language; of a block, without what is inside it

    @property
    def path(self) -> str:
        return self.step.path

    @property
    def layer(self) -> str:
        """The layer's word."""
        return self.step.layer.word

    @property
    def input(self) -> Shape:
        return self.step.input

    @property
    def output(self) -> Shape:
        return self.step.output

    @property
    def field(self) -> tuple[Field, ...]:
        return self.step.field

    @property
    def formulas(self) -> list[Formula]:
        """The figures written out; long stacks are seldom asked for them."""
        return self.step.layer.formulas(self.step.input)

    def place(self) -> dict[str, Any]:
        """What it is, where, between which shapes."""
        return {
            "path": self.path,
            "layer": self.layer,
            "text": self.text,
            "input": list(self.input),
            "output": list(self.output),
        }

    def seen(self) -> dict[str, list[float]]:
        return {
            "size": [axis.size for axis in self.field],
            "jump": [axis.jump for axis in self.field],
            "start": [axis.start for axis in self.field],
        }

    def document(self) -> dict[str, Any]:
        return {
            **self.place(),
            "parameters": self.parameters,
            "buffers": self.buffers,
            "macs": self.cost.macs,
            "connections": self.cost.connections,
            "field": self.seen(),
            "notes": self.notes,
        }


class Report(NamedTuple):
    """The rows of a model; where a layer does not fit, those before it, and the error."""

    input: Shape
    steps: list[Row]  # leaves, and blocks behind what is inside them
    error: ShapeError | None = None

    @property
    def rows(self) -> list[Row]:
        """The leaves."""
        return [row for row in self.steps if not row.step.layer.block]

    @property
    def output(self) -> Shape:
        return self.steps[-1].output if self.steps else self.input

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in self.steps)

    @property
    def trainable(self) -> int:
        return sum(row.trainable for row in self.steps)

    @property
    def buffers(self) -> int:
        return sum(row.buffers for row in self.steps)

    @property
    def macs(self) -> int:
        return sum(row.cost.macs for row in self.steps)

    @property
    def connections(self) -> int:
        return sum(row.cost.connections for row in self.steps)

    @property
    def peak(self) -> int:
        """Most numbers in memory at once in inference, one example: a layer's input and output, and what waits.

        What waits is what another branch, or the end of a block, still needs. No layer writes over its input.
        """
        return max([prod(self.input), *(row.step.live for row in self.steps if not row.step.idle)])

    @property
    def stored(self) -> int:
        """Numbers that all layers put out, for one example; those that only rename their input put out none."""
        return sum(prod(row.output) for row in self.steps if not row.step.layer.view)

    @property
    def kept(self) -> int:
        """Numbers that training keeps for the way back, for one example: the input and all outputs."""
        return prod(self.input) + self.stored

    @property
    def activations(self) -> int:
        """Numbers that all leaves together put out for one example."""
        return sum(prod(row.output) for row in self.rows)

    def document(self) -> dict[str, Any]:
        """The report as `shape --json` prints it."""
        blocks = [row for row in self.steps if row.step.layer.block]
        return {
            "schema": SCHEMA,
            "input": list(self.input),
            "output": list(self.output),
            "layers": [row.document() for row in self.rows],
            "totals": {
                "parameters": self.parameters,
                "trainable": self.trainable,
                "buffers": self.buffers,
                "macs": self.macs,
                "activations": self.activations,
            },
            **({"blocks": [{**row.place(), "field": row.seen()} for row in blocks]} if blocks else {}),
        }


def analyse(model: Model) -> Report:
    """The figures of every layer of a model, up to the first that does not fit."""
    steps: list[Row] = []
    known: dict[
        tuple[Layer, Shape, bool], Row
    ] = {}  # a layer written again has its figures from the first time
    try:
        for step in model.steps():
            if step.layer.block:
                steps.append(row_of(step))
                continue
            key = step.layer, step.input, step.idle
            row = known.get(key)
            if row is None:
                row = known[key] = row_of(step)
            steps.append(row._replace(step=step))
    except ShapeError as error:
        return Report(model.input, steps, error)
    return Report(model.input, steps)


def row_of(step: Step) -> Row:
    layer, x = step.layer, step.input
    text = write_options(layer)
    if layer.block:
        return Row(step, 0, 0, 0, Cost(), [], text)
    parameters = layer.parameters(x)
    cost = Cost() if step.idle else layer.cost(x)
    buffers = count(layer.buffer_shapes(x))
    return Row(step, parameters, 0 if layer.fixed else parameters, buffers, cost, layer.notes(x), text)
