"""What was found: the record that the table and the JSON of `solve` are made from."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.arithmetic.columns import Setting
from cnncalc.arithmetic.documents import memory
from cnncalc.arithmetic.report import SCHEMA, Report
from cnncalc.arithmetic.solving.problem import Demand
from cnncalc.arithmetic.solving.unknowns import Unknown
from cnncalc.layers import number


class Limit(NamedTuple):
    """What may not be exceeded: parameters, MACs of the batch, or bytes of memory, as the report counts them."""

    figure: str  # parameters, macs or memory
    most: int
    training: bool = False  # of memory: what training keeps, not what inference needs at once

    def of(self, report: Report, setting: Setting) -> int:
        """The figure of a report."""
        if self.figure == "parameters":
            return report.parameters
        if self.figure == "macs":
            return report.macs * setting.batch
        bytes_ = memory(report, setting)
        return int(bytes_["parameters"] + bytes_["training" if self.training else "inference"])

    @property
    def says(self) -> str:
        """What is counted."""
        if self.figure != "memory":
            return self.figure.replace("macs", "MACs")
        kept = "the activations kept for training" if self.training else "activations in inference"
        return f"memory of parameters and {kept}"


class Solution(NamedTuple):
    """Values for the unknowns, in their order, and the report of the model that they make."""

    values: tuple[str, ...]
    command: str  # shows the model's figures
    report: Report
    figures: tuple[int, ...] = ()  # those under a limit

    @property
    def notes(self) -> list[str]:
        """What the report has to say of each layer."""
        return [
            f"layer {number(row.path)} {row.layer}: {note}" for row in self.report.steps for note in row.notes
        ]

    def document(self) -> dict[str, Any]:
        return {
            "values": list(self.values),
            "command": self.command,
            "output": list(self.report.output),
            "parameters": self.report.parameters,
            "macs": self.report.macs,
            "notes": self.notes,
        }


class Answer(NamedTuple):
    """The best solutions, how many there are, and what was tried; where there is none, why, and what comes nearest."""

    unknowns: list[Unknown]
    demands: list[Demand]
    limits: list[Limit]
    setting: Setting
    solutions: list[Solution]
    found: int  # of all solutions among what was tried
    tried: int  # combinations of values
    complete: bool = True  # whether all the usual values were tried
    because: str = ""
    nearest: list[Solution] = []  # noqa: RUF012 - of a tuple it is never changed

    def document(self) -> dict[str, Any]:
        """The answer as `solve --json` prints it."""
        return {
            "schema": SCHEMA,
            "unknowns": [
                {
                    "option": unknown.word,
                    "layer": unknown.layer,
                    "lowest": unknown.lowest,
                    "highest": unknown.highest,
                }
                for unknown in self.unknowns
            ],
            "demands": [{"after": demand.after, "output": list(demand.sizes)} for demand in self.demands],
            "limits": [limit._asdict() for limit in self.limits],
            "batch": self.setting.batch,
            "dtype": self.setting.dtype,
            "count": self.found,
            "tried": self.tried,
            "complete": self.complete,
            "solutions": [self.with_figures(solution) for solution in self.solutions],
            "because": self.because,
            "nearest": [self.with_figures(solution) for solution in self.nearest],
        }

    def with_figures(self, solution: Solution) -> dict[str, Any]:
        figures = zip(self.limits, solution.figures, strict=False)
        return {**solution.document(), "figures": {limit.figure: figure for limit, figure in figures}}
