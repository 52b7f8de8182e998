"""Numbers as people read them, in aligned grids that keep to the width."""

from fractions import Fraction

import pytest
from rich.console import Console

from cnncalc.render.grids import Block, Cell, Figures, elided, figures_for, flow, grid, sign


@pytest.mark.parametrize(
    ("values", "figures", "words"),
    [
        ([1, -2, 10**20], Figures(), ["1", "−2", "1e+20"]),
        ([10**20], Figures(full=True), ["1" + "0" * 20]),
        ([Fraction(1, 2), 3], Figures(), ["0.5", "3"]),
        ([Fraction(1, 2), Fraction(-1, 8)], Figures(), ["0.500", "−0.125"]),
        ([Fraction(1, 3), Fraction(1, 2)], Figures(), ["0.3333", "0.5000"]),
        ([Fraction(1, 3)], Figures(full=True), ["0.3333333333333333"]),
        ([Fraction(1, 3), 2], Figures(fractions=True), ["1/3", "2"]),
        ([Fraction(1, 10_007)], Figures(fractions=True), ["9.993e−05"]),
        ([0.99999999, 0], Figures(), ["1.0000", "0"]),
        ([2.5e-7], Figures(), ["2.5e−07"]),
        ([0.1 + 0.2], Figures(full=True), ["0.30000000000000004"]),
        ([None, 1], Figures(nothing="."), [".", "1"]),
    ],
)
def test_how_numbers_are_written(values: list, figures: Figures, words: list[str]) -> None:
    assert figures.words(values) == words


def test_factors_that_would_be_misread_stand_in_parentheses() -> None:
    figures = Figures(fractions=True)
    assert [figures.factor(v) for v in (2, -2, Fraction(1, 2))] == ["2", "(−2)", "(1/2)"]


def drawn(rows: list, *, plain: bool = True, room: int = 80) -> list[str]:
    return [line.plain for line in grid("", rows, Figures(), plain=plain, room=room).lines]


def test_numbers_stand_under_each_other() -> None:
    rows = [[Cell(1), Cell(Fraction(1, 2))], [Cell(-10), Cell(None)]]
    assert drawn(rows) == ["   1     0.5 ", " −10     ·   "]


def test_marked_cells_are_bracketed_where_there_are_no_colours() -> None:
    marked = [[Cell(1, "red", True), Cell(2, "red", True), Cell(3), Cell(4, "red", True)]]
    assert drawn(marked) == ["[1 2]3[4]"]
    colours = grid("", marked, Figures(), plain=False, room=80).lines[0]
    assert colours.plain.rstrip() == " 1 2 3 4"
    assert [colours.plain[span.start : span.end] for span in colours.spans if span.style] == [
        "1",
        " ",
        "2",
        "4",
    ]


def test_what_is_too_wide_or_too_long_is_left_out_in_the_middle() -> None:
    row = [Cell(i) for i in range(9)]
    assert drawn([row], room=10) == [" 0 1 … 8 "]
    assert len(drawn([row] * 1000)) == 60


@pytest.mark.parametrize("count", range(1, 12))
def test_the_first_and_the_last_are_kept(count: int) -> None:
    kept = elided(count, 5)
    assert kept == list(range(count)) if count <= 5 else kept == [0, 1, None, count - 2, count - 1]


def test_blocks_flow_and_a_sign_stays_with_what_follows() -> None:
    from rich.text import Text

    block = Block("title", [Text("1 2 3"), Text("4 5 6"), Text("7 8 9")])
    assert [line.plain for line in flow([block, sign("="), block], 20)] == [
        "title     title",
        "1 2 3     1 2 3",
        "4 5 6  =  4 5 6",
        "7 8 9     7 8 9",
    ]
    assert [line.plain for line in flow([block, sign("="), block], 14)][4:] == [
        "",
        "   title",
        "   1 2 3",
        "=  4 5 6",
        "   7 8 9",
    ]


def test_padding_is_a_faint_zero_in_colour_and_a_dot_without() -> None:
    colour = Console(force_terminal=True, color_system="truecolor", no_color=False)
    assert figures_for(colour, fractions=False, full=False).nothing == "0"
    assert figures_for(Console(no_color=True), fractions=False, full=False).nothing in "·."
