"""The receptive field of a unit: which input pixels it sees, along one axis."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, gcd, lcm
from typing import NamedTuple

Span = tuple[int, int]  # the first and the last pixel, both ends included; last < first where nothing is seen
PHASES = 65_536  # of so many units at most each one's span is kept


def ends(elements: range) -> Span:
    """The first and the last of the elements."""
    return elements.start, elements.start + elements.step * (len(elements) - 1)


class Field(NamedTuple):
    """Receptive field along one axis, in input pixels: extent, step from unit to unit, first pixel of unit 0.

    Behind an upsampling neighbouring units see different extents. Their spans then recur every len(phases) units,
    `advance` pixels further on; size is that of the unit that sees most, and jump the mean step.
    """

    size: int
    jump: float
    start: int
    phases: tuple[Span, ...] = ()
    advance: int = 0

    @classmethod
    def of(cls, spans: list[Span], advance: int) -> Field:
        """The field whose units see these spans, and then the same ones `advance` pixels further on."""
        size = max(last - first + 1 for first, last in spans)
        start, end = spans[0]
        step, uneven = divmod(advance, len(spans))
        if not uneven and all(span == (start + i * step, end + i * step) for i, span in enumerate(spans)):
            return cls(size, step, start)
        jump = advance / len(spans)
        return cls(size, int(jump) if jump.is_integer() else jump, start, tuple(spans), advance)

    def span(self, unit: int) -> Span:
        """What a unit sees; units count on beyond both ends, into the padding."""
        if not self.phases:
            first = int(self.start + unit * self.jump)
            return first, first + self.size - 1
        period, phase = divmod(unit, len(self.phases))
        first, last = self.phases[phase]
        return first + period * self.advance, last + period * self.advance

    def united(self, units: int) -> Field:
        """What all of so many neighbouring units see together."""
        first, last = self.span(0)[0], self.span(units - 1)[1]
        return Field(last - first + 1, 0, first)

    def through(self, sees: Callable[[int], Span], units: int, steps: int) -> Field:
        """What the units of a layer see whose unit i sees the units sees(i) of this field.

        What they see recurs: unit i + units sees what unit i sees, `steps` units further on.
        """
        period = max(len(self.phases), 1)
        rounds = period // gcd(period, steps) if steps else 1
        advance = self.advance * steps * rounds // period if self.phases else self.jump * steps * rounds
        kept = min(units * rounds, PHASES)
        spans = [(self.span(low)[0], self.span(high)[1]) for low, high in map(sees, range(kept))]
        found = Field.of(spans, int(advance))
        if kept < units * rounds:  # the mean of all, without the phases
            return Field(found.size, advance / (units * rounds), found.start)
        return found

    def joined(self, other: Field, units: int) -> Field:
        """What a unit sees that sees what both do, of so many units.

        Where one of the two stands still while the other moves on, as the gate of a squeeze-and-excitation block
        does, every unit sees all of the one that stands still: the extent is large enough for each of them.
        """
        if self.jump != other.jump:
            jump = ceil(max(self.jump, other.jump))
            counted = [*range(min(units, PHASES)), units - 1]
            reached = [(field.span(unit), unit * jump) for field in (self, other) for unit in counted]
            start = min(first - on for (first, _), on in reached)
            return Field(max(last - on for (_, last), on in reached) - start + 1, jump, start)
        period = lcm(max(len(self.phases), 1), max(len(other.phases), 1))
        pairs = [(self.span(unit), other.span(unit)) for unit in range(min(period, PHASES))]
        spans = [(min(a[0], b[0]), max(a[1], b[1])) for a, b in pairs]
        return Field.of(spans, int(self.jump * period))
