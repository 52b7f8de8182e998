"""The record of a matrix that a user wrote: exact numbers, and what divides them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, TypeAlias

from cnncalc.errors import LanguageError, Place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Number: TypeAlias = int | Fraction
Plane: TypeAlias = tuple[tuple[Number, ...], ...]  # the rows of one channel


@dataclass(frozen=True)
class Matrix:
    """Exact numbers by filter, plane, row and column, and what all of them are divided by.

    filters: planes of one size, equally many to a filter. axes: 1 for a signal, which is one row a plane.
    grouped: whether the words say which planes form a filter. fractions: whether they are written as fractions.
    """

    filters: tuple[tuple[Plane, ...], ...]
    divisor: int = 1
    axes: int = 2
    grouped: bool = False
    fractions: bool = False
    notes: tuple[str, ...] = ()  # what may not be as it was meant, a sentence each
    place: Place | None = field(default=None, compare=False, repr=False)

    @property
    def planes(self) -> tuple[Plane, ...]:
        """The planes of all filters, in order."""
        return tuple(plane for planes in self.filters for plane in planes)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        first = self.filters[0][0]
        return len(first), len(first[0])

    @property
    def rows(self) -> Plane:
        """The numbers where there is one plane only; LanguageError where there are several."""
        if len(self.planes) > 1:
            raise LanguageError(
                f"one matrix is needed, not {len(self.planes)}",
                "leave out | and empty lines; rows are separated by ; or by a new line",
                place=self.place,
            )
        return self.filters[0][0]

    def over_one_divisor(self) -> Matrix:
        """The same matrix as whole numbers over a divisor: 1/16 2/16 as 1 2 over 16."""
        shared = lcm(*(number.denominator for plane in self.planes for row in plane for number in row))
        whole = tuple(
            tuple(tuple(tuple(int(number * shared) for number in row) for row in plane) for plane in planes)
            for planes in self.filters
        )
        return replace(self, filters=whole, divisor=self.divisor * shared)

    def array(self) -> NDArray[np.float64]:
        """(filters, planes, rows, columns) float64, divided."""
        import numpy as np

        numbers = [Fraction(number) for plane in self.planes for row in plane for number in row]
        shape = (len(self.filters), len(self.filters[0]), *self.size)
        return np.array([float(number / self.divisor) for number in numbers]).reshape(shape)
