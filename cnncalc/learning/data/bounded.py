"""Reading files that may lie: what they claim is compared with what they can hold before memory is asked for."""

from __future__ import annotations

import gzip
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from cnncalc.errors import FileError
from cnncalc.numerics.workspace import Array

LARGEST = 2**32  # bytes that one array of a file may claim
DEFLATE = (
    1032  # times that deflate shrinks bytes at most (zlib's technical notes, "Maximum Compression Factor")
)
BLOCK = 1 << 20
GZIP = b"\x1f\x8b"
# what Python's readers raise on a damaged file; RuntimeError stands for an encrypted archive
DAMAGED = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
    tarfile.TarError,
)


class Digest(Protocol):
    """What takes bytes in, such as hashlib.sha256()."""

    def update(self, data: Any, /) -> None: ...


def is_file(path: Path) -> bool:
    """Whether there is a file that can be looked at; False, too, for a name that no system would take."""
    with suppress(OSError, ValueError):
        return path.is_file()
    return False


def is_folder(path: Path) -> bool:
    """The same of a folder."""
    with suppress(OSError, ValueError):
        return path.is_dir()
    return False


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Says of what goes wrong in reading which file it is; raises FileError, also where it is none."""
    try:
        if not is_file(path):
            there = "is not a file" if os.path.lexists(path) else "does not exist"
            raise FileError(f"{path} {there}, or may not be looked at", "check the path")
        yield
    except MemoryError:
        raise FileError(f"{path} does not fit into memory", "use a smaller one") from None
    except DAMAGED as error:
        lines = (getattr(error, "strerror", None) or str(error)).splitlines()
        fact = lines[0] if lines else type(error).__name__  # numpy's further lines advise programmers
        raise FileError(f"{path} cannot be read: {fact}", "get a fresh copy of it") from None


@contextmanager
def unzipped(path: Path) -> Iterator[tuple[Any, int]]:
    """The bytes of a file, unzipped if it is a gzip file, and how many there can be at most."""
    with reading(path), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if file.peek(2)[:2] == GZIP:
            with gzip.GzipFile(fileobj=file) as stream:
                yield stream, size * DEFLATE
        else:
            yield file, size


def fill(shape: tuple[int, ...], dtype: Any, stream: Any, digest: Digest | None = None) -> Array:
    """A new array filled from the stream; raises EOFError where that ends too early."""
    array = np.empty(shape, dtype)
    room = array.reshape(-1).view(np.uint8)
    done = 0
    while done < len(room):
        block = room[done : done + BLOCK]
        count = stream.readinto(block)
        if not count:
            raise EOFError(f"it ends after {done:,} of {len(room):,} bytes of data")
        if digest:
            digest.update(block[:count])
        done += count
    return array


def check_claim(claimed: int, possible: int) -> None:
    """ValueError where a header claims more bytes than there can be."""
    if claimed > min(possible, LARGEST):
        raise ValueError(
            f"its header claims {claimed:,} bytes of data; it can hold {min(possible, LARGEST):,} at most"
        )
