"""Data sets: pictures with labels, kept as bytes; a new one is one entry of DATASETS."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnncalc.errors import FileError, UsageError, nearest
from cnncalc.layers import Shape
from cnncalc.numerics.workspace import Array
from cnncalc.shipped import sample

LARGEST_FILE = 2**31  # bytes that one array of an archive may claim


@dataclass(frozen=True)
class Split:
    """Pictures (N, H, W, C), uint8, and their classes (N,), int64."""

    images: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class DataSet:
    """What a network learns from and is tested on; mean and deviation of the pixels are on a scale of 0 to 1."""

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    mean: float
    deviation: float

    @property
    def shape(self) -> Shape:
        """Height, width and channels of a picture."""
        return tuple(int(n) for n in self.train.images.shape[1:])


def mnist() -> DataSet:
    """Handwritten digits, 60,000 + 10,000 of 28×28 (LeCun, Cortes, Burges); ships with cnncalc."""
    path = sample("mnist.npz")
    if path is None:
        raise FileError("samples/mnist.npz, which ships with cnncalc, is missing", "install cnncalc again")
    digits = tuple(str(digit) for digit in range(10))
    return keras_archive("mnist", path, classes=digits, mean=0.1307, deviation=0.3081)


DATASETS: dict[str, Callable[[], DataSet]] = {"mnist": mnist}


def load(name: str) -> DataSet:
    """The data set of a name; raises UsageError for an unknown one, FileError where it is missing or corrupt."""
    if name not in DATASETS:
        raise UsageError(f"unknown data set {name}", nearest(name, DATASETS))
    return DATASETS[name]()


def keras_archive(
    name: str, path: Path, *, classes: tuple[str, ...], mean: float, deviation: float
) -> DataSet:
    """A data set in the layout of Keras's mnist.npz: x_train, y_train, x_test, y_test."""
    arrays = read_archive(path, ("x_train", "y_train", "x_test", "y_test"))
    splits = [
        split(path, arrays[f"x_{part}"], arrays[f"y_{part}"], len(classes)) for part in ("train", "test")
    ]
    return DataSet(name, splits[0], splits[1], classes, mean, deviation)


def read_archive(path: Path, names: tuple[str, ...]) -> dict[str, Array]:
    """The named arrays of an .npz; nothing in it is ever executed. Raises FileError."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name in names:
                if archive.getinfo(f"{name}.npy").file_size > LARGEST_FILE:
                    raise FileError(f"{path}: {name} claims more than {LARGEST_FILE >> 30} GB")
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in names}
    except KeyError as error:
        raise FileError(f"{path} holds no array {error.args[0]}", f"expected: {', '.join(names)}") from None
    except (OSError, EOFError, ValueError, MemoryError, zipfile.BadZipFile, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise FileError(f"{path} cannot be read: {error}", "get a fresh copy of it") from None


def split(path: Path, images: Array, labels: Array, classes: int) -> Split:
    """A Split of arrays that fit together; raises FileError where they do not."""
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or labels.shape != images.shape[:1]:
        raise FileError(
            f"{path}: pictures of shape {images.shape} and type {images.dtype} with labels {labels.shape}",
            "pictures are bytes (N, H, W) or (N, H, W, C), with one label each",
        )
    if labels.size and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise FileError(f"{path}: a label is outside 0 to {classes - 1}")
    return Split(images.reshape(*images.shape[:3], -1), labels.astype(np.int64))
