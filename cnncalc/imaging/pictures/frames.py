"""Frames as Pillow decodes them, made into arrays a strip at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image, ImageFile

from cnncalc.errors import FileError
from cnncalc.imaging.pictures import jpeg
from cnncalc.imaging.pictures.metadata import metadata_of, orientation_of
from cnncalc.imaging.pictures.picture import Canvas, Film, Picture, Pixels, Quality
from cnncalc.imaging.pictures.png import Chunks

STRIP = 1 << 16  # bytes that are copied at a time; what is larger, Pillow hands over in pieces and slowly
# mode of a file to mode of a picture
_CONVERSIONS = {
    **dict.fromkeys(("1", "L"), "L"),
    **dict.fromkeys(("LA", "La"), "LA"),
    **dict.fromkeys(("P", "RGB", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"), "RGB"),
    **dict.fromkeys(("PA", "RGBA", "RGBa"), "RGBA"),
    **dict.fromkeys(("I;16", "I;16B", "I;16L", "I;16N", "I"), "I;16"),
    "F": "F",
}
_DTYPES = {"I;16": np.uint16, "F": np.float32}


def read_frames(image: ImageFile.ImageFile, name: str, count: int) -> list[Picture]:
    """The first `count` frames of an open file; FileError where their pixels are of an unusual kind."""
    pictures = []
    durations = []
    loop = image.info.get("loop")
    for number in range(count):
        if number:
            image.seek(number)
        pictures.append(_frame(image, name))
        durations.append(float(image.info.get("duration", 0)))
    if count > 1 and image.format != "TIFF":
        pictures = _alike(pictures)
        pictures[0] = replace(pictures[0], film=Film(tuple(durations), loop))
    return pictures


def _frame(image: ImageFile.ImageFile, name: str) -> Picture:
    notes = []
    pixels = _deep_ppm(image)
    if pixels is None and not image.mode.startswith("I") and ";16" in str(image.tile):
        notes.append("16 bits a channel were reduced to 8")
    icc = image.info.get("icc_profile")
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        without = ", without its colour profile" if icc else ""
        notes.append(f"{image.mode} was converted to RGB{without}")
        icc = None
    if image.format in ("JPEG", "MPO") and image.mode in ("L", "RGB"):
        pixels = jpeg.decoded(image.fp, image.size, image.mode)
    if pixels is not None:
        return described(Picture(pixels), image)
    image.load()
    if image.mode not in _CONVERSIONS or (image.mode == "I" and not _fits_16_bits(image)):
        raise FileError(
            f"{name} has pixels of an unusual kind ({image.mode})",
            "save it as gray or RGB with 8 or 16 bits a channel, or as float32",
        )
    canvas = _canvas(image)
    picture = described(Picture(canvas.pixels, canvas.alpha), image)
    return replace(picture, icc=icc, notes=tuple(notes))


def described(picture: Picture, image: Image.Image, chunks: Chunks | None = None) -> Picture:
    """The picture with all that the open file says about it, and upright."""
    quality = None
    if image.format in ("JPEG", "MPO"):
        quality = _quality_of(image)
    info = replace(
        picture, icc=image.info.get("icc_profile"), meta=metadata_of(image, chunks or []), quality=quality
    )
    return upright(info, orientation_of(image))


def _quality_of(image: Any) -> Quality | None:
    """How a JPEG file was compressed, where Pillow can compress likewise."""
    tables = tuple(tuple(table) for _, table in sorted(image.quantization.items()))
    layers = tuple(tuple(layer[1:3]) for layer in getattr(image, "layer", ()))
    sampling = 0 if len(layers) == 1 else _SAMPLINGS.get(layers)
    return None if sampling is None or not 1 <= len(tables) <= 2 else Quality(tables, sampling)


# blocks of each channel that are coded together, across and down, to Pillow's number
_SAMPLINGS: dict[tuple[tuple[int, ...], ...], int] = {
    ((1, 1),) * 3: 0,
    ((2, 1), (1, 1), (1, 1)): 1,
    ((2, 2), (1, 1), (1, 1)): 2,
}


def _fits_16_bits(image: Image.Image) -> bool:
    """Whether 32-bit pixels, which is how Pillow reads some files of 16 bits, lie in 0 to 65,535."""
    least, most = image.getextrema()
    return bool(least >= 0 and most < 1 << 16)  # type: ignore[operator]  # a pair where there is one channel


def _canvas(image: Image.Image) -> Canvas:
    """The pixels of a loaded image, in the mode of a picture."""
    target = _CONVERSIONS[image.mode]
    if "transparency" in image.info and target in ("L", "RGB"):
        target += "A"
    width, height = image.size
    canvas = Canvas(height, width, len(target) if target not in _DTYPES else 1, _DTYPES.get(target, np.uint8))
    direct = target == image.mode or target in _DTYPES  # else each strip is converted
    rows = max(1, STRIP // (width * canvas.pixels.itemsize * 4))
    scratch = Image.new(image.mode, (width, min(rows, height)))
    for top in range(0, height, rows):  # as a whole, it would be copied several times
        count = min(rows, height - top)
        if direct:
            scratch.paste(image, (0, -top))
            strip = scratch
        else:
            strip = image.crop((0, top, width, top + count)).convert(target)
        part = np.asarray(strip)[
            :count
        ]  # lives until the next one does: else the heap is cut and grown each time
        canvas.put(top, part)
    return canvas


def _deep_ppm(image: ImageFile.ImageFile) -> Pixels | None:
    """The pixels of a binary PPM file of 16 bits a channel, which Pillow reduces to 8."""
    if image.format != "PPM" or image.mode != "RGB":
        return None
    decoder, _, offset, args = image.tile[0]
    if decoder != "ppm" or not isinstance(args, tuple) or args[1] != 0xFFFF:
        return None
    file: Any = image.fp
    file.seek(offset)
    pixels = np.empty((image.height, image.width, 3), np.uint16)
    for row in pixels:
        data = file.read(row.nbytes)
        row[...] = np.frombuffer(data, ">u2").reshape(row.shape)
    return pixels


def _alike(pictures: list[Picture]) -> list[Picture]:
    """Frames of one kind: colour if one has colour, with alpha if one has."""
    colour = any(frame.pixels.ndim == 3 for frame in pictures)
    alpha = any(frame.alpha is not None for frame in pictures)

    def alike(frame: Picture) -> Picture:
        pixels = (
            np.repeat(frame.pixels[..., None], 3, axis=2)
            if colour and frame.pixels.ndim == 2
            else frame.pixels
        )
        opaque = np.full(pixels.shape[:2], 255, np.uint8) if alpha and frame.alpha is None else frame.alpha
        return replace(frame, pixels=pixels, alpha=opaque)

    return [alike(frame) for frame in pictures]


def upright(picture: Picture, orientation: int) -> Picture:
    """The picture as the EXIF orientation says that it is to be seen."""
    turn = _TURNS.get(orientation)
    if turn is None:
        return picture
    alpha = picture.alpha
    return replace(
        picture, pixels=_copied(turn(picture.pixels)), alpha=None if alpha is None else _copied(turn(alpha))
    )


_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: np.rot90,
}


def _copied(turned: Pixels) -> Pixels:
    """The view as an array of its own, copied in strips, whose pixels lie near each other before and after."""
    copy = np.empty(turned.shape, turned.dtype)
    for top in range(0, len(turned), 64):
        copy[top : top + 64] = turned[top : top + 64]
    return copy
