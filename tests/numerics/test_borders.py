import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.numerics.borders import BORDERS, Geometry, sources
from tests.numerics.sliding import shown

NAMES = [border.name for border in BORDERS]


@given(st.sampled_from(NAMES), st.integers(-60, 20), st.integers(0, 60), st.integers(1, 9))
def test_every_place_shows_the_pixel_that_walking_back_over_the_borders_finds(border, first, length, size):
    walked = [shown(border, i, size) for i in range(first, first + length)]
    assert sources(border, first, first + length, size).tolist() == [-1 if i is None else i for i in walked]


@pytest.mark.parametrize(
    ("border", "row"),
    [
        ("edge", "aaabcdddd"),
        ("reflect", "dcbabcdcb"[1:] + "a"),
        ("symmetric", "cbaabcddc"[0:0] + "baabcddcb"),
        ("wrap", "cdabcdabc"),
    ],
)
def test_borders_as_they_are_drawn(border, row):
    places = sources(border, -2, 7, 4)
    assert "".join("abcd"[i] for i in places) == row


@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3))
def test_modes_differ_by_how_much_of_the_kernel_is_over_the_picture(size, kernel, stride, dilation):
    reach = dilation * (kernel - 1)

    def starts(mode):
        geometry = Geometry(mode=mode, stride=(stride, 1), dilation=(dilation, 1))
        return list(geometry.positions((size, 1), (kernel, 1))[0])

    over = {p: sum(0 <= q < size for q in (p, p + reach)) for p in range(-reach, size)}
    assert starts("full") == list(over)[::stride]
    if size > reach:
        assert starts("valid") == [p for p in over if p >= 0 and p + reach < size][::stride]
    assert len(starts("same")) == len(range(0, size, stride))
    assert starts("same")[0] == -(kernel // 2) * dilation


def test_one_number_lies_beyond_only_zero_and_constant():
    assert [Geometry(border=name, value=7).beyond for name in NAMES] == [0.0, None, None, None, None, 7.0]
    assert np.all(sources("constant", -2, 0, 3) == -1)
