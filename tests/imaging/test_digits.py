"""Photos of digits, synthesised from MNIST's test set, come out as the digits they were made from."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from cnncalc.errors import UsageError
from cnncalc.imaging.digits import normalise
from cnncalc.imaging.ink import marks, surface
from cnncalc.imaging.pictures import Picture, read
from cnncalc.shipped import sample

CREAM, BLUE, BOARD, CHALK = (240, 232, 208), (30, 40, 110), (40, 60, 50), (225, 225, 215)


@pytest.fixture(scope="module")
def digits():
    with np.load(sample("mnist.npz")) as arrays:
        return arrays["x_test"][:20]


def photo(
    digit, *, paper=CREAM, ink=BLUE, height=400, width=500, top=90, left=200, size=180, light=0.3, spread=4.0
):
    """The digit written size pixels high on paper, under light that falls off to the right, with noise."""
    rows, columns = np.flatnonzero(digit.any(1)), np.flatnonzero(digit.any(0))
    tight = np.pad(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 2)
    wide = max(1, round(tight.shape[1] * size / tight.shape[0]))
    large = Image.fromarray(tight).resize((wide, size), Image.Resampling.BICUBIC)
    share = np.clip(np.asarray(large.filter(ImageFilter.GaussianBlur(size / 60))) / 64.0 - 1.5, 0, 1)
    cover = np.zeros((height, width, 1))
    cover[top : top + size, left : left + wide, 0] = share[:, : width - left]
    scene = np.array(paper) * (1 - cover) + np.array(ink) * cover
    scene *= 1 - light * np.linspace(0, 1, width)[:, None]
    return np.clip(scene + np.random.default_rng(0).normal(0, spread, scene.shape), 0, 255).astype(np.uint8)


def distance(a, b):
    return float(np.sqrt(np.square(a.astype(float) - b).mean()))


def nearest(pixels, digits):
    """Which of the digits is most like this one, and how far it is: root mean square of the difference."""
    distances = [distance(pixels, digit) for digit in digits]
    return int(np.argmin(distances)), min(distances)


SCENES = {
    "ink on paper": {},
    "chalk on a board": {"paper": BOARD, "ink": CHALK},
    "pencil": {"ink": (130, 130, 130)},
    "red": {"ink": (200, 60, 60)},
    "a strong fall of light": {"light": 0.6},
    "noise": {"spread": 15.0},
    "small": {"height": 60, "width": 70, "top": 12, "left": 20, "size": 36},
    "far": {"height": 900, "width": 1200, "top": 600, "left": 900, "size": 130},
}


@pytest.mark.parametrize("scene", SCENES)
def test_a_photo_comes_out_as_the_digit_it_shows(scene, digits):
    for i in (0, 2, 3, 8):  # 7, 1, 0, 5
        found = normalise(Picture(photo(digits[i], **SCENES[scene])))
        closest, rms = nearest(found.pixels, digits)
        assert closest == i
        assert rms < 45  # one pixel's shift is about 52
        assert found.polarity == ("light on dark" if "board" in scene else "dark on light")


def test_ruled_paper_specks_and_the_edge_of_the_table_are_not_ink(digits):
    scene = photo(digits[0])
    scene[15::30] = np.minimum(scene[15::30], (165, 190, 215))
    scene[20:24, 30:34] = 20
    scene[:, :25] = (70, 45, 30)
    closest, rms = nearest(normalise(Picture(scene)).pixels, digits)
    assert closest == 0
    assert rms < 45


def test_the_box_is_where_the_digit_stands_in_the_picture(digits):
    scene = photo(digits[3], height=900, width=1300, top=300, left=700, size=400)
    top, left, height, width = normalise(Picture(scene)).box
    unit = 400 / (np.ptp(np.flatnonzero(digits[3].any(1))) + 5)  # two pixels of margin on each side
    expected = (
        300 + 2 * unit,
        700 + 2 * unit,
        400 - 4 * unit,
        (np.ptp(np.flatnonzero(digits[3].any(0))) + 1) * unit,
    )
    assert np.abs(np.subtract((top, left, height, width), expected)).max() < unit


def test_size_and_centre_of_mass_are_those_of_mnist(digits):
    for digit in digits[:6]:
        pixels = normalise(Picture(photo(digit))).pixels.astype(float)
        for axis in (0, 1):
            centre = (pixels.sum(axis=1 - axis) * np.arange(28)).sum() / pixels.sum()
            assert abs(centre - 14) <= 0.51
        rows, columns = (np.flatnonzero(pixels.any(axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)


def test_strokes_of_a_thin_pen_become_as_wide_as_those_of_mnist():
    scene = np.full((400, 400), 230, np.uint8)
    scene[100:300, 198:201] = 40  # a 1 of three pixels' width: 0.3 pixels after scaling
    pixels = normalise(Picture(scene)).pixels
    assert 1.5 <= pixels.sum(axis=1).max() / 255 <= 3.5


def test_mnist_itself_comes_through_unchanged_and_its_negative_negated(digits):
    for digit in digits:
        assert np.array_equal(normalise(Picture(digit)).pixels, digit)
        turned = normalise(Picture(255 - digit))
        assert np.array_equal(turned.pixels, digit)
        assert turned.polarity == "dark on light"
    colour = normalise(Picture(np.dstack([digits[0]] * 3)))
    assert np.array_equal(colour.pixels, digits[0])


@pytest.mark.parametrize("ink", [0, 255])
def test_ink_on_nothing_is_found_whatever_its_colour(ink, digits):
    alpha = np.pad(np.asarray(Image.fromarray(digits[0]).resize((112, 112))), 40)
    found = normalise(Picture(np.full(alpha.shape, ink, np.uint8), alpha))
    assert nearest(found.pixels, digits)[0] == 0


def test_a_photo_taken_sideways_is_turned_upright(tmp_path, digits):
    exif = Image.Exif()
    exif[0x0112] = 6  # stored turned to the left
    Image.fromarray(np.ascontiguousarray(np.rot90(photo(digits[2])))).save(tmp_path / "a.jpg", exif=exif)
    assert nearest(normalise(read(tmp_path / "a.jpg")).pixels, digits)[0] == 2


@pytest.mark.parametrize("kind", ["uniform", "noise", "gradient", "small", "one pixel"])
def test_a_picture_without_ink_is_refused(kind):
    noise = np.random.default_rng(0).normal(128, 4, (200, 300))
    scene = {
        "uniform": np.full((200, 300), 200),
        "noise": noise,
        "gradient": noise + np.linspace(-60, 60, 300),
        "small": np.zeros((28, 28)),
        "one pixel": np.zeros((1, 1)),
    }[kind]
    with pytest.raises(UsageError, match="no ink") as caught:
        normalise(Picture(scene.astype(np.uint8)))
    assert caught.value.hint


def test_sixteen_bits_are_as_good_as_eight(digits):
    gray = photo(digits[0]).mean(axis=2)
    deep = normalise(Picture((gray * 257).astype(np.uint16)))
    assert nearest(deep.pixels, digits)[0] == 0


def test_the_surface_of_the_paper_ignores_the_ink():
    v, u = np.mgrid[-1:1:60j, -1:1:80j]
    paper = 150 + 30 * u - 20 * v + 10 * u * v - 8 * u * u
    inked = paper.copy()
    inked[20:40, 30:50] -= 100
    assert np.abs(surface(inked.astype(np.float32)) - paper).max() < 0.5


def test_marks_are_connected_along_diagonals_and_largest_first():
    drawn = ["##....#", "..#...#", "...#..#", ".......", "#.#.###", "#.#....", "###...."]
    mask = np.array([[letter == "#" for letter in row] for row in drawn])
    labels, found = marks(mask)
    assert [mark[1:] for mark in found] == [
        (7, 4, 0, 7, 3),
        (4, 0, 0, 3, 4),
        (3, 0, 6, 3, 7),
        (3, 4, 4, 5, 7),
    ]
    assert np.array_equal(labels > 0, mask)
    assert all((labels == mark.label).sum() == mark.area for mark in found)
