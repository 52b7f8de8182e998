"""Pictures for terminals that draw pixels, decoded again."""

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from cnncalc.render.graphics import CHUNK, iterm, kitty, protocol, sixel

IMAGE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (13, 40, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM_PROGRAM": "iTerm.app"}, "iterm"),
        ({"TERM_PROGRAM": "WezTerm"}, "iterm"),
        ({"LC_TERMINAL": "iTerm2"}, "iterm"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-sixel"}, "sixel"),
        ({"TERM": "xterm-256color"}, None),
        ({}, None),
        ({"TERM": "screen-256color", "KITTY_WINDOW_ID": "1"}, None),
        ({"TERM_PROGRAM": "iTerm.app", "TMUX": "/tmp/tmux"}, None),
    ],
)
def test_the_environment_tells_what_the_terminal_can(environment, spoken):
    assert protocol(environment) == spoken


def decoded(data):
    return np.asarray(Image.open(BytesIO(b64decode(data))))


def test_kitty_gets_the_png_in_pieces():
    commands = re.findall("\x1b_G(.*?);(.*?)\x1b\\\\", kitty(IMAGE))
    assert [head.endswith("m=1") for head, _ in commands] == [True] * (len(commands) - 1) + [False]
    assert commands[0][0].startswith("a=T,f=100")
    assert max(len(piece) for _, piece in commands) <= CHUNK
    assert np.array_equal(decoded("".join(piece for _, piece in commands)), np.asarray(IMAGE))
    large = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8))
    assert kitty(large).count("m=1") > 1


def test_iterm_gets_the_png_as_a_file():
    head, data = iterm(IMAGE).removesuffix("\x07").split(":")
    assert head == f"\x1b]1337;File=inline=1;size={len(b64decode(data))}"
    assert np.array_equal(decoded(data), np.asarray(IMAGE))


def test_sixels_draw_every_pixel_once_in_its_colour():
    text = sixel(IMAGE)
    head, palette, bands = re.fullmatch(
        '\x1bPq"1;1;40;13((?:#\\d+;2;\\d+;\\d+;\\d+)+)(.*)\x1b\\\\', text
    ).group(0, 1, 2)
    assert head
    colours = {
        int(i): tuple(map(int, rgb.split(";"))) for i, rgb in re.findall(r"#(\d+);2;(\d+;\d+;\d+)", palette)
    }
    drawn = np.full((18, 40, 3), -1)
    count = np.zeros((18, 40), int)
    for top, band in enumerate(bands.split("-")):
        for layer in band.split("$"):
            colour, row = re.fullmatch(r"#(\d+)(.*)", layer).groups()
            row = re.sub(r"!(\d+)(.)", lambda run: int(run[1]) * run[2], row)
            for column, sign in enumerate(row):
                for bit in range(6):
                    if ord(sign) - 63 >> bit & 1:
                        drawn[6 * top + bit, column] = colours[int(colour)]
                        count[6 * top + bit, column] += 1
    assert (count[:13] == 1).all()
    assert not count[13:].any()
    expected = np.asarray(IMAGE.quantize(128).convert("RGB")) / 2.55
    assert np.abs(drawn[:13] - expected).max() <= 0.51
