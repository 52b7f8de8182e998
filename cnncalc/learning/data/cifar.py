"""CIFAR-10 in its binary version: six batches of 10,000 records, a label and 3·32·32 pixels (Krizhevsky 2009)."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from cnncalc.learning.data.bounded import fill, reading
from cnncalc.learning.data.sets import Split, split_of
from cnncalc.numerics.workspace import Array

FOLDER = "cifar-10-batches-bin"
RECORD = 1 + 3 * 32 * 32
BATCH = 10_000
FILES = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
LONGEST = (len(FILES) + 1) * BATCH * RECORD  # bytes that an unpacked archive may come to
PICKLED = "the python version holds pickles, which can run code; take cifar-10-binary.tar.gz"


def from_folder(folder: Path) -> Iterator[tuple[str, Array, str]]:
    """Name, records (10,000, 3073) and SHA-256 of each batch in a folder; raises FileError."""
    for name in FILES:
        path = folder / name
        with reading(path):
            size = path.stat().st_size
            if size != BATCH * RECORD:
                raise ValueError(f"it has {size:,} bytes; a batch has {BATCH * RECORD:,}")
            with path.open("rb") as file:
                yield name, *batch(file)


def from_archive(path: Path) -> Iterator[tuple[str, Array, str]]:
    """The same from the .tar.gz, read in passing: nothing is extracted. Raises FileError.

    An archive with a member that climbs out of its folder, is a link or a device, or has another size than it must
    is refused whole.
    """
    wanted = set(FILES)
    with (
        reading(path),
        gzip.open(path) as stream,
        tarfile.open(fileobj=Bounded(stream, LONGEST), mode="r|") as archive,  # type: ignore[call-overload]  # it only reads
    ):
        for member in archive:
            place = PurePosixPath(member.name)
            if place.is_absolute() or ".." in place.parts or "\\" in member.name:
                raise ValueError(f"its member {member.name} climbs out of the archive")
            if not (member.isdir() or (member.isreg() and not member.issparse())):
                raise ValueError(f"its member {member.name} is a link or a device")
            if place.parts[:1] == ("cifar-10-batches-py",):
                raise ValueError(PICKLED)
            if place.parent.name != FOLDER or place.name not in wanted:
                continue
            if member.size != BATCH * RECORD:
                raise ValueError(
                    f"its member {member.name} has {member.size:,} bytes, not {BATCH * RECORD:,}"
                )
            wanted.remove(place.name)
            yield place.name, *batch(archive.extractfile(member))
        if wanted:
            raise ValueError(f"it lacks {', '.join(sorted(wanted))}")


def batch(stream: Any) -> tuple[Array, str]:
    """The records of a batch, and the SHA-256 of its bytes."""
    digest = hashlib.sha256()
    records = fill((BATCH, RECORD), np.uint8, stream, digest)
    return records, digest.hexdigest()


def split(batches: list[Array]) -> Split:
    """Pictures (N, 32, 32, 3) and labels of batches of records, whose pixels lie channel by channel."""
    images = np.empty((BATCH * len(batches), 32, 32, 3), np.uint8)
    for number, records in enumerate(batches):
        pixels = records[:, 1:].reshape(-1, 3, 32, 32)
        images[number * BATCH : (number + 1) * BATCH] = pixels.transpose(0, 2, 3, 1)
    return split_of("CIFAR-10", images, np.concatenate([records[:, 0] for records in batches]), len(CLASSES))


class Bounded:
    """A stream that gives so many bytes at most; a ValueError stands where more would come."""

    def __init__(self, stream: Any, most: int) -> None:
        self.stream = stream
        self.left = most

    def read(self, size: int = -1) -> bytes:
        block: bytes = self.stream.read(size)
        self.left -= len(block)
        if self.left < 0:
            raise ValueError("it unpacks to more than CIFAR-10 has")
        return block
