"""Several pictures on one: before and after side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncalc.imaging.channels import full
from cnncalc.imaging.pictures import Picture

GAP = 8  # white pixels between the two


def beside(before: Picture, after: Picture) -> Picture:
    """Before and after on one picture, their upper edges in line, white around them; without transparency."""
    left, right = (_opaque(picture) for picture in (before, after))
    if left.dtype != right.dtype:
        left, right = (_eight_bits(pixels) for pixels in (left, right))
    if left.ndim != right.ndim:
        left, right = (np.dstack([p] * 3) if p.ndim == 2 else p for p in (left, right))
    height = max(len(left), len(right))
    width = left.shape[1] + GAP + right.shape[1]
    sheet = np.full((height, width, *left.shape[2:]), full(left.dtype), left.dtype)
    sheet[: len(left), : left.shape[1]] = left
    sheet[: len(right), left.shape[1] + GAP :] = right
    return Picture(sheet, None, before.icc, before.notes)


def _opaque(picture: Picture) -> NDArray[Any]:
    """The pixels as they look on white."""
    x = picture.pixels
    if picture.alpha is None:
        return x
    share = picture.alpha / full(picture.alpha.dtype)
    share = share if x.ndim == 2 else share[..., None]
    seen = x * share + full(x.dtype) * (1 - share)
    return np.asarray(np.rint(seen) if x.dtype.kind == "u" else seen).astype(x.dtype)


def _eight_bits(pixels: NDArray[Any]) -> NDArray[Any]:
    if pixels.dtype == np.uint8:
        return pixels
    return np.rint(np.clip(pixels / full(pixels.dtype), 0, 1) * 255).astype(np.uint8)
