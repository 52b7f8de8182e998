"""Models side by side: what each comes to, and the layers in which one differs from another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cnncalc.arithmetic.report import SCHEMA, Report, Row
from cnncalc.layers.combining import Auxiliary

LARGEST_TABLE = (
    2**30
)  # bits: beyond it two stretches of layers are not aligned, but set against each other whole


class Totals(NamedTuple):
    """What a model comes to, for one example; memory in numbers, not bytes."""

    parameters: int
    trainable: int
    macs: int
    depth: int  # convolutions and fully connected layers on the longest way through
    field: tuple[int, ...]  # what a unit of the last map sees, in input pixels per axis
    peak: int  # most numbers in memory at once in inference
    kept: int  # those that training keeps for the way back

    @classmethod
    def of(cls, report: Report) -> Totals:
        return cls(
            report.parameters,
            report.trainable,
            report.macs,
            depth(report),
            last_field(report),
            report.peak,
            report.kept,
        )

    def document(self) -> dict[str, Any]:
        return {**self._asdict(), "field": list(self.field)}

    def ratios(self, first: Totals) -> dict[str, float | None]:
        """How many times the first one's figures these are; None where that has none."""
        pairs = {
            name: (mine, base)
            for name, mine, base in zip(self._fields, self, first, strict=True)
            if isinstance(mine, int) and isinstance(base, int)
        }
        return {name: mine / base if base else None for name, (mine, base) in pairs.items()}


def depth(report: Report) -> int:
    """Weight layers on the longest way from input to output, as names such as ResNet-50 count them.

    Branches count as their longest one; what stands beside the way counts nothing.
    """
    ways: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in report.steps:
        rest = row.path.rpartition(".")[0]
        block, _, branch = rest.rpartition(".")
        if not row.step.layer.block:
            ways[block][branch] += weights(row)
        else:
            longest = max(ways.pop(row.path, {"": 0}).values())
            ways[block][branch] += 0 if isinstance(row.step.layer, Auxiliary) else longest
    return ways[""][""]


def weights(row: Row) -> int:
    """How many convolutions or fully connected layers a layer is: a separable one is two."""
    if not row.cost.macs:
        return 0
    return sum(name.endswith("weight") for name in row.step.layer.param_shapes(row.input))


def last_field(report: Report) -> tuple[int, ...]:
    """What a unit sees of the last map whose units do not all see the same."""
    for row in reversed(report.steps):
        if row.field and all(axis.jump for axis in row.field):
            return tuple(axis.size for axis in row.field)
    return ()


class Difference(NamedTuple):
    """A layer of the first model, one of the second, or both where they stand at the same place but differ."""

    first: Row | None
    second: Row | None

    def document(self) -> dict[str, Any]:
        return {
            side: row and {**row.place(), "parameters": row.parameters, "macs": row.cost.macs}
            for side, row in (("first", self.first), ("second", self.second))
        }


class Comparison(NamedTuple):
    """Models by the words they were called by, their totals, and the others' differences from the first."""

    names: list[str]
    totals: list[Totals]
    differences: list[list[Difference]]

    @classmethod
    def of(cls, names: list[str], reports: list[Report]) -> Comparison:
        first, *others = reports
        return cls(
            names,
            [Totals.of(report) for report in reports],
            [differences(first.rows, other.rows) for other in others],
        )

    def document(self) -> dict[str, Any]:
        """The comparison as `compare --json` prints it."""
        first = self.totals[0]
        return {
            "schema": SCHEMA,
            "models": [
                {"model": name, "totals": totals.document(), "ratios": totals.ratios(first)}
                for name, totals in zip(self.names, self.totals, strict=True)
            ],
            "differences": [
                {"model": name, "layers": [difference.document() for difference in found]}
                for name, found in zip(self.names[1:], self.differences, strict=True)
            ],
        }


def differences(first: list[Row], second: list[Row]) -> list[Difference]:
    """The layers that differ in words, output, parameters or multiply-adds, in order.

    The longest common subsequence of the layers' words stays in place; what lies between two of its layers is paired
    by kind, a convolution with a convolution.
    """
    found: list[Difference] = []
    for ours, theirs in stretches([row.text for row in first], [row.text for row in second]):
        kinds = [first[i].layer for i in ours], [second[j].layer for j in theirs]
        for inner, outer in stretches(*kinds):
            mine = [first[ours[i]] for i in inner]
            others = [second[theirs[j]] for j in outer]
            if len(mine) == len(others) == 1 and mine[0].layer == others[0].layer:
                if figures(mine[0]) != figures(others[0]):
                    found.append(Difference(mine[0], others[0]))
            else:
                found += [Difference(row, None) for row in mine]
                found += [Difference(None, row) for row in others]
    return found


def figures(row: Row) -> tuple[Any, ...]:
    return row.text, row.output, row.parameters, row.cost.macs


def stretches(first: Sequence[str], second: Sequence[str]) -> Iterator[tuple[range, range]]:
    """Both from end to end: each pair of the longest common subsequence, and what lies before it and between."""
    i = j = 0
    for p, q in [*common(first, second), (len(first), len(second))]:
        if p > i or q > j:
            yield range(i, p), range(j, q)
        if p < len(first) and q < len(second):
            yield range(p, p + 1), range(q, q + 1)
        i, j = p + 1, q + 1


def common(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    """The places of a longest common subsequence; what both begin and end with is taken first."""
    shorter = min(len(first), len(second))
    start = next((i for i in range(shorter) if first[i] != second[i]), shorter)
    rest = range(shorter - start)
    end = next((i for i in rest if first[-1 - i] != second[-1 - i]), len(rest))
    middle = longest(first[start : len(first) - end], second[start : len(second) - end])
    return [
        *((i, i) for i in range(start)),
        *((i + start, j + start) for i, j in middle),
        *((len(first) - i, len(second) - i) for i in range(end, 0, -1)),
    ]


def longest(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    """A longest common subsequence, by a table of one bit for each two words.

    Bit j of a column tells whether the subsequence does not grow with the second's word j (Hyyrö 2004, Bit-parallel
    LCS-length computation revisited); a whole column is one number. Nothing where the table would be too large.
    """
    if len(first) * len(second) > LARGEST_TABLE:
        return []
    bits = {word: bytearray(len(second) // 8 + 1) for word in {*first} & {*second}}
    for j, word in enumerate(second):
        if word in bits:
            bits[word][j // 8] |= 1 << j % 8
    places = {word: int.from_bytes(each, "little") for word, each in bits.items()}
    columns = [(1 << len(second)) - 1]
    mask = columns[0]
    for word in first:
        column = columns[-1]
        both = column & places.get(word, 0)
        columns.append(((column + both) | (column - both)) & mask)  # a carry would lengthen it
    found: list[tuple[int, int]] = []
    i, j = len(first), len(second)
    while i and j:
        if columns[i] >> (j - 1) & 1:
            j -= 1
        else:
            i -= 1
            if columns[i] >> (j - 1) & 1:
                j -= 1
                found.append((i, j))
    return found[::-1]
