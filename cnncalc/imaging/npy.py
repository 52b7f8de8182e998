"""Arrays saved by numpy.save: plain numbers only, never pickle, and never more than the file really holds."""

from __future__ import annotations

from io import BytesIO
from math import prod
from typing import Any

import numpy as np
from numpy.lib import format as layout
from numpy.typing import NDArray

from cnncalc.errors import FileError

MAGIC = layout.MAGIC_PREFIX
HEADERS = {(1, 0): layout.read_array_header_1_0, (2, 0): layout.read_array_header_2_0}


def decode(data: bytes, source: str, *, limit: int, largest: float) -> NDArray[Any]:
    """The array of 1 to 4 axes in the bytes of an .npy file; FileError where it is not one that can be used.

    limit: numbers at most; largest: of one number.
    """
    shape, fortran, dtype, body = _header(data, source)
    if dtype.hasobject or dtype.kind not in "biuf":
        raise FileError(
            f"{source} holds {dtype} where numbers are needed",
            "save whole or floating-point numbers: numpy.save(file, array.astype(float))",
        )
    if not 1 <= len(shape) <= 4:
        raise FileError(
            f"{source} holds an array of {len(shape)} axes",
            "1 to 4 can be used: columns; rows; planes before them; filters before those",
        )
    if min(shape) < 1:
        raise FileError(f"{source} holds an array without numbers, of shape {shape}", "save one with numbers")
    if prod(shape) > limit:
        raise FileError(f"{source} holds {prod(shape):,} numbers", f"a matrix has at most {limit:,}")
    if len(body) != prod(shape) * dtype.itemsize:
        raise FileError(
            f"{source} is damaged: its header promises {prod(shape) * dtype.itemsize:,} bytes of numbers, "
            f"it holds {len(body):,}",
            "save or copy it again",
        )
    array = np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C")
    usable = np.isfinite(array) if dtype.kind == "f" else np.ones(shape, bool)
    usable = usable & (np.abs(array, dtype=np.longdouble) <= largest)
    if not usable.all():
        index = tuple(map(int, np.argwhere(~usable)[0]))
        raise FileError(
            f"{source} holds {array[index]} at {list(index)}", "numbers are finite, and at most 1e100"
        )
    return array


def _header(data: bytes, source: str) -> tuple[tuple[int, ...], bool, np.dtype[Any], bytes]:
    """Shape, whether the first axis runs fastest, type, and the bytes behind the header."""
    file = BytesIO(data)
    try:
        version = layout.read_magic(file)
        if version not in HEADERS:
            raise ValueError(f"version {version} of the format is not read")
        shape, fortran, dtype = HEADERS[version](file)
    except Exception as error:  # a damaged header is met with errors of every class
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileError(
            f"{source} is no array saved by numpy, or damaged ({reason})", "save it again"
        ) from None
    return shape, fortran, dtype, data[file.tell() :]
