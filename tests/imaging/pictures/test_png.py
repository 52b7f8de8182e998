"""PNG files: every kind of pixels in and out, each filter, a stream that any decoder takes."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnncalc.errors import FileError
from cnncalc.imaging.pictures import Picture, png, png_writing, read, write
from cnncalc.shipped import sample

RANDOM = np.random.default_rng(0)


def random(*shape, dtype):
    return RANDOM.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def png_file(width, height, rows, colours=2, depth=8, pieces=1, more=b""):
    """A file put together by hand; rows: with the bytes that name their filters."""
    stream = zlib.compress(rows)
    cut = max(1, -(-len(stream) // pieces))
    parts = [png.chunk(b"IDAT", stream[at : at + cut]) for at in range(0, len(stream), cut)]
    header = png.chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0))
    return png.SIGNATURE + header + more + b"".join(parts) + png.chunk(b"IEND", b"")


def filtered_by_definition(raw, step):
    """The rows of raw bytes under filters 0 to 4 in turn, byte by byte (PNG specification, 9.2)."""
    out = bytearray()
    for y, row in enumerate(raw):
        kind = y % 5
        out.append(kind)
        for x, value in enumerate(row):
            a = int(row[x - step]) if x >= step else 0
            b = int(raw[y - 1][x]) if y else 0
            c = int(raw[y - 1][x - step]) if y and x >= step else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            out.append((int(value) - (0, a, b, (a + b) // 2, paeth)[kind]) % 256)
    return bytes(out)


@pytest.mark.parametrize("strip", [1, 100, 1 << 19])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(("colours", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_every_kind_of_pixels_is_read_under_every_filter(
    colours, channels, depth, threads, strip, monkeypatch
):
    monkeypatch.setattr(png, "STRIP", strip)
    pixels = random(12, 5, channels, dtype=np.uint8 if depth == 8 else np.uint16)
    raw = pixels.astype(pixels.dtype.newbyteorder(">")).view(np.uint8).reshape(12, -1)
    file = png_file(5, 12, filtered_by_definition(raw, channels * depth // 8), colours, depth, pieces=3)
    canvas, _ = png.read_rows(BytesIO(file), threads)
    got = canvas.pixels.reshape(12, 5, -1)
    if canvas.alpha is not None:
        got = np.dstack([got, canvas.alpha])
    assert got.dtype == pixels.dtype
    assert np.array_equal(got, pixels)


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([1, 3]),
    st.booleans(),
    st.sampled_from([1, 2]),
    st.sampled_from([png_writing.PHOTO, *png_writing.OTHERS]),
    st.integers(1, 60),
)
def test_what_is_written_is_what_pillow_reads(h, w, c, alpha, threads, method, strip):
    picture = Picture(
        random(h, w, *([3] if c == 3 else []), dtype=np.uint8),
        random(h, w, dtype=np.uint8) if alpha else None,
    )
    file = BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(png_writing, "choose", lambda _: method)
        patch.setattr(png_writing, "STRIP", strip)
        png_writing.write_rows(file, picture, threads=threads)
    with Image.open(file) as image:
        assert image.mode == picture.mode
        assert np.array_equal(
            np.asarray(image), np.dstack([picture.pixels, picture.alpha]) if alpha else picture.pixels
        )


def by_hand(data):
    """Header and inflated rows of a file, with nothing but zlib, which checks the stream's check sum."""
    at, header, stream = 8, None, b""
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        content = data[at + 8 : at + 8 + size]
        assert zlib.crc32(name + content) == struct.unpack_from(">I", data, at + 8 + size)[0]
        header = struct.unpack(">IIBBBBB", content) if name == b"IHDR" else header
        stream += content if name == b"IDAT" else b""
        at += 12 + size
    assert name == b"IEND"
    return header, zlib.decompress(stream)


def test_colour_of_sixteen_bits_is_written_most_significant_byte_first(monkeypatch):
    monkeypatch.setattr(png_writing, "choose", lambda _: png_writing.OTHERS[0])  # without a filter
    monkeypatch.setattr(png_writing, "STRIP", 50)
    picture = Picture(random(7, 5, 3, dtype=np.uint16), random(7, 5, dtype=np.uint16))
    file = BytesIO()
    png_writing.write_rows(file, picture, threads=2)
    header, rows = by_hand(file.getvalue())
    assert header == (5, 7, 16, 6, 0, 0, 0)
    lines = np.frombuffer(rows, np.uint8).reshape(7, -1)
    assert (lines[:, 0] == 0).all()
    values = [struct.unpack(">20H", line[1:].tobytes()) for line in lines]
    assert np.array_equal(np.reshape(values, (7, 5, 4)), np.dstack([picture.pixels, picture.alpha]))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_check_sums_of_parts_make_that_of_the_whole(a, b):
    assert png_writing.adler32_of_both(zlib.adler32(a), zlib.adler32(b), len(b)) == zlib.adler32(a + b)


def test_the_method_fits_the_picture():
    with Image.open(sample("chelsea.png")) as image:
        assert png_writing.choose(Picture(np.asarray(image))) == png_writing.PHOTO
    drawing = np.zeros((600, 600, 3), np.uint8)
    drawing[100:200, 50:500] = drawing[:, 300:310] = (200, 30, 40)
    assert png_writing.choose(Picture(drawing)) in png_writing.OTHERS


def test_a_flat_drawing_stays_small_and_a_photo_little_larger_than_pillow_makes_it(tmp_path):
    drawing = np.zeros((600, 600, 3), np.uint8)
    drawing[100:200, 50:500] = drawing[:, 300:310] = (200, 30, 40)
    photo = np.asarray(Image.open(sample("chelsea.png")))
    for pixels, bound in ((drawing, 3.0), (photo, 1.1)):
        write(tmp_path / "ours.png", Picture(pixels), overwrite=True)
        Image.fromarray(pixels).save(tmp_path / "theirs.png")
        assert (tmp_path / "ours.png").stat().st_size < bound * (tmp_path / "theirs.png").stat().st_size


@pytest.mark.parametrize(("colours", "clear"), [(0, (7,)), (2, (7, 8, 9))])
@pytest.mark.parametrize(("depth", "opaque"), [(8, 255), (16, 65_535)])
def test_one_colour_may_be_transparent(tmp_path, colours, clear, depth, opaque):
    rows = b"".join(
        b"\0" + b"".join(value.to_bytes(depth // 8) for value in pixel)
        for pixel in (clear, [*clear[:-1], 10])
    )
    transparent = png.chunk(b"tRNS", b"".join(value.to_bytes(2) for value in clear))
    (tmp_path / "a.png").write_bytes(png_file(1, 2, rows, colours, depth, more=transparent))
    got = read(tmp_path / "a.png")
    assert got.alpha.tolist() == [[0], [opaque]]
    assert got.pixels.reshape(2, -1)[0].tolist() == list(clear)


def test_interlaced_rows_and_single_bits_are_read_too(tmp_path):
    Image.fromarray(random(9, 9, dtype=np.uint8) > 99).save(tmp_path / "bits.png")
    assert set(np.unique(read(tmp_path / "bits.png").pixels)) == {0, 255}
    rows = b"\0\x10" + b"\0\x30" + b"\0\x20"  # Adam7 of a picture of 1×3: first, fifth and seventh pass
    header = png.chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 3, 8, 0, 0, 0, 1))
    body = png.chunk(b"IDAT", zlib.compress(rows)) + png.chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(png.SIGNATURE + header + body)
    assert read(tmp_path / "a.png").pixels[:, 0].tolist() == [0x10, 0x20, 0x30]


WHOLE = png_file(40, 40, filtered_by_definition(random(40, 120, dtype=np.uint8), 3), pieces=4)


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_no_flipped_byte_goes_unseen(tmp_path_factory, at, change):
    path = tmp_path_factory.mktemp("flipped") / "a.png"
    path.write_bytes(WHOLE[:at] + bytes([WHOLE[at] ^ change]) + WHOLE[at + 1 :])
    try:
        got = read(path)
    except FileError as error:
        assert "a.png" in error.message
        return
    assert np.array_equal(got.pixels, read_bytes(WHOLE).pixels)


def read_bytes(data):
    return read(BytesIO(data), name="data")


@given(st.integers(0, len(WHOLE) - 5))  # the check sum of the empty last part protects nothing
def test_no_cut_goes_unseen(at):
    with pytest.raises(FileError):
        read_bytes(WHOLE[:at])


def test_more_pixels_than_the_header_says_are_not_read():
    rows = b"\0\1" * 1_000_000
    with pytest.raises(FileError, match="damaged"):
        read_bytes(png_file(1, 2, rows, 0))
