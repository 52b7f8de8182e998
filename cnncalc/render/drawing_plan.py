"""What a drawing of a model shows: its volumes in order, branches as lanes, repetitions folded, long middles left out.

Small models are shown whole; of larger ones repetitions are folded, then blocks closed, then the middle left out,
until what is left fits on a slide. Every leaf is in exactly one item, folded or left out ones by their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from cnncalc.arithmetic.report import Report
from cnncalc.arithmetic.tree import Node, grown
from cnncalc.layers import Layer, Shape, Step, show
from cnncalc.layers.combining import Auxiliary

FEW = 28  # volumes: so many are shown whole
MANY = 120  # volumes: beyond, blocks are closed
ENDS = 25  # items at either end of a row that is too long even so
PERIOD = 16  # longest repetition looked for, in items
SIGNS = {"residual": "+", "multiply": "×"}  # joined number by number; the others stack their channels
WRITTEN_ELSEWHERE = {"filters", "units", "kernel"}  # in the output's size, or as the window


class Volume(NamedTuple):
    """What a layer puts out, and the layers behind it that change nothing of its size."""

    id: str  # the path of the layer; "input"
    names: tuple[str, ...]  # the layers, as they are named on the way to it
    shape: Shape
    layers: tuple[Layer, ...]
    paths: tuple[str, ...]  # of the leaves
    sign: str = ""  # of what joins branches number by number

    @property
    def family(self) -> str:
        """The module of the layer that gave it its size; input where none did."""
        return type(self.layers[0]).__module__.rpartition(".")[2] if self.layers else "input"


class Fork(NamedTuple):
    """Branches, and the volume in which they meet."""

    lanes: tuple[Items, ...]
    end: Volume
    layers: tuple[Layer, ...]
    step: Step


class Beside(NamedTuple):
    """Layers beside the main way."""

    items: Items
    layers: tuple[Layer, ...]


class Repeat(NamedTuple):
    """Items that come several times; those of the first time are shown."""

    items: Items
    times: int
    shape: Shape  # behind the last time
    paths: tuple[str, ...]  # of all leaves of the other times
    layers: tuple[Layer, ...] = ()


class Gap(NamedTuple):
    """Items that are left out."""

    id: str
    volumes: int
    paths: tuple[str, ...]
    layers: tuple[Layer, ...] = ()


Item = Volume | Fork | Beside | Repeat | Gap
Items = tuple[Item, ...]


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


# ── less of them ──


def inside(item: Item) -> tuple[Items, ...]:
    """The rows of items in an item."""
    match item:
        case Fork(lanes=lanes):
            return lanes
        case Beside(items=items) | Repeat(items=items):
            return (items,)
    return ()


def volumes(items: Items) -> Iterator[Volume | Gap]:
    """All that is drawn as a volume, where branches meet too."""
    for item in items:
        for lane in inside(item):
            yield from volumes(lane)
        if isinstance(item, Volume | Gap):
            yield item
        elif isinstance(item, Fork):
            yield item.end


def counted(items: Items) -> int:
    """How many volumes that are in all, each as often as it comes."""
    total = 0
    for item in items:
        within = sum(map(counted, inside(item)))
        match item:
            case Repeat(times=times):
                total += within * times
            case Gap(volumes=left_out):
                total += left_out
            case Beside():
                total += within
            case _:
                total += within + 1
    return total


def paths(items: Items) -> Iterator[str]:
    """The paths of all leaves, those folded or left out too."""
    for item in items:
        for lane in inside(item):
            yield from paths(lane)
        if isinstance(item, Volume | Gap | Repeat):
            yield from item.paths
        elif isinstance(item, Fork):
            yield from item.end.paths


def with_rows(item: Item, rows: list[Items]) -> Item:
    """The item with other rows inside."""
    if isinstance(item, Fork):
        return item._replace(lanes=tuple(rows))
    if isinstance(item, Beside | Repeat):
        return item._replace(items=rows[0])
    return item


def folded(items: Items) -> Items:
    """The items with repetitions shown once; what repeats has the same layers, not always the same sizes."""
    numbers: dict[tuple[Layer, ...], int] = {}
    keys = [numbers.setdefault(item.layers, len(numbers)) for item in items]
    found: list[Item] = []
    at = 0
    while at < len(items):
        period, times = repetition(keys, at)
        shown = tuple(
            with_rows(item, [folded(row) for row in inside(item)]) for item in items[at : at + period]
        )
        if times == 1:
            found += shown
        else:
            others = items[at + period : at + period * times]
            found.append(Repeat(shown, times, shape_behind(others), tuple(paths(others))))
        at += period * times
    return tuple(found)


def repetition(keys: list[int], at: int) -> tuple[int, int]:
    """Of the repetitions that begin here the one that covers most: its length, and how often it comes."""
    best = (1, 1)
    for period in range(1, min(PERIOD, (len(keys) - at) // 2) + 1):
        first = keys[at : at + period]
        times = 1
        while keys[at + times * period : at + (times + 1) * period] == first:
            times += 1
        if times > 1 and period * times > best[0] * best[1]:
            best = (period, times)
    return best


def shape_behind(items: Items) -> Shape:
    """The size of the last volume on the main way."""
    for item in reversed(items):
        match item:
            case Volume(shape=shape) | Fork(end=Volume(shape=shape)) | Repeat(shape=shape):
                return shape
    return ()


def closed(items: Items, depth: int) -> Items:
    """The items with blocks shown as one volume each, where they are so deep within blocks or deeper."""
    found: list[Item] = []
    for item in items:
        if isinstance(item, Fork) and depth == 0:
            leaves = tuple(paths((item,)))
            branches = f"{len(item.lanes)} branches, {len(leaves)} layers"
            word = item.step.layer.word
            names = (word, branches, *item.end.names[not item.end.sign :])
            found.append(item.end._replace(names=names, paths=leaves, sign=""))
        else:
            deeper = depth - isinstance(item, Fork)
            found.append(with_rows(item, [closed(row, deeper) for row in inside(item)]))
    return tuple(found)


def shortened(items: Items) -> Items:
    """The items, the middle of long rows left out."""
    items = tuple(with_rows(item, [shortened(row) for row in inside(item)]) for item in items)
    if len(items) <= 2 * ENDS + 1:
        return items
    middle = items[ENDS:-ENDS]
    first = next((volume.id for volume in volumes(middle)), "")
    return (*items[:ENDS], Gap(f"from {first}", counted(middle), tuple(paths(middle))), *items[-ENDS:])
