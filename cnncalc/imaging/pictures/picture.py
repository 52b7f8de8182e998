"""The record of a picture: pixels, and what must not get lost on the way to the next file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnncalc.errors import FileError

Pixels: TypeAlias = NDArray[Any]  # uint8, uint16, float32 or float64

LIMIT = 250_000_000  # pixels of all frames together, unless told otherwise
_DEPTHS = {"uint8": "", "uint16": ";16", "float32": ";F", "float64": ";F"}
_PILLOWS_OWN = {"L;16": "I;16", "L;F": "F"}


@dataclass(frozen=True)
class Metadata:
    """What a file says about its picture, apart from the colour profile.

    exif: as in a JPEG or PNG file, from the byte order on, without orientation. xmp: the packet. text: keyword
    and value. dpi: horizontal and vertical. colour: PNG chunks that say what the numbers mean, name and content.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    text: tuple[tuple[str, str], ...] = ()
    dpi: tuple[float, float] | None = None
    colour: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True)
class Quality:
    """How a JPEG file was compressed: its quantisation tables, and Pillow's number of its subsampling."""

    tables: tuple[tuple[int, ...], ...]
    subsampling: int


@dataclass(frozen=True)
class Film:
    """How frames follow each other: how long each is shown, in ms, and how often all are (0: for ever)."""

    durations: tuple[float, ...]
    loop: int | None


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels, and what must not get lost on the way to the next file.

    pixels: (H, W) gray or (H, W, 3) RGB; uint8, uint16, or float32 or float64 of any range. alpha: (H, W) of the
    same kind, or None. icc: the colour profile. notes: what reading had to change, a sentence each.
    more: the further frames or pages, of the same size and kind. format: Pillow's name of the source's format.
    """

    pixels: Pixels
    alpha: NDArray[Any] | None = None
    icc: bytes | None = None
    notes: tuple[str, ...] = ()
    more: tuple[Picture, ...] = ()
    meta: Metadata = Metadata()
    format: str = ""
    quality: Quality | None = None
    film: Film | None = None

    def each(self, work: Callable[[Picture], Picture]) -> Picture:
        """The picture with the work done on every frame; the frames that work gets have no further ones."""
        first, *rest = (work(frame) for frame in (replace(self, more=()), *self.more))
        return replace(first, more=tuple(rest))

    @property
    def mode(self) -> str:
        """Pillow's name of the mode, L, LA, RGB, RGBA, I;16 or F; LA;16, RGB;16, RGB;F and so on where it has none."""
        colours = ("L" if self.pixels.ndim == 2 else "RGB") + ("A" if self.alpha is not None else "")
        name = colours + _DEPTHS[self.pixels.dtype.name]
        return _PILLOWS_OWN.get(name, name)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) without alpha."""
        h, w, *c = self.pixels.shape
        return h, w, c[0] if c else 1


class Canvas:
    """Pixels and alpha that are filled from rows with the alpha as the last of 2 or 4 channels."""

    def __init__(self, height: int, width: int, channels: int, dtype: Any) -> None:
        colours = channels - 1 + channels % 2
        self.pixels: Pixels = np.empty((height, width) if colours == 1 else (height, width, colours), dtype)
        self.alpha: Pixels | None = None if channels % 2 else np.empty((height, width), dtype)

    def put(self, top: int, rows: Pixels) -> None:
        """Fills in rows, (rows, W) or (rows, W, channels), from row `top` on."""
        here = slice(top, top + len(rows))
        pixels = self.pixels[here]
        if self.alpha is None:
            pixels[...] = rows.reshape(pixels.shape)
        else:
            pixels[...] = rows[..., :-1].reshape(pixels.shape)
            self.alpha[here] = rows[..., -1]


def rows_of(picture: Picture, top: int, end: int) -> Pixels:
    """Rows top to end with the alpha as the last channel: (rows, W) or (rows, W, C)."""
    pixels = picture.pixels[top:end]
    return pixels if picture.alpha is None else np.dstack([pixels, picture.alpha[top:end]])


def check_size(name: str, pixels: int, limit: int) -> None:
    """FileError where a picture has more pixels than it may have; to be called before any is decoded."""
    if pixels > limit:
        fact = f"{name} has more than {limit:,} pixels, which is the limit"
        raise FileError(fact, "scale it down or cut a part out")
