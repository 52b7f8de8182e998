"""Which channels of a picture are filtered, and how the result goes together with the rest."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnncalc.errors import LanguageError, Place, UsageError, nearest
from cnncalc.imaging.pictures import Picture

Array: TypeAlias = NDArray[Any]

COLOURS = ("r", "g", "b")
LUMA = (299, 587, 114)  # thousandths of R, G and B in Y: ITU-R BT.601, as JPEG, Pillow and OpenCV have it
WAYS = {
    "each": "every channel by itself",
    "gray": "the picture is turned gray first",
    "luminance": "only Y of YCbCr; the colours stay",
}
BLOCK = 1 << 18  # pixels at a time, so that what is in between stays small


class Plane(NamedTuple):
    """What a step works on.

    x: (H, W) or (H, W, C). alpha: (H, W) float64 from 0 to 1, or None. kept: (H, W, C) values that are not
    filtered. Alpha and they follow the pixels where a step leaves some out. plain: colours do not count by alpha.
    """

    x: Array
    alpha: NDArray[np.float64] | None = None
    kept: Array | None = None
    plain: bool = False

    @property
    def weight(self) -> NDArray[np.float64] | None:
        """What each pixel counts, or None where all count the same."""
        return None if self.plain else self.alpha


def read_channels(text: str) -> str | tuple[int, ...]:
    """A name of WAYS, or the numbers of the channels of r,g,b; LanguageError."""
    words = text.lower().split(",")
    if words[0].strip() in WAYS and len(words) == 1:
        return words[0].strip()
    at = 0
    for word in words:
        if word.strip() not in COLOURS:
            raise LanguageError(
                f"there is no channel {word.strip() or 'without a name'}",
                nearest(word.strip(), [*WAYS, *COLOURS]),
                place=Place(text, min(at, len(text)), min(at, len(text)) + max(len(word), 1)),
            )
        at += len(word) + 1
    return tuple(sorted({COLOURS.index(word.strip()) for word in words}))


def take(picture: Picture, channels: str | tuple[int, ...], *, plain_alpha: bool = False) -> Plane:
    """The part of the picture that is filtered, and what stays beside it; UsageError where it has no such part."""
    x, alpha, plain = picture.pixels, None, plain_alpha
    if picture.alpha is not None:
        alpha = picture.alpha / np.float64(full(picture.alpha.dtype))
        plain = plain or bool((alpha == 1).all())
    if isinstance(channels, tuple):
        if x.ndim == 2:
            names = ",".join(COLOURS[i] for i in channels)
            raise UsageError(f"a gray picture has no channel {names}", "--channels each filters it")
        rest = [i for i in range(3) if i not in channels]
        return Plane(x[..., list(channels)], alpha, x[..., rest] if rest else None, plain)
    if channels == "each" or x.ndim == 2:
        return Plane(x, alpha, None, plain)
    if channels == "gray":
        return Plane(gray(x), alpha, None, plain)
    y = luminance(x)
    return Plane(y, alpha, x - y[..., None], plain)


def put(x: Array, kept: Array | None, channels: str | tuple[int, ...]) -> Array:
    """The filtered channels among those that were not."""
    if kept is None or not isinstance(channels, tuple):
        return x
    y = np.empty((*x.shape[:2], 3), x.dtype)
    y[..., list(channels)] = x
    y[..., [i for i in range(3) if i not in channels]] = kept
    return y


def luminance(x: Array) -> NDArray[np.float64]:
    """(H, W, 3) → Y, unrounded."""
    y: NDArray[np.float64] = (x @ np.array(LUMA, np.float64)) / sum(LUMA)
    return y


def gray(x: Array) -> Array:
    """(H, W, 3) → Y in the same dtype, rounded half to even where that is a whole number."""
    if x.dtype.kind == "f":
        return luminance(x).astype(x.dtype)
    y = np.empty(x.shape[:2], x.dtype)
    rows = max(1, BLOCK // max(1, x.shape[1]))
    for top in range(0, len(x), rows):
        y[top : top + rows] = np.rint(luminance(x[top : top + rows]))
    return y


def full(dtype: np.dtype[Any]) -> int:
    """The largest value of a whole dtype; 1 for floats."""
    return int(np.iinfo(dtype).max) if dtype.kind == "u" else 1
