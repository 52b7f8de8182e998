"""Reading pictures of every common kind, upright, each frame of them, within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from io import BytesIO
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from PIL import Image, ImageFile, UnidentifiedImageError

from cnncalc.errors import CnncalcError, FileError, shown
from cnncalc.imaging.pictures import arrays, frames, png
from cnncalc.imaging.pictures.picture import LIMIT, Picture, check_size

ENTIRE = 1 << 31  # bytes of a picture that comes from a stream
# formats that Pillow decodes by itself, and their endings; some of the others start foreign programs
READABLE = {
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "MPO": (".jpg", ".jpeg", ".mpo"),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "JPEG2000": (".jp2", ".j2k", ".jpx"),
    "AVIF": (".avif",),
    "NPY": (".npy",),
}
_FORMATS = tuple(name for name in READABLE if name not in ("MPO", "NPY"))  # Pillow tells MPO from JPEG itself

# how the common files begin; Pillow loads the plugins of the first row by itself, the others one by one
_STARTS = {
    "PNG": (b"\x89PNG",),
    "JPEG": (b"\xff\xd8\xff",),
    "GIF": (b"GIF8",),
    "TIFF": arrays.TIFF,
    "WEBP": (b"RIFF",),
}
_PLUGINS = {"TIFF": "TiffImagePlugin", "WEBP": "WebPImagePlugin"}


def read(source: Path | BinaryIO, *, name: str = "", limit: int = LIMIT, threads: int = 1) -> Picture:
    """The picture in a file, or in a stream of that name; upright, with all its frames.

    FileError where there is none, none that can be decoded, or one of more than `limit` pixels.
    """
    if isinstance(source, Path):
        _require_file(source)
        name = shown(source)
    with _failures(name):
        if isinstance(source, Path):
            with source.open("rb") as file:
                return _decode(file, name, source.suffix.lower(), limit, threads)
        data = source.read(ENTIRE)
        if not data:
            raise FileError(f"{name} is empty (0 bytes)", "give a picture to the command")
        return _decode(BytesIO(data), name, "", limit, threads)


def count_pixels(path: Path) -> int:
    """How many pixels the file claims to have, by its head alone; 0 where that cannot be told."""
    try:
        with path.open("rb") as file:
            if file.read(8) == png.SIGNATURE:
                header = png.header_of(file)
                return header.width * header.height
            file.seek(0)
            with _without_pillows_limit(), _opened(file, file.read(16)) as image:
                return image.width * image.height
    except Exception:  # reading it will say what is wrong
        return 0


@contextmanager
def _failures(name: str) -> Iterator[None]:
    """Turns every failure into a FileError."""
    try:
        with _without_pillows_limit():
            yield
    except CnncalcError:
        raise
    except UnidentifiedImageError:
        fact = f"{name} is not a picture, or not of a kind that can be read"
        raise FileError(fact, "readable: " + ", ".join((*_FORMATS, ".npy"))) from None
    except PermissionError:
        raise FileError(f"{name} may not be read", "ask for the right to read it") from None
    except MemoryError:
        raise FileError(f"{name} does not fit into memory", "scale it down") from None
    except Exception as error:  # damaged data is met with errors of every class
        raise FileError(f"{name} is damaged or cut short ({error})", "copy or download it again") from None


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
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise FileError(f"cannot read {shown(path)}: {reason}", "check the path") from None


def _missing(path: Path) -> FileError:
    """Says how far the path leads, and names what is most like the rest."""
    from difflib import get_close_matches  # only where something is missing

    folder = path.parent
    if not folder.is_dir():
        return FileError(f"there is no folder {shown(folder)}", "check the path")
    names = [shown(Path(entry.name)) for entry in islice(folder.iterdir(), 10_000)]
    close = get_close_matches(shown(Path(path.name)), names, n=1)
    hint = f"did you mean {shown(folder / close[0])}?" if close else "check the name and the folder"
    return FileError(f"there is no file {shown(path)}", hint)


class _Pillow:
    """Pillow's own limit, which is one for all threads, and how many threads read with ours instead."""

    lock = Lock()
    readers = 0
    limit: int | None = None


@contextmanager
def _without_pillows_limit() -> Iterator[None]:
    """Takes Pillow's limit away and puts it back when nobody reads any more; `check_size` checks ours."""
    with _Pillow.lock:
        if not _Pillow.readers:
            _Pillow.limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        _Pillow.readers += 1
    try:
        yield
    finally:
        with _Pillow.lock:
            _Pillow.readers -= 1
            if not _Pillow.readers:
                Image.MAX_IMAGE_PIXELS = _Pillow.limit


def _decode(file: Any, name: str, suffix: str, limit: int, threads: int) -> Picture:
    kind, pages = _frames(file, name, limit, threads)
    notes = []
    if suffix and suffix not in READABLE[kind]:
        notes.append(f"the ending is {suffix}, but the file is {kind}")
    first, *more = pages
    return replace(first, format=kind, notes=(*notes, *first.notes), more=tuple(more))


def _frames(file: Any, name: str, limit: int, threads: int) -> tuple[str, list[Picture]]:
    """Name of the format and the frames, of which the first has what belongs to all of them."""
    start = file.read(16)
    file.seek(0)
    if start.startswith(arrays.NPY):
        return "NPY", [arrays.read_npy(file, name, limit)]
    if start[:4] in arrays.TIFF and (pages := arrays.read_deep_tiff(file, name, limit)):
        return "TIFF", pages
    with _opened(file, start) as image:
        kind = str(image.format)
        count = 1 if kind == "MPO" else int(getattr(image, "n_frames", 1))  # MPO: a photo and its previews
        check_size(name, image.width * image.height * count, limit)
        if kind == "PNG" and count == 1 and png.header_of(file).plain:
            return kind, [_plain_png(file, threads)]
        return kind, frames.read_frames(image, name, count)


def _opened(file: Any, start: bytes) -> ImageFile.ImageFile:
    """The file as Pillow sees it; asked by name, Pillow does not load all of its plugins, which takes 0.1 s."""
    name = next((name for name, known in _STARTS.items() if any(map(start.startswith, known))), "")
    file.seek(0)
    if name in _PLUGINS:
        import_module(f"PIL.{_PLUGINS[name]}")
    return Image.open(file, formats=(name,) if name else _FORMATS)


def _plain_png(file: Any, threads: int) -> Picture:
    canvas, chunks = png.read_rows(file, threads)
    with Image.open(png.small_file(chunks)) as small:
        small.load()
        alpha = png.transparency(chunks, canvas) if canvas.alpha is None else canvas.alpha
        return frames.described(Picture(canvas.pixels, alpha), small, chunks)
