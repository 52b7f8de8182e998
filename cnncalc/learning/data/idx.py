"""IDX files, the format of MNIST: a magic number, the sizes, the numbers (LeCun, Cortes & Burges)."""

from __future__ import annotations

import struct
from math import prod
from pathlib import Path

import numpy as np

from cnncalc.learning.data.bounded import Digest, check_claim, fill, is_file, unzipped
from cnncalc.numerics.workspace import Array

TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # the third byte of the magic number
# the names of MNIST's four files; a dot for the last dash, no .gz, or both are as common
FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def read(path: Path, digest: Digest | None = None) -> Array:
    """The array in an IDX file, zipped or not; the digest takes in the unzipped bytes.

    Raises FileError where it is damaged, or claims what it does not hold; before that is allocated.
    """
    with unzipped(path) as (stream, most):
        magic = stream.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not magic[3]:
            raise ValueError(f"it is no IDX file, it begins with {magic.hex() or 'nothing'}")
        sizes = stream.read(4 * magic[3])
        if len(sizes) < 4 * magic[3]:
            raise EOFError("it ends within its header")
        shape = struct.unpack(f">{magic[3]}I", sizes)
        dtype = np.dtype(TYPES[magic[2]])
        check_claim(prod(shape) * dtype.itemsize, most - len(magic + sizes))
        if digest:
            digest.update(magic + sizes)
        array = fill(shape, dtype, stream, digest)
        if stream.read(1):  # which is also where gzip compares its checksum
            raise ValueError(f"it holds more than the {array.nbytes:,} bytes that its header claims")
    return array.astype(dtype.newbyteorder("="), copy=False)


def header(array: Array) -> bytes:
    """What stands before an array of bytes in an IDX file."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)


def named(folder: Path, name: str) -> Path | None:
    """The file of an IDX name in a folder, however it is spelt there, or None."""
    plain = name.removesuffix(".gz")
    dotted = plain.replace("-idx", ".idx")
    for spelling in (f"{plain}.gz", plain, f"{dotted}.gz", dotted):
        if is_file(folder / spelling):
            return folder / spelling
    return None
