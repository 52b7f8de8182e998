"""A convolution on paper as a film: its window slides over the numbers, the sum stands below."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.imaging.convolved import Convolved, Position
from cnncalc.layers import show
from cnncalc.render.convolution import describe, sum_lines
from cnncalc.render.film import FRAMES, Film
from cnncalc.render.grids import Figures, Value
from cnncalc.render.sliding import Numbers, slide

TERMS = 45  # of a sum that is written out below the drawing


def convolution_film(done: Convolved, *, full: bool = False) -> Film:
    """All channels and filters with their numbers; UsageError where there are more than one looks at."""
    figures = Figures(done.fractions, full, "0")

    def words(plane: Sequence[Sequence[Value]]) -> list[list[str]]:
        flat = figures.words([value for row in plane for value in row])
        across = len(plane[0])
        return [flat[i : i + across] for i in range(0, len(flat), across)]

    numbers = Numbers(
        [words(plane) for plane in done.x.planes],
        [[words(plane) for plane in planes] for planes in done.weights],
        [words(plane) for plane in done.output],
        [sum_below(done, figures, at) for at in done.positions[:FRAMES]],  # more are refused
    )
    sweeps = list(done.sweeps[2 - done.axes :])
    result = tuple(sweep.positions for sweep in sweeps)
    size = done.x.size[2 - done.axes :]
    title = f"{describe(done).split(':')[0].split(',')[0]}: {show(size)} ∗ {show(done.layer.kernel)} → {show(result)}"
    return slide(title, sweeps, numbers, hint="give smaller matrices, or a larger stride")


def sum_below(done: Convolved, figures: Figures, at: Position) -> list[str]:
    """The lines of a sum; the last one alone where there are too many terms."""
    terms = list(done.products(at))
    lines = [line.plain for line in sum_lines(done, figures, at, terms)]
    return lines if len(terms) <= TERMS else lines[-1:]
