"""Arrays and deep TIFF files: numpy's .npy, and TIFF with more than 8 bits a channel of colour, or floats.

tifffile does what Pillow does not: colour of 16 bits, floats in three channels, several pages, strips.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from cnncalc.errors import FileError
from cnncalc.imaging.pictures.frames import upright
from cnncalc.imaging.pictures.metadata import ORIENTATION
from cnncalc.imaging.pictures.picture import Canvas, Metadata, Picture, Pixels, check_size, rows_of
from cnncalc.imaging.pictures.side_by_side import in_order

NPY = b"\x93NUMPY"
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
STRIP = 1 << 20  # bytes that are written at a time
_KINDS = ("uint8", "uint16", "float32", "float64")


def read_npy(file: BinaryIO, name: str, limit: int) -> Picture:
    """The array as a picture: (H, W), or (H, W, C) with 1 to 4 channels, of which the 2nd or 4th is alpha.

    Numbers other than uint8 and uint16 become float64, float32 stays; FileError for any other shape or type.
    """
    version = np.lib.format.read_magic(file)
    head = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = head(file)
    if not (
        len(shape) in (2, 3)
        and min(shape) > 0
        and (len(shape) == 2 or shape[2] <= 4)
        and dtype.kind in "buif"
    ):
        fact = f"{name} holds an array of shape {shape} and type {dtype}, which is no picture"
        raise FileError(fact, "save numbers of shape (H, W) or (H, W, 3)")
    check_size(name, shape[0] * shape[1], limit)
    file.seek(0)
    array = np.load(file, allow_pickle=False)
    if dtype.kind == "b":
        array = array.astype(np.uint8) * 255
    if array.dtype.name not in _KINDS:
        array = array.astype(np.float64)
    return _picture(array)


def _picture(array: Pixels) -> Picture:
    """An array with its alpha as last channel as a picture, in the machine's own order of bytes."""
    channels = array.shape[2] if array.ndim == 3 else 1
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    if channels % 2:
        return Picture(array.reshape(array.shape[:2]) if channels == 1 else array)
    canvas = Canvas(len(array), array.shape[1], channels, array.dtype)
    canvas.put(0, array)
    return Picture(canvas.pixels, canvas.alpha)


def read_deep_tiff(file: BinaryIO, name: str, limit: int) -> list[Picture]:
    """The pages of a TIFF file that Pillow would reduce or refuse; none where it is Pillow's to read."""
    import tifffile  # only for the files that need it

    tifffile.logger().disabled = True  # what it finds wrong is raised, or does not matter
    try:
        with tifffile.TiffFile(file) as tiff:
            pages: list[Any] = list(tiff.pages)
            if not all(_is_deep(page) for page in pages):
                return []
            check_size(name, sum(page.imagewidth * page.imagelength for page in pages), limit)
            return [_page(page) for page in pages]
    except KeyError:  # a compression that tifffile leaves to another package
        return []
    finally:
        file.seek(0)


def _is_deep(page: Any) -> bool:
    """Whether the page is gray or colour of 16 bits or floats, other than the gray of 16 bits that Pillow reads."""
    known = page.dtype is not None and page.dtype.name in _KINDS[1:] and page.photometric in (1, 2)
    return (
        known
        and page.axes in ("YX", "YXS", "SYX")
        and (page.samplesperpixel > 1 or page.dtype.name != "uint16")
    )


def _page(page: Any) -> Picture:
    array = page.asarray()
    if page.axes == "SYX":
        array = np.moveaxis(array, 0, -1)
    if array.ndim == 3 and array.shape[2] > 4:
        raise FileError(
            f"a page has {array.shape[2]} channels", "save it with 1 to 4, the 2nd or 4th of them alpha"
        )
    picture = _picture(array)
    across, down = page.get_resolution(2) if 282 in page.tags else (0, 0)  # per inch
    meta = Metadata(dpi=(across, down) if across > 0 and down > 0 else None)
    orientation = page.tags.valueof(ORIENTATION, default=1)
    return upright(replace(picture, icc=page.iccprofile, meta=meta), orientation)


def write_npy(file: BinaryIO, picture: Picture) -> None:
    """Writes the pixels, alpha as the last channel."""
    write_array(file, rows_of(picture, 0, len(picture.pixels)))


def write_array(file: BinaryIO, array: Pixels) -> None:
    """Writes an .npy file; where the disk is full, the system's own error says so, which numpy's does not."""
    array = np.ascontiguousarray(array)
    np.lib.format.write_array_header_1_0(file, np.lib.format.header_data_from_array_1_0(array))
    file.write(array.data)


def write_tiff(file: BinaryIO, picture: Picture, threads: int = 1) -> None:
    """Writes every page, deflated; floats as float32, as it is."""
    import tifffile

    with tifffile.TiffWriter(file, bigtiff=_bytes(picture) > 1 << 31) as tiff:
        for page in (picture, *picture.more):
            h, w, c = page.shape
            alpha = page.alpha is not None
            dtype = page.pixels.dtype if page.pixels.dtype.kind == "u" else np.dtype(np.float32)
            size = max(1, STRIP // (w * (c + alpha) * dtype.itemsize))
            tiff.write(
                in_order(partial(_strip, page, size, dtype), range(0, h, size), threads),
                shape=(h, w, c + alpha)[: 2 + (c + alpha > 1)],
                dtype=dtype,
                rowsperstrip=size,
                photometric="rgb" if c == 3 else "minisblack",
                extrasamples=["unassalpha"] if alpha else None,
                compression="zlib",
                predictor=dtype.kind == "u",
                resolution=page.meta.dpi,
                resolutionunit="INCH" if page.meta.dpi else None,
                iccprofile=page.icc,
                metadata=None,
                software=False,
                description=dict(page.meta.text).get("Description"),
            )


def _strip(page: Picture, size: int, dtype: np.dtype[Any], top: int) -> bytes:
    """Rows as they stand in the file: tifffile takes strips only as such. Whole numbers as horizontal differences."""
    rows = np.array(rows_of(page, top, min(top + size, len(page.pixels))), dtype, order="C")
    if dtype.kind == "u":
        rows[:, 1:] -= rows[:, :-1].copy()
    return zlib.compress(rows.data)


def _bytes(picture: Picture) -> int:
    return sum(page.pixels.nbytes * 4 // 3 for page in (picture, *picture.more))
