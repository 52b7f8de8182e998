"""What files say about their pictures: taken from one format, handed to another."""

from __future__ import annotations

import math
import re
import struct
import zlib
from typing import Any

from PIL import Image

from cnncalc.imaging.pictures.picture import Metadata
from cnncalc.imaging.pictures.png import Chunks

ORIENTATION = 0x0112
XMP = "XML:com.adobe.xmp"  # the keyword under which PNG files hold it
_INCH = 0.0254  # metres
_COLOUR = (b"cHRM", b"cICP", b"gAMA", b"sRGB")
_DESCRIPTIVE = {
    270: "Description",
    305: "Software",
    315: "Author",
    33432: "Copyright",
}  # TIFF's tags, PNG's keywords
_TURNED = re.compile(rb"(tiff:Orientation(?:=[\"']|>))[0-8]")


def metadata_of(image: Image.Image, chunks: Chunks) -> Metadata:
    """The metadata of an open file; chunks: those of a PNG file."""
    info = image.info
    text: dict[str, str] = {}
    if image.format == "PNG":
        text = {str(key): str(value) for key, value in getattr(image, "text", {}).items()}
    elif isinstance(info.get("comment"), bytes):
        text = {"Comment": info["comment"].decode("utf-8", "replace")}
    if image.format == "TIFF":
        tags: Any = getattr(image, "tag_v2", {})
        text = {word: tags[tag] for tag, word in _DESCRIPTIVE.items() if isinstance(tags.get(tag), str)}
    xmp = info.get("xmp") or text.get(XMP)
    xmp = xmp.encode() if isinstance(xmp, str) else xmp
    return Metadata(
        exif=_exif_of(image),
        xmp=_TURNED.sub(rb"\g<1>1", xmp) if xmp else None,
        text=tuple(
            (key, value) for key, value in text.items() if key != XMP and not key.startswith("Raw profile")
        ),
        dpi=_dpi_of(info.get("dpi")),
        colour=tuple((name, content) for name, content in chunks if name in _COLOUR),
    )


def _dpi_of(dpi: Any) -> tuple[float, float] | None:
    try:
        across, down = map(float, dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if 0 < across < math.inf and 0 < down < math.inf else None


def _exif_of(image: Image.Image) -> bytes | None:
    """The EXIF data without orientation; None where there is none, or none that can be read."""
    data = image.info.get("exif")
    try:
        if data is None:  # TIFF's own tags; old PNG files hold it as text
            if image.format == "TIFF":
                return _camera_tags(image.getexif())
            exif = image.getexif()
            data = exif.tobytes() if exif else b""
        return without_orientation(bytes(data).removeprefix(b"Exif\0\0")) or None
    except Exception:  # damaged EXIF data says nothing about the pixels
        return None


def _camera_tags(tags: Image.Exif) -> bytes | None:
    """EXIF data of what a TIFF file says about camera, exposure and place, without what it says about itself."""
    exif = Image.Exif()
    found = False
    for tag in (271, 272, 306, *_DESCRIPTIVE):
        if tag in tags:
            exif[tag] = tags[tag]
            found = True
    for folder in (0x8769, 0x8825):  # exposure, place
        content = tags.get_ifd(folder)
        if content:
            exif.get_ifd(folder).update(content)
            found = True
    return exif.tobytes().removeprefix(b"Exif\0\0") if found else None


def without_orientation(exif: bytes) -> bytes:
    """The EXIF data with its orientation taken out of the first directory, and all else where it was.

    struct.error where the data is damaged.
    """
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return b""
    (first,) = struct.unpack_from(order + "I", exif, 4)
    (count,) = struct.unpack_from(order + "H", exif, first)
    start, end = first + 2, first + 2 + 12 * count
    struct.unpack_from("4s", exif, end)  # the offset of the next directory
    entries = [exif[at : at + 12] for at in range(start, end, 12)]
    kept = [entry for entry in entries if struct.unpack_from(order + "H", entry)[0] != ORIENTATION]
    spare = bytes(12 * (count - len(kept)))
    directory = struct.pack(order + "H", len(kept)) + b"".join(kept) + exif[end : end + 4] + spare
    return exif[:first] + directory + exif[end + 4 :]


def orientation_of(image: Image.Image) -> int:
    """1 to 8, as EXIF counts: 1 upright; also where the data is damaged."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # damaged EXIF data says nothing about the pixels
        return 1


def fitting_profile(icc: bytes | None, channels: int) -> bytes | None:
    """The colour profile, if it is one for gray or for colour as the pixels are."""
    kind = b"GRAY" if channels == 1 else b"RGB "
    return icc if icc and icc[16:20] == kind else None


def png_chunks(meta: Metadata, icc: bytes | None) -> Chunks:
    """The metadata as chunks of a PNG file."""
    chunks: Chunks = [(name, content) for name, content in meta.colour if not (icc and name == b"sRGB")]
    if icc:
        chunks.append((b"iCCP", b"ICC Profile\0\0" + zlib.compress(icc)))
    if meta.dpi:
        across, down = (min(round(value / _INCH), 2**31 - 1) for value in meta.dpi)
        chunks.append((b"pHYs", struct.pack(">IIB", across, down, 1)))
    if meta.exif:
        chunks.append((b"eXIf", meta.exif))
    for keyword, value in (*meta.text, *([(XMP, meta.xmp.decode("utf-8", "replace"))] if meta.xmp else [])):
        key = keyword.encode("latin-1", "replace")[:79]
        chunks.append((b"iTXt", key + b"\0\0\0\0\0" + value.encode("utf-8", "replace")))
    return chunks


def pillow_options(meta: Metadata, icc: bytes | None, holds: frozenset[str]) -> dict[str, Any]:
    """The metadata as arguments of Pillow's save, as far as the format holds it."""
    options: dict[str, Any] = {
        "icc_profile": icc,
        "exif": b"Exif\0\0" + meta.exif if meta.exif else None,
        "xmp": meta.xmp,
        "dpi": meta.dpi,
        "comment": dict(meta.text).get("Comment"),
    }
    return {key: value for key, value in options.items() if value and key in holds}
