"""What is told of a named architecture: where it is from, and what it comes to."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.arithmetic.comparison import Totals
from cnncalc.arithmetic.report import SCHEMA, analyse
from cnncalc.arithmetic.zoo.entry import Architecture, layout
from cnncalc.layers import Shape


class Facts(NamedTuple):
    """An architecture and the totals of its model."""

    entry: Architecture
    input: Shape
    output: Shape
    totals: Totals

    @classmethod
    def of(cls, entry: Architecture) -> Facts:
        report = analyse(entry.model)
        return cls(entry, report.input, report.output, Totals.of(report))

    @property
    def text(self) -> str:
        """The model language, one statement a line, under a comment that says what it is."""
        return f"# {self.entry.name}: {self.entry.what}\n# {self.entry.source}\n{layout(self.entry.text)}"

    def document(self) -> dict[str, Any]:
        entry = self.entry
        return {
            "name": entry.name,
            "aliases": list(entry.aliases),
            "year": entry.source.year,
            "what": entry.what,
            "source": entry.source._asdict(),
            "input": list(self.input),
            "output": list(self.output),
            **self.totals.document(),
        }


def listing(facts: list[Facts]) -> dict[str, Any]:
    """The whole zoo, as `zoo --json` prints it."""
    return {"schema": SCHEMA, "networks": [fact.document() for fact in facts]}
