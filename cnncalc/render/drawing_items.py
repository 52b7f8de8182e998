"""What a drawing of a model shows, as items: volumes, branches, repetitions, and gaps for what is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.layers import Layer, Shape, Step


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
