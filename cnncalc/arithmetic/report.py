"""What every layer of a model does: one row a leaf, and the totals. Tables and JSON both come from this record."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from cnncalc.errors import ShapeError
from cnncalc.layers import Cost, Field, Formula, Model, Shape, Step, count, write_layer

SCHEMA = 1


@dataclass(frozen=True)
class Row:
    """One leaf of a model: its figures for one example."""

    step: Step
    parameters: int
    buffers: int
    cost: Cost
    field: tuple[Field, ...]
    notes: list[str]

    @property
    def path(self) -> str:
        return self.step.path

    @property
    def layer(self) -> str:
        """The layer's word."""
        return self.step.layer.word

    @property
    def text(self) -> str:
        """The layer in the model language."""
        return write_layer(self.step.layer)

    @property
    def input(self) -> Shape:
        return self.step.input

    @property
    def output(self) -> Shape:
        return self.step.output

    @property
    def formulas(self) -> list[Formula]:
        """The figures written out; long stacks are seldom asked for them."""
        return self.step.layer.formulas(self.step.input)

    def document(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "layer": self.layer,
            "text": self.text,
            "input": list(self.input),
            "output": list(self.output),
            "parameters": self.parameters,
            "buffers": self.buffers,
            "macs": self.cost.macs,
            "connections": self.cost.connections,
            "field": {name: [getattr(axis, name) for axis in self.field] for name in Field._fields},
            "notes": self.notes,
        }


@dataclass
class Report:
    """The rows of a model; where a layer does not fit, those before it, and the error."""

    input: Shape
    rows: list[Row] = field(default_factory=list)
    error: ShapeError | None = None

    @property
    def output(self) -> Shape:
        return self.rows[-1].output if self.rows else self.input

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in self.rows)

    @property
    def buffers(self) -> int:
        return sum(row.buffers for row in self.rows)

    @property
    def macs(self) -> int:
        return sum(row.cost.macs for row in self.rows)

    @property
    def activations(self) -> int:
        """Numbers that all layers together put out for one example."""
        return sum(prod(row.output) for row in self.rows)

    def document(self) -> dict[str, Any]:
        """The report as `shape --json` prints it."""
        return {
            "schema": SCHEMA,
            "input": list(self.input),
            "output": list(self.output),
            "layers": [row.document() for row in self.rows],
            "totals": {
                "parameters": self.parameters,
                "trainable": self.parameters,
                "buffers": self.buffers,
                "macs": self.macs,
                "activations": self.activations,
            },
        }


def analyse(model: Model) -> Report:
    """The figures of every layer of a model, up to the first that does not fit."""
    report = Report(model.input)
    seen: tuple[Field, ...] = tuple(Field(1, 1, 0) for _ in model.input[:-1])
    try:
        for step in model.steps():
            seen = step.layer.field(seen, step.input)
            report.rows.append(row_of(step, seen))
    except ShapeError as error:
        report.error = error
    return report


def row_of(step: Step, seen: tuple[Field, ...]) -> Row:
    layer, x = step.layer, step.input
    buffers = count(layer.buffer_shapes(x))
    return Row(step, layer.parameters(x), buffers, layer.cost(x), seen, layer.notes(x))
