"""JPEG files decoded into one array, and encoded a strip at a time: the picture is never in memory twice.

Pillow holds four bytes a pixel for colour and then copies; simplejpeg, the same libjpeg-turbo, writes into the array.
On the way out, threads share the strips. Each strip is a restart interval (ITU-T T.81, B.2.1): after a restart marker
the decoder begins anew, so strips that were encoded apart from each other are joined by the markers.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from PIL import Image

from cnncalc.imaging.pictures.picture import Picture, Pixels
from cnncalc.imaging.pictures.side_by_side import in_order

LONGEST = 65_500  # pixels a side, libjpeg's own limit
SMALL = 1_000_000  # pixels up to which a picture is encoded in one piece
STRIP = 400_000  # pixels of a strip

_BLOCK = {0: (8, 8), 1: (8, 16), 2: (16, 16)}  # rows and columns that are coded together, by subsampling


def decoded(file: Any, size: tuple[int, int], mode: str) -> Pixels | None:
    """The pixels of a gray (L) or RGB file of this size; None where anything is odd, which is Pillow's to judge."""
    import simplejpeg  # only where there is a JPEG file

    file.seek(0)
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(file.read(), "GRAY" if mode == "L" else "RGB")
    except ValueError:
        file.seek(0)
        return None
    h, w, c = pixels.shape
    return (pixels[..., 0] if c == 1 else pixels) if (w, h) == size else None


def write_rows(
    file: BinaryIO, picture: Picture, options: dict[str, Any], head: dict[str, Any], threads: int = 1
) -> None:
    """Writes an 8-bit picture without alpha; options: Pillow's for every strip, head: its metadata.

    ValueError where a side is longer than the format counts.
    """
    h, w, c = picture.shape
    if max(h, w) > LONGEST:
        raise ValueError(f"a side of more than {LONGEST:,} pixels")
    if h * w <= SMALL:
        Image.fromarray(picture.pixels).save(file, "JPEG", **options, **head)
        return
    high, wide = (8, 8) if c == 1 else _BLOCK[options["subsampling"]]
    across = -(-w // wide)
    down = max(1, min(STRIP // (w * high), 0xFFFF // across))  # a restart interval has 16 bits

    def strip(top: int) -> bytes:
        image = Image.fromarray(picture.pixels[top : top + down * high])
        with _scratch() as data:  # Pillow lets other threads work only while it writes to a real file
            image.save(data, "JPEG", **options, **({} if top else head))
            data.seek(0)
            return data.read()

    for i, part in enumerate(in_order(strip, range(0, h, down * high), threads)):
        head_end, scan = _scan_of(part)
        if i == 0:
            file.write(_of_height(part[:head_end], h))
            file.write(struct.pack(">2sHH", b"\xff\xdd", 4, across * down))  # the restart interval
            file.write(part[head_end:scan])
        else:
            file.write(bytes((0xFF, 0xD0 + (i - 1) % 8)))
        file.write(part[scan:-2])
    file.write(b"\xff\xd9")


def _scratch() -> BinaryIO:
    """A real file that is gone once it is closed; in memory where the system has such files."""
    if sys.platform == "linux":
        return open(os.memfd_create("cnncalc"), "w+b")  # noqa: PTH123  # it has no path
    from tempfile import TemporaryFile  # slow to load

    return TemporaryFile()


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment up to the head of the coded pixels."""
    at, marker = 2, 0
    while marker != 0xDA:
        marker, size = struct.unpack_from(">xBH", data, at)
        yield marker, at, at + 2 + size
        at += 2 + size


def _scan_of(data: bytes) -> tuple[int, int]:
    """Where the head of the coded pixels begins, and where it ends."""
    *_, (_, start, end) = _segments(data)
    return start, end


def _of_height(data: bytes, height: int) -> bytes:
    """The segments before the coded pixels, with another height in the frame's."""
    start = next(start for marker, start, _ in _segments(data + b"\xff\xda\0\2") if marker == 0xC0)
    return data[: start + 5] + struct.pack(">H", height) + data[start + 7 :]
