"""The .npz of Keras's data sets: x_train, y_train, x_test, y_test. Nothing in it is ever executed."""

from __future__ import annotations

import zipfile
from math import prod
from pathlib import Path

from numpy.lib import format as npy

from cnncalc.errors import FileError
from cnncalc.learning.data.bounded import DEFLATE, check_claim, fill, reading
from cnncalc.numerics.workspace import Array

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read(path: Path) -> dict[str, Array]:
    """The four arrays; raises FileError where one is missing, damaged, or claims what the file does not hold."""
    with reading(path), zipfile.ZipFile(path) as archive:
        held = set(archive.namelist())
        lacking = [name for name in ARRAYS if f"{name}.npy" not in held]
        if lacking:
            raise FileError(f"{path} holds no array {lacking[0]}", f"expected: {', '.join(ARRAYS)}")
        return {name: member(archive, archive.getinfo(f"{name}.npy")) for name in ARRAYS}


def member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    """One array; its header is compared with the sizes in the archive before anything is allocated."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{info.filename} is packed in a way that numpy does not write")
    with archive.open(info) as stream:
        version = npy.read_magic(stream)
        if version not in HEADERS:
            raise ValueError(f"{info.filename} is of version {version}")
        shape, by_columns, dtype = HEADERS[version](stream)
        if dtype.hasobject or dtype.names:
            raise ValueError(f"{info.filename} holds {dtype}, which is no plain number")
        if any(size < 0 for size in shape):
            raise ValueError(f"{info.filename} claims the shape {shape}")
        check_claim(prod(shape) * dtype.itemsize, min(info.file_size, info.compress_size * DEFLATE))
        array = fill(tuple(shape[::-1]) if by_columns else tuple(shape), dtype, stream)
        if stream.read(1):  # which is also where zipfile compares its checksum
            raise ValueError(f"{info.filename} holds more than its header claims")
    array = array.astype(dtype.newbyteorder("="), copy=False)
    return array.T if by_columns else array
