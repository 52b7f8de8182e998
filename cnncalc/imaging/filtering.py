"""Filtering a picture with a chain of steps: from the picture to the responses, and from them to the next picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncalc.imaging.chain import Chain, exactly, run_chain
from cnncalc.imaging.channels import Plane, full, put, take
from cnncalc.imaging.kernels.records import Pool
from cnncalc.imaging.pictures import Picture
from cnncalc.imaging.responses import Mapped, Way, mapped

GAP = 2  # white pixels between the pictures of a sheet


@dataclass(frozen=True, eq=False)
class Filtered:
    """The filtered picture.

    clipped: how many of its values fell outside the range; values: of how many that were filtered. low, high: the
    responses that became black and white. notes: what had to be decided on the way, a sentence each.
    """

    picture: Picture
    clipped: int
    values: int
    low: float
    high: float
    notes: tuple[str, ...] = ()


def filter_picture(picture: Picture, chain: Chain, *, threads: int = 1) -> Filtered:
    """Filters every frame; UsageError where the picture has not what the chain asks for."""
    frames = [_filter_frame(frame, chain, threads) for frame in (replace(picture, more=()), *picture.more)]
    first, *rest = frames
    return Filtered(
        replace(first.picture, more=tuple(frame.picture for frame in rest)),
        sum(frame.clipped for frame in frames),
        sum(frame.values for frame in frames),
        min(frame.low for frame in frames),
        max(frame.high for frame in frames),
        first.notes,
    )


def respond_picture(picture: Picture, chain: Chain, *, threads: int = 1) -> NDArray[np.float64]:
    """The responses of the first frame, (H, W) or (H, W, C) and unrounded, of the channels that are filtered."""
    chain, _ = settled(picture, chain)
    plane = run_chain(take(picture, chain.channels, plain_alpha=chain.plain_alpha), chain, threads)
    return np.ascontiguousarray(plane.x, np.float64)


def settled(picture: Picture, chain: Chain) -> tuple[Chain, tuple[str, ...]]:
    """The chain with what follows from the picture, and a note on it: one response a pixel needs one channel."""
    if chain.channels != "each" or picture.pixels.ndim == 2:
        return chain, ()
    bank = chain.bank
    if bank is not None and bank.channels == 1:
        return replace(chain, channels="gray"), ("the filters see one channel: the picture was turned gray",)
    if bank is None and chain.mapping.name == "signed":
        return replace(chain, channels="gray"), ("signed shows one channel: the picture was turned gray",)
    return chain, ()


def _filter_frame(picture: Picture, chain: Chain, threads: int) -> Filtered:
    chain, notes = settled(picture, chain)
    dtype = picture.pixels.dtype
    plane = take(picture, chain.channels, plain_alpha=chain.plain_alpha)
    whole = _in_one_go(plane, chain, threads)
    if whole is not None:
        pixels = put(whole[0], plane.kept, chain.channels)
        return Filtered(replace(picture, pixels=pixels), whole[1], whole[0].size, 0, full(dtype), notes)
    plane = run_chain(plane, chain, threads)
    colours = plane.kept if chain.channels == "luminance" else None
    done = (
        _sheet(plane.x, dtype, chain.mapping)
        if chain.bank
        else mapped(plane.x, dtype, chain.mapping, colours)
    )
    pixels, alpha = done.pixels, _whole_alpha(plane, picture)
    if chain.mapping.name != "signed":
        pixels = put(pixels, plane.kept, chain.channels)
    if alpha is not None and (chain.bank or pixels.dtype != dtype):
        alpha = None if chain.bank else (alpha * (255 / full(dtype))).astype(np.uint8)
    result = replace(picture, pixels=pixels, alpha=alpha)
    return Filtered(result, done.clipped, done.pixels.size, done.low, done.high, notes)


def _in_one_go(plane: Plane, chain: Chain, threads: int) -> tuple[NDArray[Any], int] | None:
    """The result of one step on whole pixels that is only clipped, and how many values were; None where
    floats are needed.
    """
    if len(chain.steps) > 1 or chain.mapping != Way("clip"):
        return None
    if plane.weight is not None or plane.x.dtype.kind == "f":
        return None
    if (plane.alpha is not None or plane.kept is not None) and not _keeps_size(chain):
        return None
    return exactly(chain.steps[0], plane.x, chain.laid(threads))


def _keeps_size(chain: Chain) -> bool:
    """Whether each pixel of the result is one of the picture."""
    pools = any(isinstance(step, Pool) for step in chain.steps)
    return not pools and chain.geometry.stride == (1, 1) and chain.mode in (None, "same")


def _whole_alpha(plane: Plane, picture: Picture) -> NDArray[Any] | None:
    """Alpha in the numbers of the picture."""
    if plane.alpha is None or picture.alpha is None:
        return None
    alpha = plane.alpha * full(picture.alpha.dtype)
    return (np.rint(alpha) if picture.alpha.dtype.kind == "u" else alpha).astype(picture.alpha.dtype)


def _sheet(maps: NDArray[Any], dtype: np.dtype[Any], way: Way) -> Mapped:
    """All the responses (H, W, F), each mapped by itself, row by row on one picture with white between."""
    h, w, count = maps.shape
    done = [mapped(maps[..., i], dtype, way) for i in range(count)]
    if count == 1:
        return done[0]
    first = done[0].pixels
    columns = min(count, max(1, round(sqrt(count * h / w))))
    rows = ceil(count / columns)
    shape = (rows * (h + GAP) - GAP, columns * (w + GAP) - GAP, *first.shape[2:])
    sheet = np.full(shape, full(first.dtype), first.dtype)
    for i, one in enumerate(done):
        top, left = i // columns * (h + GAP), i % columns * (w + GAP)
        sheet[top : top + h, left : left + w] = one.pixels
    clipped = sum(one.clipped for one in done)
    return Mapped(sheet, clipped, min(one.low for one in done), max(one.high for one in done))
