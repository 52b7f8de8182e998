"""Which input pixels a unit sees: every window on the way to it followed back, through branches and shortcuts.

A unit stands for all channels at its place, and a pixel for all channels of the input. The set is that of the
input pixels on which the unit's value depends where no weight is zero: the non-zero pattern of its gradient.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.arithmetic.report import SCHEMA, Report, Row
from cnncalc.arithmetic.tree import Node, grown, way
from cnncalc.errors import ShapeError, UsageError, nearest
from cnncalc.layers import Field, Shape, number, show
from cnncalc.layers.branching import Branches
from cnncalc.layers.field import Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]

Unit = tuple[int, ...]
POSITIONS = 2**28  # of all maps on the way together; beyond, the single pixels are not followed
LENGTH = 2**22  # of their axes together


class Seen(NamedTuple):
    """What one unit sees of the input."""

    row: Row
    unit: Unit
    spans: tuple[Span, ...]  # per axis the first and the last pixel, padding included, both ends inclusive
    mask: Mask | None  # (H, W), (L,) or (D, H, W): the very pixels; None where they are too many to follow

    @property
    def axes(self) -> list[list[int]]:
        """Per axis the places at which it sees anything."""
        import numpy as np

        mask = self.pixels()
        return [
            np.flatnonzero(np.any(mask, other_axes(mask.ndim, axis))).tolist() for axis in range(mask.ndim)
        ]

    @property
    def rectangle(self) -> tuple[Span, ...]:
        """Per axis the first and the last pixel that it sees; empty where it sees none."""
        axes = self.axes
        return tuple((places[0], places[-1]) for places in axes) if all(axes) else ()

    @property
    def area(self) -> int:
        """Pixels of the rectangle."""
        return prod(last - first + 1 for first, last in self.rectangle) if self.rectangle else 0

    @property
    def total(self) -> int:
        """Pixels that it sees."""
        return int(self.pixels().sum())

    @property
    def is_product(self) -> bool:
        """Whether it sees all pixels at the crossings of the places of its axes."""
        return self.total == prod(map(len, self.axes))

    def pixels(self) -> Mask:
        assert self.mask is not None
        return self.mask

    def runs(self) -> Iterator[list[int]]:
        """The pixels along the last axis in unbroken rows: where each lies, its first and its last."""
        import numpy as np

        mask = self.pixels()
        edges = np.diff(np.pad(mask.astype(np.int8), [(0, 0)] * (mask.ndim - 1) + [(1, 1)]), axis=-1)
        for start, end in zip(
            np.argwhere(edges == 1).tolist(), np.argwhere(edges == -1).tolist(), strict=True
        ):
            yield [*start, end[-1] - 1]

    def document(self) -> dict[str, Any]:
        """The unit as `field --json` prints it."""
        facts: dict[str, Any] = {
            **self.row.place(),
            "unit": list(self.unit),
            "span": [list(span) for span in self.spans],
        }
        if self.mask is None:
            return {**facts, "exact": False}
        product = self.is_product
        return {
            **facts,
            "exact": True,
            "rectangle": [list(span) for span in self.rectangle],
            "area": self.area,
            "pixels": self.total,
            "axes": self.axes,
            "product": product,
            **({} if product else {"runs": list(self.runs())}),
        }


def document(report: Report, seen: Seen) -> dict[str, Any]:
    """What `field --json` prints: the field of every layer, and what one unit sees."""
    layers = [
        {**row.place(), "field": {**row.seen(), "centre": [centre(axis) for axis in row.field]}}
        for row in report.steps
    ]
    return {"schema": SCHEMA, "input": list(report.input), "layers": layers, "seen": seen.document()}


def centre(field: Field) -> float:
    """The middle of what unit 0 sees, in input pixels."""
    first, last = field.span(0)
    return (first + last) / 2


def other_axes(ndim: int, axis: int) -> tuple[int, ...]:
    return tuple(other for other in range(ndim) if other != axis)


# ── which unit ──


def chosen(report: Report, layer: str = "") -> Row:
    """The row of the layer that a number of the table names; without one the last that has spatial axes.

    Raises UsageError where there is none, ShapeError where the model has no layer with axes.
    """
    if report.error:
        raise report.error
    if len(report.input) == 1:
        raise ShapeError(
            f"an input of {show(report.input)} numbers has no axes, so there are no pixels to see",
            "give an input such as 28x28x1",
        )
    if layer:
        return numbered(report, layer)
    for row in reversed(report.steps):
        if len(row.output) > 1:
            return row
    raise ShapeError("no layer has spatial axes", "name a model that begins with a convolution or a pooling")


def numbered(report: Report, layer: str) -> Row:
    """The row of the layer that a number of the table names; raises UsageError where there is none."""
    for row in report.steps:
        if number(row.path) == layer:
            return row
    known = [number(row.path) for row in report.steps]
    if not known:
        raise UsageError(f"there is no layer {layer}", "the model has none")
    hint = nearest(layer, known) if len(known) < 30 else f"the last is {known[-1]}"
    more = "cnncalc shape numbers the layers"
    raise UsageError(
        f"there is no layer {layer}", f"{hint} {more}" if hint.endswith("?") else f"{hint}; {more}"
    )


def middle(shape: Shape) -> Unit:
    """The unit in the middle of a map, of two the later."""
    return tuple(n // 2 for n in shape[:-1])


def check_unit(unit: Unit, row: Row) -> Unit:
    """The unit; raises UsageError where the layer has none there."""
    spatial = row.output[:-1]
    where = f"layer {number(row.path)} puts out {show(row.output)}"
    if not spatial:
        raise UsageError(f"{where}, numbers without axes: all of them see the same", "leave --unit out")
    if len(unit) != len(spatial):
        example = ",".join(map(str, middle(row.output)))
        raise UsageError(f"a unit of {len(unit)} numbers, but {where}", f"give one an axis: --unit {example}")
    for place, n in zip(unit, spatial, strict=True):
        if not 0 <= place < n:
            last = ",".join(str(n - 1) for n in spatial)
            raise UsageError(
                f"there is no unit {','.join(map(str, unit))}: {where}",
                f"units are counted from 0, the last is {last}",
            )
    return unit


# ── what it sees ──


def look(report: Report, row: Row, unit: Unit | None = None) -> Seen:
    """What a unit sees, by default the one in the middle; behind flatten, what all see."""
    unit = middle(row.output) if unit is None else check_unit(unit, row)
    spans = tuple(field.span(place) for field, place in zip(row.field, unit or (0,) * 3, strict=False))
    path = way(grown(step.step for step in report.steps), row.path)
    maps = [*(node.step.input[:-1] for node in path), row.output[:-1]]
    if sum(map(prod, maps)) > POSITIONS or sum(map(sum, maps)) > LENGTH:
        return Seen(row, unit, spans, None)
    import numpy as np

    mask: Mask = np.zeros(row.output[:-1], bool)
    mask[unit] = True
    return Seen(row, unit, spans, backward(path, mask))


def backward(nodes: Sequence[Node], mask: Mask) -> Mask:
    """The places of the first node's input that the marked places of the last one's output see."""
    for node in reversed(nodes):
        if isinstance(node.step.layer, Branches):
            mask = through_branches(node, mask)
        elif not node.branches:
            mask = through_leaf(node, mask)
    return mask


def through_branches(node: Node, mask: Mask) -> Mask:
    """All that any of the branches sees; one of a single pixel, in a product, is seen by every place."""
    import numpy as np

    found: Mask = np.zeros(node.step.input[:-1], bool)
    for branch in node.branches:
        y = branch[-1].step.output[:-1] if branch else node.step.input[:-1]
        at_end = mask if y == mask.shape else np.full(y, mask.any())
        found |= backward(branch, at_end)
    return found


def through_leaf(node: Node, mask: Mask) -> Mask:
    """What the marked places use of a leaf's input, axis by axis."""
    import numpy as np

    layer, x = node.step.layer, node.step.input
    if mask.ndim < len(x) - 1:  # flattened
        return np.full(x[:-1], mask.any())
    for axis in range(mask.ndim):
        across = np.moveaxis(mask, axis, 0)
        found = np.zeros((x[axis], *across.shape[1:]), bool)
        for unit in np.flatnonzero(across.reshape(len(across), -1).any(1)).tolist():
            uses = layer.uses(unit, axis, x)
            elements = uses[max(-(uses.start // uses.step), 0) :]  # without those before the first
            found[slice(elements.start, min(elements.stop, x[axis]), elements.step)] |= across[unit]
        mask = np.moveaxis(found, 0, axis)
    return mask
