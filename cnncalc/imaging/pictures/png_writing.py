"""PNG files encoded from strips side by side, by the method that fits the picture.

After the PNG specification, third edition (W3C, 2025), sections 9 (filters) and 10 (compression).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

import numpy as np

from cnncalc.imaging.pictures.picture import Picture, rows_of
from cnncalc.imaging.pictures.png import SIGNATURE, STRIP, Bytes, chunk
from cnncalc.imaging.pictures.side_by_side import in_order


class Method(NamedTuple):
    """How rows are filtered and compressed: the number of the filter, zlib's level and strategy."""

    filter: int
    level: int
    strategy: int


NONE, SUB, UP, AVERAGE = range(4)
PHOTO = Method(AVERAGE, 1, zlib.Z_HUFFMAN_ONLY)  # there are no repetitions in noise
OTHERS = (
    Method(NONE, 4, zlib.Z_DEFAULT_STRATEGY),
    Method(SUB, 4, zlib.Z_DEFAULT_STRATEGY),
    Method(UP, 4, zlib.Z_DEFAULT_STRATEGY),
)
WORTH = 0.85  # what looking for repetitions must save to be worth several times the time
SAMPLE = 1 << 15  # bytes of one of the samples by which the method is chosen, at most
SHARE = 40  # and at most one part in so many of the picture


def write_rows(
    file: BinaryIO, picture: Picture, head: Sequence[tuple[bytes, bytes]] = (), threads: int = 1
) -> None:
    """Writes a picture of 8 or 16 bits a channel; head holds further chunks, name and content.

    The strips are compressed apart from each other, so that threads can share them, and joined into one stream.
    """
    h, w, c = picture.shape
    alpha = picture.alpha is not None
    depth = picture.pixels.itemsize
    header = struct.pack(">IIBBBBB", w, h, depth * 8, 2 * (c == 3) + 4 * alpha, 0, 0, 0)
    file.write(SIGNATURE + chunk(b"IHDR", header) + b"".join(chunk(name, content) for name, content in head))
    method = choose(picture)
    size = max(1, STRIP // (w * (c + alpha) * depth))

    def strip(top: int) -> tuple[bytes, int, int]:
        rows = filtered(picture, top, min(top + size, h), method.filter)
        return deflated(rows, method), zlib.adler32(rows.data), rows.nbytes

    adler = 1
    data = b"\x78\x01"  # the head of a zlib stream
    for part, check, length in in_order(strip, range(0, h, size), threads):
        file.write(chunk(b"IDAT", data + part))
        data = b""
        adler = adler32_of_both(adler, check, length)
    file.write(chunk(b"IDAT", b"\x03\x00" + struct.pack(">I", adler)))  # an empty last block
    file.write(chunk(b"IEND", b""))


def choose(picture: Picture) -> Method:
    """The method that makes samples of the picture smallest, where photographic rows get what is quick for them."""
    h, w, c = picture.shape
    row = w * c * picture.pixels.itemsize
    count = max(1, min(SAMPLE, h * row // SHARE) // row)
    tops = sorted({min(h - 1, h * part // 8) for part in (1, 4, 6)})

    def size(method: Method) -> int:
        parts = [filtered(picture, top, min(top + count, h), method.filter) for top in tops]
        return len(deflated(np.concatenate(parts), method))

    best = min(OTHERS, key=size)
    return PHOTO if size(best) > WORTH * size(PHOTO) else best


def filtered(picture: Picture, top: int, end: int, kind: int) -> Bytes:
    """Rows top to end as the bytes of the file, each after the number of its filter, (rows, 1 + bytes)."""
    first = max(0, top - 1)  # the filters look at the row before
    rows = rows_of(picture, first, end)
    step = rows.itemsize * (rows.shape[2] if rows.ndim == 3 else 1)
    x = np.ascontiguousarray(rows, rows.dtype.newbyteorder(">")).view(np.uint8).reshape(end - first, -1)
    up = x[:-1] if top else np.concatenate([np.zeros_like(x[:1]), x[:-1]])
    x = x[top - first :]
    out = np.empty((len(x), 1 + x.shape[1]), np.uint8)
    out[:, 0] = kind
    y = out[:, 1:]
    match kind:
        case 0:
            y[...] = x
        case 1:
            y[:, :step] = x[:, :step]
            np.subtract(x[:, step:], x[:, :-step], out=y[:, step:])
        case 2:
            np.subtract(x, up, out=y)
        case 3:
            np.subtract(x[:, :step], up[:, :step] >> 1, out=y[:, :step])
            _subtract_average(x[:, step:], x[:, :-step], up[:, step:], y[:, step:])
    return out


def _subtract_average(x: Bytes, left: Bytes, up: Bytes, y: Bytes) -> None:
    """y = x − ⌊(left + up) / 2⌋, without leaving eight bits: the mean is the common bits and half the others."""
    mean = left ^ up
    np.right_shift(mean, 1, out=mean)
    np.add(mean, left & up, out=mean)
    np.subtract(x, mean, out=y)


def deflated(rows: Bytes, method: Method) -> bytes:
    """Part of a deflate stream that ends on a whole byte and leans on nothing before it."""
    window = min(
        15, max(9, rows.nbytes.bit_length())
    )  # to lay out tables for 32 kB takes as long as some samples
    deflate = zlib.compressobj(method.level, zlib.DEFLATED, -window, window - 6, method.strategy)
    return deflate.compress(rows.data) + deflate.flush(zlib.Z_FULL_FLUSH)


def adler32_of_both(first: int, second: int, length: int) -> int:
    """The check sum of two pieces of data, the second `length` bytes long, from those of each (RFC 1950)."""
    base = 65_521
    a = (first & 0xFFFF) + (second & 0xFFFF) - 1
    b = (first >> 16) + (second >> 16) + ((first & 0xFFFF) - 1) * length
    return (b % base) << 16 | a % base
