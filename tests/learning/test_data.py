"""The shipped data are what their authors published, and broken archives are refused."""

import hashlib
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cnncalc.errors import FileError, UsageError
from cnncalc.learning.data import keras_archive, load
from cnncalc.numerics.workspace import Array

# SHA-256 of the raw IDX files of yann.lecun.com/exdb/mnist, unzipped
PUBLISHED = {
    "train_images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train_labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "test_images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "test_labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def idx(array: Array) -> bytes:
    """The array as an IDX file of bytes: magic number, sizes, numbers."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def test_mnist_is_bit_for_bit_what_was_published() -> None:
    data = load("mnist")
    files = {
        "train_images": data.train.images[..., 0],
        "train_labels": data.train.labels,
        "test_images": data.test.images[..., 0],
        "test_labels": data.test.labels,
    }
    assert {name: hashlib.sha256(idx(array)).hexdigest() for name, array in files.items()} == PUBLISHED
    assert (data.shape, len(data.train), len(data.test)) == ((28, 28, 1), 60_000, 10_000)


def test_mean_and_deviation_are_those_of_the_training_pictures() -> None:
    data = load("mnist")
    pixels = data.train.images / np.float32(255)
    assert pixels.mean(dtype=np.float64) == pytest.approx(data.mean, abs=5e-5)
    assert pixels.std(dtype=np.float64) == pytest.approx(data.deviation, abs=5e-5)


def test_an_unknown_data_set_has_its_nearest_known() -> None:
    with pytest.raises(UsageError) as caught:
        load("mnits")
    assert caught.value.hint == "did you mean mnist?"


GOOD = {
    "x_train": np.zeros((3, 4, 4), np.uint8),
    "y_train": np.array([0, 1, 1], np.uint8),
    "x_test": np.zeros((2, 4, 4), np.uint8),
    "y_test": np.array([0, 1], np.uint8),
}


def archive(path: Path, **changed: Array) -> Path:
    np.savez(path, **{**GOOD, **changed})
    return path


def read(path: Path) -> None:
    keras_archive("x", path, classes=("a", "b"), mean=0, deviation=1)


def test_an_archive_in_keras_layout_is_read(tmp_path: Path) -> None:
    data = keras_archive("x", archive(tmp_path / "a.npz"), classes=("a", "b"), mean=0, deviation=1)
    assert data.train.images.shape == (3, 4, 4, 1)
    assert list(data.test.labels) == [0, 1]


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def claims(path: Path, header: bytes) -> Path:
    with zipfile.ZipFile(archive(path)) as good:
        parts = {name: good.read(name) for name in good.namelist()}
    parts["x_train.npy"] = header
    with zipfile.ZipFile(path, "w") as bad:
        for name, content in parts.items():
            bad.writestr(name, content)
    return path


def test_broken_archives_are_refused(tmp_path: Path) -> None:
    good = archive(tmp_path / "good.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(good[: len(good) // 2])
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "empty.npz").write_bytes(b"")
    flipped = bytearray(good)
    flipped[120] ^= 0xFF
    (tmp_path / "flipped.npz").write_bytes(flipped)
    objects = io.BytesIO()
    np.save(objects, np.array([Trap(tmp_path / "sprung")], dtype=object), allow_pickle=True)
    claims(tmp_path / "pickle.npz", objects.getvalue())
    huge = io.BytesIO()
    np.lib.format.write_array_header_1_0(huge, {"descr": "|u1", "fortran_order": False, "shape": (10**13,)})
    claims(tmp_path / "huge.npz", huge.getvalue())
    archive(tmp_path / "floats.npz", x_train=np.zeros((3, 4, 4)))
    archive(tmp_path / "labels.npz", y_train=np.array([0, 1, 2], np.uint8))
    archive(tmp_path / "short.npz", y_train=np.array([0, 1], np.uint8))
    np.savez(tmp_path / "lacking.npz", x_train=GOOD["x_train"])
    for name in (
        "cut",
        "text",
        "empty",
        "flipped",
        "pickle",
        "huge",
        "floats",
        "labels",
        "short",
        "lacking",
        "gone",
    ):
        with pytest.raises(FileError) as caught:
            read(tmp_path / f"{name}.npz")
        assert f"{name}.npz" in caught.value.message
    assert not (tmp_path / "sprung").exists()  # nothing in an archive is executed


def test_an_array_that_claims_too_much_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnncalc.learning.data.LARGEST_FILE", 100)
    with pytest.raises(FileError, match="x_train claims more than"):
        read(archive(tmp_path / "large.npz"))
