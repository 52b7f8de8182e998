"""PNG files row by row: 8 and 16 bits a channel, decoded into one array.

After the PNG specification, third edition (W3C, 2025), sections 5 (chunks), 7.2 and 9 (filters).
Pillow reduces colour of 16 bits to 8 and holds the whole picture a second time; its decoder in C still undoes
the filters here, a strip at a time.
"""

from __future__ import annotations

import struct
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from typing import BinaryIO, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnncalc.imaging.pictures.picture import Canvas, Pixels
from cnncalc.imaging.pictures.side_by_side import AHEAD

SIGNATURE = b"\x89PNG\r\n\x1a\n"
STRIP = 1 << 19  # bytes of pixels that are decoded or encoded at a time
LARGEST = 1 << 24  # bytes of a chunk other than pixels that are kept

Bytes: TypeAlias = NDArray[np.uint8]
Chunks: TypeAlias = list[tuple[bytes, bytes]]  # name and content


class Header(NamedTuple):
    """The IHDR chunk."""

    width: int
    height: int
    depth: int
    colours: int
    compression: int
    filters: int
    interlaced: int

    @property
    def channels(self) -> int:
        return {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(self.colours, 0)

    @property
    def row(self) -> int:
        """Bytes of a row, without the one that names its filter."""
        return self.width * self.channels * self.depth // 8

    @property
    def plain(self) -> bool:
        """Whether `read_rows` can read it: whole bytes, rows in order, no palette."""
        return (
            self.depth in (8, 16)
            and self.colours in (0, 2, 4, 6)
            and not self.interlaced
            and self.width * self.height > 0
        )


def header_of(file: BinaryIO) -> Header:
    """The header of a PNG file, which is read from its beginning."""
    file.seek(0)
    head = file.read(33)
    return Header(*struct.unpack(">IIBBBBB", head[16:29]))


def read_rows(file: BinaryIO, threads: int = 1) -> tuple[Canvas, Chunks]:
    """The pixels of a plain file, uint8 or uint16, and the chunks that hold no pixels.

    ValueError or zlib.error where the file is damaged or cut short.
    """
    header = header_of(file)
    others: Chunks = []
    dtype = np.uint8 if header.depth == 8 else np.uint16
    canvas = Canvas(header.height, header.width, header.channels, dtype)
    undo = _Undo(header, canvas)
    strips = _inflated(_compressed(file, others), header)
    if threads <= 1 or header.height * header.row <= STRIP:
        for strip in strips:
            undo(strip)
        return canvas, others
    with ThreadPoolExecutor(1) as pool:  # one inflates, the other undoes the filters, which no two can share
        under_way: deque[Future[None]] = deque()
        for strip in strips:
            under_way.append(pool.submit(undo, strip))
            if len(under_way) >= AHEAD:
                under_way.popleft().result()
        for future in under_way:
            future.result()
    return canvas, others


def _compressed(file: BinaryIO, others: Chunks) -> Iterator[bytes]:
    """The content of the IDAT chunks, in pieces; the other chunks are put aside."""
    file.seek(len(SIGNATURE))
    while (head := _exactly(file, 8))[4:] != b"IEND":
        size, name = struct.unpack(">I4s", head)
        check = zlib.crc32(name)
        kept = []
        for start in range(0, size, STRIP):  # a file may be one large chunk, or say so
            piece = _exactly(file, min(STRIP, size - start))
            check = zlib.crc32(piece, check)
            if name == b"IDAT":
                yield piece
            elif size <= LARGEST:
                kept.append(piece)
        if int.from_bytes(_exactly(file, 4)) != check:
            raise ValueError(f"the check sum of its part {name.decode('latin-1')} is wrong")
        if name not in (b"IHDR", b"IDAT"):
            others.append((name, b"".join(kept)))


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise ValueError("the file ends too early")
    return data


def _inflated(pieces: Iterable[bytes], header: Header) -> Iterator[bytes]:
    """Strips of whole rows, each with the byte that names its filter; never more rows than there are."""
    line = header.row + 1
    left = header.height * line
    size = max(1, STRIP // line) * line
    inflate = zlib.decompressobj()
    strip = bytearray()
    for piece in pieces:
        data = piece
        while data and left:
            strip += inflate.decompress(data, min(size, left) - len(strip))
            data = inflate.unconsumed_tail
            if len(strip) == min(size, left):
                left -= len(strip)
                yield bytes(strip)
                strip.clear()
            elif inflate.eof:
                break
        if not left and not inflate.eof:
            inflate.decompress(data, 1)  # reads as far as zlib's check sum
    if left or not inflate.eof:
        raise ValueError("the file holds too few pixels")


class _Undo:
    """Undoes the filters of strip after strip."""

    def __init__(self, header: Header, canvas: Canvas) -> None:
        self.header = header
        self.canvas = canvas
        self.done = 0
        self.before = bytes(header.row)  # the last row of the strip before

    def __call__(self, strip: bytes) -> None:
        count = len(strip) // (self.header.row + 1)
        stored = zlib.compress(b"\0" + self.before + strip, 0)  # Pillow wants a stream, so it gets one
        parts = [
            self.decoded(mode, raw, count, stored)
            for mode, raw in _UNFILTERED[self.header.channels, self.header.depth]
        ]
        raw = parts[0] if len(parts) == 1 else np.stack(parts, axis=-1)  # high and low bytes
        self.before = raw[-1].tobytes()
        rows = raw if self.header.depth == 8 else raw.reshape(count, -1).view(">u2")
        self.canvas.put(self.done, rows.reshape(count, self.header.width, self.header.channels))
        self.done += count

    def decoded(self, mode: str, raw: str, count: int, stored: bytes) -> Bytes:
        image = Image.frombytes(mode, (self.header.width, count + 1), stored, "zip", raw)
        return np.asarray(image)[1:]  # without the row before


# channels and depth of a file to what Pillow calls pixels of as many bytes, and how it is to take them apart
_UNFILTERED = {
    (1, 8): [("L", "L")],
    (2, 8): [("LA", "LA")],
    (3, 8): [("RGB", "RGB")],
    (4, 8): [("RGBA", "RGBA")],
    (1, 16): [("LA", "LA")],
    (2, 16): [("RGBA", "RGBA")],
    (3, 16): [("RGB", "RGB;16B"), ("RGB", "RGB;16L")],
    (4, 16): [("RGBA", "RGBA;16B"), ("RGBA", "RGBA;16L")],
}


def transparency(chunks: Chunks, canvas: Canvas) -> Pixels | None:
    """The alpha of a picture without, by the one colour that is transparent; None where no colour is."""
    colour = dict(chunks).get(b"tRNS")
    if colour is None:
        return None
    pixels = canvas.pixels
    clear = np.frombuffer(colour[: 2 if pixels.ndim == 2 else 6], ">u2")
    alpha = np.empty(pixels.shape[:2], pixels.dtype)
    for row, there in zip(pixels, alpha, strict=True):
        same = row == clear
        there[...] = np.where(same if pixels.ndim == 2 else same.all(axis=-1), 0, np.iinfo(pixels.dtype).max)
    return alpha


def small_file(chunks: Chunks) -> BytesIO:
    """A file of one pixel with these chunks, for Pillow to read them."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    return BytesIO(SIGNATURE + b"".join(chunk(name, content) for name, content in parts))


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk as it stands in a file."""
    check = zlib.crc32(content, zlib.crc32(name))
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)
