"""Correlation of pictures: cases by hand, then against a plain loop in Python's own arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cnncalc.errors import UsageError
from cnncalc.numerics.taps import correlate


def by_hand(x, weights, divisor):
    """The definition, pixel by pixel; round() of a Fraction rounds half to even."""
    h, w, c = x.shape
    kh, kw = len(weights), len(weights[0])
    most = np.iinfo(x.dtype).max
    y, clipped = np.empty_like(x), 0
    for i in range(h):
        for j in range(w):
            for k in range(c):
                total = 0
                for dy in range(kh):
                    for dx in range(kw):
                        row = min(max(i + dy - kh // 2, 0), h - 1)
                        column = min(max(j + dx - kw // 2, 0), w - 1)
                        total += weights[dy][dx] * int(x[row, column, k])
                value = round(Fraction(total, divisor))
                y[i, j, k] = min(max(value, 0), most)
                clipped += not 0 <= value <= most
    return y, clipped


@st.composite
def kernels(draw):
    kh, kw = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    largest = draw(st.sampled_from([2, 9, 300, 70_000]))
    weight = st.integers(-largest, largest)
    return draw(st.lists(st.lists(weight, min_size=kw, max_size=kw), min_size=kh, max_size=kh))


pictures = st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 3)).flatmap(
    lambda shape: st.sampled_from([np.uint8, np.uint16]).flatmap(lambda dtype: arrays.arrays(dtype, shape))
)


@given(pictures, kernels(), st.integers(1, 12), st.integers(1, 3))
def test_equals_the_definition(x, weights, divisor, threads):
    y, clipped = correlate(x, weights, divisor, threads=threads)
    expected, expected_clipped = by_hand(x, weights, divisor)
    assert y.dtype == x.dtype
    assert np.array_equal(y, expected)
    assert clipped == expected_clipped


def test_an_impulse_gives_the_kernel_turned_round():
    x = np.zeros((7, 7), np.uint8)
    x[3, 3] = 1
    y, _ = correlate(x, [[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert y[2:5, 2:5].tolist() == [[9, 8, 7], [6, 5, 4], [3, 2, 1]]
    assert y.sum() == 45


def test_the_course_example():
    x = np.array(
        [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]], np.uint8
    )
    y, _ = correlate(x, [[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    assert y[1:-1, 1:-1].tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]


def test_an_even_kernel_is_anchored_after_its_middle():
    x = np.array([[10, 30, 60]], np.uint8)
    assert correlate(x, [[-1, 1]])[0].tolist() == [[0, 20, 30]]  # each less its left neighbour


def test_a_constant_gives_the_sum_times_the_constant_up_to_the_border():
    x = np.full((9, 8, 3), 7, np.uint16)
    y, clipped = correlate(x, [[5, -3, 0, 1], [2, 2, 2, 2]])
    assert (y == 7 * 11).all()
    assert clipped == 0


@pytest.mark.parametrize(("total", "rounded"), [(4, 0), (12, 2), (20, 2), (28, 4), (5, 1), (11, 1)])
def test_halves_go_to_the_even_neighbour(total, rounded):
    assert correlate(np.full((1, 1), total, np.uint8), [[1]], 8)[0].item() == rounded


def test_values_outside_the_range_are_clipped_and_counted():
    x = np.array([[100, 0, 200]], np.uint8)
    y, clipped = correlate(x, [[-1, 2, 0]])
    assert y.tolist() == [[100, 0, 255]]
    assert clipped == 2


def test_a_picture_of_another_memory_order_is_the_same_picture():
    x = np.arange(60, dtype=np.uint8).reshape(5, 4, 3)
    turned = np.asfortranarray(x)
    assert np.array_equal(correlate(x, [[1, 0, 2]])[0], correlate(turned, [[1, 0, 2]])[0])


def test_weights_too_large_for_exact_sums_are_refused():
    with pytest.raises(UsageError, match="64-bit"):
        correlate(np.zeros((1, 1), np.uint8), [[1 << 60]])
