"""Pictures as arrays: reading every common kind, and writing without ever leaving half a file."""

from __future__ import annotations

import os
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from io import BytesIO
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from cnncalc.errors import CnncalcError, FileError, UsageError

LIMIT = 250_000_000  # pixels; 3 bytes each, and as many again for a result
# formats that Pillow decodes by itself; some of the others start foreign programs
READABLE = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels, and what must not get lost on the way to the next file.

    pixels: (H, W) gray or (H, W, 3) RGB; uint8, or uint16 for gray of 16 bits. alpha: (H, W) uint8, or None.
    icc: the colour profile. notes: what reading had to change, a sentence each.
    """

    pixels: Pixels
    alpha: NDArray[np.uint8] | None = None
    icc: bytes | None = None
    notes: tuple[str, ...] = ()

    @property
    def mode(self) -> str:
        """Pillow's name of the mode: L, LA, RGB, RGBA or I;16."""
        if self.pixels.dtype == np.uint16:
            return "I;16"
        return ("L" if self.pixels.ndim == 2 else "RGB") + ("A" if self.alpha is not None else "")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) without alpha."""
        h, w, *c = self.pixels.shape
        return h, w, c[0] if c else 1


@dataclass(frozen=True)
class Writer:
    """How an extension is written: Pillow's format and options, and the modes that it can hold."""

    format: str
    modes: tuple[str, ...]
    options: dict[str, Any]


_JPEG = Writer("JPEG", ("L", "RGB"), {"quality": 95, "subsampling": 0})
_TIFF = Writer("TIFF", ("L", "LA", "RGB", "RGBA", "I;16"), {"compression": "tiff_adobe_deflate"})
WRITERS = {
    # run lengths only: for photos and flat drawings alike as small as the default, in a third of its time
    ".png": Writer("PNG", _TIFF.modes, {"compress_level": 1, "compress_type": zlib.Z_RLE}),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": Writer("WEBP", ("L", "LA", "RGB", "RGBA"), {"quality": 95}),
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".bmp": Writer("BMP", ("L", "RGB"), {}),
    ".ppm": Writer("PPM", ("L", "RGB"), {}),
    ".pgm": Writer("PPM", ("L", "I;16"), {}),
}


def shown(path: Path) -> str:
    """The path as text that can be printed, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


def read(path: Path) -> Picture:
    """The picture in a file, upright; FileError where there is none, or none that can be decoded."""
    _require_file(path)
    try:
        with path.open("rb") as file, _pillow_limits():
            return _decode(file, path)
    except CnncalcError:
        raise
    except UnidentifiedImageError:
        fact = f"{shown(path)} is not a picture, or not of a kind that can be read"
        raise FileError(fact, "readable: " + ", ".join(READABLE)) from None
    except Image.DecompressionBombError:
        fact = f"{shown(path)} has more than {LIMIT:,} pixels, which is the limit"
        raise FileError(fact, "scale it down or cut a part out") from None
    except PermissionError:
        raise FileError(f"{shown(path)} may not be read", "ask for the right to read it") from None
    except MemoryError:
        raise FileError(f"{shown(path)} does not fit into memory", "scale it down") from None
    except Exception as error:  # Pillow meets damaged data with errors of every class
        fact = f"{shown(path)} is damaged or cut short ({error})"
        raise FileError(fact, "copy or download it again") from None


def _require_file(path: Path) -> None:
    """FileError unless this is an ordinary file with something in it."""
    try:
        if path.is_dir():
            raise FileError(f"{shown(path)} is a folder", "name a picture in it")
        if not path.exists():
            raise _missing(path)
        if not path.is_file():
            raise FileError(f"{shown(path)} is not an ordinary file", "save the picture to a file first")
        if path.stat().st_size == 0:
            raise FileError(f"{shown(path)} is empty (0 bytes)", "copy or download it again")
    except (OSError, ValueError) as error:  # a name too long, a folder that may not be looked into, …
        raise _cannot("read", path, error) from None


def _missing(path: Path) -> FileError:
    """Says how far the path leads, and names what is most like the rest."""
    folder = path.parent
    if not folder.is_dir():
        return FileError(f"there is no folder {shown(folder)}", "check the path")
    names = [shown(Path(entry.name)) for entry in islice(folder.iterdir(), 10_000)]
    close = get_close_matches(shown(Path(path.name)), names, n=1)
    hint = f"did you mean {shown(folder / close[0])}?" if close else "check the name and the folder"
    return FileError(f"there is no file {shown(path)}", hint)


_limits = Lock()


@contextmanager
def _pillow_limits() -> Iterator[None]:
    """Puts our limit in the place of Pillow's and keeps its warnings quiet; both are undone at the end.

    Pillow compares the size that a header claims with its limit before it decodes anything.
    """
    with _limits, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = LIMIT // 2  # Pillow warns here and refuses at twice as much
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _decode(file: Any, path: Path) -> Picture:
    with Image.open(file, formats=READABLE) as image:
        notes = []
        if getattr(image, "is_animated", False) and image.format != "MPO":  # MPO: a photo and its previews
            notes.append("of several frames or pages only the first was read")
        if not image.mode.startswith("I") and ";16" in str(image.tile):
            notes.append("16 bits a channel were reduced to 8: only gray is kept at 16")
        image.load()
        icc = image.info.get("icc_profile")
        if image.mode not in _CONVERSIONS or (image.mode == "I" and not _fits_16_bits(image)):
            raise FileError(
                f"{shown(path)} has pixels of an unusual kind ({image.mode})",
                "save it as gray or RGB with 8 bits a channel, or as gray with 16",
            )
        if image.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
            notes.append(
                f"{image.mode} was converted to RGB" + (", without its colour profile" if icc else "")
            )
            icc = None
        target = _CONVERSIONS[image.mode]
        if "transparency" in image.info and target in ("L", "RGB"):
            target += "A"
        _turn_upright(image)
        return _as_picture(image if target == "I;16" else image.convert(target), icc, tuple(notes))


# mode of a file to mode of a picture
_CONVERSIONS = {
    **dict.fromkeys(("1", "L"), "L"),
    **dict.fromkeys(("LA", "La"), "LA"),
    **dict.fromkeys(("P", "RGB", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"), "RGB"),
    **dict.fromkeys(("PA", "RGBA", "RGBa"), "RGBA"),
    **dict.fromkeys(("I;16", "I;16B", "I;16L", "I;16N", "I"), "I;16"),
}


def _fits_16_bits(image: Image.Image) -> bool:
    """Whether 32-bit pixels, which is how Pillow reads some files of 16 bits, lie in 0 to 65,535."""
    least, most = image.getextrema()
    return bool(least >= 0 and most < 1 << 16)  # type: ignore[operator]  # a pair where there is one channel


def _turn_upright(image: Image.Image) -> None:
    """Applies the EXIF orientation; the rest of the EXIF data is not kept, so it cannot apply twice."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception:  # damaged EXIF data says nothing about the pixels
        return


def _as_picture(image: Image.Image, icc: bytes | None, notes: tuple[str, ...]) -> Picture:
    if image.mode.startswith("I"):
        return Picture(np.array(image, dtype=np.uint16), None, icc, notes)
    array = np.asarray(image)
    if image.mode not in ("LA", "RGBA"):
        return Picture(array, None, icc, notes)
    colours = array[..., 0] if image.mode == "LA" else array[..., :3]
    return Picture(np.ascontiguousarray(colours), np.ascontiguousarray(array[..., -1]), icc, notes)


def check_target(path: Path, *, overwrite: bool = False) -> Writer:
    """How the path will be written; raises what writing would raise, as far as can be told beforehand."""
    suffix = path.suffix.lower()
    if path.is_dir():
        raise UsageError(f"{shown(path)} is a folder", f"name a file in it: --out {shown(path / 'out.png')}")
    if suffix not in WRITERS:
        ending = f"the ending {suffix}" if suffix else "a name without ending"
        raise UsageError(f"{ending} says no known format ({shown(path)})", "known: " + ", ".join(WRITERS))
    if not path.parent.is_dir():
        raise FileError(f"there is no folder {shown(path.parent)}", "make it first, or give another --out")
    if not overwrite and os.path.lexists(path):
        raise UsageError(f"{shown(path)} exists", "--force overwrites it, --out names another file")
    return WRITERS[suffix]


def write(path: Path, picture: Picture, *, overwrite: bool = False) -> None:
    """Writes the picture in the format that the extension names.

    The file appears under its name only when it is complete. UsageError where the format is unknown, cannot
    hold the picture, or the file exists and may not be overwritten; FileError where writing fails.
    """
    writer = check_target(path, overwrite=overwrite)
    data = _encode(path, writer, picture)
    target = Path(os.path.realpath(path))  # a link stays a link, its target is replaced
    temporary = target.with_name(f".cnncalc-{uuid4().hex}.tmp")
    try:
        try:
            with temporary.open("xb") as file:
                file.write(data)
            check_target(path, overwrite=overwrite)  # it may have come into being meanwhile
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise _cannot("write", path, error) from None


def _encode(path: Path, writer: Writer, picture: Picture) -> bytes:
    """The file's content; made in memory, so that a full disk is met as what it is."""
    if picture.mode not in writer.modes:
        held = ", ".join(writer.modes)
        fact = f"{writer.format} cannot hold a picture of mode {picture.mode} ({shown(path)}), only {held}"
        raise UsageError(fact, "give --out a name in .png")
    array: NDArray[Any] = picture.pixels
    if picture.alpha is not None:
        array = np.dstack([array, picture.alpha])
    data = BytesIO()
    try:
        Image.fromarray(array).save(data, writer.format, icc_profile=picture.icc, **writer.options)
    except (OSError, ValueError, SystemError) as error:  # such as more pixels a side than the format counts
        raise UsageError(
            f"{writer.format} cannot hold this picture ({error})", "give --out a name in .png"
        ) from None
    return data.getvalue()


def _cannot(verb: str, path: Path, error: OSError | ValueError) -> FileError:
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    hint = "check the path" if verb == "read" else "--out names another place"
    return FileError(f"cannot {verb} {shown(path)}: {reason}", hint)
