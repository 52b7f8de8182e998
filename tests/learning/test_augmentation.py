"""Random changes: none at strength nothing, within their bounds, the same for the same seed, all pictures alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.learning.augmentation import AT_ONCE, AUGMENTATIONS, augment
from cnncalc.learning.choices import read_all
from cnncalc.numerics.workspace import Array

EVERYTHING = "shift:2,rotate:10,scale:0.1,elastic:34,crop:2,flip"


def augmented(images: Array, text: str, seed: int = 0) -> Array:
    return augment(images, read_all(text, AUGMENTATIONS, "augmentation"), np.random.default_rng(seed))


def noise(n: int, height: int = 9, width: int = 8, channels: int = 2) -> Array:
    return np.random.default_rng(5).integers(0, 256, (n, height, width, channels), dtype=np.uint8)


def blobs(n: int) -> Array:
    """28×28 pictures with a soft spot in the middle."""
    apart = (np.arange(28) - 13.5) ** 2
    spot = 255 * np.exp(-(apart[:, None] + apart) / 30)
    return np.repeat(spot.astype(np.uint8)[None, ..., None], n, axis=0)


def centre(images: Array) -> Array:
    """Centres of mass, (N, 2), from the middle of the picture."""
    weights = images[..., 0].astype(float)
    places = np.arange(28) - 13.5
    sums = weights.sum(axis=(1, 2))
    return np.stack([(weights.sum(axis=2) @ places) / sums, (weights.sum(axis=1) @ places) / sums], axis=1)


@pytest.mark.parametrize(
    "text", ["shift:0", "rotate:0", "scale:0", "elastic:0", "crop:0", "shift:0,rotate:0,elastic:0"]
)
def test_at_strength_nothing_pictures_stay_as_they_are(text: str) -> None:
    images = noise(5)
    assert np.array_equal(augmented(images, text), images)


@pytest.mark.parametrize("name", AUGMENTATIONS)
@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 12), st.integers(1, 3), st.integers(0, 99))
def test_any_pictures_keep_their_shape_and_type(
    name: str, n: int, height: int, width: int, channels: int, seed: int
) -> None:
    images = noise(n, height, width, channels)
    before = images.copy()
    changed = augmented(images, name, seed)
    assert changed.shape == images.shape
    assert changed.dtype == np.uint8
    assert np.array_equal(images, before)


@pytest.mark.parametrize("text", [*AUGMENTATIONS, EVERYTHING])
def test_the_same_seed_changes_alike_and_another_one_otherwise(text: str) -> None:
    images = noise(20)
    assert np.array_equal(augmented(images, text), augmented(images, text))
    assert not np.array_equal(augmented(images, text), augmented(images, text, seed=1))
    assert not np.array_equal(augmented(images, text), images)


def test_each_picture_is_changed_in_its_own_way_in_large_batches_too() -> None:
    n = 2 * AT_ONCE // 784 + 5
    changed = augmented(blobs(n), "shift:3")
    assert len(np.unique(changed.reshape(n, -1), axis=0)) == n


def test_shifts_fill_their_bounds_evenly() -> None:
    moved = centre(augmented(blobs(2000), "shift:3"))
    assert np.abs(moved).max() == pytest.approx(3, abs=0.05)
    assert moved.mean(axis=0) == pytest.approx(0, abs=0.15)
    assert moved.std(axis=0) == pytest.approx(3 / np.sqrt(3), abs=0.1)


def test_rotations_fill_their_bounds_and_keep_the_middle() -> None:
    bar = np.zeros((1000, 28, 28, 1), np.uint8)
    bar[:, 13:15, 4:24] = 255
    turned = augmented(bar, "rotate:20")[..., 0].astype(float)
    places = np.arange(28) - 13.5
    sums = turned.sum(axis=(1, 2))
    slopes = (turned * np.outer(places, places)).sum(axis=(1, 2)) / (turned * places**2).sum(axis=(1, 2))
    angles = np.degrees(np.arctan(slopes))
    assert np.abs(angles).max() == pytest.approx(20, abs=1)
    assert np.sign(angles).mean() == pytest.approx(0, abs=0.1)
    assert (sums / sums.mean()).std() < 0.05


def test_scales_fill_their_bounds() -> None:
    sums = augmented(blobs(2000), "scale:0.2")[..., 0].sum(axis=(1, 2), dtype=float)
    areas = sums / blobs(1).sum(dtype=float)
    assert areas.max() == pytest.approx(1.44, abs=0.05)
    assert areas.min() == pytest.approx(0.64, abs=0.05)


def test_crops_are_windows_of_the_picture_with_black_around_it() -> None:
    images = noise(400, 5, 6)
    framed = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    found = set()
    for frame, crop in zip(framed, augmented(images, "crop:2"), strict=True):
        places = [
            (i, j) for i in range(5) for j in range(5) if np.array_equal(frame[i : i + 5, j : j + 6], crop)
        ]
        assert places
        found.add(places[0])
    assert len(found) == 25


def test_half_of_the_pictures_are_flipped() -> None:
    images = noise(1000, 3, 4)
    changed = augmented(images, "flip")
    flipped = np.array([np.array_equal(a, b[:, ::-1]) for a, b in zip(changed, images, strict=True)])
    kept = np.array([np.array_equal(a, b) for a, b in zip(changed, images, strict=True)])
    assert (flipped ^ kept).all()
    assert flipped.mean() == pytest.approx(0.5, abs=0.06)


def test_elastic_displacements_are_smooth_and_keep_the_mean() -> None:
    """Their deviation is that of blurred noise from −1 to 1, α·√⅓·√Σw² with weights w of the blur."""
    from cnncalc.learning.augmentation import Elastic
    from cnncalc.numerics.warping import Warp, gaussian_matrix

    warp = Warp(200, 28, 28)
    Elastic(34, 4).apply(noise(200, 28, 28, 1), warp, np.random.default_rng(0))
    assert warp.field is not None
    squares = (gaussian_matrix(28, 4)[14].astype(float) ** 2).sum()  # along one axis
    expected = 34 * np.sqrt(1 / 3) * squares
    assert warp.field[:, :, 14, 14].std() == pytest.approx(expected, rel=0.12)
    assert warp.field.mean() == pytest.approx(0, abs=0.1)
    assert np.abs(np.diff(warp.field, axis=3)).max() < warp.field.std()
    changed = augmented(blobs(500), "elastic")
    assert changed.mean() == pytest.approx(blobs(1).mean(), rel=0.03)
