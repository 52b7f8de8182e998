"""How a kernel slides over a picture: borders, modes, strides, dilation, anchors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnncalc.errors import UsageError, nearest

Index: TypeAlias = NDArray[np.intp]


class Border(NamedTuple):
    """What lies beyond the picture: a name, and the same in words."""

    name: str
    does: str


BORDERS = (
    Border("zero", "zeros beyond the border"),
    Border("edge", "edge pixels repeated"),
    Border("reflect", "mirrored at the edge pixel, which is not repeated: dcb|abcd|cba"),
    Border("symmetric", "mirrored with the edge pixel repeated: cba|abcd|dcb"),
    Border("wrap", "the picture repeated, as on a torus"),
    Border("constant", "one value of your own"),
)
MODES = ("valid", "same", "full")


class Rows(NamedTuple):
    """Some rows of a taller picture, which an array holds, and the rows of results that are wanted of it."""

    height: int
    held: Index  # the numbers of the rows, in order
    wanted: range

    def at(self, rows: Index) -> Index:
        """Where in the array these rows are; anywhere if they are not."""
        return np.minimum(np.searchsorted(self.held, rows), len(self.held) - 1)


class Geometry(NamedTuple):
    """How a kernel slides over a picture; sizes, strides and so on are rows × columns."""

    border: str = "edge"  # the name of one of BORDERS
    value: float = 0.0  # what lies beyond, where the border is constant
    mode: str = "same"  # valid: the kernel stays inside; same: one result a pixel; full: it touches one pixel
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    anchor: tuple[int, int] | None = (
        None  # the tap that lies on the pixel; None: (kh // 2, kw // 2); same only
    )
    part: Rows | None = None  # where an array holds some rows only of the picture that is meant

    @property
    def beyond(self) -> float | None:
        """The number beyond the border, if it is one number."""
        return {"zero": 0.0, "constant": float(self.value)}.get(self.border)

    def positions(self, shape: tuple[int, ...], kernel: tuple[int, int]) -> tuple[range, range]:
        """The row and the column of the kernel's first tap for every result.

        UsageError where the kernel does not fit, or where a setting makes no sense for it.
        """
        self._check(kernel)
        if self.part:
            shape = (self.part.height, *shape[1:])
        anchor = self.anchor or (kernel[0] // 2, kernel[1] // 2)
        down, across = (
            _starts(self.mode, *axis)
            for axis in zip(shape, kernel, self.stride, self.dilation, anchor, strict=False)
        )
        if not down or not across:
            extent = "×".join(str(d * (k - 1) + 1) for k, d in zip(kernel, self.dilation, strict=True))
            raise UsageError(
                f"a kernel of {extent} does not fit in a picture of {shape[0]}×{shape[1]}",
                "mode same or full goes beyond the border",
            )
        return (down[self.part.wanted.start : self.part.wanted.stop] if self.part else down), across

    def needed(self, shape: tuple[int, ...], kernel: tuple[int, int], wanted: range) -> Index:
        """The rows of the picture that these rows of results are made of, in order."""
        down, _ = self.positions(shape, kernel)
        first, stop = down[wanted[0]], down[wanted[-1]] + self.dilation[0] * (kernel[0] - 1) + 1
        rows = np.unique(sources(self.border, first, stop, shape[0]))
        return rows[rows >= 0]

    def own(self, x: NDArray[Any]) -> NDArray[Any]:
        """The rows of x that the results are of, in mode same with stride 1."""
        return x if self.part is None else x[self.part.at(np.asarray(self.part.wanted))]

    def _check(self, kernel: tuple[int, int]) -> None:
        names = [border.name for border in BORDERS]
        if self.border not in names:
            raise UsageError(f"there is no border {self.border!r}", nearest(self.border, names))
        if self.mode not in MODES:
            raise UsageError(f"there is no mode {self.mode!r}", nearest(self.mode, MODES))
        if min(kernel) < 1:
            raise UsageError("a kernel has at least one row and one column")
        for word, pair in (("stride", self.stride), ("dilation", self.dilation)):
            if min(pair) < 1:
                raise UsageError(f"{word} {pair[0]}×{pair[1]} is less than 1")
        if self.anchor is None:
            return
        if self.mode != "same":
            raise UsageError(
                f"an anchor has no meaning in mode {self.mode}", "mode same is the one that has it"
            )
        if not all(0 <= a < k for a, k in zip(self.anchor, kernel, strict=True)):
            at, size = self.anchor, kernel
            raise UsageError(
                f"the anchor {at[0]},{at[1]} lies outside the {size[0]}×{size[1]} kernel",
                f"rows 0 to {size[0] - 1}, columns 0 to {size[1] - 1}",
            )


SAME = Geometry()


def _starts(mode: str, size: int, kernel: int, stride: int, dilation: int, anchor: int) -> range:
    """Where the first tap lies along one axis, result by result."""
    reach = dilation * (kernel - 1)  # from the first tap to the last
    first, stop = {
        "valid": (0, size - reach),
        "same": (-anchor * dilation, size - anchor * dilation),
        "full": (-reach, size),
    }[mode]
    return range(first, stop, stride)


def _mirrored(i: Index, size: int) -> Index:
    return size - 1 - np.abs(i % (2 * size - 2) - (size - 1)) if size > 1 else np.zeros_like(i)


def _repeated(i: Index, size: int) -> Index:
    i = i % (2 * size)
    return np.minimum(i, 2 * size - 1 - i)


_SOURCES: dict[str, Callable[[Index, int], Any]] = {
    "edge": lambda i, size: np.clip(i, 0, size - 1),
    "reflect": _mirrored,
    "symmetric": _repeated,
    "wrap": lambda i, size: i % size,
}


def sources(border: str, first: int, stop: int, size: int) -> Index:
    """The pixel that each place from first to stop of an axis shows; −1 where it is the number beyond.

    Defined for any distance from the picture, so for pictures of one pixel too (np.pad is not: numpy issue 25926).
    """
    i = np.arange(first, stop)
    if border in _SOURCES:
        found: Index = _SOURCES[border](i, size)
        return found
    return np.where((i >= 0) & (i < size), i, -1)
