"""From a photo or scan of one handwritten digit to the 28×28 picture that MNIST would have made of it.

MNIST's digits are size-normalised to fit 20×20, anti-aliased, and placed by their centre of mass in 28×28
(LeCun, Bottou, Bengio and Haffner 1998), light ink on black.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnncalc.errors import UsageError
from cnncalc.imaging.ink import Mark, Mask, Plane, box_sum, contrast, grow, level, marks, noise
from cnncalc.imaging.pictures import Picture

SIDE = 28
BOX = 20  # what the digit is scaled to fit
CENTRE = 14  # the row and column of the centre of mass
WORK = 640  # pixels a side that are enough to find the ink
THIN, USUAL = 1.7, 2.4  # widths of a stroke in the box: 5 % of MNIST's digits are thinner; about the median


@dataclass(frozen=True, eq=False)
class Digit:
    """The 28×28 uint8 array, and what was decided on the way.

    polarity: "light on dark" or "dark on light". box: top, left, height and width of the digit, in pixels
    of the picture.
    """

    pixels: NDArray[np.uint8]
    polarity: str
    box: tuple[int, int, int, int]


def normalise(picture: Picture) -> Digit:
    """Finds the ink in the picture of one digit, whatever the paper, the light and the size.

    UsageError where there is no ink.
    """
    x = on_paper(picture)
    ready = already_normal(x)
    if ready is not None:
        return ready
    h, w = x.shape[:2]
    small, factor = shrink(x)
    strength, polarity, spread = ink_strength(small)
    mask, full = digit_mask(strength, max(4 * spread, 6.0))
    top, left, bottom, right = bounds(mask)
    # half strength is where a blurred stroke's true edge lies; around it a short ramp keeps the anti-aliasing
    ink = np.clip(strength / full * 2 - 0.5, 0, 1) * grow(mask, 2)
    pixels = place(thicken(ink, mask))
    box = [round(v * factor) for v in (top, left, bottom - top, right - left)]
    return Digit(pixels, polarity, (box[0], box[1], min(box[2], h), min(box[3], w)))


def on_paper(picture: Picture) -> NDArray[np.uint8]:
    """The picture as (H, W, C) uint8; what is transparent becomes white under dark ink, else black."""
    pixels = picture.pixels
    x = (pixels >> 8 if pixels.dtype == np.uint16 else pixels).astype(np.uint8, copy=False)
    x = x[..., None] if x.ndim == 2 else x
    if picture.alpha is None or picture.alpha.min() == 255:
        return x
    share = picture.alpha[..., None] / np.float32(255)
    mean = float((x * share).sum() / max(float(share.sum()) * x.shape[2], 1.0))
    paper = 255 if mean < 128 else 0
    return np.rint(x * share + paper * (1 - share)).astype(np.uint8)


def already_normal(x: NDArray[np.uint8]) -> Digit | None:
    """The picture itself where it is 28×28 and its rim says black, its negative where the rim says white."""
    if x.shape[:2] != (SIDE, SIDE) or x.min() == x.max() or (x != x[..., :1]).any():
        return None
    gray = x[..., 0]
    rim = float(np.median(np.concatenate([gray[0], gray[-1], gray[1:-1, 0], gray[1:-1, -1]])))
    if 8 <= rim <= 247:
        return None
    pixels = gray if rim < 8 else 255 - gray
    top, left, bottom, right = bounds(pixels > 0)
    polarity = "light on dark" if rim < 8 else "dark on light"
    return Digit(np.ascontiguousarray(pixels), polarity, (top, left, bottom - top, right - left))


def shrink(x: NDArray[np.uint8]) -> tuple[Plane, float]:
    """Scaled down so that the longer side is at most WORK pixels, as floats; and the factor to go back."""
    h, w = x.shape[:2]
    factor = max(1.0, max(h, w) / WORK)
    size = (max(1, round(w / factor)), max(1, round(h / factor)))
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(x[..., c])).resize(size, Image.Resampling.BOX))
        for c in range(x.shape[2])
    ]
    return np.stack(planes, axis=-1).astype(np.float32), factor


def ink_strength(x: Plane) -> tuple[Plane, str, float]:
    """How much each pixel differs from the paper towards the ink; the polarity; the noise of the paper."""
    rest = contrast(x)
    spread = noise(rest)
    far = np.where(np.abs(rest) > 4 * spread, rest / 255, 0)
    polarity = "dark on light" if float((far**3).sum()) < 0 else "light on dark"
    strength = -rest if polarity == "dark on light" else rest
    # what light the smooth surface missed, such as a soft shadow, is the mean of the paper nearby
    paper = ~grow(strength > max(4 * spread, 0.25 * float(strength.max())), 3)
    radius = max(x.shape[:2]) // 12
    count = box_sum(paper, radius)
    local = box_sum(np.where(paper, strength, 0), radius) / np.maximum(count, 1)
    strength = strength - np.where(count > 0.1 * radius**2, local, 0)
    return strength.astype(np.float32), polarity, noise(strength)


def digit_mask(strength: Plane, floor: float) -> tuple[Mask, float]:
    """The marks that are the digit, and the strength of its full ink.

    Marks that the border cuts, such as a shadow or the edge of the table, are set aside as long as something
    else is left; so are specks, and what is far from the main mark.
    """
    cut = np.zeros(strength.shape, bool)
    fallback: tuple[Mask, float] | None = None
    for _ in range(4):
        left = np.where(cut, 0, strength)
        if np.count_nonzero(left > floor) < 12:
            break
        full = level(left, floor)
        labels, found = marks(left > max(full / 2, floor))
        found = [mark for mark in found if mark.area >= 12]
        if not found:
            break
        chosen = np.isin(labels, [mark.label for mark in together(found)]), full
        fallback = fallback or chosen
        touching = [mark.label for mark in found if touches(mark, strength.shape)]
        if not touching:
            return chosen
        cut |= grow(np.isin(labels, touching), 4)
    if fallback is None:
        raise UsageError(
            "there is no ink in the picture: it is all of one shade",
            "photograph the digit closer, in better light",
        )
    return fallback


def touches(mark: Mark, shape: tuple[int, ...]) -> bool:
    """Whether the border cuts the mark."""
    return mark.top == 0 or mark.left == 0 or mark.bottom == shape[0] or mark.right == shape[1]


def together(found: list[Mark]) -> list[Mark]:
    """The largest mark and those beside it that are large enough to be strokes of the same digit."""
    main = found[0]
    reach = 0.35 * max(main.bottom - main.top, main.right - main.left)
    chosen = [main]
    for mark in found[1:]:
        gaps = (
            max(mark.top - one.bottom, one.top - mark.bottom, mark.left - one.right, one.left - mark.right)
            for one in chosen
        )
        if mark.area >= 0.05 * main.area and min(gaps) <= reach:
            chosen.append(mark)
    return chosen


def bounds(mask: Mask) -> tuple[int, int, int, int]:
    """Top, left, bottom, right of what is set; the ends exclusive."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def thicken(ink: Plane, mask: Mask) -> Plane:
    """The ink cut to its bounding box; strokes of a thin pen as wide as MNIST's usually are.

    A stroke's width is 2 · area / perimeter; the perimeter is the count of pixel edges, by π/4 too many.
    """
    top, left, bottom, right = bounds(mask)
    unit = max(bottom - top, right - left) / BOX
    edges = sum(int(np.count_nonzero(np.diff(np.pad(mask, 1), axis=axis))) for axis in (0, 1))
    width = 2 * int(np.count_nonzero(mask)) / (edges * np.pi / 4)
    if width < THIN * unit:
        radius = max(1, round((USUAL * unit - width) / 2))
        ink = np.pad(ink, radius + 2)
        mask = grow(np.pad(mask, radius + 2), radius)
        ink = np.maximum(ink, mask)
        top, left, bottom, right = bounds(mask)
    return ink[top:bottom, left:right]


def place(ink: Plane) -> NDArray[np.uint8]:
    """Scales to fit 20×20, and puts the centre of mass on row and column 14 of 28×28."""
    h, w = ink.shape
    scale = BOX / max(h, w)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    kind = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    small: NDArray[Any] = np.asarray(Image.fromarray(ink.astype(np.float32)).resize(size, kind))
    small = np.clip(small / max(float(small.max()), 1e-6), 0, 1)
    total = float(small.sum())
    offsets = []
    for axis in (0, 1):
        n = small.shape[axis]
        centre = float((small.sum(axis=1 - axis) * np.arange(n)).sum()) / total
        offsets.append(min(max(round(CENTRE - centre), 0), SIDE - n))
    pixels = np.zeros((SIDE, SIDE), np.uint8)
    rows, columns = small.shape
    pixels[offsets[0] : offsets[0] + rows, offsets[1] : offsets[1] + columns] = np.rint(small * 255)
    return pixels
