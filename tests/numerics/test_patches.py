"""Pooling, contrast and gradients of pictures against their definitions, window by window."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnncalc.errors import UsageError
from cnncalc.numerics.borders import Geometry
from cnncalc.numerics.patches import (
    LEAST,
    average_pool_picture,
    less_mean,
    magnitude,
    max_pool_picture,
    over_deviation,
    standardised,
)
from tests.numerics.sliding import geometries, pictures, responses, windows

X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
Y = X.T


def each(x, window, geometry, function):
    """A function of the window's (kh·kw, C) pixels for every result."""
    found = [[function(w.reshape(-1, w.shape[-1])) for w in line] for line in windows(x, window, geometry)]
    return np.reshape(found, (len(found), len(found[0]), *x.shape[2:]))


def fits(x, window, geometry):
    return geometry.mode != "valid" or all(
        d * (k - 1) < n for n, k, d in zip(x.shape, window, geometry.dilation, strict=False)
    )


@given(
    st.data(),
    pictures((np.uint8, np.uint16, np.float64)),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(1, 3),
)
def test_the_largest_of_every_window_is_found(data, x, kh, kw, threads):
    geometry = data.draw(geometries(np.ones((kh, kw))))
    assume(fits(x, (kh, kw), geometry))
    least = 0 if x.dtype.kind == "u" else -np.inf
    alone = geometry._replace(border="constant", value=least)
    y = max_pool_picture(x, (kh, kw), geometry.stride, geometry=geometry, threads=threads)
    assert y.dtype == x.dtype
    assert np.array_equal(y, each(x, (kh, kw), alone, lambda w: w.max(axis=0)))


@given(st.data(), pictures(), st.integers(1, 6), st.integers(1, 6))
def test_the_average_of_every_window_is_rounded_half_to_even(data, x, kh, kw):
    geometry = data.draw(geometries(np.ones((kh, kw))))._replace(value=17)
    assume(fits(x, (kh, kw), geometry))
    y = average_pool_picture(x, (kh, kw), geometry.stride, geometry=geometry)
    assert np.array_equal(y, np.rint(each(x, (kh, kw), geometry, lambda w: w.sum(axis=0) / (kh * kw))))


def test_the_stride_of_a_pool_is_its_window_unless_told_otherwise():
    x = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert max_pool_picture(x, (2, 2)).tolist() == [[5, 7], [13, 15]]
    assert max_pool_picture(x, (2, 2), (1, 2)).tolist() == [[5, 7], [9, 11], [13, 15]]
    assert average_pool_picture(x, (2, 2)).tolist() == [[2, 4], [10, 12]]  # 2.5, 4.5, 10.5, 12.5


def test_beyond_the_border_nothing_is_larger():
    x = np.array([[-5.0, -3.0]])
    assert max_pool_picture(x, (1, 3), (1, 1), geometry=Geometry(mode="same")).tolist() == [[-3.0, -3.0]]


def contrast(x, size, border):
    """(h − m)/σ by the definition, each window with all its channels."""
    planes = x.reshape(*x.shape[:2], -1).astype(float)
    y = np.empty_like(planes)
    for i, line in enumerate(windows(x, size, Geometry(border=border))):
        for j, window in enumerate(line):
            y[i, j] = (planes[i, j] - window.mean()) / max(window.std(), 1e-5)
    return y.reshape(x.shape)


def by_window(x, size, border="edge"):
    centre = float(x.mean()) if x.dtype.kind == "f" else 0.0
    return standardised(x, (size, size), LEAST, centre, geometry=Geometry(border=border))


def after_jarrett(x, size):
    v = less_mean(x, (size, size), geometry=Geometry())
    return over_deviation(v, (size, size), None, geometry=Geometry())


@given(
    pictures((np.uint8, np.uint16, np.float64)),
    st.integers(1, 5),
    st.sampled_from(["edge", "reflect", "zero"]),
)
def test_contrast_is_normalised_by_the_window_around_a_pixel(x, size, border):
    y = by_window(x, size, border)
    assert y == pytest.approx(contrast(x, (size, size), border), rel=1e-6, abs=1e-6)


def test_contrast_does_not_depend_on_brightness_and_gain():
    x = np.random.default_rng(0).integers(0, 100, (9, 9, 3)).astype(np.uint8)
    assert by_window(2 * x + 50, 3) == pytest.approx(by_window(x, 3), abs=1e-12)


@pytest.mark.parametrize("method", [by_window, after_jarrett])
def test_a_flat_picture_has_no_contrast(method):
    assert not method(np.full((5, 6, 3), 200, np.uint8), 3).round(6).any()


def test_contrast_after_jarrett_by_its_formula():
    x = np.random.default_rng(0).integers(0, 256, (7, 8, 2)).astype(np.uint8)
    bell = np.exp(-0.5 * (np.array([-1, 0, 1]) / 0.75) ** 2)
    w = np.multiply.outer(bell, bell) / bell.sum() ** 2 / 2
    mean = sum(responses(x[..., c], w, 1, Geometry())[0] for c in range(2))
    v = x - mean[..., None]
    deviation = np.sqrt(sum(responses(v[..., c] ** 2, w, 1, Geometry())[0] for c in range(2)))
    expected = v / np.maximum(deviation, deviation.mean())[..., None]
    assert after_jarrett(x, 3) == pytest.approx(expected, abs=1e-12)


@given(pictures(), st.sampled_from([1, 2, 4, 5]), st.booleans(), st.integers(1, 2))
def test_the_magnitude_is_the_length_of_both_responses(x, divisor, whole, threads):
    kx, ky = (X, Y) if whole else (X / 3, Y / 3)
    gx, gy = (responses(x, k, divisor, Geometry())[0] for k in (kx, ky))
    length = np.rint(np.hypot(gx, gy))
    most = np.iinfo(x.dtype).max
    y, clipped = magnitude(x, kx, ky, divisor, threads=threads)
    sure = np.abs(np.hypot(gx, gy) % 1 - 0.5) > 1e-9
    assert (y == np.minimum(length, most))[sure].all()
    assert clipped == np.count_nonzero(length > most) or not sure.all()


def test_kernels_of_a_gradient_are_equally_large():
    with pytest.raises(UsageError, match="1×2 and 2×1"):
        magnitude(np.zeros((3, 3), np.uint8), [[-1, 1]], [[-1], [1]])
