"""Writing drawings that were made as bytes: under their name only when they are complete."""

from __future__ import annotations

import os
from pathlib import Path

from cnncalc.errors import FileError, UsageError
from cnncalc.imaging.pictures import shown
from cnncalc.imaging.pictures.writing import cannot_write, replacing


def check_drawing(path: Path, ending: str, *, overwrite: bool = False) -> None:
    """Raises what writing would raise, as far as can be told beforehand."""
    try:
        folder = path.is_dir()
    except OSError as error:  # such as a name that is too long
        raise FileError(f"cannot write {shown(path)}: {error.strerror}", "name another place") from None
    if folder:
        raise UsageError(f"{shown(path)} is a folder", "name a file in it")
    if path.suffix.lower() != ending:
        raise UsageError(
            f"{shown(path)} does not end in {ending}", f"name it {shown(path.with_suffix(ending))}"
        )
    if not path.parent.is_dir():
        raise FileError(f"there is no folder {shown(path.parent)}", "make it first, or name another place")
    if not overwrite and os.path.lexists(path):
        raise UsageError(f"{shown(path)} exists", "--force overwrites it; or give another name")


def write_drawing(path: Path, data: bytes, *, overwrite: bool = False) -> None:
    """Writes the bytes; the file's ending has to be that of the drawing. FileError where writing fails."""
    check_drawing(path, path.suffix.lower(), overwrite=overwrite)
    try:
        with replacing(path, overwrite=overwrite) as file:
            file.write(data)
    except (OSError, ValueError) as error:
        raise cannot_write(shown(path), error, "name another place") from None
