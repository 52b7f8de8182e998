"""The folder of a run: made anew, or empty; one training at a time; files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from cnncalc.errors import FileError

LOCK = ".lock"
PART = ".part"


def new_folder(name: str, root: Path) -> Path:
    """Makes and returns the first of NAME-1, NAME-2, … below root that does not exist; raises FileError."""
    try:
        for number in range(1, 1_000_000):
            try:
                folder = root / f"{name}-{number}"
                folder.mkdir(parents=True)
                return folder
            except FileExistsError:
                if not root.is_dir():
                    raise
    except OSError as error:
        raise unwritable(root, error) from None
    raise FileError(f"{root} is full of runs", "name another folder with --out")


def named_folder(folder: Path) -> Path:
    """Makes the folder, which may exist if there is nothing in it that anybody would miss; raises FileError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(file.name != LOCK and file.suffix != PART for file in folder.iterdir()):
            raise FileError(
                f"{folder} is not empty, and nothing in it is overwritten", "name a new folder with --out"
            )
    except OSError as error:
        raise unwritable(folder, error) from None
    return folder


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """No other process trains into the folder while this lasts; raises FileError where one does.

    The lock of a process that dies is given up by the system. Its file stays, so that two cannot hold it; only
    where nothing came of the run, the folder is taken away with it.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:  # an OSError, too
        raise FileError(
            f"another cnncalc is training into {folder}",
            "wait for it to end, or name a new folder with --out",
        ) from None
    except OSError as error:
        discard(folder)
        raise unwritable(folder, error) from None
    except NotImplementedError:
        raise FileError(
            f"the file system of {folder} has no locks, so two runs could write into it",
            "name a folder on another one with --out",
        ) from None
    try:
        yield
    finally:
        discard(folder)
        lock.release()


def discard(folder: Path) -> None:
    """Takes away a folder in which there is a lock at most."""
    with suppress(OSError):
        if {file.name for file in folder.iterdir()} <= {LOCK}:
            (folder / LOCK).unlink(missing_ok=True)
            folder.rmdir()


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file beside the old one, down to the disk, and gives it the name; raises OSError.

    Whatever happens, under the name there is the old file or the new one.
    """
    part = path.with_name(path.name + PART)
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    if os.name != "nt":  # Windows opens no folders
        with suppress(OSError):  # nor does every file system write them down
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def unwritable(path: Path, error: OSError) -> FileError:
    return FileError(f"{path} cannot be written to: {error.strerror}", "name another folder with --out")


def begun_in(folder: Path, file: Path) -> bool:
    """Whether a run was begun in a folder, and stopped before it had its file."""
    return not file.exists() and any((folder / name).exists() for name in (LOCK, file.name + PART))
