"""Data sets as records: pictures with labels, kept as bytes, and how a part of them is held out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

import numpy as np

from cnncalc.errors import FileError, UsageError
from cnncalc.layers import Shape
from cnncalc.numerics.workspace import Array

MOST_CLASSES = 65_536  # more than any set of pictures has; a larger label is damage
CHUNK = 1 << 22  # bytes counted at once
ONE_IN = 5  # examples of each class that are tested on, of a set without a test part
SAMPLE = 1000  # pictures of each part of a set on disk that are looked at beforehand


class Images(Protocol):
    """Pictures (N, H, W, C), uint8: an array, or a set on disk that decodes those that are asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, rows: Any, /) -> Any: ...


class OnDisk(Images, Protocol):
    """Pictures that are not in memory."""

    def taken(self, rows: Any) -> Images:
        """Those of some rows, still on disk."""


@dataclass(frozen=True)
class Split:
    """Pictures (N, H, W, C), uint8, and their classes (N,), int64."""

    images: Images
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, rows: Any) -> Split:
        """Some of the examples; a slice of an array is a view, and what lies on disk stays there."""
        images = self.images
        taken = images[rows] if isinstance(images, np.ndarray) else cast("OnDisk", images).taken(rows)
        return Split(taken, self.labels[rows])


class Parts(NamedTuple):
    """What is learned from, what the best epoch is chosen by, and what is looked at once, at the end."""

    train: Split
    validation: Split
    test: Split


@dataclass(frozen=True)
class DataSet:
    """What a network learns from and is tested on; mean and deviation of the pixels are on a scale of 0 to 1.

    The name is what `load` finds it by again: that of the catalogue, or its path.
    """

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    mean: float
    deviation: float
    shuffled: bool = False  # its authors mixed the classes: the first N pictures are a fair sample
    validation: Split | None = None  # where the set brings one of its own
    origin: str = ""  # where it was found, in words

    @property
    def shape(self) -> Shape:
        """Height, width and channels of a picture."""
        return tuple(int(n) for n in self.train.images.shape[1:])

    @property
    def slug(self) -> str:
        """A short name that can be part of a file's."""
        last = Path(self.name.partition("+")[0]).name or "data"
        return re.sub(r"[^\w.-]+", "-", last.split(".")[0]).strip("-.") or "data"

    def split(self, validation: int, examples: int | None = None) -> Parts:
        """Holds so many of the training pictures out to validate with; the same ones every time.

        Of a set whose authors mixed the classes these are the first, as the loader of the TensorFlow tutorials took
        them (`read_data_sets`, validation_size = 5000), from which MNIST's 55,000 + 5,000 + 10,000 come. Elsewhere
        they are spread evenly over the classes, and over the pictures of each. A set that brings a validation part
        keeps it, unless 0 are asked for. Of the rest, so many examples are learned from, or all of them, evenly
        spread. Raises UsageError.
        """
        parts = self.held_out(validation)
        if examples is None:
            return parts
        if examples > len(parts.train):
            raise UsageError(
                f"{self.name} has {len(parts.train):,} pictures to learn from, not {examples:,}",
                f"--examples takes up to {len(parts.train)}",
            )
        return parts._replace(train=divided(parts.train, examples)[1])

    def held_out(self, validation: int) -> Parts:
        """The three parts, with so many pictures to validate with."""
        if not 0 <= validation < len(self.train):
            raise UsageError(
                f"{validation:,} of the {len(self.train):,} training pictures of {self.name} cannot be held out",
                f"--validation takes 0 to {len(self.train) - 1}",
            )
        if validation and self.validation:
            return Parts(self.train, self.validation, self.test)
        if self.shuffled or not validation:
            held, rest = slice(0, validation), slice(validation, None)
            return Parts(self.train.rows(rest), self.train.rows(held), self.test)
        kept, held_out = divided(self.train, validation)
        return Parts(kept, held_out, self.test)


def divided(split: Split, held: int) -> tuple[Split, Split]:
    """The rest, and so many examples held out: evenly spaced where the examples lie sorted by class."""
    by_class = np.argsort(split.labels, kind="stable")
    total = len(split)
    out = np.zeros(total, bool)
    out[by_class[(2 * np.arange(held) + 1) * total // (2 * held)]] = True
    return split.rows(np.flatnonzero(~out)), split.rows(np.flatnonzero(out))


def split_of(place: str, images: Array, labels: Array, classes: int | None = None) -> Split:
    """A Split of arrays that fit together; raises FileError where they do not.

    images (N, H, W) or (N, H, W, C), whole numbers 0 to 255; labels (N,) or (N, 1), whole numbers below `classes`.
    """
    images, labels = (
        as_bytes(images),
        labels.reshape(labels.shape[:1] if labels.shape[1:] == (1,) else labels.shape),
    )
    kind = "iu".find(labels.dtype.kind) >= 0
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or labels.shape != images.shape[:1] or not kind:
        raise FileError(
            f"{place}: pictures of shape {images.shape} and type {images.dtype}"
            f" with labels of shape {labels.shape} and type {labels.dtype}",
            "pictures are numbers 0 to 255, (N, H, W) or (N, H, W, C), with one whole number each as label",
        )
    if not images.size:
        raise FileError(f"{place} holds no pictures", "get a fresh copy of it")
    most = MOST_CLASSES if classes is None else classes
    if not 0 <= int(labels.min()) <= int(labels.max()) < most:
        raise FileError(f"{place}: a label is outside 0 to {most - 1}", "labels count the classes from 0")
    return Split(images.reshape(*images.shape[:3], -1), labels.astype(np.int64))


def as_bytes(images: Array) -> Array:
    """Whole numbers of another type as bytes, where each fits one; anything else as it is."""
    fits = images.dtype != np.uint8 and images.dtype.kind in "iu" and images.size
    if fits and 0 <= int(images.min()) <= int(images.max()) <= 255:
        return images.astype(np.uint8)
    return images


def data_set(name: str, train: Split, test: Split, **facts: Any) -> DataSet:
    """A DataSet of two parts that fit together, its classes numbered unless they have names; raises FileError."""
    if train.images.shape[1:] != test.images.shape[1:]:
        raise FileError(
            f"{name}: training pictures of {train.images.shape[1:]}, test pictures of {test.images.shape[1:]}",
            "both parts must be of one size",
        )
    if not facts.get("classes"):
        labels = 1 + max(int(train.labels.max()), int(test.labels.max()))
        facts["classes"] = tuple(str(label) for label in range(labels))
    if not facts.get("deviation"):
        facts["mean"], facts["deviation"] = statistics(name, train.images)
    return DataSet(name, train, test, **facts)


def statistics(name: str, images: Images) -> tuple[float, float]:
    """Mean and deviation of the pixels on a scale of 0 to 1; of a set on disk, from up to SAMPLE pictures of it."""
    counts = np.zeros(256, np.int64)
    for block in blocks(images):
        counts += np.bincount(block.ravel(), minlength=256)
    levels = np.arange(256) / 255
    mean = float(counts @ levels) / int(counts.sum())
    deviation = float(np.sqrt(counts @ (levels - mean) ** 2 / int(counts.sum())))
    if not deviation:
        raise FileError(f"{name}: every pixel of every picture is {round(255 * mean)}", "check the pictures")
    return mean, deviation


def blocks(images: Images) -> Iterator[Array]:
    """The pictures in blocks; of a set on disk a sample, evenly spread."""
    size = max(1, CHUNK // max(1, int(np.prod(images.shape[1:]))))
    rows = np.arange(len(images))
    if not isinstance(images, np.ndarray) and len(rows) > SAMPLE:
        rows = rows[np.arange(SAMPLE) * len(rows) // SAMPLE]
    for first in range(0, len(rows), size):
        part = rows[first : first + size]
        yield images[part[0] : part[-1] + 1] if isinstance(images, np.ndarray) else images[part]
