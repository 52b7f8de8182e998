"""The formats that are written: what each one holds, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from cnncalc.imaging.pictures import arrays, jpeg, png_writing
from cnncalc.imaging.pictures.metadata import pillow_options, png_chunks
from cnncalc.imaging.pictures.picture import Picture, rows_of

Save = Callable[[BinaryIO, Picture, int], None]

STRIP = 1 << 20  # bytes that are written at a time

_GRAY = ("L", "I;16")
_COLOUR = ("RGB", "RGB;16")
_ALPHA = ("LA", "RGBA", "LA;16", "RGBA;16")
_FLOAT = ("F", "RGB;F", "LA;F", "RGBA;F")
_ALL = (*_GRAY, *_COLOUR, *_ALPHA, *_FLOAT)
_EIGHT_BITS = ("L", "LA", "RGB", "RGBA")


@dataclass(frozen=True)
class Writer:
    """How an ending is written: the format's name, the modes that it holds, whether it holds several frames.

    save writes a picture to a file with a number of threads; ValueError where the format does not count so far.
    """

    format: str
    modes: tuple[str, ...]
    save: Save
    frames: bool = False


def save_png(file: BinaryIO, picture: Picture, threads: int) -> None:
    """Writes PNG; several frames as APNG, which holds 8 bits a channel."""
    if not picture.more:
        png_writing.write_rows(file, picture, png_chunks(picture.meta, picture.icc), threads)
        return
    if picture.mode not in _EIGHT_BITS:
        raise ValueError("several frames of more than 8 bits a channel")
    _save_by_pillow(file, picture, "PNG", {}, frozenset({"icc_profile", "exif", "dpi"}))


def save_jpeg(file: BinaryIO, picture: Picture, threads: int) -> None:
    """Writes JPEG as the source was compressed, or at 95 without subsampling."""
    options: dict[str, Any] = {"quality": 95, "subsampling": 0}
    if picture.quality:
        options = {"qtables": picture.quality.tables, "subsampling": picture.quality.subsampling}
    holds = frozenset({"icc_profile", "exif", "xmp", "dpi", "comment"})
    jpeg.write_rows(file, picture, options, pillow_options(picture.meta, picture.icc, holds), threads)


def save_tiff(file: BinaryIO, picture: Picture, threads: int) -> None:
    """Writes TIFF, deflated; with EXIF data plain, as Pillow alone writes that, and not into deflated files."""
    if picture.meta.exif and not picture.more and picture.mode in (*_EIGHT_BITS, "I;16"):
        holds = frozenset({"icc_profile", "exif", "xmp", "dpi"})
        _save_by_pillow(file, picture, "TIFF", {}, holds)
    else:
        arrays.write_tiff(file, picture, threads)


def save_netpbm(file: BinaryIO, picture: Picture, threads: int) -> None:  # noqa: ARG001  # one signature for all
    """Writes binary PGM or PPM (netpbm's own description of both)."""
    h, w, c = picture.shape
    dtype = picture.pixels.dtype.newbyteorder(">")
    file.write(b"P%d\n%d %d\n%d\n" % (5 if c == 1 else 6, w, h, np.iinfo(dtype).max))
    size = max(1, STRIP // (w * c * dtype.itemsize))
    for top in range(0, h, size):
        file.write(np.ascontiguousarray(picture.pixels[top : top + size], dtype).data)


def save_npy(file: BinaryIO, picture: Picture, threads: int) -> None:  # noqa: ARG001  # one signature for all
    arrays.write_npy(file, picture)


def by_pillow(format: str, options: dict[str, Any], holds: frozenset[str]) -> Save:  # noqa: A002  # Pillow's word
    """A format that Pillow writes; holds: which metadata, in the words of its save."""

    def save(file: BinaryIO, picture: Picture, threads: int) -> None:  # noqa: ARG001  # one signature for all
        _save_by_pillow(file, picture, format, options, holds)

    return save


def _save_by_pillow(
    file: BinaryIO, picture: Picture, name: str, options: dict[str, Any], holds: frozenset[str]
) -> None:
    settings = options | pillow_options(picture.meta, picture.icc, holds)
    if picture.more:
        settings |= {"save_all": True, "append_images": [_image(frame) for frame in picture.more]}
        if picture.film:
            settings["duration"] = [round(ms) for ms in picture.film.durations]
            if picture.film.loop is not None:
                settings["loop"] = picture.film.loop
    _image(picture).save(file, name, **settings)


def _image(picture: Picture) -> Image.Image:
    return Image.fromarray(rows_of(picture, 0, len(picture.pixels)))


_PNG = Writer("PNG", (*_GRAY, *_COLOUR, *_ALPHA), save_png, frames=True)
_JPEG = Writer("JPEG", ("L", "RGB"), save_jpeg)
_TIFF = Writer("TIFF", _ALL, save_tiff, frames=True)
WRITERS = {
    ".png": _PNG,
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": Writer(
        "WEBP",
        _EIGHT_BITS,
        by_pillow("WEBP", {"quality": 95}, frozenset({"icc_profile", "exif", "xmp"})),
        frames=True,
    ),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".bmp": Writer("BMP", ("L", "RGB"), by_pillow("BMP", {}, frozenset({"dpi"}))),
    ".ppm": Writer("PPM", (*_GRAY, *_COLOUR), save_netpbm),
    ".pgm": Writer("PPM", _GRAY, save_netpbm),
    ".gif": Writer(
        "GIF", _EIGHT_BITS, by_pillow("GIF", {"disposal": 2}, frozenset({"comment"})), frames=True
    ),
    ".npy": Writer("NPY", _ALL, save_npy),
}
RAW = (".npy", ".tif", ".tiff")  # endings that hold a raw response
