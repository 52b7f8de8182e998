"""Writing drawings that were made as bytes: under their name only when they are complete."""

from __future__ import annotations

from pathlib import Path

from cnncalc.errors import UsageError, shown
from cnncalc.imaging.pictures.writing import cannot_write, check_place, refuse_folder, replacing


def check_drawing(path: Path, ending: str, *, overwrite: bool = False) -> None:
    """Raises what writing would raise, as far as can be told beforehand."""
    refuse_folder(path)
    if path.suffix.lower() != ending:
        better = path.with_name(path.name.rstrip(". ") or "drawing").with_suffix(ending)
        raise UsageError(f"{shown(path)} does not end in {ending}", f"name it {shown(better)}")
    check_place(path, overwrite=overwrite)


def write_drawing(path: Path, data: bytes, *, overwrite: bool = False) -> None:
    """Writes the bytes; the file's ending has to be that of the drawing. FileError where writing fails."""
    check_drawing(path, path.suffix.lower(), overwrite=overwrite)
    try:
        with replacing(path, overwrite=overwrite) as file:
            file.write(data)
    except (OSError, ValueError) as error:
        raise cannot_write(shown(path), error) from None
