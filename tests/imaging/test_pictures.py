"""Reading keeps what a picture is; writing leaves whole files or none; errors say what to do."""

import errno
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from cnncalc.errors import FileError, UsageError
from cnncalc.imaging import pictures
from cnncalc.imaging.pictures import Picture, read, write
from cnncalc.shipped import sample

RANDOM = np.random.default_rng(0)
GRAY = RANDOM.integers(0, 256, (5, 7), dtype=np.uint8)
COLOUR = RANDOM.integers(0, 256, (5, 7, 3), dtype=np.uint8)
ALPHA = RANDOM.integers(0, 256, (5, 7), dtype=np.uint8)
DEEP = RANDOM.integers(0, 65_536, (5, 7), dtype=np.uint16)
DEEP_COLOUR = RANDOM.integers(0, 65_536, (5, 7, 3), dtype=np.uint16)
DEEP_ALPHA = RANDOM.integers(0, 65_536, (5, 7), dtype=np.uint16)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

FLOAT = RANDOM.normal(0, 1000, (5, 7, 4)).astype(np.float32)


def kinds(gray, colour, alpha):
    """A picture of every mode, of numbers of one kind."""
    pictures = (Picture(gray), Picture(gray, alpha), Picture(colour), Picture(colour, alpha))
    return {picture.mode: picture for picture in pictures}


KINDS = {
    **kinds(GRAY, COLOUR, ALPHA),
    **kinds(DEEP, DEEP_COLOUR, DEEP_ALPHA),
    **kinds(FLOAT[..., 0], FLOAT[..., :3], FLOAT[..., 3]),
}


def same(a: Picture, b: Picture) -> bool:
    alphas = (a.alpha is None and b.alpha is None) or np.array_equal(a.alpha, b.alpha)
    return (
        a.pixels.dtype == b.pixels.dtype and np.array_equal(a.pixels, b.pixels) and alphas and a.icc == b.icc
    )


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        (mode, suffix)
        for suffix, writer in pictures.WRITERS.items()
        for mode in writer.modes
        if writer.format not in ("JPEG", "WEBP", "GIF")
    ],
)
def test_what_was_written_without_loss_is_read_again(tmp_path, mode, suffix):
    path = tmp_path / f"a{suffix}"
    write(path, KINDS[mode])
    again = read(path)
    assert again.mode == mode
    assert same(again, KINDS[mode])
    assert again.notes == ()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_the_colour_profile_is_kept(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write(path, Picture(COLOUR, icc=SRGB))
    assert read(path).icc == SRGB


def test_jpeg_is_written_at_95_without_subsampling(tmp_path):
    write(tmp_path / "a.jpg", Picture(COLOUR))
    write_by_pillow = tmp_path / "b.jpg"
    Image.fromarray(COLOUR).save(write_by_pillow, quality=95, subsampling=0)
    assert (tmp_path / "a.jpg").read_bytes() == write_by_pillow.read_bytes()


def test_one_bit_and_palette_become_gray_and_colour(tmp_path):
    Image.fromarray(GRAY > 127).save(tmp_path / "bits.png")
    assert np.array_equal(read(tmp_path / "bits.png").pixels, np.where(GRAY > 127, 255, 0))
    indexed = Image.fromarray(COLOUR).quantize(8)
    indexed.save(tmp_path / "palette.png", transparency=0)
    got = read(tmp_path / "palette.png")
    assert np.array_equal(got.pixels, np.asarray(indexed.convert("RGB")))
    assert np.array_equal(got.alpha, np.where(np.asarray(indexed) == 0, 0, 255))


def test_other_colour_spaces_are_converted_and_said_so(tmp_path):
    image = Image.fromarray(COLOUR).convert("CMYK")
    image.save(tmp_path / "a.tif", icc_profile=b"not for RGB")
    got = read(tmp_path / "a.tif")
    assert np.array_equal(got.pixels, np.asarray(image.convert("RGB")))
    assert got.icc is None
    assert got.notes == ("CMYK was converted to RGB, without its colour profile",)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_once(tmp_path, orientation):
    stored = {
        1: COLOUR,
        2: COLOUR[:, ::-1],
        3: COLOUR[::-1, ::-1],
        4: COLOUR[::-1],
        5: COLOUR.swapaxes(0, 1),
        6: np.rot90(COLOUR),
        7: np.rot90(COLOUR, 2).swapaxes(0, 1),
        8: np.rot90(COLOUR, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "a.png", exif=exif)
    upright = read(tmp_path / "a.png")
    assert np.array_equal(upright.pixels, COLOUR)
    write(tmp_path / "b.png", upright)
    assert np.array_equal(read(tmp_path / "b.png").pixels, COLOUR)


def png(width: int, height: int, rows: bytes, depth: int = 8) -> bytes:
    """An RGB file made by hand, of whatever size it claims."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("side", [15_812, 20_000, 2**31 - 1])
def test_too_many_pixels_are_refused_before_decoding(tmp_path, side, monkeypatch):
    (tmp_path / "bomb.png").write_bytes(png(side, side, b"\0"))
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 12_345)
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        with pytest.raises(FileError, match="more than 250,000,000 pixels"):
            read(tmp_path / "bomb.png")
    assert leaked == []
    assert Image.MAX_IMAGE_PIXELS == 12_345


def test_a_picture_below_the_limit_draws_no_warning(tmp_path):
    # here Pillow warns of a bomb; reading fails only because the file has no pixels
    (tmp_path / "large.png").write_bytes(png(12_000, 12_000, b"\0"))
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        with pytest.raises(FileError, match="damaged or cut short"):
            read(tmp_path / "large.png")
    assert leaked == []


def damaged(folder: Path, kind: str) -> Path:
    path = folder / "a.png"
    whole = Path(sample("camera.png")).read_bytes()
    contents = {
        "empty": b"",
        "text": b"no picture at all, just words",
        "truncated": whole[: len(whole) // 2],
        "header": whole[:20],
        "garbled": whole[:1000] + b"?" * 1000 + whole[2000:],
    }
    path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        ("empty", "is empty"),
        ("text", "is not a picture"),
        ("truncated", "is damaged or cut short"),
        ("header", "is (damaged|not a picture)"),
        ("garbled", "is damaged or cut short"),
    ],
)
def test_a_file_that_is_no_whole_picture(tmp_path, kind, fact):
    with pytest.raises(FileError, match=fact) as caught:
        read(damaged(tmp_path, kind))
    assert "a.png" in caught.value.message
    assert caught.value.hint


def test_a_missing_file_and_the_one_that_is_like_it(tmp_path):
    write(tmp_path / "holiday.png", Picture(GRAY))
    with pytest.raises(FileError, match="there is no file") as caught:
        read(tmp_path / "holidya.png")
    assert caught.value.hint == f"did you mean {tmp_path / 'holiday.png'}?"


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("", "is a folder"),
        ("no/such.png", "there is no folder"),
        ("x" * 300 + ".png", "name too long"),
        ("f", "ordinary"),
    ],
)
def test_a_path_that_leads_to_no_file(tmp_path, name, fact):
    os.mkfifo(tmp_path / "f")
    with pytest.raises(FileError, match=fact):
        read(tmp_path / name)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    write(tmp_path / "a.png", Picture(GRAY))
    monkeypatch.setattr(Path, "open", refuse(errno.EACCES))
    with pytest.raises(FileError, match="may not be read"):
        read(tmp_path / "a.png")


def refuse(number: int):
    def fail(*_args, **_settings):
        raise OSError(number, os.strerror(number))

    return fail


def test_pixels_of_an_unusual_kind_are_refused(tmp_path):
    Image.fromarray(GRAY.astype(np.int32) - 1_000).save(tmp_path / "a.tif")
    with pytest.raises(FileError, match="unusual kind"):
        read(tmp_path / "a.tif")


def test_nothing_is_overwritten_unless_asked(tmp_path):
    path = tmp_path / "a.png"
    write(path, Picture(GRAY))
    with pytest.raises(UsageError, match=r"a\.png exists") as caught:
        write(path, Picture(255 - GRAY))
    assert "--force" in caught.value.hint
    assert np.array_equal(read(path).pixels, GRAY)
    write(path, Picture(255 - GRAY), overwrite=True)
    assert np.array_equal(read(path).pixels, 255 - GRAY)


def test_overwriting_a_link_replaces_what_it_leads_to(tmp_path):
    write(tmp_path / "a.png", Picture(GRAY))
    (tmp_path / "link.png").symlink_to("a.png")
    write(tmp_path / "link.png", Picture(255 - GRAY), overwrite=True)
    assert (tmp_path / "link.png").is_symlink()
    assert np.array_equal(read(tmp_path / "a.png").pixels, 255 - GRAY)


@pytest.mark.parametrize(
    ("name", "mode", "fact"),
    [
        ("a.xyz", "L", r"ending \.xyz"),
        ("a", "L", "without ending"),
        ("a.jpg", "RGBA", "JPEG cannot hold a picture of mode RGBA"),
        ("a.jpg", "I;16", "JPEG cannot hold a picture of mode I;16"),
    ],
)
def test_a_format_that_is_unknown_or_cannot_hold_the_picture(tmp_path, name, mode, fact):
    with pytest.raises(UsageError, match=fact) as caught:
        write(tmp_path / name, KINDS[mode])
    assert ".png" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_more_pixels_a_side_than_the_format_counts(tmp_path):
    with pytest.raises(UsageError, match="JPEG cannot hold this picture"):
        write(tmp_path / "a.jpg", Picture(np.zeros((1, 70_000), np.uint8)))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_full_disk_or_a_closed_folder_leaves_nothing_behind(tmp_path, number, monkeypatch):
    write(tmp_path / "a.png", Picture(GRAY))

    class FullDisk:
        def __init__(self, path):
            self.file = open(path, "xb")  # noqa: SIM115, PTH123  # Path.open is the one replaced

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, data):
            self.file.write(data[:10])
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", lambda path, _mode: FullDisk(path))
    with pytest.raises(FileError, match=os.strerror(number).lower()):
        write(tmp_path / "a.png", Picture(255 - GRAY), overwrite=True)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert np.array_equal(read(tmp_path / "a.png").pixels, GRAY)


def test_interrupted_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "hardlink_to", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "a.png", Picture(GRAY))
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_has_the_usual_rights(tmp_path):
    write(tmp_path / "a.png", Picture(GRAY))
    (tmp_path / "b").touch()
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_an_array_that_may_not_grow_fails_with_the_words_of_the_system(tmp_path):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))  # room for the header alone
    try:
        with pytest.raises(FileError, match=rf"cannot write .*a\.npy: {os.strerror(errno.EFBIG).lower()}"):
            pictures.write_raw(tmp_path / "a.npy", np.zeros((300, 300)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []
