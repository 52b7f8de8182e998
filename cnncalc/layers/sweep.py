"""A window's way over one axis: which element lies under which place, position by position.

A transposed convolution is told as the ordinary one that it is equal to: zeros between the elements, stride 1,
and as much padding as the window's extent leaves. Source: Dumoulin & Visin 2016, "A guide to convolution
arithmetic for deep learning", chapter 4.
"""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.layers.window import Transposed, Window


class Sweep(NamedTuple):
    """One axis: its elements, the window's taps and steps, the zeros around and between, the positions."""

    size: int  # elements of the input
    kernel: int
    stride: int
    dilation: int
    before: int  # zeros around; below 0 so many elements are cut off
    after: int
    spread: int  # from one element to the next: above 1 there are zeros between
    positions: int

    @classmethod
    def of(cls, axis: Window | Transposed, size: int) -> Sweep:
        """The way of a window over `size` elements, where it fits."""
        positions = axis.out(size)
        before, after = axis.pads(size)
        if isinstance(axis, Transposed):
            before = axis.extent - 1 - before  # what is not cut is padding for the ordinary one
            length = (size - 1) * axis.stride + 1
            after = positions - 1 + axis.extent - before - length
            return cls(size, axis.kernel, 1, axis.dilation, before, after, axis.stride, positions)
        reach = (positions - 1) * axis.stride + axis.extent
        after = max(after, reach - before - size)  # ceil: the last window reaches beyond the padding
        return cls(size, axis.kernel, axis.stride, axis.dilation, before, after, 1, positions)

    @property
    def length(self) -> int:
        """The places of the axis with the zeros around and between."""
        return self.before + (self.size - 1) * self.spread + 1 + self.after

    def element(self, place: int) -> int | None:
        """The element at a place, or None where a zero stands."""
        index, between = divmod(place - self.before, self.spread)
        return index if not between and 0 <= index < self.size else None

    def taps(self, position: int) -> range:
        """The places under the window's taps."""
        start = position * self.stride
        return range(start, start + self.kernel * self.dilation, self.dilation)


IDLE = Sweep(1, 1, 1, 1, 0, 0, 1, 1)  # the axis of rows that a signal does not have
