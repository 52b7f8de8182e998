"""Animations and pages: every frame in, every frame out; arrays and deep TIFF files beside them."""

import struct
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import tifffile
from PIL import Image

from cnncalc.errors import FileError, UsageError
from cnncalc.imaging.pictures import Picture, read, write, write_raw, write_stream

RANDOM = np.random.default_rng(0)
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]


def animation(path, **settings):
    frames = [Image.new("RGB", (9, 6), colour) for colour in COLOURS]
    frames[0].save(path, save_all=True, append_images=frames[1:], **settings)
    return path


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_every_frame_is_read_and_written(tmp_path, suffix):
    settings = {".tif": {}, ".webp": {"lossless": True}}.get(suffix, {})
    timing = {} if suffix == ".tif" else {"duration": [100, 200, 300], "loop": 2}
    got = read(animation(tmp_path / f"a{suffix}", **settings, **timing))
    assert [frame.pixels[3, 4].tolist() for frame in (got, *got.more)] == [list(colour) for colour in COLOURS]
    turned = got.each(lambda frame: replace(frame, pixels=255 - frame.pixels))
    write(tmp_path / f"b{suffix}", turned)
    again = read(tmp_path / f"b{suffix}")
    for frame, colour in zip((again, *again.more), COLOURS, strict=True):
        assert np.abs(frame.pixels.astype(int) - (255 - np.array(colour))).max() <= 3  # WebP is lossy
    if timing:
        assert again.film.durations == (100, 200, 300)
        assert again.film.loop == 2


def test_frames_of_several_kinds_become_one_kind(tmp_path):
    gray = Image.new("L", (5, 5), 90)
    colour = Image.new("RGBA", (5, 5), (1, 2, 3, 0))
    colour.paste((9, 8, 7, 255), (0, 0, 2, 2))
    gray.save(tmp_path / "a.png", save_all=True, append_images=[colour], default_image=False)
    got = read(tmp_path / "a.png")
    assert {(frame.mode, frame.shape) for frame in (got, *got.more)} == {(got.mode, got.shape)}


def test_pages_keep_their_sizes(tmp_path):
    pages = [Picture(RANDOM.integers(0, 256, (n, n + 2, 3), np.uint8)) for n in (4, 7)]
    write(tmp_path / "a.tif", replace(pages[0], more=(pages[1],)))
    got = read(tmp_path / "a.tif")
    assert np.array_equal(got.pixels, pages[0].pixels)
    assert np.array_equal(got.more[0].pixels, pages[1].pixels)


@pytest.mark.parametrize("name", ["b.jpg", "b.bmp", "b.ppm", "b.npy"])
def test_a_format_of_one_frame_refuses_several(tmp_path, name):
    got = read(animation(tmp_path / "a.gif"))
    with pytest.raises(UsageError, match="holds one frame, and there are 3") as caught:
        write(tmp_path / name, got)
    assert ".gif" in caught.value.hint
    assert not (tmp_path / name).exists()


def test_the_frames_count_together_against_the_limit(tmp_path):
    animation(tmp_path / "a.gif")
    read(tmp_path / "a.gif", limit=3 * 54)
    with pytest.raises(FileError, match="more than 161 pixels"):
        read(tmp_path / "a.gif", limit=3 * 54 - 1)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
def test_tiff_colour_of_many_bits_is_read_as_others_write_it(tmp_path, dtype, planes, compression):
    pixels = (RANDOM.random((11, 13, 3)) * 60_000).astype(dtype)
    stored = np.moveaxis(pixels, -1, 0) if planes == "separate" else pixels
    settings = {"photometric": "rgb", "planarconfig": planes, "compression": compression}
    tifffile.imwrite(tmp_path / "a.tif", stored, resolution=(300, 150), resolutionunit=2, **settings)
    got = read(tmp_path / "a.tif")
    assert got.pixels.dtype == dtype
    assert np.array_equal(got.pixels, pixels)
    assert got.meta.dpi == (300, 150)


def test_ppm_of_sixteen_bits_by_hand(tmp_path):
    (tmp_path / "a.ppm").write_bytes(b"P6 2 1 65535\n" + struct.pack(">6H", 1, 300, 65_535, 0, 256, 77))
    assert read(tmp_path / "a.ppm").pixels.tolist() == [[[1, 300, 65_535], [0, 256, 77]]]
    write(tmp_path / "b.ppm", read(tmp_path / "a.ppm"))
    assert (tmp_path / "b.ppm").read_bytes() == b"P6\n2 1\n65535\n" + (tmp_path / "a.ppm").read_bytes()[-12:]


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1), (5, 7, 3)])
def test_a_raw_response_is_written_as_it_is(tmp_path, shape):
    array = RANDOM.normal(0, 1e6, shape)
    write_raw(tmp_path / "a.npy", array)
    write_raw(tmp_path / "a.tif", array)
    assert np.load(tmp_path / "a.npy").dtype == np.float64
    assert np.array_equal(np.load(tmp_path / "a.npy"), array)
    deflated = tifffile.imread(tmp_path / "a.tif")
    assert deflated.dtype == np.float32
    assert np.array_equal(deflated, array.astype(np.float32).reshape(deflated.shape))
    assert np.array_equal(read(tmp_path / "a.npy").pixels, array.reshape(deflated.shape))


def test_a_gray_float_tiff_is_read_by_pillow_too(tmp_path):
    array = RANDOM.normal(0, 1e6, (5, 7)).astype(np.float32)
    write_raw(tmp_path / "a.tif", array)
    with Image.open(tmp_path / "a.tif") as image:
        assert np.array_equal(np.asarray(image), array)


@pytest.mark.parametrize(
    ("name", "shape", "fact"),
    [("a.png", (2, 2), "holds no raw response"), ("a.tif", (2, 2, 5), "5 channels")],
)
def test_a_raw_response_that_a_format_does_not_hold(tmp_path, name, shape, fact):
    with pytest.raises(UsageError, match=fact):
        write_raw(tmp_path / name, np.zeros(shape))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("array", "dtype"),
    [
        (np.array([[True, False]]), "uint8"),
        (np.array([[1, 2]], ">u2"), "uint16"),
        (np.array([[1, -2]]), "float64"),
        (np.array([[1, 2]], np.float16), "float64"),
    ],
)
def test_numbers_of_other_kinds_are_read_without_loss(tmp_path, array, dtype):
    np.save(tmp_path / "a.npy", array)
    got = read(tmp_path / "a.npy").pixels
    assert got.dtype == dtype
    assert np.array_equal(got, array * 255 if array.dtype == bool else array)


@pytest.mark.parametrize(
    "array", [np.zeros(5), np.zeros((2, 2, 5)), np.zeros((0, 3)), np.array([["a"]]), np.array([[1j]])]
)
def test_an_array_that_is_no_picture(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(FileError, match="no picture") as caught:
        read(tmp_path / "a.npy")
    assert "(H, W)" in caught.value.hint


def test_an_array_with_objects_runs_nothing(tmp_path):
    np.save(tmp_path / "a.npy", np.array([[print]], dtype=object))
    with pytest.raises(FileError, match="no picture"):
        read(tmp_path / "a.npy")


def test_an_array_that_claims_too_much_is_refused_before_it_is_read(tmp_path):
    head = BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"shape": (1 << 20, 1 << 20), "fortran_order": False, "descr": "<f8"}
    )
    (tmp_path / "a.npy").write_bytes(head.getvalue())
    with pytest.raises(FileError, match="more than 250,000,000 pixels"):
        read(tmp_path / "a.npy")


def test_streams_in_and_out():
    pixels = RANDOM.integers(0, 256, (5, 7, 3), np.uint8)
    for suffix in (".png", ".tif", ".ppm", ".npy"):
        stream = BytesIO()
        write_stream(stream, Picture(pixels), suffix)
        stream.seek(0)
        assert np.array_equal(read(stream, name="standard input").pixels, pixels)
    with pytest.raises(FileError, match="standard input is empty"):
        read(BytesIO(), name="standard input")


@pytest.mark.parametrize(("name", "kind"), [("a.jpg", "PNG"), ("a.png", "JPEG"), ("a.dat", "GIF")])
def test_the_content_decides_and_a_wrong_ending_is_noted(tmp_path, name, kind):
    Image.new("RGB", (3, 3), "red").save(tmp_path / name, kind)
    got = read(tmp_path / name)
    assert got.format == kind
    assert got.notes == (f"the ending is {name[1:]}, but the file is {kind}",)
    assert np.abs(got.pixels.astype(int) - (255, 0, 0)).max() <= 2


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("mode", "dtype"),
    [((), np.uint8), ((), np.uint16), ((), np.float32), ((3,), np.uint8), ((3,), np.float32)],
)
@pytest.mark.parametrize("alpha", [False, True])
def test_tiff_of_several_strips_is_what_others_read(tmp_path, monkeypatch, mode, dtype, alpha, threads):
    monkeypatch.setattr("cnncalc.imaging.pictures.arrays.STRIP", 500)
    pixels, seen = ((RANDOM.random((23, 17, *more)) * 255).astype(dtype) for more in (mode, ()))
    picture = Picture(pixels, seen if alpha else None)
    write(tmp_path / "a.tif", replace(picture, more=(picture,)), threads=threads)
    channels = [pixels, seen] if alpha else [pixels]
    assert np.array_equal(tifffile.imread(tmp_path / "a.tif", key=1), np.dstack(channels).squeeze())
    got = read(tmp_path / "a.tif")
    assert np.array_equal(got.pixels, pixels)
    assert np.array_equal(got.alpha, seen) if alpha else got.alpha is None


def test_tiff_of_several_strips_is_what_pillow_reads(tmp_path):
    pixels = RANDOM.integers(0, 256, (700, 600, 3), np.uint8)  # 1.2 MB
    write(tmp_path / "a.tif", Picture(pixels))
    with Image.open(tmp_path / "a.tif") as image:
        assert np.array_equal(np.asarray(image), pixels)
