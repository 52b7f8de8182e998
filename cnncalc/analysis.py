"""The Python interface: what a stack of layers does, as an object that a notebook shows as a table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnncalc.arithmetic.columns import BYTES, Column, Setting, chosen, usual
from cnncalc.arithmetic.conventions import CONVENTIONS, Convention
from cnncalc.arithmetic.documents import document, memory
from cnncalc.arithmetic.report import Report, Row
from cnncalc.arithmetic.report import analyse as report_of
from cnncalc.cli.models import model_of
from cnncalc.errors import CnncalcError, UsageError, nearest

if TYPE_CHECKING:
    from cnncalc.layers import Shape

__all__ = ["Analysis", "CnncalcError", "analyse"]

WIDTH = 120  # characters of the table as text


@dataclass(frozen=True, repr=False)
class Analysis:
    """What every layer of a model does, and what they come to.

    Figures are for one example, counts as `cnncalc shape` counts them. It shows itself as that command's table.
    """

    report: Report
    setting: Setting
    columns: tuple[Column, ...]
    conventions: tuple[Convention, ...]
    chosen: bool  # whether the columns were asked for

    @property
    def rows(self) -> list[Row]:
        """The layers in order: path, layer, text, input, output, parameters, cost.macs, field, notes …"""
        return self.report.rows

    @property
    def input(self) -> Shape:
        """The shape of one example, channels last."""
        return self.report.input

    @property
    def output(self) -> Shape:
        """The shape that comes out."""
        return self.report.output

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.report.parameters

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and fully connected layers, without bias, for one example."""
        return self.report.macs

    @property
    def totals(self) -> dict[str, int]:
        """parameters, trainable, buffers, macs and activations, for one example."""
        return dict(self.report.document()["totals"])

    @property
    def memory(self) -> dict[str, int]:
        """Bytes of the parameters, and for the batch of the activations in inference and in training."""
        figures = memory(self.report, self.setting)
        return {name: figures[name] for name in ("parameters", "inference", "training")}

    @property
    def counts(self) -> dict[str, int]:
        """The work of the batch as the tools count it that were named as conventions."""
        batch = self.setting.batch
        return {
            convention.name: sum(map(convention.counts, self.report.steps)) * batch
            for convention in self.conventions
        }

    def to_dict(self) -> dict[str, Any]:
        """The document of `cnncalc shape --json`; `cnncalc shape --json-schema` describes it."""
        columns = [*self.columns] if self.chosen else []
        return document(self.report, self.setting, columns, [*self.conventions])

    def to_json(self) -> str:
        """The document as one line of JSON."""
        return json.dumps(self.to_dict())

    def __repr__(self) -> str:
        """The table as text."""
        from io import StringIO

        from rich.console import Console

        from cnncalc.render.columns import show_table

        console = Console(file=StringIO(), width=WIDTH, color_system=None)
        show_table(self.report, [*self.columns], self.setting, console)
        assert isinstance(console.file, StringIO)
        return console.file.getvalue().rstrip("\n")

    def _repr_html_(self) -> str:
        """The table as HTML, for notebooks."""
        from cnncalc.render.columns import as_html

        return as_html(self.report, [*self.columns], self.setting)


def analyse(
    model: str, *, batch: int = 1, dtype: str = "float32", columns: str = "", convention: str = ""
) -> Analysis:
    """What every layer of a stack does: shapes, parameters, work, receptive fields and memory.

    `model` is a text such as "input 32x32x3; conv 10x5x5 pad 2", the name of a network such as "resnet50", a file, or
    the folder of a trained network. `batch` examples in numbers of type `dtype` (float64, float32, float16, bfloat16,
    int8) count for memory and for the work in the table. `columns` such as "output,parameters,MACs", or "all", choose
    what the table shows. `convention` names tools such as "thop,fvcore", or "all": `counts` has the work as they count.

    Raises CnncalcError: LanguageError for words that make no model, ShapeError where a layer does not fit, FileError,
    UsageError; its message has the fact, its hint the remedy.
    """
    try:
        if dtype not in BYTES:
            raise UsageError(f"there is no type {dtype}", nearest(dtype, BYTES))
        if batch < 1:
            raise UsageError(f"a batch of {batch} examples", "a batch has at least one")
        names = list(CONVENTIONS) if convention == "all" else [name for name in convention.split(",") if name]
        for name in names:
            if name not in CONVENTIONS:
                raise UsageError(f"there is no convention {name}", nearest(name, CONVENTIONS))
        shown = chosen(columns) if columns else usual()
        report = report_of(model_of(model, []))
        if report.error:
            raise report.error
    except CnncalcError as error:
        if error.hint:
            error.add_note(f"hint: {error.hint}")
        raise
    counted = tuple(CONVENTIONS[name] for name in names)
    return Analysis(report, Setting(batch, dtype), tuple(shown), counted, bool(columns))
