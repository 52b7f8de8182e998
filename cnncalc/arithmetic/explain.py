"""Every figure of a layer as a formula with the numbers put in."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.arithmetic.columns import Cell, intensity, stored
from cnncalc.layers import Field, Formula
from cnncalc.layers.window import AXES, Window


def explained(cell: Cell) -> list[Formula]:
    """All formulas of a row: the layer's own, then those that follow from them."""
    row, _, setting = cell
    found = [*row.formulas, *buffers(cell), *work(cell)]
    if stored(cell):
        numbers = "·".join(map(str, row.output)) + (f"·{setting.batch}" if setting.batch > 1 else "")
        found.append(Formula("memory", f"{numbers}·{setting.bytes} = {stored(cell):,}"))
    found += fields(cell)
    if row.cost.macs:
        moved = f"{setting.batch}·({prod(row.input)} + {prod(row.output)}) + {row.parameters}"
        flops = 2 * row.cost.macs * setting.batch
        found.append(
            Formula("intensity", f"{flops}/(({moved})·{setting.bytes}) = {round(intensity(cell), 2)}")
        )
    return found


def buffers(cell: Cell) -> Iterator[Formula]:
    shapes = cell.row.step.layer.buffer_shapes(cell.row.input).values()
    if shapes:
        terms = " + ".join("·".join(map(str, shape)) for shape in shapes)
        yield Formula("buffers", f"{terms} = {cell.row.buffers:,}")


def work(cell: Cell) -> Iterator[Formula]:
    cost, batch = cell.row.cost, cell.setting.batch
    if cost.connections > cost.macs > 0:
        yield Formula("connections", f"{cost.macs} + {cost.connections - cost.macs} = {cost.connections:,}")
    if cost.macs and batch > 1:
        yield Formula("MACs of a batch", f"{cost.macs}·{batch} = {cost.macs * batch:,}")
    if cost.macs:
        yield Formula("FLOPs", f"2·{cost.macs * batch} = {2 * cost.macs * batch:,}")


def fields(cell: Cell) -> Iterator[Formula]:
    """How the receptive field follows from that of the layer before, for each axis or once for all."""
    step = cell.row.step
    names = AXES.get(len(step.before), ())
    slides = step.layer.slides(step.input)
    texts = [
        axis_formulas(before, after, slides[axis] if slides else None, step.input[axis])
        for axis, (before, after) in enumerate(zip(step.before, step.field, strict=False))
        if before != after
    ]
    if texts and all(text == texts[0] for text in texts):
        texts, names = texts[:1], ("",)
    for name, formulas in zip(names, texts, strict=False):
        for figure, text in formulas:
            yield Formula(f"{figure} of {name}s" if name else figure, text)


def axis_formulas(before: Field, after: Field, over: object, n: int) -> list[Formula]:
    """Size, jump and start of one axis; nothing where units see differently much."""
    if before.phases or after.phases or not isinstance(before.jump, int):
        return []
    if isinstance(over, Window) and after.jump == before.jump * over.stride:
        pad = over.pads(n)[0]
        return [
            Formula("field", f"{before.size} + ({over.extent} − 1)·{before.jump} = {after.size}"),
            Formula("jump", f"{before.jump}·{over.stride} = {after.jump}"),
            Formula("start", minus(f"{before.start} − {pad}·{before.jump} = {after.start}")),
        ]
    if after == before.united(n):
        return [Formula("field", f"{before.size} + ({n} − 1)·{before.jump} = {after.size}")]
    return []


def minus(text: str) -> str:
    return text.replace("-", "−")
