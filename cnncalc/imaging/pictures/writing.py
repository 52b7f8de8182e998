"""Writing pictures: what the format cannot hold is refused, and a file stands under its name only when it is whole."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from cnncalc.errors import FileError, UsageError, shown
from cnncalc.imaging.pictures import arrays
from cnncalc.imaging.pictures.formats import RAW, WRITERS, Writer
from cnncalc.imaging.pictures.metadata import fitting_profile
from cnncalc.imaging.pictures.picture import Picture


def check_target(path: Path, *, overwrite: bool = False) -> Writer:
    """How the path will be written; raises what writing would raise, as far as can be told beforehand."""
    refuse_folder(path)
    writer = _writer(path)
    check_place(path, overwrite=overwrite)
    return writer


def refuse_folder(path: Path) -> None:
    """UsageError where there is a folder of the name; FileError where the system cannot even look."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:  # such as a name that is too long
        raise cannot_write(shown(path), error) from None
    if path.is_dir():
        raise UsageError(f"{shown(path)} is a folder", "name a file in it")


def check_place(path: Path, *, overwrite: bool) -> None:
    """FileError where there is no folder for the file, UsageError where one is there that may not be overwritten."""
    folder = path.parent
    if not folder.is_dir():
        if os.path.lexists(folder):
            raise FileError(f"{shown(folder)} is not a folder", "name another place")
        raise FileError(f"there is no folder {shown(folder)}", "make it first, or name another place")
    if not overwrite and os.path.lexists(path):
        raise _taken(path)


def check_raw(path: Path) -> None:
    """UsageError where the ending holds no raw response."""
    if path.suffix.lower() not in RAW:
        raise UsageError(
            f"{_ending(path)} holds no raw response ({shown(path)})",
            "give --out a name in " + " or ".join(RAW),
        )


def _writer(path: Path) -> Writer:
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise UsageError(
            f"{_ending(path)} says no known format ({shown(path)})", "known: " + ", ".join(WRITERS)
        )
    return WRITERS[suffix]


def _ending(path: Path) -> str:
    suffix = path.suffix.lower()
    named = suffix if suffix == suffix.strip() else repr(suffix)  # so that a blank is seen
    return f"the ending {named}" if suffix else "a name without ending"


def _taken(path: Path) -> UsageError:
    return UsageError(f"{shown(path)} exists", "--force overwrites it; or give another name")


def write(path: Path, picture: Picture, *, overwrite: bool = False, threads: int = 1) -> None:
    """Writes the picture in the format that the extension names.

    The file appears under its name only when it is complete. UsageError where the format is unknown, cannot
    hold the picture, or the file exists and may not be overwritten; FileError where writing fails.
    """
    writer = check_target(path, overwrite=overwrite)
    _require_held(writer, picture, shown(path))
    try:
        with replacing(path, overwrite=overwrite) as file:
            _save(writer, file, picture, threads)
    except OSError as error:
        raise cannot_write(shown(path), error) from None


def write_stream(
    stream: BinaryIO, picture: Picture, suffix: str, *, name: str = "standard output", threads: int = 1
) -> None:
    """Writes the picture to a stream that need not be seekable, in the format of an ending such as .png."""
    from shutil import copyfileobj  # both are slow to load
    from tempfile import NamedTemporaryFile

    writer = _writer(Path("out" + suffix))
    _require_held(writer, picture, name)
    try:
        with NamedTemporaryFile() as temporary:  # tifffile asks for a name
            file = cast(BinaryIO, temporary)
            _save(writer, file, picture, threads)
            file.seek(0)
            copyfileobj(file, stream, 1 << 20)
            stream.flush()
    except OSError as error:
        raise cannot_write(name, error) from None


def write_raw(path: Path, array: NDArray[Any], *, overwrite: bool = False) -> None:
    """Writes a raw response, (H, W) or (H, W, C) floats, as it is: .npy as float64, .tif or .tiff as float32.

    A TIFF file holds 1 or 3 channels. Raises what `write` does.
    """
    check_raw(path)
    writer = check_target(path, overwrite=overwrite)
    if writer.format == "TIFF" and array.ndim == 3 and array.shape[2] not in (1, 3):
        raise UsageError(
            f"TIFF cannot hold {array.shape[2]} channels of a raw response", "give --out a name in .npy"
        )
    dtype = np.float32 if writer.format == "TIFF" else np.float64
    if writer.format == "TIFF" and array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    ready = array if array.dtype == dtype else array.astype(dtype)
    try:
        with replacing(path, overwrite=overwrite) as file:
            if writer.format == "TIFF":
                _save(writer, file, Picture(ready), 1)
            else:
                arrays.write_array(file, ready)
    except OSError as error:
        raise cannot_write(shown(path), error) from None


def _require_held(writer: Writer, picture: Picture, name: str) -> None:
    if picture.mode not in writer.modes:
        held = ", ".join(writer.modes)
        fact = f"{writer.format} cannot hold a picture of mode {picture.mode} ({name}), only {held}"
        better = ".png" if picture.pixels.dtype.kind == "u" else ".tif or .npy"
        raise UsageError(fact, f"give --out a name in {better}")
    if picture.more and not writer.frames:
        several = sorted({suffix for suffix, each in WRITERS.items() if each.frames})
        fact = f"{writer.format} holds one frame, and there are {1 + len(picture.more)} ({name})"
        raise UsageError(fact, "give --out a name in " + ", ".join(several))


def _save(writer: Writer, file: BinaryIO, picture: Picture, threads: int) -> None:
    """Encodes the picture; OSError where the file takes no more, UsageError where the format is at its end."""
    profile = fitting_profile(picture.icc, picture.shape[2])
    try:
        writer.save(file, replace(picture, icc=profile), threads)
        file.flush()
    except (OSError, ValueError, SystemError, struct.error) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        file.write(bytes(1 << 16))  # an encoder does not say that the disk is full; this does
        file.flush()
        raise UsageError(
            f"{writer.format} cannot hold this picture ({error})", "give --out a name in .png"
        ) from None


@contextmanager
def replacing(path: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """A new file beside the target, which takes the target's place at the end, and is gone after an error."""
    target = Path(os.path.realpath(path))  # a link stays a link, its target is replaced
    temporary = target.with_name(f".cnncalc-{os.urandom(16).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
        if overwrite:
            with suppress(FileNotFoundError):
                temporary.chmod(target.stat().st_mode & 0o777)  # who may read it stays the same
            temporary.replace(target)
        else:
            _take_place(temporary, target, path)
    finally:
        temporary.unlink(missing_ok=True)


def _take_place(temporary: Path, target: Path, path: Path) -> None:
    """Gives the file its name unless the name has been taken meanwhile."""
    try:
        target.hardlink_to(temporary)  # the one way that never overwrites
    except FileExistsError:
        raise _taken(path) from None
    except (OSError, NotImplementedError):  # a file system without links
        if os.path.lexists(target):
            raise _taken(path) from None
        temporary.replace(target)


def cannot_write(name: str, error: Exception, hint: str = "name another place") -> FileError:
    """What the system says, in a sentence."""
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return FileError(f"cannot write {name}: {reason}", hint)
