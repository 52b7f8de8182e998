"""Pictures read at other places: what can be said without interpolating must come out to the pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.numerics.warping import Warp, bilinear, gaussian_matrix, rotations, scalings, shifts
from cnncalc.numerics.workspace import Array


def pictures(n: int, height: int, width: int, channels: int = 1, seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(0, 256, (n, height, width, channels), dtype=np.uint8)


def warped(images: Array, *maps: Array) -> Array:
    warp = Warp(*images.shape[:3])
    for each in maps:
        warp.map(each)
    return warp.resample(images)


def test_between_pixels_the_four_neighbours_count_by_their_nearness() -> None:
    image = np.array([[10, 20], [30, 50]], np.uint8)[None, :, :, None]
    rows, columns = (
        np.array([[0.5, 0.25, -0.5, 0.0]], np.float32),
        np.array([[0.5, 0.75, 0.0, 1.0]], np.float32),
    )
    found = bilinear(image, rows, columns)
    middle = (10 + 20 + 30 + 50) / 4
    near = 0.75 * (0.25 * 10 + 0.75 * 20) + 0.25 * (0.25 * 30 + 0.75 * 50)
    beyond = 10 / 2  # half of it black
    assert found.ravel().tolist() == [round(value + 1e-9) for value in (middle, near, beyond, 20)]


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 7), st.integers(1, 7), st.integers(1, 3))
def test_a_shift_by_whole_pixels_is_a_slice(
    down: int, right: int, height: int, width: int, channels: int
) -> None:
    images = pictures(2, height, width, channels)
    framed = np.pad(images, ((0, 0), (9, 9), (9, 9), (0, 0)))
    expected = framed[:, 9 - down : 9 - down + height, 9 - right : 9 - right + width]
    assert np.array_equal(warped(images, shifts(np.array([[down, right]] * 2))), expected)


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("side", [1, 6, 7])
def test_a_quarter_turn_is_rot90(turns: int, side: int) -> None:
    images = pictures(2, side, side, 3)
    assert np.array_equal(
        warped(images, rotations(np.array([90.0 * turns] * 2))), np.rot90(images, turns, (1, 2))
    )


def test_twice_as_large_shows_the_middle_with_every_pixel_doubled_but_for_interpolation() -> None:
    images = pictures(1, 6, 6)
    larger = warped(images, scalings(np.array([[2.0, 2.0]])))[0, ..., 0].astype(float)
    image = images[0, ..., 0].astype(float)
    # place 2 of 0…5 lies half a pixel before the middle, 2.5, and is read a quarter before it
    expected = 0.75 * (0.75 * image[2, 2] + 0.25 * image[2, 3]) + 0.25 * (
        0.75 * image[3, 2] + 0.25 * image[3, 3]
    )
    assert larger[2, 2] == pytest.approx(expected, abs=0.5)


def test_changes_follow_one_another_in_order() -> None:
    images = pictures(2, 7, 7)
    turn, move = rotations(np.array([90.0, 90.0])), shifts(np.array([[2, 1], [2, 1]]))
    assert np.array_equal(warped(images, turn, move), warped(warped(images, turn), move))
    assert not np.array_equal(warped(images, turn, move), warped(images, move, turn))


def test_every_picture_has_its_own_map() -> None:
    images = pictures(3, 5, 5)
    moves = np.array([[0, 0], [1, 0], [0, -2]])
    together = warped(images, shifts(moves))
    apart = [warped(images[i : i + 1], shifts(moves[i : i + 1]))[0] for i in range(3)]
    assert np.array_equal(together, apart)


def test_a_displacement_says_from_how_far_down_and_right_a_pixel_is_taken() -> None:
    images = pictures(1, 5, 4)
    warp = Warp(1, 5, 4)
    field = np.zeros((2, 1, 5, 4), np.float32)
    field[0] = 1  # a pixel from below
    field[1, 0, :, 0] = 2
    warp.displace(field)
    framed = np.pad(images[0, ..., 0], ((0, 1), (0, 2)))
    expected = framed[1:6, :4].copy()
    expected[:, 0] = framed[1:6, 2]
    assert np.array_equal(warp.resample(images)[0, ..., 0], expected)


def test_where_nothing_is_said_nothing_moves() -> None:
    images = pictures(2, 4, 6, 3)
    assert np.array_equal(Warp(2, 4, 6).resample(images), images)
    assert np.array_equal(warped(images, shifts(np.zeros((2, 2)))), images)


def test_a_blur_is_a_normalised_gaussian_cut_off_at_four_sigma() -> None:
    matrix = gaussian_matrix(41, 2.0)
    middle = matrix[20]
    assert middle.sum() == pytest.approx(1)
    assert middle[20] / middle[22] == pytest.approx(np.exp(0.5))
    assert (middle[:12] == 0).all()
    assert middle[12] > 0
    assert np.allclose(matrix, matrix.T)
    assert matrix[0].sum() == pytest.approx((1 + middle[20]) / 2)  # half of it lies beyond the end
