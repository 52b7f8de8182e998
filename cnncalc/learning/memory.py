"""Memory that several processes see, without a name that could be left behind when they end."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
import uuid
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from cnncalc.errors import CnncalcError
from cnncalc.layers import Shape

if TYPE_CHECKING:
    from cnncalc.numerics.workspace import Array

Shapes = dict[str, tuple[Shape, Any]]  # of arrays, by name: shape and dtype
LINE = 64  # bytes of a cache line, which no two arrays share


class Memory:
    """Regions of a file that has no name, or on Windows of the paging file; they vanish with the last process."""

    def __init__(self, handle: int | str | None = None) -> None:
        """Without a handle the memory is new; with one it is that of the process which the handle is from."""
        self.size = 0
        self.handle: int | str = self.made() if handle is None else handle

    def made(self) -> int | str:
        if sys.platform == "win32":
            return f"cnncalc-{uuid.uuid4()}"
        if hasattr(os, "memfd_create"):
            return os.memfd_create("cnncalc")
        with tempfile.TemporaryFile() as file:  # its name is gone at once
            return os.dup(file.fileno())

    def add(self, size: int) -> tuple[int, int]:
        """A new region of zeros as offset and size, with which it can be opened."""
        offset = self.size
        self.size += -(-size // mmap.ALLOCATIONGRANULARITY) * mmap.ALLOCATIONGRANULARITY
        return offset, size

    def open(self, offset: int, size: int) -> mmap.mmap:
        """Raises CnncalcError where there is not so much memory."""
        try:
            if isinstance(self.handle, int):
                if os.fstat(self.handle).st_size < offset + size:
                    os.ftruncate(self.handle, offset + size)
                return mmap.mmap(self.handle, size, offset=offset)
            return mmap.mmap(-1, size, tagname=f"{self.handle}-{offset}")  # type: ignore[call-arg]  # Windows has it
        except OSError as error:
            raise CnncalcError(
                f"{size:,} bytes for the workers are not to be had: {error.strerror}",
                "a smaller --batch or network needs less; --threads 1 needs none",
            ) from None

    def arrays(self, shapes: Shapes, region: tuple[int, int]) -> dict[str, Array]:
        """Arrays in a region that is large enough for them, in the same places for every process."""
        return laid_out(shapes, self.open(*region))

    def close(self) -> None:
        """What has been opened stays open."""
        if isinstance(self.handle, int):
            os.close(self.handle)


def bytes_of(shapes: Shapes) -> int:
    """How much room arrays take one behind the other."""
    return sum(padded(shape, dtype) for shape, dtype in shapes.values()) or LINE


def padded(shape: Shape, dtype: Any) -> int:
    size: int = prod(shape) * np.dtype(dtype).itemsize
    return -(-size // LINE) * LINE


def laid_out(shapes: Shapes, buffer: Any) -> dict[str, Array]:
    """Arrays one behind the other in a buffer."""
    found, offset = {}, 0
    for name, (shape, dtype) in shapes.items():
        found[name] = np.ndarray(shape, dtype, buffer, offset)
        offset += padded(shape, dtype)
    return found
