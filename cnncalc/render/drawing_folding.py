"""Less to draw: repetitions shown once, blocks closed, the middle of long rows left out.

Every leaf stays in exactly one item, folded or left out ones by their number.
"""

from __future__ import annotations

from cnncalc.layers import Layer, Shape
from cnncalc.render.drawing_items import (
    Fork,
    Gap,
    Item,
    Items,
    Repeat,
    Volume,
    counted,
    inside,
    paths,
    volumes,
    with_rows,
)

ENDS = 25  # items at either end of a row that is too long even so
PERIOD = 16  # longest repetition looked for, in items


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
