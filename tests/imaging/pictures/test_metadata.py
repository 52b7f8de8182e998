"""What files say about their pictures is still said of the result, but for what no longer holds."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from cnncalc.imaging.pictures import Metadata, Picture, png, read, write
from cnncalc.imaging.pictures.metadata import without_orientation

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
MAKE, ORIENTATION, EXPOSURE, ISO, PLACE, LATITUDE = 0x010F, 0x0112, 0x8769, 0x8827, 0x8825, 1


def exif(orientation=None):
    data = Image.Exif()
    data[MAKE] = "Camera"
    if orientation:
        data[ORIENTATION] = orientation
    data.get_ifd(EXPOSURE)[ISO] = 400
    data.get_ifd(PLACE)[LATITUDE] = "N"
    return data


@pytest.mark.parametrize("target", [".png", ".jpg", ".webp", ".tif"])
@pytest.mark.parametrize("source", [".png", ".jpg", ".webp", ".tif"])
def test_exif_data_goes_from_format_to_format_without_orientation(tmp_path, source, target):
    Image.fromarray(PIXELS).save(tmp_path / f"a{source}", exif=exif(6).tobytes())
    write(tmp_path / f"b{target}", read(tmp_path / f"a{source}"))
    with Image.open(tmp_path / f"b{target}") as image:
        got = image.getexif()
        assert image.size == (5, 7)  # turned
        assert got[MAKE] == "Camera"
        assert got.get_ifd(EXPOSURE)[ISO] == 400
        assert got.get_ifd(PLACE)[LATITUDE] == "N"
        assert ORIENTATION not in got


@pytest.mark.parametrize("target", [".png", ".jpg", ".tif", ".bmp"])
@pytest.mark.parametrize("source", [".png", ".jpg", ".tif", ".bmp"])
def test_the_resolution_goes_from_format_to_format(tmp_path, source, target):
    Image.fromarray(PIXELS).save(tmp_path / f"a{source}", dpi=(300, 150))
    write(tmp_path / f"b{target}", read(tmp_path / f"a{source}"))
    with Image.open(tmp_path / f"b{target}") as image:
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)


@pytest.mark.parametrize("threads", [1, 2])
def test_words_of_a_png_file_are_kept_wherever_they_stand(tmp_path, threads):
    words = PngImagePlugin.PngInfo()
    words.add_text("Title", "a plain one")
    words.add_itxt("Author", "Žofie 北京")
    words.add_text("Comment", "long " * 100, zip=True)
    Image.fromarray(PIXELS).save(tmp_path / "a.png", pnginfo=words)
    end = png.chunk(b"IEND", b"")
    data = (tmp_path / "a.png").read_bytes().removesuffix(end)
    (tmp_path / "a.png").write_bytes(data + png.chunk(b"tEXt", b"Late\0after the pixels") + end)
    write(tmp_path / "b.png", read(tmp_path / "a.png", threads=threads))
    with Image.open(tmp_path / "b.png") as image:
        assert image.text == {
            "Title": "a plain one",
            "Author": "Žofie 北京",
            "Comment": "long " * 100,
            "Late": "after the pixels",
        }


def test_what_the_numbers_of_a_png_file_mean_is_kept(tmp_path):
    chunks = [(b"gAMA", struct.pack(">I", 100_000)), (b"cHRM", struct.pack(">8I", *range(8)))]
    write(tmp_path / "a.png", Picture(PIXELS, meta=Metadata(colour=tuple(chunks))))
    assert read(tmp_path / "a.png").meta.colour == tuple(chunks)


def test_a_comment_goes_from_jpeg_to_png_and_back(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", comment="by the lake")
    write(tmp_path / "b.png", read(tmp_path / "a.jpg"))
    write(tmp_path / "c.jpg", read(tmp_path / "b.png"))
    with Image.open(tmp_path / "b.png") as image:
        assert image.text == {"Comment": "by the lake"}
    with Image.open(tmp_path / "c.jpg") as image:
        assert image.info["comment"] == b"by the lake"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_xmp_is_kept_and_no_longer_turns_the_picture(tmp_path, suffix):
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6" b="c"/></x:xmpmeta>'
    Image.fromarray(PIXELS).save(tmp_path / "a.jpg", xmp=packet)
    upright = read(tmp_path / "a.jpg")
    assert upright.shape == (7, 5, 3)
    write(tmp_path / f"b{suffix}", upright)
    again = read(tmp_path / f"b{suffix}")
    assert again.shape == (7, 5, 3)
    assert again.meta.xmp == packet.replace(b"6", b"1")


def test_a_profile_for_colour_does_not_go_with_gray(tmp_path):
    write(tmp_path / "a.png", Picture(PIXELS[..., 0].copy(), icc=SRGB))
    assert read(tmp_path / "a.png").icc is None


def test_the_orientation_alone_is_taken_out():
    for endian in ("<", ">"):
        data = exif(8)
        data.endian = endian
        whole = data.tobytes().removeprefix(b"Exif\0\0")
        rest = without_orientation(whole)
        assert len(rest) == len(whole)
        got = Image.Exif()
        got.load(rest)
        assert set(got) == {MAKE, EXPOSURE, PLACE}
        assert got[MAKE] == "Camera"
        assert got.get_ifd(EXPOSURE) == {ISO: 400}
        assert got.get_ifd(PLACE) == {LATITUDE: "N"}


@given(st.binary(max_size=80))
def test_damaged_exif_data_does_not_stop_a_picture(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("exif")
    Image.fromarray(PIXELS).save(folder / "a.png", exif=b"Exif\0\0II*\0\x08\0\0\0" + data)
    got = read(folder / "a.png")
    assert sorted(got.shape) == [3, 5, 7]
    write(folder / "b.png", got)
    assert read(folder / "b.png").shape == got.shape
