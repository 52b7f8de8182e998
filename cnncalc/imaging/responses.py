"""From responses, which may be negative, large and broken, to pixels: here they are rounded and clipped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnncalc.errors import LanguageError, Place, UsageError, nearest
from cnncalc.imaging.channels import full

BLOCK = 1 << 18  # values at a time, so that what is in between stays small
WAYS = {
    "clip": "what falls outside the range of the pixels becomes its nearest end",
    "abs": "without the sign",
    "offset": "half the range is added, or offset:N, so that zero is gray",
    "normalise": "the least becomes black, the largest white",
    "signed": "blue below zero, white at zero, red above",
    "raw": "the unrounded numbers themselves, for .npy, and .tif as 32-bit floats",
}
BLUE, WHITE, RED = (33, 102, 172), (255, 255, 255), (178, 24, 43)  # the ends of ColorBrewer's RdBu


class Way(NamedTuple):
    """How responses become pixels: a name of WAYS or "turn" (0 to below 360 degrees over the whole range)."""

    name: str = "clip"
    offset: float | None = None  # None: half the range

    @property
    def text(self) -> str:
        """As the user writes it."""
        return self.name if self.offset is None else f"{self.name}:{self.offset:g}"


class Mapped(NamedTuple):
    """Pixels, how many of them were clipped, and the response that became black and the one that became white."""

    pixels: NDArray[Any]
    clipped: int
    low: float
    high: float


def read_way(text: str) -> Way:
    """A name of WAYS, offset with its number behind a colon; LanguageError."""
    name, colon, number = text.partition(":")
    name = {"normalize": "normalise"}.get(name.lower(), name.lower())
    if name not in WAYS:
        place = Place(text, 0, max(1, len(text.partition(":")[0])))
        raise LanguageError(
            f"there is no response {name or 'without a name'}", nearest(name, WAYS), place=place
        )
    if not colon:
        return Way(name)
    try:
        if name != "offset":
            raise ValueError(f"{name} takes no number")
        offset = float(number)
        if not abs(offset) <= 1e9:
            raise ValueError(f"{number} is too large")
    except ValueError as error:
        fact = str(error) if "takes" in str(error) or "large" in str(error) else f"{number} is not a number"
        place = Place(text, len(name) + 1, max(len(text), len(name) + 2))
        raise LanguageError(fact, "write --response offset:128", place=place) from None
    return Way(name, offset)


def mapped(
    raw: NDArray[Any],
    dtype: np.dtype[Any],
    way: Way,
    colours: NDArray[Any] | None = None,
    ends: tuple[float, float] | None = None,
) -> Mapped:
    """Responses (H, W) or (H, W, C) as pixels of the dtype, rounded half to even; signed gives (H, W, 3) uint8.

    colours, (H, W, 3), are added before that to responses of luminance. ends: the least and the largest response
    where raw is a part of them. A dtype of floats has no range: nothing is rounded or clipped there.
    """
    if way.name == "signed":
        return _signed(raw, ends)
    if way.name == "normalise" and ends is None:
        ends = float(raw.min()), float(raw.max())
    change = change_of(way, dtype, ends or (0.0, 0.0))
    y = np.empty(raw.shape if colours is None else colours.shape, dtype)
    most = full(dtype)
    clipped = 0
    rows = max(1, BLOCK // max(1, y[:1].size))
    for top in range(0, len(raw), rows):
        values = change.apply(raw[top : top + rows])
        if colours is not None:
            values = values[..., None] + colours[top : top + rows]
        if dtype.kind == "u":
            values = np.rint(values)
            clipped += int(np.count_nonzero((values < 0) | (values > most)))
            values = np.clip(values, 0, most)
        y[top : top + rows] = values
    return Mapped(y, clipped, change.low, change.high)


class Change(NamedTuple):
    """What is done to responses before they are rounded; which of them become black and white."""

    apply: Callable[[Any], Any]
    low: float
    high: float


def change_of(way: Way, dtype: np.dtype[Any], ends: tuple[float, float]) -> Change:
    """What the way does for pixels of the dtype, where the responses lie between the ends."""
    most = full(dtype)
    if way.name == "offset":
        shift = (most + 1) // 2 if way.offset is None else way.offset
        if dtype.kind == "f" and way.offset is None:
            shift = 0.5
        return Change(lambda x: x + shift, -shift, most - shift)
    if way.name == "abs":
        return Change(np.abs, 0, most)
    if way.name == "turn":
        whole = most + 1 if dtype.kind == "u" else 1
        return Change(lambda x: x * (whole / 360), 0, 360 * most / whole)
    if way.name == "normalise":
        low, high = ends
        factor = most / (high - low) if high > low else 0.0
        return Change(lambda x: (x - low) * factor, low, high)
    return Change(lambda x: x, 0, most)


def _signed(raw: NDArray[Any], ends: tuple[float, float] | None) -> Mapped:
    """White at zero; as far from it as the largest response is, full blue or red."""
    if raw.ndim == 3 and raw.shape[2] > 1:
        raise UsageError(
            f"signed shows one response a pixel, and there are {raw.shape[2]}", "--channels gray makes it one"
        )
    flat = raw.reshape(raw.shape[:2])
    reach = ends[1] if ends else float(np.abs(flat).max())
    steps = np.array([_mixed(i / 255) for i in range(-255, 256)], np.uint8)  # colours of −255 to 255
    index = np.rint(flat * (255 / reach if reach else 0.0)).astype(np.int64) + 255
    return Mapped(steps[index], 0, -reach, reach)


def _mixed(share: float) -> tuple[int, ...]:
    """The colour at −1 (blue) to 1 (red)."""
    end = RED if share > 0 else BLUE
    return tuple(round(a + (b - a) * abs(share)) for a, b in zip(WHITE, end, strict=True))
