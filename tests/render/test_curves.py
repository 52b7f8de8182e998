"""Curves in dots and letters: where a point lies, what the axes say, and that nothing is wider than it may be."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.render.curves import Braille, Curve, Letters, axis_for, beside, figure, plot, round_step, trace

RISING = Curve("up", [(0.0, 0.0), (9.0, 9.0)])


def texts(*args: object, **options: object) -> list[str]:
    return [line.plain for line in plot(*args, **options)]  # type: ignore[arg-type]


def test_a_rising_line_in_letters() -> None:
    assert texts("y", [RISING], 13, 5, plain=True) == [
        "y",
        "8 +        **",
        "6 +      **",
        "4 +    **",
        "2 +  **",
        "0 +**",
        "  +----------",
        "   0",
        "* up",
    ]


def test_the_dots_of_a_braille_character_are_numbered_as_unicode_has_them() -> None:
    for bit, (x, y) in enumerate([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]):
        canvas = Braille(1, 1)
        canvas.draw(0, [(float(x), 1 - y / 3)])
        assert [line.plain for line in canvas.lines()] == [chr(0x2800 + (1 << bit))]


def test_the_curve_drawn_first_keeps_its_place() -> None:
    canvas = Letters(3, 1)
    canvas.draw(0, [(0.0, 0.5)])
    canvas.draw(1, [(0.0, 0.5), (1.0, 0.5)])
    assert [line.plain for line in canvas.lines()] == ["*oo"]


unit = st.floats(0, 1)


@given(
    st.lists(st.tuples(unit, unit), min_size=2, max_size=6).map(sorted),
    st.integers(2, 90),
    st.integers(2, 40),
)
def test_a_line_has_no_gaps_and_passes_its_points(points: list[tuple[float, float]], w: int, h: int) -> None:
    places = list(trace(points, w, h))
    assert all(0 <= column < w and 0 <= row < h for column, row in places)
    for (x0, y0), (x1, y1) in pairwise(places):
        assert max(abs(x1 - x0), abs(y1 - y0)) <= 1
    for x, y in points:
        assert (round(x * (w - 1)), round((1 - y) * (h - 1))) in places


@given(
    st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=9),
    st.integers(24, 120),
    st.integers(3, 12),
    st.booleans(),
)
def test_nothing_is_wider_or_higher_than_asked_for(values: list[float], w: int, h: int, plain: bool) -> None:
    lines = plot("loss", [Curve("a", list(enumerate(values)))], w, h, plain=plain)
    assert len(lines) == h + 4
    assert all(line.cell_len <= w for line in lines)
    assert not plain or all(line.plain.isascii() for line in lines)


def test_what_spans_decades_is_logarithmic() -> None:
    axis = axis_for([Curve("a", [(0, 2.0), (1, 0.02)])])
    assert axis.log
    assert axis.ticks() == pytest.approx([0.03, 0.1, 0.3, 1.0])
    assert (axis.place(0.02), axis.place(0.2), axis.place(2.0)) == pytest.approx((0, 0.5, 1))
    assert not axis_for([Curve("a", [(0, 2.0), (1, 0.2)])]).log


def test_shares_are_shown_where_they_are_and_end_at_one() -> None:
    axis = axis_for([Curve("a", [(0, 0.9), (1, 1.0)])], share=True)
    assert (0.85 < axis.low < 0.9, axis.high) == (True, 1.0)
    assert [figure(y, axis.ticks(), share=True) for y in axis.ticks()][-1] == "100%"


def test_values_that_are_no_numbers_are_left_out() -> None:
    curve = Curve("a", [(0.0, 1.0), (1.0, math.nan), (2.0, math.inf), (3.0, 0.5)])
    assert any("*" in line for line in texts("loss", [curve], 40, 5, plain=True)[1:-1])


@pytest.mark.parametrize(("least", "step"), [(0.011, 0.02), (0.02, 0.02), (3, 5), (60, 100), (1, 1)])
def test_steps_are_round(least: float, step: float) -> None:
    assert round_step(least) == pytest.approx(step)


def test_blocks_stand_side_by_side() -> None:
    left, right = (plot("loss", [RISING], 20, 3, plain=True) for _ in range(2))
    lines = beside([left, right], [20, 20])
    assert [line.plain[:20].rstrip() for line in lines] == [line.plain.rstrip() for line in left]
    assert [line.plain[22:].rstrip() for line in lines] == [line.plain.rstrip() for line in right]


def test_a_few_points_are_not_lost_in_many() -> None:
    few = Curve("few", [(0.0, 1.0), (9.0, 1.0)])
    lines = texts("y", [Curve("many", [(x / 10, 1.0) for x in range(91)]), few], 20, 3, plain=True)
    assert sum(line.count("o") for line in lines[1:-1]) > 10
    assert lines[-1] == "* many  o few"
