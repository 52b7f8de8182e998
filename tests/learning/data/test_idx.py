"""IDX files byte by byte, and such as lie."""

import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import FileError
from cnncalc.learning.data import idx

# two pictures of 2×3, written out by hand as the format's description has it
BYTES = b"\0\0\x08\x03" + b"\0\0\0\x02" + b"\0\0\0\x02" + b"\0\0\0\x03" + bytes(range(12))
PICTURES = [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]


def written(folder: Path, content: bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_pictures_are_read_zipped_or_not(tmp_path: Path, pack: object) -> None:
    array = idx.read(written(tmp_path, pack(BYTES)))  # type: ignore[operator]
    assert (array.tolist(), array.dtype) == (PICTURES, np.uint8)


@pytest.mark.parametrize(
    ("code", "form", "values"),
    [
        (8, "B", [0, 200, 255]),
        (9, "b", [-128, 0, 127]),
        (11, "h", [-300, 0, 300]),
        (12, "i", [-70_000, 0, 70_000]),
        (13, "f", [-1.5, 0.0, 0.25]),
        (14, "d", [-1.5, 0.0, 1e300]),
    ],
)
def test_every_type_of_the_format_is_read_most_significant_byte_first(
    tmp_path: Path, code: int, form: str, values: list[float]
) -> None:
    content = bytes([0, 0, code, 1]) + struct.pack(f">I3{form}", 3, *values)
    array = idx.read(written(tmp_path, content))
    assert array.tolist() == values
    assert array.dtype.isnative


def test_the_digest_is_that_of_the_unzipped_bytes_and_the_header_can_be_made_again(tmp_path: Path) -> None:
    digest = hashlib.sha256()
    array = idx.read(written(tmp_path, gzip.compress(BYTES)), digest)
    assert digest.hexdigest() == hashlib.sha256(BYTES).hexdigest()
    assert idx.header(array) + array.tobytes() == BYTES


@pytest.mark.parametrize("name", ["x-idx3-ubyte.gz", "x-idx3-ubyte", "x.idx3-ubyte", "x.idx3-ubyte.gz"])
def test_a_file_is_found_in_every_spelling_of_its_name(tmp_path: Path, name: str) -> None:
    assert idx.named(tmp_path, "x-idx3-ubyte") is None
    path = written(tmp_path, b"", name)
    assert idx.named(tmp_path, "x-idx3-ubyte") == idx.named(tmp_path, "x-idx3-ubyte.gz") == path


TERABYTES = b"\0\0\x08\x03" + b"\xff\xff\xff\xff" * 3


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"", "begins with nothing"),
        (b"\0\0\x08", "begins with 000008"),
        (b"<html>a page", "begins with 3c68746d"),
        (b"\0\0\x07\x01\0\0\0\0", "begins with 00000701"),  # no such type
        (b"\0\0\x08\0\x05", "begins with 00000800"),  # no axis
        (BYTES[:9], "within its header"),
        (BYTES[:-1], "claims 12 bytes"),
        (BYTES + b"\0", "more than the 12 bytes"),
        (TERABYTES, f"claims {(2**32 - 1) ** 3:,}"),
        (gzip.compress(TERABYTES, mtime=0), f"claims {(2**32 - 1) ** 3:,}"),
        (gzip.compress(BYTES[:-1], mtime=0), "ends after 11 of 12 bytes"),
        (gzip.compress(BYTES + b"\0", mtime=0), "more than the 12 bytes"),
        (gzip.compress(BYTES, mtime=0)[:-9], "ended before"),
        (gzip.compress(BYTES, mtime=0)[:-8] + b"\0" * 8, "CRC check failed"),
    ],
)
def test_a_file_that_lies_is_refused_by_name(tmp_path: Path, content: bytes, fact: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(FileError) as caught:
        idx.read(path)
    assert str(path) in caught.value.message
    assert fact in caught.value.message
    assert caught.value.hint


def test_a_claim_that_deflate_cannot_keep_is_refused_before_memory_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = gzip.compress(b"\0\0\x08\x01" + struct.pack(">I", 10**9))
    monkeypatch.setattr("numpy.empty", None)  # whoever asks for memory fails otherwise than with a FileError
    with pytest.raises(FileError, match="claims 1,000,000,000 bytes of data; it can hold"):
        idx.read(written(tmp_path, content))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are made in another way there")
def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, fact in {"pipe": "is not a file", "": "is not a file", "gone": "does not exist"}.items():
        with pytest.raises(FileError, match=fact):
            idx.read(tmp_path / name)


@given(place=st.integers(0, 27), value=st.integers(0, 255), packed=st.booleans())
def test_any_byte_may_be_wrong(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int, packed: bool
) -> None:
    content = bytearray(gzip.compress(BYTES, mtime=0) if packed else BYTES)
    content[place] = value
    path = written(tmp_path_factory.getbasetemp(), bytes(content), "mutated")
    try:
        array = idx.read(path)
    except FileError as error:
        assert str(path) in error.message
    else:
        assert array.size <= 12
