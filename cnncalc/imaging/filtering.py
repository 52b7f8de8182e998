"""Filtering a picture with a chain of steps: from the picture to the responses, and from them to the next picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from cnncalc.imaging.chain import Chain, Strips, goes_in_one
from cnncalc.imaging.channels import Plane, full, put, take
from cnncalc.imaging.pictures import Picture
from cnncalc.imaging.pictures.side_by_side import in_order
from cnncalc.imaging.responses import Mapped, mapped
from cnncalc.imaging.steps import exactly
from cnncalc.numerics.blas import one_blas_thread

T = TypeVar("T")
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


def filter_picture(picture: Picture, chain: Chain, *, threads: int = 1, overwrite: bool = False) -> Filtered:
    """Filters every frame; UsageError where the picture has not what the chain asks for.

    overwrite: the result may take the place of the picture's pixels, which are lost then; it saves their memory.
    """
    frames = [
        _filter_frame(frame, chain, threads, overwrite)
        for frame in (replace(picture, more=()), *picture.more)
    ]
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
    strips = Strips(picture, chain)
    y: NDArray[np.float64] | None = None
    for rows, x in _each(strips, threads, lambda rows: strips.responses(rows).x):
        if y is None:
            y = np.empty((strips.shapes[-1][0], *x.shape[1:]))
        y[rows.start : rows.stop] = x
    assert y is not None
    return y


def _each(strips: Strips, threads: int, work: Callable[[range], T]) -> Iterator[tuple[range, T]]:
    """What the work makes of every strip, in order."""
    ranges = strips.ranges(threads)
    threads = min(threads, len(ranges))
    with one_blas_thread():
        yield from zip(ranges, in_order(work, ranges, threads), strict=True)


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


def _filter_frame(picture: Picture, chain: Chain, threads: int, overwrite: bool) -> Filtered:
    chain, notes = settled(picture, chain)
    strips = Strips(picture, chain)
    if goes_in_one(strips):
        plane = take(picture, chain.channels, plain_alpha=True)
        itself = overwrite and plane.x is picture.pixels and plane.x.flags.writeable
        laid = chain.laid(threads)._replace(overwrite=itself and plane.x.flags.c_contiguous)
        whole = exactly(chain.steps[0], plane.x, laid)
        if whole is not None:
            pixels = put(whole[0], plane.kept, chain.channels)
            most = full(picture.pixels.dtype)
            return Filtered(replace(picture, pixels=pixels), whole[1], whole[0].size, 0, most, notes)
    return _in_strips(strips, threads, notes)


class _Piece(NamedTuple):
    """Some rows of the result: each map by itself where there are several."""

    maps: list[Mapped]
    alpha: NDArray[Any] | None


def _in_strips(strips: Strips, threads: int, notes: tuple[str, ...]) -> Filtered:
    """Responses and pixels strip by strip; ways that need the least and the largest response take two rounds."""
    picture, chain = strips.picture, strips.chain
    ends = _ends(strips, threads) if chain.mapping.name in ("normalise", "signed") else None
    height, done = strips.shapes[-1][0], _Totals()
    pixels: Any = None
    alpha: Any = None
    for rows, piece in _each(strips, threads, lambda rows: _piece(strips, rows, ends)):
        done.add(piece)
        if pixels is None:
            pixels = _Sheet(height, len(piece.maps), piece.maps[0].pixels)
            alpha = (
                None if piece.alpha is None else np.empty((height, *piece.alpha.shape[1:]), piece.alpha.dtype)
            )
        pixels.put(rows, piece.maps)
        if alpha is not None:
            alpha[rows.start : rows.stop] = piece.alpha
    result = replace(picture, pixels=pixels.pixels, alpha=alpha)
    return Filtered(result, done.clipped, done.values, done.low, done.high, notes)


def _ends(strips: Strips, threads: int) -> list[tuple[float, float]]:
    """The least and the largest response of each map, or of the only one; signed: as far on both sides of zero."""

    def of(rows: range) -> tuple[Any, Any]:
        x = strips.responses(rows).x
        axes = (0, 1) if strips.chain.bank else None
        return np.atleast_1d(x.min(axis=axes)), np.atleast_1d(x.max(axis=axes))

    lows, highs = zip(*(found for _, found in _each(strips, threads, of)), strict=True)
    low, high = np.min(lows, axis=0), np.max(highs, axis=0)
    if strips.chain.mapping.name == "signed":
        high = np.maximum(np.abs(low), np.abs(high))
        low = -high
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _piece(strips: Strips, rows: range, ends: list[tuple[float, float]] | None) -> _Piece:
    picture, chain = strips.picture, strips.chain
    dtype, way = picture.pixels.dtype, chain.mapping
    plane = strips.responses(rows)
    if chain.bank:
        count = plane.x.shape[2]
        return _Piece(
            [mapped(plane.x[..., i], dtype, way, None, ends[i] if ends else None) for i in range(count)], None
        )
    colours = plane.kept if chain.channels == "luminance" else None
    done = mapped(plane.x, dtype, way, colours, ends[0] if ends else None)
    alpha = _whole_alpha(plane, picture)
    if way.name != "signed":
        done = done._replace(pixels=put(done.pixels, plane.kept, chain.channels))
    if alpha is not None and done.pixels.dtype != dtype:
        alpha = (alpha * (255 / full(dtype))).astype(np.uint8)
    return _Piece([done], alpha)


class _Totals:
    """What the strips of a picture have together."""

    def __init__(self) -> None:
        self.clipped, self.values = 0, 0
        self.low, self.high = np.inf, -np.inf

    def add(self, piece: _Piece) -> None:
        for each in piece.maps:
            self.clipped += each.clipped
            self.values += each.pixels.size
            self.low, self.high = min(self.low, each.low), max(self.high, each.high)


class _Sheet:
    """A picture of one map or of several, row by row with white between."""

    def __init__(self, height: int, count: int, first: NDArray[Any]) -> None:
        width = first.shape[1]
        self.columns = min(count, max(1, round(sqrt(count * height / width))))
        self.step = height + GAP, width + GAP
        down = ceil(count / self.columns)
        shape = (down * self.step[0] - GAP, self.columns * self.step[1] - GAP, *first.shape[2:])
        self.pixels = (np.empty if count == 1 else _white)(shape, first.dtype)

    def put(self, rows: range, maps: list[Mapped]) -> None:
        for i, one in enumerate(maps):
            down, across = divmod(i, self.columns)
            top, left = down * self.step[0] + rows.start, across * self.step[1]
            self.pixels[top : top + len(rows), left : left + one.pixels.shape[1]] = one.pixels


def _white(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.full(shape, full(dtype), dtype)


def _whole_alpha(plane: Plane, picture: Picture) -> NDArray[Any] | None:
    """Alpha in the numbers of the picture."""
    if plane.alpha is None or picture.alpha is None:
        return None
    alpha = plane.alpha * full(picture.alpha.dtype)
    return (np.rint(alpha) if picture.alpha.dtype.kind == "u" else alpha).astype(picture.alpha.dtype)
