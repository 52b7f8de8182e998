"""Memory for pictures that come out of a filter, taken again when nobody looks at them any more.

The system clears memory that it gives out, which takes about as long as a small kernel. The C library keeps what is
given back to it for the next time, but not pieces as large as the pictures of a camera.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST, MOST = 4 << 20, 64 << 20  # bytes of a piece that is kept

_kept: list[NDArray[np.uint8]] = []  # the last piece that was given back


class _Piece:
    """The memory under an array and all its views; with the last of them it is free."""

    def __init__(self, memory: NDArray[np.uint8]) -> None:
        self.memory = memory
        self.__array_interface__ = memory.__array_interface__

    def __del__(self, kept: list[NDArray[np.uint8]] = _kept) -> None:  # bound: at exit there are no globals
        kept[:] = [self.memory]


def empty(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """An array that nobody has written to, or whose former owners are gone."""
    size = prod(shape) * np.dtype(dtype).itemsize
    if not LEAST <= size <= MOST:
        return np.empty(shape, dtype)
    try:
        memory = _kept.pop()  # not looked at first: another thread may take it in between
    except IndexError:
        memory = np.empty(size, np.uint8)
    if memory.size != size:
        memory = np.empty(size, np.uint8)
    found: NDArray[Any] = np.asarray(_Piece(memory)).view(dtype).reshape(shape)
    return found
