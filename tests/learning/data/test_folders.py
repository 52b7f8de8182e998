"""Folders of class folders: what is what, pictures brought to one shape, and nothing done silently."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncalc.errors import FileError, UsageError
from cnncalc.learning.data import Rule, load
from cnncalc.learning.data.folders import Reader, Stream
from cnncalc.learning.inputs import Inputs
from cnncalc.numerics.workspace import Array, Workspace


def picture(path: Path, pixels: object, **options: object) -> Path:
    """Writes an array, or one gray value as a picture of 4×6."""
    array = np.full((4, 6), pixels, np.uint8) if isinstance(pixels, int) else np.asarray(pixels)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)
    return path


def lay(root: Path, *names: str) -> None:
    """A gray picture at each path, the first of value 0, the next 1, and so on."""
    for value, name in enumerate(names):
        picture(root / name, value)


def values(images: object) -> list[int]:
    """The value of each picture's first pixel."""
    return [int(n) for n in images[:][:, 0, 0, 0]]  # type: ignore[index]


def test_classes_are_the_folders_by_name_and_parts_are_kept(tmp_path: Path) -> None:
    lay(tmp_path, "train/dog/a.png", "train/cat/b.png", "train/cat/a.png", "test/dog/z.png", "val/cat/y.png")
    data = load(str(tmp_path))
    assert data.classes == ("cat", "dog")
    assert (values(data.train.images), data.train.labels.tolist()) == ([2, 1, 0], [0, 0, 1])
    assert (values(data.test.images), data.test.labels.tolist()) == ([3], [1])
    assert data.validation is not None
    assert (values(data.validation.images), data.validation.labels.tolist()) == ([4], [0])
    assert (data.shape, data.name, data.slug) == ((4, 6, 1), str(tmp_path), tmp_path.name)


@pytest.mark.parametrize("name", ["val", "valid", "Validation"])
def test_a_validation_part_is_tested_on_where_there_is_no_test_part(tmp_path: Path, name: str) -> None:
    lay(tmp_path, "Train/a/1.png", "Train/b/2.png", f"{name}/b/3.png")
    data = load(str(tmp_path))
    assert (values(data.train.images), values(data.test.images), data.validation) == ([0, 1], [2], None)


def test_without_parts_one_in_five_of_each_class_is_tested_on(tmp_path: Path) -> None:
    lay(tmp_path, *(f"{name}/{number:02}.png" for name in "ab" for number in range(10)))
    data = load(str(tmp_path))
    assert values(data.test.images) == [2, 7, 12, 17]
    assert len(data.train) == 16
    train, validation, _ = data.split(4)
    assert validation.labels.tolist() == [0, 0, 1, 1]
    assert sorted(values(train.images) + values(validation.images)) == values(data.train.images)
    assert load(str(tmp_path)).split(4).validation.images[:].tolist() == validation.images[:].tolist()


def test_what_is_hidden_or_no_picture_is_left_alone(tmp_path: Path) -> None:
    lay(tmp_path, "a/1.png", "a/2.png", "b/3.png", "b/4.PNG", "b/.hidden.png", ".git/5.png", "empty/6.png")
    (tmp_path / "empty" / "6.png").unlink()
    (tmp_path / "b" / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    data = load(str(tmp_path))
    assert data.classes == ("a", "b")
    assert sorted(values(data.train.images) + values(data.test.images)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("names", "fact"),
    [
        ([], "holds 0 class folders"),
        (["1.png", "2.png"], "holds 0 class folders"),
        (["a/1.png"], "holds 1 class folders"),
        (
            ["train/a/1.png", "train/b/2.png", "test/c/3.png"],
            "has a class c that there is nothing to learn from",
        ),
        (["train/a/1.png", "train/b/2.png", "test/c.png"], "test holds no pictures"),
    ],
)
def test_a_folder_laid_out_otherwise_is_refused_with_how_it_should_be(
    tmp_path: Path, names: list[str], fact: str
) -> None:
    lay(tmp_path, *names)
    with pytest.raises(FileError, match=fact) as caught:
        load(str(tmp_path))
    assert "one folder for each class" in caught.value.hint


WIDE = np.repeat(np.array([[10, 10, 200, 200]], np.uint8), 2, axis=0)  # 2×4, dark on the left


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("stretch", [[10, 200], [10, 200]]),
        ("crop", [[10, 200], [10, 200]]),
        ("fit", [[10, 200], [0, 0]]),
    ],
)
def test_pictures_are_brought_to_a_size_by_the_rule(
    tmp_path: Path, rule: str, expected: list[list[int]]
) -> None:
    reader = Reader([picture(tmp_path / "a.png", WIDE)], Rule(rule, (2, 2)))
    assert reader.shape == (2, 2, 1)
    tolerance = 60 if rule == "stretch" else 0  # bilinear looks a little beyond the pixel
    if rule == "fit":
        assert (
            sorted(reader.picture(0)[..., 0].max(axis=1).tolist())[0] == 0
        )  # one row of black, one of picture
        assert reader.picture(0)[..., 0].max() >= 140
    else:
        assert np.allclose(reader.picture(0)[..., 0], expected, atol=tolerance)


def test_crop_takes_the_middle_and_fit_centres(tmp_path: Path) -> None:
    striped = np.zeros((4, 12), np.uint8)
    striped[:, 4:8] = 255
    path = picture(tmp_path / "a.png", striped)
    assert Reader([path], Rule("crop", (4, 4))).picture(0).min() == 255
    fitted = Reader([picture(tmp_path / "b.png", 255)], Rule("fit", (6, 6))).picture(0)[..., 0]  # of 4×6
    assert fitted.max(axis=1).tolist() == [0, 255, 255, 255, 255, 0]


def test_a_picture_of_the_right_size_is_not_touched_by_resizing(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    path = picture(tmp_path / "a.png", noise)
    for rule in ("fit", "crop", "stretch"):
        assert np.array_equal(Reader([path], Rule(rule, (5, 7))).picture(0), noise)


def test_without_a_rule_another_size_is_refused_naming_file_and_option(tmp_path: Path) -> None:
    lay(tmp_path, *(f"{name}/{number}.png" for name in "ab" for number in range(3)))
    picture(tmp_path / "b" / "0.png", WIDE)
    with pytest.raises(FileError) as caught:
        load(str(tmp_path))
    assert str(tmp_path / "b" / "0.png") in caught.value.message
    assert "is 2×4×1" in caught.value.message
    assert "4×6×1" in caught.value.message
    assert caught.value.hint.startswith("--resize fit, crop or stretch")
    assert load(str(tmp_path), rule=Rule("crop")).shape == (4, 6, 1)


RGB = np.full((4, 6, 3), (100, 150, 50), np.uint8)


def kinds(folder: Path) -> dict[str, Path]:
    """Pictures whose colour depth is not that of 8-bit gray, of value 127 where gray."""
    half = np.full((4, 6), 128, np.uint8)
    Image.fromarray(RGB).convert("CMYK").save(folder / "cmyk.jpg")
    return {
        "rgb": picture(folder / "rgb.png", RGB),
        "16 bits": picture(folder / "deep.png", np.full((4, 6), 0x7FFF, np.uint16)),
        "transparent": picture(folder / "alpha.png", np.dstack([RGB, half])),
        "cmyk": folder / "cmyk.jpg",
    }


@pytest.mark.parametrize("kind", ["rgb", "16 bits", "transparent", "cmyk"])
def test_another_colour_depth_is_refused_unless_gray_is_asked_for(tmp_path: Path, kind: str) -> None:
    plain = picture(tmp_path / "plain.png", 5)
    other = kinds(tmp_path)[kind]
    with pytest.raises(FileError) as caught:
        Stream(Reader([plain, other], Rule()), np.array([0, 1]))[:]
    assert str(other) in caught.value.message
    assert "--gray" in caught.value.hint
    if kind != "rgb":  # not even where all are alike
        with pytest.raises(FileError, match=r"8 bits a channel|transparent in places"):
            Reader([other], Rule())
    images = Stream(Reader([plain, other], Rule(gray=True)), np.array([0, 1]))[:]
    assert images.shape == (2, 4, 6, 1)
    gray = round(0.299 * 100 + 0.587 * 150 + 0.114 * 50)
    expected = {"rgb": gray, "16 bits": 127, "transparent": gray * 128 // 255, "cmyk": gray}[kind]
    assert abs(int(images[1].mean()) - expected) <= 3 * (kind == "cmyk")


def test_alpha_that_hides_nothing_is_no_other_depth(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png", np.dstack([RGB, np.full((4, 6), 255, np.uint8)]))
    assert np.array_equal(Reader([path], Rule()).picture(0), RGB)


def test_pictures_are_turned_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held a quarter turn to the left
    path = picture(tmp_path / "a.png", np.array([[1, 2, 3], [4, 5, 6]], np.uint8), exif=exif)
    assert Reader([path], Rule()).picture(0)[..., 0].tolist() == [[4, 1], [5, 2], [6, 3]]


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    lay(tmp_path, *(f"{name}/{number}.png" for name in "ab" for number in range(3)))
    noise = picture(
        tmp_path / "b" / "1.png", np.random.default_rng(0).integers(0, 256, (4, 6), np.uint8)
    ).read_bytes()
    (tmp_path / "b" / "1.png").write_bytes(noise[:-25])
    with pytest.raises(FileError, match="damaged or cut short") as caught:
        load(str(tmp_path))
    assert str(tmp_path / "b" / "1.png") in caught.value.message


def stream(folder: Path, number: int, cache: int) -> Stream:
    files = [picture(folder / f"{n:03}.png", n) for n in range(number)]
    return Stream(Reader(files, Rule(), cache), np.arange(number))


@pytest.mark.parametrize(
    "rows", [slice(2, 7), slice(None), slice(None, None, -3), np.array([5, 5, 0]), np.array([], int), [1, 2]]
)
def test_it_is_indexed_as_an_array_is(tmp_path: Path, rows: object) -> None:
    streamed = stream(tmp_path, 9, cache=2**20)
    array: Array = np.repeat(np.arange(9, dtype=np.uint8), 24).reshape(9, 4, 6, 1)
    assert streamed.shape == array.shape
    assert len(streamed) == 9
    assert np.array_equal(streamed[rows], array[rows])  # type: ignore[index]
    assert streamed[rows].dtype == np.uint8
    assert np.array_equal(streamed.taken(rows)[:], array[rows])  # type: ignore[index]
    assert np.array_equal(streamed[4], array[4])
    with pytest.raises(IndexError):
        streamed[9]


def test_what_is_kept_is_bounded_and_the_rest_is_read_again(tmp_path: Path) -> None:
    streamed = stream(tmp_path, 10, cache=3 * 24 + 5)
    streamed[:]
    assert sum(kept.nbytes for kept in streamed.reader.kept.values()) == 3 * 24
    for path in streamed.reader.files:
        path.unlink()
    assert values(streamed.taken(slice(0, 3))) == [0, 1, 2]
    with pytest.raises(FileError, match="there is no file"):
        streamed[3:4]


def test_only_what_is_asked_for_is_decoded(tmp_path: Path) -> None:
    streamed = stream(tmp_path, 5, cache=2**20)
    streamed.taken(np.array([3, 4]))[1:]
    assert list(streamed.reader.kept) == [4]
    assert streamed.taken(np.array([3, 4])).file(0) == tmp_path / "003.png"  # type: ignore[attr-defined]


def test_the_door_to_the_network_takes_what_a_stream_gives(tmp_path: Path) -> None:
    streamed = stream(tmp_path, 6, cache=0)
    x = Inputs((4, 6, 1), (6, 6, 1), 0.0, 1.0).batch(
        streamed[np.array([5, 2])], Workspace(), np.dtype(np.float32)
    )
    assert x.shape == (1, 6, 6, 2)
    assert np.allclose(x[0, :, 0], [[0, 0], *[[5 / 255, 2 / 255]] * 4, [0, 0]])


def test_mean_and_deviation_come_from_a_sample_evenly_spread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnncalc.learning.data.sets.SAMPLE", 2)
    lay(tmp_path, *(f"train/{name}/{number}.png" for name in "ab" for number in range(3)), "test/a/1.png")
    data = load(str(tmp_path))
    assert data.mean == pytest.approx((0 + 3) / 2 / 255)
    assert data.deviation == pytest.approx(1.5 / 255)


def test_a_rule_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no way to resize called shrink") as caught:
        Rule("shrink")
    assert caught.value.hint == "known: fit, crop, stretch"
    with pytest.raises(UsageError):
        Rule("fit", (0, 5))
    with pytest.raises(UsageError, match="are for folders of pictures, mnist is none"):
        load("mnist", rule=Rule(gray=True))
