"""The JSON document of a report with what else was asked for: columns, memory, other ways to count."""

from __future__ import annotations

from typing import Any

from cnncalc.arithmetic.columns import Cell, Column, Setting
from cnncalc.arithmetic.conventions import Convention
from cnncalc.arithmetic.report import Report


def document(
    report: Report, setting: Setting, columns: list[Column], conventions: list[Convention]
) -> dict[str, Any]:
    """The report's document; chosen columns are keys of each layer, by their names in small letters."""
    made = report.document()
    for layer, row in zip(made["layers"], report.rows, strict=True):
        cell = Cell(row, report, setting)
        for column in columns:
            layer.setdefault(KEYS.get(column.name, column.name.lower()), column.value(cell))
    made["memory"] = memory(report, setting)
    if conventions:
        made["conventions"] = {
            entry.name: {
                "total": sum(entry.counts(row) for row in report.steps) * setting.batch,
                "unit": entry.unit,
                "says": entry.says,
            }
            for entry in conventions
        }
    return made


def memory(report: Report, setting: Setting) -> dict[str, Any]:
    """Bytes of the parameters, and of the activations in inference and in training."""
    examples = setting.batch * setting.bytes
    return {
        "dtype": setting.dtype,
        "batch": setting.batch,
        "parameters": report.parameters * setting.bytes,
        "inference": report.peak * examples,
        "training": report.kept * examples,
    }


KEYS = {"#": "number", "%": "share"}
