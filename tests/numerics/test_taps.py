"""Correlation of pictures: cases by hand, then every method against the definition, pixel by pixel."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnncalc.errors import UsageError
from cnncalc.numerics import additions, methods, taps, toeplitz
from cnncalc.numerics.borders import Geometry
from cnncalc.numerics.taps import correlate, filtered, plan, respond
from cnncalc.numerics.tasks import task
from tests.numerics.sliding import geometries, kernels, photo, pictures, responses

SHARPEN = [[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]]
MORE = [[-1, -1, -1, -1, -1], [-1, 2, 2, 2, -1], [-1, 2, 8, 2, -1], [-1, 2, 2, 2, -1], [-1, -1, -1, -1, -1]]
LAPLACE = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]


def fits(x, kernel, geometry):
    return geometry.mode != "valid" or all(
        d * (k - 1) < n for n, k, d in zip(x.shape, kernel.shape, geometry.dilation, strict=False)
    )


@given(st.data(), pictures(), kernels(), st.sampled_from([1, 2, 8, 3, 9, -4, 7.5]), st.integers(1, 3))
def test_every_method_gives_the_pixels_of_the_definition(data, x, kernel, divisor, threads):
    geometry = data.draw(geometries(kernel))
    assume(fits(x, kernel, geometry))
    with pytest.MonkeyPatch.context() as patch:
        if data.draw(st.booleans()):  # strips of a row or a few, so that they meet
            patch.setattr(additions, "STRIP", 1)
            patch.setattr(toeplitz, "STRIP", 1)
        sums, sizes = responses(x, kernel, divisor, geometry)
        most = np.iinfo(x.dtype).max
        near = np.abs(sums - np.floor(sums) - 0.5) < 1e-9 * (1 + sizes)
        if kernel.dtype.kind == "i" and divisor != 7.5:  # then halves are exact
            near[:] = False
        rounded = np.rint(sums)
        expected = np.clip(rounded, 0, most)
        clipped = np.count_nonzero(expected != rounded)
        what = task(x, kernel, divisor, geometry)
        uncounted = what._replace(counted=False)
        for choice, alone in zip(methods.choices(what), methods.choices(uncounted), strict=True):
            y, count = taps._correlated(x, what, choice, threads)
            assert (taps._correlated(x, uncounted, alone, threads)[0] == y).all(), choice.method
            assert y.dtype == x.dtype
            assert ((y == expected) | near).all(), choice.method
            assert count == clipped or near.any(), choice.method
            if geometry.mode == "same" and geometry.stride == (1, 1):
                itself = x.copy()
                again, recount = taps._correlated(itself, what, choice, threads, itself)
                assert again is itself
                assert (again == y).all(), choice.method
                assert recount == count


@given(
    st.data(),
    pictures((np.uint8, np.uint16, np.float32, np.float64)),
    kernels(),
    st.sampled_from([1, 8, -3, 7.5]),
)
def test_every_method_responds_as_a_loop_in_double_precision(data, x, kernel, divisor):
    geometry = data.draw(geometries(kernel))
    assume(fits(x, kernel, geometry))
    sums, sizes = responses(x, kernel, divisor, geometry)
    what = task(x, kernel, divisor, geometry)
    for choice in methods.raw_choices(what):
        y = taps._responded(x, what, choice, 2)
        assert (np.abs(y - sums) <= 1e-12 * sizes).all(), choice.method


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("size", [(300, 200, 3), (40, 3000)])
def test_strips_threads_and_overwriting_change_no_pixel(size, threads):
    """Large enough for several strips of every method."""
    x = photo(*size)
    bell = np.exp(-0.5 * (np.arange(-7, 8) / 2.5) ** 2)
    for kernel in (np.array(SHARPEN), photo(11, 11) - 128, np.multiply.outer(bell, bell) / bell.sum() ** 2):
        what = task(x, kernel, 1, Geometry())
        found = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(additions, "STRIP", 40_000)
            patch.setattr(toeplitz, "STRIP", 9_000)
            for choice in methods.choices(what):
                found.append(taps._correlated(x, what, choice, threads))
                itself = x.copy()
                found.append(taps._correlated(itself, what, choice, threads, itself))
        for y, clipped in found[1:]:
            assert np.array_equal(y, found[0][0])
            assert clipped == found[0][1]


def test_the_course_example():
    x = np.array(
        [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]], np.uint8
    )
    y, _ = correlate(x, [[1, 0, 1], [0, 1, 0], [1, 0, 1]], geometry=Geometry(mode="valid"))
    assert y.tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]


def test_an_impulse_gives_the_kernel_turned_round():
    x = np.zeros((7, 7), np.uint8)
    x[3, 3] = 1
    y, _ = correlate(x, [[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert y[2:5, 2:5].tolist() == [[9, 8, 7], [6, 5, 4], [3, 2, 1]]
    assert y.sum() == 45


def test_full_begins_with_the_last_tap_alone():
    x = np.array([[1]], np.uint8)
    y, _ = correlate(x, [[1, 2], [3, 4]], geometry=Geometry(mode="full", border="zero"))
    assert y.tolist() == [[4, 3], [2, 1]]


def test_an_even_kernel_is_anchored_after_its_middle_unless_told_otherwise():
    x = np.array([[10, 30, 60]], np.uint8)
    assert correlate(x, [[-1, 1]])[0].tolist() == [[0, 20, 30]]  # each less its left neighbour
    assert correlate(x, [[-1, 1]], geometry=Geometry(anchor=(0, 0)))[0].tolist() == [[20, 30, 0]]


def test_a_constant_gives_the_sum_times_the_constant_up_to_the_border():
    x = np.full((9, 8, 3), 7, np.uint16)
    y, clipped = correlate(x, [[5, -3, 0, 1], [2, 2, 2, 2]])
    assert (y == 7 * 11).all()
    assert clipped == 0


@given(pictures((np.float64,)), kernels(), st.floats(-3, 3), st.floats(-3, 3))
def test_a_response_is_linear(x, kernel, a, b):
    other = np.flip(x, axis=0)
    sides = respond(a * x + b * other, kernel), a * respond(x, kernel) + b * respond(other, kernel)
    assert sides[0] == pytest.approx(sides[1], abs=1e-10)


@given(pictures(), kernels(), st.integers(-9, 9), st.integers(-9, 9))
def test_on_a_torus_a_shifted_picture_gives_a_shifted_result(x, kernel, down, right):
    geometry = Geometry(border="wrap")
    y, clipped = correlate(x, kernel, 3, geometry=geometry)
    shifted, also = correlate(np.roll(x, (down, right), (0, 1)), kernel, 3, geometry=geometry)
    assert clipped == also
    near = (
        1 if kernel.dtype.kind == "f" else 0
    )  # another order of additions may fall on the other side of a half
    assert (np.abs(np.roll(y, (down, right), (0, 1)).astype(int) - shifted) <= near).all()


@pytest.mark.parametrize("shape", [(3, 2), (5, 7), (11, 11), (4, 13), (15, 15)])
def test_a_row_of_several_products_is_the_sum_of_shifted_pictures(shape):
    x = photo(35, 4501)  # a number that no number of products divides
    kernel = np.random.default_rng(1).integers(-3, 4, shape)
    padded = np.pad(x.astype(int), [(k // 2, k - 1 - k // 2) for k in shape], "edge")
    kh, kw = shape
    total = sum(kernel[i, j] * padded[i : i + 35, j : j + 4501] for i in range(kh) for j in range(kw))
    what = task(x, kernel, 1, Geometry())
    named = [choice for choice in methods.choices(what) if choice.method.name == "Toeplitz"]
    assert named
    for choice in named:
        y, clipped = taps._correlated(x, what, choice, 2)
        assert (y == np.clip(total, 0, 255)).all()
        assert clipped == np.count_nonzero((total < 0) | (total > 255))


def test_sums_that_overflow_spoil_only_those_that_meet_them():
    """A matrix times infinity is no number, also where it multiplies by zero."""
    bell = np.exp(-0.5 * (np.arange(-7, 8) / 2.5) ** 2)
    x = photo(90, 80).astype(float)
    x[25:27, 30] = 1e308
    y = respond(x, np.outer(bell, bell))
    assert np.isinf(y[25, 30])
    x[25:27, 30] = 0
    expected = responses(x, np.outer(bell, bell), 1, Geometry())[0]
    meets = np.zeros(x.shape, bool)
    meets[18:34, 23:38] = True
    np.testing.assert_allclose(y[~meets], expected[~meets], rtol=1e-12)


def test_an_array_that_changes_after_a_call_is_another_kernel():
    """What is remembered of an array of weights is told by its values and their type."""
    x, kernel = photo(9, 9), np.array(LAPLACE)
    first = correlate(x, kernel)[0]
    assert (correlate(x, kernel)[0] == first).all()
    assert (filtered(x, kernel) == first).all()
    kernel[1, 1] = -3
    assert (correlate(x, kernel)[0] == correlate(x, kernel.tolist())[0]).all()
    assert (correlate(x, kernel)[0] != first).any()
    small = np.array([[1, 2], [3, 4]])
    assert correlate(x, small)[0].any()
    assert not correlate(x, small.view(np.float64))[0].any()  # the same bytes


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_kernel_of_zeros_gives_zeros(dtype):
    y, clipped = correlate(photo(3, 4, dtype=dtype), np.zeros((3, 3), int))
    assert not y.any()
    assert clipped == 0


def test_a_picture_of_another_memory_order_is_the_same_picture():
    x = photo(5, 4, 3)
    assert np.array_equal(correlate(x, [[1, 0, 2]])[0], correlate(np.asfortranarray(x), [[1, 0, 2]])[0])


def test_infinite_pixels_stay_where_the_kernel_meets_them():
    x = np.zeros((9, 9))
    x[4, 4] = np.inf
    y = respond(x, np.arange(1.0, 26).reshape(5, 5))
    assert np.isinf(y[2:7, 2:7]).all()
    assert np.isfinite(y).sum() == 81 - 25


@pytest.mark.parametrize(
    ("weights", "divisor", "geometry", "message"),
    [
        ([[1 << 60]], 1, Geometry(), "64-bit"),
        ([[1 << 70]], 1, Geometry(), "64-bit"),
        ([[1, 2], [3]], 1, Geometry(), "equally long"),
        ([[float("nan")]], 1, Geometry(), "finite"),
        ([1, 2], 1, Geometry(), "rows and columns"),
        ([[]], 1, Geometry(), "rows and columns"),
        ([["a"]], 1, Geometry(), "numbers"),
        ([[1]], 0, Geometry(), "divided by 0"),
        ([[1] * 5], 1, Geometry(mode="valid"), "1×5 does not fit in a picture of 3×4"),
        ([[1]], 1, Geometry(mode="some"), "no mode"),
        ([[1]], 1, Geometry(border="mirror"), "no border"),
        ([[1]], 1, Geometry(stride=(0, 1)), "stride 0×1"),
        ([[1]], 1, Geometry(anchor=(0, 1)), "anchor 0,1"),
        ([[1]], 1, Geometry(mode="valid", anchor=(0, 0)), "no meaning"),
    ],
)
def test_what_makes_no_sense_is_refused(weights, divisor, geometry, message):
    with pytest.raises(UsageError, match=message):
        correlate(np.zeros((3, 4), np.uint8), weights, divisor, geometry=geometry)


def test_a_picture_is_overwritten_only_pixel_for_pixel():
    x = photo(4, 4)
    with pytest.raises(UsageError, match="does not go into"):
        correlate(x, [[1]], geometry=Geometry(stride=(2, 2)), into=x)


@pytest.mark.parametrize(
    ("kernel", "dtype", "name"),
    [
        (SHARPEN, np.uint8, "boxes"),
        (MORE, np.uint8, "boxes"),
        (LAPLACE, np.uint8, "taps"),
        (np.ones((9, 9), int), np.uint8, "separable"),
        (photo(11, 11).astype(int) - 128, np.uint8, "Toeplitz"),
        (photo(101, 101).astype(int), np.uint8, "FFT"),
        (np.multiply.outer(*[np.exp(-(np.linspace(-2, 2, 15) ** 2))] * 2), np.uint8, "long separable"),
    ],
)
def test_the_method_is_chosen_by_the_kernel(kernel, dtype, name):
    method = plan((3000, 4000, 3), dtype, kernel)
    assert method.name == name
    assert method.reason


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("weights", [((1, 2, 1), (2, 4, 2), (1, 2, 1)), ((0.1, 0.7), (0.3, 0.2))])
def test_a_plan_that_is_remembered_is_the_one_that_would_be_made(weights, dtype, raw):
    """Only weights in tuples are remembered; every order in which the cases come gives the same."""
    made = plan((60, 80, 3), dtype, np.array(weights), 3, raw=raw)
    assert plan((60, 80, 3), dtype, weights, 3, raw=raw) == made
    assert plan((60, 80, 3), dtype, weights, 3, raw=raw) == made


def test_plans_that_are_remembered_are_told_apart():
    weights = ((1, 2, 1), (2, 4, 2), (1, 2, 1))
    plans = {
        plan((60, 80, 3), dtype, weights, 3, geometry=geometry, raw=raw)
        for dtype, geometry, raw in [
            (np.uint8, Geometry(), False),
            (np.uint16, Geometry(), False),
            (np.uint8, Geometry(stride=(2, 2)), False),
        ]
    }
    assert len(plans) == 3
    floats = ((0.1, 0.7), (0.3, 0.2))
    assert plan((60, 80, 3), np.uint8, floats) != plan((60, 80, 3), np.uint8, floats, raw=True)
