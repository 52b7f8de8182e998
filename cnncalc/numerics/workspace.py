"""Buffers of one worker, and the memory order of its images.

An image is always indexed (C, *spatial, N), but its first spatial axis lies outermost in memory: the rows
that a window meets are then one contiguous block, and a product reads them without a copy. Any other order
gives the same numbers more slowly.

Who may overwrite what: a function leaves its x alone unless told `reuse`; x must then stay as it is until
the pullback has run. A dy belongs to the pullback it is handed to, which may overwrite it or hand it on as
dx. A y, a dx or the gradient of a weight lives in the workspace until the same key is asked again.

What a step of training does depends on shapes alone, so that it calls the same functions with the same parts of the
same memory in every step. To find those parts takes as long as a small call: `replay` has them found once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import partial
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Pullback: TypeAlias = Callable[[Array], Array]
Call: TypeAlias = Callable[[], Any]

_PIECE = 64 << 20  # bytes asked of the system at once: large pages, where it has them, are found faster
_LINE, _PAGE = 64, 4096  # bytes
_MANY = 16  # entries for a name, two a replay: batches have few sizes, and each replay keeps its arrays
_APART = _PAGE + 3 * _LINE  # what is walked through together should not begin at like places of a page


class Arena:
    """Memory of one worker, in few large pieces; not to be shared between threads."""

    def __init__(self) -> None:
        self._piece = np.empty(0, np.uint8)
        self._used = 0

    def array(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """An uninitialised array that nobody else has."""
        need = prod(shape) * np.dtype(dtype).itemsize
        if need > _PIECE // 4:
            return np.empty(shape, dtype)
        first = self._used + -(self._piece.ctypes.data + self._used) % _LINE
        if first + need > self._piece.size:
            self._piece = np.empty(_PIECE, np.uint8)
            first = -self._piece.ctypes.data % _LINE
        self._used = first + need // _PAGE * _PAGE + _APART
        found: Array = self._piece[first : first + need].view(dtype).reshape(shape)
        return found

    def clear(self) -> None:
        """Nobody looks at its arrays any more: the memory may be given out again."""
        self._used = 0


_SPARE: list[Arena] = []


@contextmanager
def spare() -> Iterator[Arena]:
    """An arena that somebody is through with, or a new one: memory fresh from the system is slow."""
    try:
        arena = _SPARE.pop()  # not looked at first: another thread may take it in between
    except IndexError:
        arena = Arena()
    yield arena
    arena.clear()
    _SPARE.append(arena)


class Workspace:
    """Buffers of one worker, reused from step to step; not to be shared between threads."""

    def __init__(self) -> None:
        self._arena = Arena()
        self._blocks: dict[tuple[Hashable, Any], Array] = {}
        self._views: dict[tuple[Hashable, Any], dict[tuple[tuple[int, ...], bool], Array]] = {}
        self._noted: dict[Hashable, dict[Hashable, tuple[tuple[Array, ...], list[Call]]]] = {}
        self._notes: list[Call] | None = None  # of what is being noted

    def do(self, function: Callable[..., Any], *given: Any, **named: Any) -> None:
        """Calls it; within a replay every time."""
        if self._notes is None:
            function(*given, **named)
        else:
            self._notes.append(partial(function, *given, **named))

    def replay(self, name: Hashable, arrays: tuple[Array, ...], steps: Callable[[], None]) -> None:
        """Has all done that `steps` asks to `do`, which is found out once for a name and some arrays.

        What it does may depend on nothing else.
        """
        noted = self._noted.setdefault(name, {})
        same = tuple(map(id, arrays))
        found = noted.get(same)
        if found is None:  # other views, perhaps, of the same memory
            there = tuple(map(_place, arrays))
            found = noted.get(there)
            if found is None:
                calls = self._note(steps)
                noted = self._noted.setdefault(name, {})  # another one, if memory has been given up meanwhile
                if len(noted) >= _MANY:
                    noted.clear()
                # with the arrays, so that no others get their identities or places
                noted[same] = noted[there] = found = arrays, calls
        for call in found[1]:
            call()

    def _note(self, steps: Callable[[], None]) -> list[Call]:
        """The calls of some steps."""
        self._notes = calls = list[Call]()
        try:
            steps()
        finally:
            self._notes = None
        return calls

    def array(self, name: Hashable, shape: tuple[int, ...], dtype: Any) -> Array:
        """An uninitialised array; the same name gives the same memory again, a smaller shape its front."""
        return self._view((name, dtype), shape, lying=False)

    def image(self, name: Hashable, shape: tuple[int, ...], dtype: Any) -> Array:
        """An uninitialised array (C, *spatial, N) with the first spatial axis outermost in memory."""
        # (F, N), or one spatial axis, which correlate takes as columns and not as rows, lies as it is
        return self._view((name, dtype), shape, lying=len(shape) >= 4)

    def _view(self, block: tuple[Hashable, Any], shape: tuple[int, ...], *, lying: bool) -> Array:
        """The front of a block in that shape, its second axis outermost in memory if so wanted."""
        views = self._views.get(block)
        found = views.get((shape, lying)) if views else None
        if found is not None:
            return found
        size = prod(shape)
        if block not in self._blocks or self._blocks[block].size < size:
            self._blocks[block] = self._arena.array((size,), block[1])
            self._views[block] = {}  # the others look at the memory that has just been given up
            self._noted.clear()
        front = self._blocks[block][:size]
        view = front.reshape(shape[1], shape[0], *shape[2:]).swapaxes(0, 1) if lying else front.reshape(shape)
        self._views[block][shape, lying] = view
        return view


def _place(x: Array) -> Hashable:
    interface = x.__array_interface__
    return interface["data"][0], interface["typestr"], x.shape, x.strides


def portion(count: int, most: int) -> int:
    """How many of so many to take at a time, no more than `most`, in portions about equally large."""
    return -(-count // -(-count // max(1, most))) if count else 1


def rows(x: Array) -> Array:
    """An image as it lies in memory: (C, H, ..., N) seen as (H, C, ..., N)."""
    return x.swapaxes(0, 1)
