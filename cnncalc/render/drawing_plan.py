"""Which items a drawing of a model has: its volumes in order, branches as lanes, and so few that they fit on a slide.

Small models are shown whole; of larger ones repetitions are folded, then blocks closed, then the middle left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from cnncalc.arithmetic.report import Report
from cnncalc.arithmetic.tree import Node, grown
from cnncalc.layers import Layer, Step, show
from cnncalc.layers.combining import Auxiliary
from cnncalc.render.drawing_folding import closed, folded, shortened
from cnncalc.render.drawing_items import Beside, Fork, Item, Items, Volume, volumes

FEW = 28  # volumes: so many are shown whole
MANY = 120  # volumes: beyond, blocks are closed
SIGNS = {"residual": "+", "multiply": "×"}  # joined number by number; the others stack their channels
WRITTEN_ELSEWHERE = {"filters", "units", "kernel"}  # in the output's size, or as the window


def title(report: Report, name: str) -> str:
    """What the model is called, and its figures."""
    facts = [f"{show(report.input)} → {show(report.output)}"]
    if report.parameters:
        facts.append(f"{report.parameters:,} parameters")
    if report.macs:
        facts.append(f"{report.macs:,} MACs")
    return f"{name}: {', '.join(facts)}"


def plan(report: Report) -> Items:
    """The items of a model behind its input."""
    items = tuple(items_of(grown(row.step for row in report.steps)))
    if len([*islice(volumes(items), FEW + 1)]) <= FEW:
        return items
    items = folded(items)
    for depth in (3, 2, 1, 0):
        if len([*islice(volumes(items), MANY + 1)]) <= MANY:
            return items
        items = closed(items, depth)
    return shortened(items)


# ── from steps to items ──


def items_of(nodes: Sequence[Node]) -> Iterator[Item]:
    """The items of layers in a row; those that keep the size go with the volume before them, or else with the next."""
    last: Volume | Fork | None = None
    waiting: list[Step] = []
    for node in nodes:
        step = node.step
        if keeps_size(node):
            if last is None:
                waiting.append(step)
            else:
                last = joined(last, step)
            continue
        if last is not None:
            yield last
            last = None
        if node.branches and waiting:
            yield volume(waiting)
            waiting = []
        if isinstance(step.layer, Auxiliary):
            yield Beside(tuple(items_of(node.branches[0])), (step.layer,))
        elif node.branches:
            last = fork(node)
        else:
            last = volume([*waiting, step])
            waiting = []
    if last is not None:
        yield last
    if waiting:
        yield volume(waiting)


def keeps_size(node: Node) -> bool:
    """Whether it is a leaf that works number by number: no volume of its own is drawn for it."""
    layer, x = node.step.layer, node.step.input
    return not layer.block and node.step.output == x and not layer.slides(x) and not layer.cost(x).macs


def volume(steps: list[Step]) -> Volume:
    """The volume behind the last of the steps."""
    layers, paths = tuple(step.layer for step in steps), tuple(step.path for step in steps)
    return Volume(paths[-1], tuple(map(name, layers)), steps[-1].output, layers[::-1], paths)


def fork(node: Node) -> Fork:
    step = node.step
    word = step.layer.word
    lanes = tuple(tuple(items_of(branch)) for branch in node.branches)
    names = () if word in SIGNS else (word,)
    end = Volume(step.path, names, step.output, (step.layer,), (), SIGNS.get(word, ""))
    return Fork(lanes, end, (step.layer,), step)


def joined(item: Volume | Fork, step: Step) -> Volume | Fork:
    """The item with one more layer that keeps its size."""
    layers = (*item.layers, step.layer)
    if isinstance(item, Fork):
        return item._replace(end=joined_volume(item.end, step), layers=layers)
    return joined_volume(item, step)


def joined_volume(item: Volume, step: Step) -> Volume:
    return item._replace(
        names=(*item.names, name(step.layer)),
        layers=(*item.layers, step.layer),
        paths=(*item.paths, step.path),
    )


def name(layer: Layer) -> str:
    """conv 3×3, stride 2: what matters of a layer and is not seen in the size that it puts out."""
    words = [layer.word]
    kernel: tuple[int, ...] = getattr(layer, "kernel", ())
    if kernel:
        words.append("×".join(map(str, kernel)))
    words += [
        re.sub(r"(?<=\d)x(?=\d)", "×", option.kind.write(getattr(layer, option.name)))
        for option in layer.heads()
        if option.name not in WRITTEN_ELSEWHERE and getattr(layer, option.name) != ()
    ]
    text = " ".join(words)
    for option in layer.modifiers():
        value = getattr(layer, option.name)
        if option.name in ("stride", "dilation", "groups") and value != option.default_in(layer):
            text += f", {option.word} {re.sub('x', '×', option.kind.write(value))}"
    return text
