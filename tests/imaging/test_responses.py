"""From responses to pixels, case by case."""

import numpy as np
import pytest

from cnncalc.errors import LanguageError, UsageError
from cnncalc.imaging.responses import Way, mapped, read_way

RAW = np.array([[-300.0, -0.5, 0.5, 1.5, 254.5, 255.5, 300.0]])
U8 = np.dtype(np.uint8)


def of(raw, text, dtype=U8):
    return mapped(np.asarray(raw, float), dtype, read_way(text))


def test_clip_rounds_halves_to_even_and_counts_what_lies_outside():
    done = of(RAW, "clip")
    assert done.pixels.tolist() == [[0, 0, 0, 2, 254, 255, 255]]
    assert done.clipped == 3  # −300, 300, and 255.5 which is 256


def test_abs_leaves_the_sign_out():
    done = of(RAW, "abs")
    assert done.pixels.tolist() == [[255, 0, 0, 2, 254, 255, 255]]
    assert done.clipped == 3


def test_offset_makes_zero_gray():
    assert of([[-128.0, 0.0, 127.0, 128.0]], "offset").pixels.tolist() == [[0, 128, 255, 255]]
    assert of([[-10.5, 0.0]], "offset:10").pixels.tolist() == [[0, 10]]
    assert of([[0.0]], "offset", np.dtype(np.uint16)).pixels.item() == 32768


def test_normalise_spans_the_range():
    done = of([[-2.0, 0.0, 2.0]], "normalise")
    assert done.pixels.tolist() == [[0, 128, 255]]
    assert (done.low, done.high, done.clipped) == (-2, 2, 0)
    assert of([[3.0, 3.0]], "normalize").pixels.tolist() == [[0, 0]]


def test_signed_is_blue_white_and_red():
    blue, white, red = of([[-4.0, 0.0, 4.0]], "signed").pixels[0].tolist()
    assert white == [255, 255, 255]
    assert blue[2] > blue[0]
    assert red[0] > red[2]
    half = of([[-4.0, -2.0]], "signed").pixels[0, 1]
    assert np.abs(half - (np.array(blue) + 255) / 2).max() <= 1
    assert of([[0.0]], "signed").pixels.tolist() == [[[255, 255, 255]]]
    with pytest.raises(UsageError, match="one response a pixel"):
        of(np.zeros((2, 2, 3)), "signed")


def test_a_turn_is_the_whole_range_and_ends_where_it_begins():
    assert mapped(np.array([[0.0, 90, 180, 359.0]]), U8, Way("turn")).pixels.tolist() == [[0, 64, 128, 255]]


def test_floats_are_neither_rounded_nor_clipped():
    done = of(RAW, "clip", np.dtype(np.float64))
    assert np.array_equal(done.pixels, RAW)
    assert done.clipped == 0


def test_blocks_do_not_show(monkeypatch):
    raw = np.random.default_rng(0).normal(100, 100, (20, 7, 3))
    whole = of(raw, "clip")
    monkeypatch.setattr("cnncalc.imaging.responses.BLOCK", 30)
    parts = of(raw, "clip")
    assert np.array_equal(whole.pixels, parts.pixels)
    assert whole.clipped == parts.clipped > 0


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("cilp", "cilp"),
        ("offset:x", "x"),
        ("abs:3", "3"),
        ("offset:", ":"),
        ("offset:1e99", "1e99"),
        ("", ""),
    ],
)
def test_other_words_are_refused_with_their_place(text, culprit):
    with pytest.raises(LanguageError) as caught:
        read_way(text)
    assert caught.value.place.words.strip(":") == culprit.strip(":")
