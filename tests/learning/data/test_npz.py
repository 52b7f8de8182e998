"""The .npz of Keras's data sets, written by hand, and archives that lie."""

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import FileError
from cnncalc.learning.data import npz
from cnncalc.numerics.workspace import Array

GOOD = {
    "x_train": np.arange(48, dtype=np.uint8).reshape(3, 4, 4),
    "y_train": np.array([0, 1, 1], np.uint8),
    "x_test": np.zeros((2, 4, 4), np.uint8),
    "y_test": np.array([0, 1], np.uint8),
}


def npy(header: str, data: bytes = b"") -> bytes:
    """An .npy file of version 1.0 as numpy's format description has it."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def archive(path: Path, compression: int = zipfile.ZIP_STORED, **members: bytes) -> Path:
    """An archive of the good arrays, but for the members given as bytes."""
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, array in GOOD.items():
            content = io.BytesIO()
            np.save(content, array)
            file.writestr(f"{name}.npy", members.get(name, content.getvalue()))
    return path


def test_what_was_written_by_hand_is_read(tmp_path: Path) -> None:
    by_hand = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 3), }", bytes(range(6)))
    assert npz.read(archive(tmp_path / "a.npz", x_train=by_hand))["x_train"].tolist() == [
        [[0, 1, 2]],
        [[3, 4, 5]],
    ]


def test_arrays_by_columns_and_of_the_other_byte_order_are_read(tmp_path: Path) -> None:
    by_columns = npy(
        "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }", struct.pack(">6h", 0, 3, 1, 4, 2, 5)
    )
    array = npz.read(archive(tmp_path / "a.npz", x_train=by_columns))["x_train"]
    assert array.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert array.dtype.isnative


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read(tmp_path: Path, save: object) -> None:
    save(tmp_path / "a.npz", **GOOD, more=np.zeros(3))  # type: ignore[operator]
    read = npz.read(tmp_path / "a.npz")
    assert {name: array.tolist() for name, array in read.items()} == {n: a.tolist() for n, a in GOOD.items()}


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def pickled(path: Path) -> bytes:
    content = io.BytesIO()
    np.save(content, np.array([Trap(path)], dtype=object), allow_pickle=True)
    return content.getvalue()


def test_nothing_in_an_archive_is_executed(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="holds object, which is no plain number"):
        npz.read(archive(tmp_path / "a.npz", x_train=pickled(tmp_path / "sprung")))
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("shape", "data", "fact"),
    [
        ("(10000000000000,)", b"", "claims 10,000,000,000,000 bytes of data; it can hold"),
        ("(3, 4, 4)", b"\0" * 47, "claims|ends after 47 of 48"),
        ("(3, 4, 4)", b"\0" * 49, "more than its header claims"),
        ("(-1,)", b"", "claims the shape"),
        ("'three'", b"", "cannot be read"),
        ("(" * 200 + ")" * 200, b"", "cannot be read"),
        ("(" + "1," * 20_000 + ")", b"", "cannot be read"),
    ],
)
def test_a_header_that_lies_is_refused(tmp_path: Path, shape: str, data: bytes, fact: str) -> None:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
    with pytest.raises(FileError, match=fact) as caught:
        npz.read(archive(tmp_path / "a.npz", x_train=npy(header, data)))
    assert "a.npz" in caught.value.message


def test_a_claim_is_refused_before_memory_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (900000000,), }", b"\0" * 1000)
    path = archive(tmp_path / "a.npz", zipfile.ZIP_DEFLATED, x_train=bomb)
    monkeypatch.setattr("numpy.empty", None)
    with pytest.raises(FileError, match="claims 900,000,000 bytes of data"):
        npz.read(path)


def test_a_bomb_is_refused_by_the_size_that_an_array_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnncalc.learning.data.bounded.LARGEST", 1000)
    bomb = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1001,), }", b"\0" * 1001)
    path = archive(tmp_path / "a.npz", zipfile.ZIP_DEFLATED, x_train=bomb)
    with pytest.raises(FileError, match="claims 1,001 bytes of data; it can hold 1,000 at most"):
        npz.read(path)


def test_what_is_no_archive_or_lacks_an_array_is_refused(tmp_path: Path) -> None:
    good = archive(tmp_path / "good.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(good[: len(good) // 2])
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "lacking.npz", x_train=GOOD["x_train"])
    archive(tmp_path / "packed.npz", zipfile.ZIP_LZMA)
    for name in ("cut", "text", "empty", "lacking", "packed", "gone"):
        with pytest.raises(FileError, match=rf"{name}\.npz"):
            npz.read(tmp_path / f"{name}.npz")


def sizes(arrays: dict[str, Array]) -> int:
    return sum(array.nbytes for array in arrays.values())


@given(data=st.data(), packed=st.booleans())
def test_any_byte_may_be_wrong(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, packed: bool
) -> None:
    base = tmp_path_factory.getbasetemp()
    content = bytearray(archive(base / "good.npz", zipfile.ZIP_DEFLATED if packed else 0).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (base / "mutated.npz").write_bytes(content)
    try:
        arrays = npz.read(base / "mutated.npz")
    except FileError as error:
        assert "mutated.npz" in error.message
    else:
        assert sizes(arrays) < 1000
