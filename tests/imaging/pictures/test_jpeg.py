"""JPEG files joined from strips: the same pixels as from one piece, and the source's own quality."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from cnncalc.errors import FileError, UsageError
from cnncalc.imaging.pictures import Picture, Quality, jpeg, read, write
from cnncalc.imaging.pictures.jpeg import write_rows
from cnncalc.shipped import sample


def photo(h, w):
    return np.ascontiguousarray(read(sample("chelsea.png")).pixels[:h, :w])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize(("h", "w"), [(300, 451), (299, 33), (17, 450), (256, 256)])
def test_strips_joined_give_the_pixels_of_one_piece(monkeypatch, h, w, subsampling, threads):
    monkeypatch.setattr(jpeg, "SMALL", 0)
    monkeypatch.setattr(
        jpeg, "STRIP", 32 * w
    )  # more than eight strips of the largest: the markers begin anew
    for pixels in (photo(h, w), np.ascontiguousarray(photo(h, w)[..., 1])):
        options = {"quality": 90, "subsampling": subsampling}
        joined, whole = BytesIO(), BytesIO()
        write_rows(joined, Picture(pixels), options, {"dpi": (300, 300)}, threads)
        Image.fromarray(pixels).save(whole, "JPEG", **options)
        assert joined.getvalue().count(b"\xff\xdd\x00\x04") == 1
        with Image.open(joined) as image:
            assert image.size == (w, h)
            assert image.info["dpi"] == (300, 300)
            assert np.array_equal(np.asarray(image), np.asarray(Image.open(whole)))


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_jpeg_is_written_as_it_was_compressed(tmp_path, mode, subsampling):
    Image.fromarray(photo(90, 90)).convert(mode).save(tmp_path / "a.jpg", quality=61, subsampling=subsampling)
    write(tmp_path / "b.jpg", read(tmp_path / "a.jpg"))
    with Image.open(tmp_path / "a.jpg") as a, Image.open(tmp_path / "b.jpg") as b:
        assert b.quantization == a.quantization
        assert mode == "L" or [layer[1:3] for layer in b.layer] == [layer[1:3] for layer in a.layer]
        assert np.abs(np.asarray(a).astype(int) - np.asarray(b)).max() <= 24  # compressed once more


def test_gray_in_the_quality_of_colour_and_the_other_way_round(tmp_path):
    gray = np.ascontiguousarray(photo(50, 50)[..., 0])
    colour = Quality(((3,) * 64, (5,) * 64), 2)
    write(tmp_path / "gray.jpg", Picture(gray, quality=colour))
    write(tmp_path / "colour.jpg", Picture(photo(50, 50), quality=Quality(((3,) * 64,), 0)))
    assert np.abs(read(tmp_path / "gray.jpg").pixels.astype(int) - gray).max() <= 12
    assert np.abs(read(tmp_path / "colour.jpg").pixels.astype(int) - photo(50, 50)).max() <= 24


@pytest.mark.parametrize("shape", [(1, 65_501), (65_501, 1)])
def test_a_side_that_is_too_long(tmp_path, shape):
    with pytest.raises(UsageError, match="65,500"):
        write(tmp_path / "a.jpg", Picture(np.zeros(shape, np.uint8)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "settings", [{}, {"subsampling": 0}, {"progressive": True}, {"restart_marker_rows": 1}]
)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_pixels_are_those_that_pillow_reads(tmp_path, mode, settings):
    Image.fromarray(photo(101, 99)).convert(mode).save(tmp_path / "a.jpg", **settings)
    with Image.open(tmp_path / "a.jpg") as image:
        assert np.array_equal(read(tmp_path / "a.jpg").pixels, np.asarray(image))


def test_a_file_that_is_odd_is_left_to_pillow(tmp_path):
    Image.fromarray(photo(101, 99)).convert("CMYK").save(tmp_path / "a.jpg")
    assert read(tmp_path / "a.jpg").notes == ("CMYK was converted to RGB",)
    Image.fromarray(photo(101, 99)).save(tmp_path / "b.jpg")
    data = (tmp_path / "b.jpg").read_bytes()
    (tmp_path / "b.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(FileError, match="damaged or cut short"):
        read(tmp_path / "b.jpg")
