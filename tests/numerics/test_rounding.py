"""From sums to pixels: how far sums are off, and that every pixel is rounded as its exact quotient."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.numerics import methods, rounding, taps, toeplitz
from cnncalc.numerics.borders import Geometry
from cnncalc.numerics.strips import Layout
from cnncalc.numerics.taps import correlate
from cnncalc.numerics.tasks import Task, task
from cnncalc.numerics.workspace import Arena
from tests.numerics.sliding import photo, responses


@pytest.mark.parametrize(("total", "rounded"), [(4, 0), (12, 2), (20, 2), (28, 4), (5, 1), (11, 1)])
def test_halves_go_to_the_even_neighbour(total, rounded):
    assert correlate(np.full((1, 1), total, np.uint8), [[1]], 8)[0].item() == rounded
    assert correlate(np.full((1, 1), total, np.uint8), [[0.125]])[0].item() == rounded


@given(st.integers(-255, 255), st.integers(-9, 9), st.sampled_from([1, 2, 3, 4, 6, 7, 8, 16, -2, -6]))
def test_every_quotient_is_rounded_as_a_fraction(pixel, weight, divisor):
    x = np.array([[abs(pixel), 200]], np.uint8)
    value = round(Fraction(weight * abs(pixel) + 200 * 3, divisor))
    y, clipped = correlate(x, [[weight, 3]], divisor, geometry=Geometry(mode="valid"))
    assert y.item() == min(max(value, 0), 255)
    assert clipped == (not 0 <= value <= 255)


def test_a_half_that_single_precision_misses_is_settled_in_double():
    """Means of six: a sixth of all sums lie on a half, and every method has to fall on the same side."""
    x = photo(64, 64)
    what = task(x, np.full((2, 3), 1 / 6) + 1e-9 * np.arange(6).reshape(2, 3), 1, Geometry())
    sums, _ = responses(x, what.weights, 1, Geometry())
    for choice in methods.choices(what):
        y, _ = taps._correlated(x, what, choice, 1)
        assert (y == np.rint(sums)).all(), choice.method


@given(st.integers(0, 99), st.integers(1, 12), st.integers(1, 14))
def test_stacked_sums_in_single_precision_are_off_by_no_more_than_is_said(seed, kh, kw):
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(kh, kw)) * 10 ** rng.uniform(-3, 0)
    x = np.where(rng.random((kh + 7, kw + 30)) < 0.5, 255, rng.integers(0, 256)).astype(np.uint8)
    x[3 : 3 + kh, 4 : 4 + kw] = np.where(kernel > 0, 255, 0)  # the largest sum there is
    what = task(x, kernel, 1, Geometry(mode="valid"))
    layout = Layout(what, False, 8)
    source = np.zeros(layout.size, np.uint8)
    source[: x.size] = x.ravel()
    sums = toeplitz.Toeplitz(what, kernel.astype(np.float32), np.uint8).worker(layout, Arena())(source, 8)
    off = np.abs(sums[:, : layout.width] - responses(x, kernel, 1, Geometry(mode="valid"))[0]).max()
    assert off <= toeplitz.stacked_error(kernel, 255.0)
    assert off > 0 or kernel.size == 1


@given(st.integers(0, 99), st.integers(2, 12), st.integers(2, 14), st.booleans())
def test_a_column_times_a_row_is_off_by_no_more_than_is_said(seed, kh, kw, centred):
    rng = np.random.default_rng(seed)
    column, line = (rng.normal(size=n) * 10 ** rng.uniform(-2, 0) for n in (kh, kw))
    kernel = np.outer(column, line)
    x = np.where(rng.random((kh + 7, kw + 30)) < 0.5, 255, 0).astype(np.uint8)
    x[3 : 3 + kh, 4 : 4 + kw] = np.where(kernel > 0, 255, 0)  # the largest sum there is
    what = task(x, kernel, 1, Geometry(mode="valid"))
    layout = Layout(what, False, 8)
    source = np.zeros(layout.size, np.uint8)
    source[: x.size] = x.ravel()
    route = toeplitz.LongSeparable(what, column.astype(np.float32), line.astype(np.float32), np.uint8)
    level = toeplitz.Centred.level if centred else 0
    sums = (toeplitz.Centred(route) if centred else route).worker(layout, Arena())(source, 8)
    exact = responses(x, kernel, 1, Geometry(mode="valid"))[0] - level * kernel.sum()
    off = np.abs(sums[:, : layout.width] - exact).max()
    assert 0 < off <= toeplitz.separable_error(column, line, level or 255.0)
    assert (source[: x.size] == x.ravel()).all()  # a pixel that is computed again finds it


def test_bytes_less_128_leave_half_as_many_pixels_to_compute_again(monkeypatch):
    """Where nothing can be clipped; the strips lie one after the other in the same memory, a short one last."""
    bell = np.exp(-0.5 * (np.arange(-7, 8) / 2.5) ** 2)
    kernel = np.outer(bell, bell) / bell.sum() ** 2
    x = photo(203, 301, 3)
    expected = np.rint(responses(x, kernel, 1, Geometry())[0])
    monkeypatch.setattr(toeplitz, "STRIP", 20_000)
    settled, settle = [], rounding._Settler.settle

    def counted(self, source, rounded, near, width):
        settled.append(len(near))
        settle(self, source, rounded, near, width)

    monkeypatch.setattr(rounding._Settler, "settle", counted)
    assert (correlate(x, kernel, threads=2)[0] == expected).all()
    centred = sum(settled)
    monkeypatch.setattr(Task, "inside", False)
    assert (correlate(x, kernel.tolist(), threads=3)[0] == expected).all()  # a list is not remembered
    assert 0 < centred < 0.7 * (sum(settled) - centred)


def test_what_a_column_is_off_by_goes_through_the_row():
    """By hand, for weights 1 and most 1: k equal weights give 1 + … + k, and 3 k besides; the row has sums of 2."""
    column, line = np.ones(2), np.ones(3)
    assert toeplitz.separable_error(column, line, 1.0) / rounding.HALF_STEP == (3 + 6) * 3 + (6 + 9) * 2


@given(st.integers(1, 40), st.integers(1, 70), st.integers(0, 99), st.floats(0, 1))
def test_the_true_places_of_a_strip_are_found(rows, width, seed, share):
    counter = rounding.Counter(rows, width, Arena())
    np.less(np.random.default_rng(seed).random((rows, width)), share, out=counter.mask)
    assert (counter.places() == np.flatnonzero(counter.mask)).all()
    assert counter.count() == np.count_nonzero(counter.mask)


def test_values_outside_the_range_are_clipped_and_counted():
    x = np.array([[100, 0, 200]], np.uint8)
    y, clipped = correlate(x, [[-1, 2, 0]])
    assert y.tolist() == [[100, 0, 255]]
    assert clipped == 2
