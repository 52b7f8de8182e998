"""Pictures in the terminal, character by character."""

import io

import numpy as np
import pytest
from rich.console import Console

from cnncalc.render.picture import show_picture


def printed(pixels, columns=None, *, colour="truecolor", encoding="utf-8", **settings):
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=file, force_terminal=colour is not None, color_system=colour, width=40, **settings)
    show_picture(console, np.array(pixels, settings.pop("dtype", np.uint8)), columns)
    file.flush()
    return file.buffer.getvalue().decode(encoding)


def test_two_pixels_a_character_upper_in_front_lower_behind():
    text = printed([[[1, 2, 3]], [[4, 5, 6]], [[7, 8, 9]]])
    assert text == "\x1b[38;2;1;2;3;48;2;4;5;6m▀\x1b[0m\n\x1b[38;2;7;8;9m▀\x1b[0m\n"


def test_gray_is_colour_of_equal_parts():
    assert printed([[0], [255]]) == "\x1b[38;2;0;0;0;48;2;255;255;255m▀\x1b[0m\n"


def test_scaled_down_to_the_columns_keeping_the_aspect():
    lines = printed(np.zeros((300, 451, 3)), 30).splitlines()
    assert [line.count("▀") for line in lines] == [30] * 10


def test_never_wider_than_the_console_and_never_enlarged():
    assert [line.count("▀") for line in printed(np.zeros((100, 400)), 200).splitlines()] == [40] * 5
    assert printed(np.zeros((4, 3))).count("▀") == 6


def test_a_very_high_picture_is_not_endless():
    assert len(printed(np.zeros((5000, 2)), 20).splitlines()) <= 20


@pytest.mark.parametrize("plain", [{"colour": None}, {"encoding": "ascii"}, {"no_color": True}])
def test_shades_of_ascii_where_colour_or_utf8_is_missing(plain):
    text = printed([[0, 128, 255, 64], [0, 128, 255, 64]], **plain)
    assert text == " +@:\n"


def test_sixteen_bits_are_shown_by_their_upper_eight():
    file = io.StringIO()
    show_picture(Console(file=file, width=40), np.array([[0, 0x8000, 0xFFFF]] * 2, np.uint16))
    assert file.getvalue() == " +@\n"


def test_half_blocks_that_are_asked_for_are_in_colour_even_in_a_file():
    file = io.StringIO()
    show_picture(
        Console(file=file, color_system=None, width=40), np.array([[[1, 2, 3]]], np.uint8), how="blocks"
    )
    assert file.getvalue() == "\x1b[38;2;1;2;3m▀\x1b[0m\n"
