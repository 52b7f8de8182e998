"""The steps of a model as the tree that its blocks make of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cnncalc.layers import Step
from cnncalc.layers.combining import Block


class Node(NamedTuple):
    """A step; of a block, what is inside it too, branch by branch in the block's order."""

    step: Step
    branches: tuple[tuple[Node, ...], ...] = ()


def grown(steps: Iterable[Step]) -> list[Node]:
    """The tree of a model's steps, where a block stands behind the steps inside it."""
    nodes: list[Node] = []
    for step in steps:
        branches = step.layer.branches_by_name() if isinstance(step.layer, Block) else ()
        inside: dict[str, list[Node]] = {name: [] for name, _ in branches}
        prefix = step.path + "."
        first = len(nodes)
        while inside and first and nodes[first - 1].step.path.startswith(prefix):
            first -= 1
        for node in nodes[first:]:
            inside[node.step.path.removeprefix(prefix).partition(".")[0]].append(node)
        nodes[first:] = [Node(step, tuple(map(tuple, inside.values())))]
    return nodes


def way(nodes: Sequence[Node], path: str) -> list[Node]:
    """What lies on the way from the input to the end of the layer at a path; empty where there is none.

    Blocks before it are whole; of those around it only the branch that it is in counts.
    """
    for index, node in enumerate(nodes):
        if node.step.path == path:
            return [*nodes[: index + 1]]
        if path.startswith(node.step.path + "."):
            for branch in node.branches:
                inside = way(branch, path)
                if inside:
                    return [*nodes[:index], *inside]
    return []
