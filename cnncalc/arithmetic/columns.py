"""The columns that a report can be shown in: each a figure of a row, how it is written, and its total."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import Any, NamedTuple

from cnncalc.arithmetic.report import Report, Row
from cnncalc.errors import UsageError, nearest
from cnncalc.layers import number, show

BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}


class Setting(NamedTuple):
    """What figures of memory and work are for: so many examples, numbers of so many bytes."""

    batch: int = 1
    dtype: str = "float32"

    @property
    def bytes(self) -> int:
        return BYTES[self.dtype]


class Cell(NamedTuple):
    """A row of a report, and what its figures are for."""

    row: Row
    report: Report
    setting: Setting


class Column(NamedTuple):
    """A figure of each row; `text` is how it is written, `total` what stands under it."""

    name: str
    help: str
    value: Callable[[Cell], Any]
    text: Callable[[Any], str]
    total: Callable[[Report, Setting], Any] | None = None
    left: bool = False


def grouped(value: int) -> str:
    return f"{value:,}" if value else ""


def signed(value: float) -> str:
    return (str(value) if isinstance(value, int) else f"{value:g}").replace("-", "−")


def plain(value: str) -> str:
    return value


def axes(values: Iterable[float]) -> str:
    """One number where the axes agree, else one for each."""
    each = [*values]
    return "×".join(map(signed, each[:1] if len(set(each)) == 1 else each))


def size(values: list[int]) -> str:
    return "×".join(map(str, values))


def pads(values: list[tuple[int, int]]) -> str:
    words = [str(before) if before == after else f"{before}:{after}" for before, after in values]
    return "×".join(words[:1] if len(set(words)) == 1 else words)


def percent(value: float) -> str:
    return f"{value:.1f}" if value else ""


def amount(value: int) -> str:
    """4.0 KiB."""
    if not value:
        return ""
    units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    power = min((value.bit_length() - 1) // 10, len(units) - 1)
    return f"{value / 1024**power:.1f} {units[power]}" if power else f"{value} B"


def seen(name: str) -> Callable[[Cell], list[float]]:
    return lambda cell: [getattr(axis, name) for axis in cell.row.field]


def window(figure: Callable[[Any, int], Any]) -> Callable[[Cell], list[Any]]:
    """A figure of the window that a layer slides along each axis; nothing where it has none."""

    def value(cell: Cell) -> list[Any]:
        slides = cell.row.step.layer.slides(cell.row.input)
        return [figure(over, n) for over, n in zip(slides, cell.row.input, strict=False)]

    return value


def stored(cell: Cell) -> int:
    """Bytes that a row puts out into memory of its own."""
    numbers = 0 if cell.row.step.layer.view else prod(cell.row.output)
    return numbers * cell.setting.batch * cell.setting.bytes


def intensity(cell: Cell) -> float:
    """FLOPs for each byte read or written: Williams, Waterman, Patterson 2009, Roofline."""
    row, _, setting = cell
    moved = setting.batch * (prod(row.input) + prod(row.output)) + row.parameters
    return 2 * row.cost.macs * setting.batch / (moved * setting.bytes)


def share(cell: Cell) -> float:
    return 100 * cell.row.parameters / max(cell.report.parameters, 1)


COLUMNS = {
    column.name: column
    for column in (
        Column("#", "the layer's number", lambda cell: number(cell.row.path), plain),
        Column("layer", "the layer in the model language", lambda cell: cell.row.text, plain,
               lambda *_: "total", left=True),
        Column("input", "shape that goes in", lambda cell: cell.row.input, show),
        Column("output", "shape that comes out", lambda cell: cell.row.output, show,
               lambda report, _: report.output),
        Column("kernel", "size of the window", window(lambda over, _: over.kernel), size),
        Column("stride", "step of the window", window(lambda over, _: over.stride), axes),
        Column("pad", "padding, before:after where they differ", window(lambda over, n: over.pads(n)), pads),
        Column("parameters", "weights and biases", lambda cell: cell.row.parameters, grouped,
               lambda report, _: report.parameters),
        Column("%", "share of all parameters", share, percent),
        Column("buffers", "numbers kept but not trained", lambda cell: cell.row.buffers, grouped,
               lambda report, _: report.buffers),
        Column("MACs", "multiply-adds of convolutions and fully connected layers",
               lambda cell: cell.row.cost.macs * cell.setting.batch, grouped,
               lambda report, setting: report.macs * setting.batch),
        Column("FLOPs", "two for each multiply-add",
               lambda cell: 2 * cell.row.cost.macs * cell.setting.batch, grouped,
               lambda report, setting: 2 * report.macs * setting.batch),
        Column("connections", "uses of weights and biases",
               lambda cell: cell.row.cost.connections * cell.setting.batch, grouped,
               lambda report, setting: report.connections * setting.batch),
        Column("memory", "memory of the output",
               stored, amount,
               lambda report, setting: report.stored * setting.batch * setting.bytes),
        Column("field", "input pixels that a unit sees", seen("size"), size),
        Column("jump", "input pixels from one unit's field to the next one's", seen("jump"), axes),
        Column("start", "first input pixel that unit 0 sees", seen("start"), axes),
        Column("intensity", "FLOPs for each byte moved", intensity, percent),
    )
}  # fmt: skip
USUAL = ("#", "layer", "output", "parameters", "MACs", "field", "jump", "start")


def chosen(names: str) -> list[Column]:
    """The columns of a list such as output,parameters,MACs; with the layers in front. Raises UsageError."""
    if names == "all":
        return list(COLUMNS.values())
    known = {name.lower(): column for name, column in COLUMNS.items()}
    found = [COLUMNS["#"], COLUMNS["layer"]]
    for name in filter(None, (part.strip().lower() for part in names.split(","))):
        column = known.get(name)
        if column is None:
            raise UsageError(f"there is no column {name}", nearest(name, known))
        if column not in found:
            found.append(column)
    return found


def usual() -> list[Column]:
    return [COLUMNS[name] for name in USUAL]
