"""Whether a data set is what was published, or at least whole; file by file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.errors import FileError
from cnncalc.learning.data import idx, places
from cnncalc.learning.data.bounded import is_file, is_folder
from cnncalc.learning.data.catalogue import DATASETS, Entry
from cnncalc.learning.data.loading import load
from cnncalc.learning.data.places import Found, Sources, file_sha256
from cnncalc.learning.data.rule import Rule


class Verified(NamedTuple):
    """A file that was looked at; published is empty where no SHA-256 is known for it."""

    part: str
    file: Path
    sha256: str
    published: str
    good: bool
    fault: str


def verify(what: str, sources: Sources) -> Iterator[Verified]:
    """Looks at every file of a data set, wherever it is found; of a folder of pictures at every picture.

    Raises FileError where it is nowhere, UsageError for an unknown name.
    """
    if what in DATASETS:
        entry = DATASETS[what]
        nowhere = True
        for found in places.find(entry, sources):
            yield from compared(entry, found)
            nowhere = False
        if nowhere:
            load(what, sources)  # says that it is nowhere
        return
    path = Path(what)
    for entry in DATASETS.values() if is_folder(path) else ():
        if files := places.files_in(entry, path):
            found = Found("given", path, files)
            checked = list(compared(entry, found))
            if any(part.good for part in checked):  # it is meant to be this one
                yield from checked
                return
    yield from whole(what)


def compared(entry: Entry, found: Found) -> Iterator[Verified]:
    """Each part of a known data set against its published SHA-256."""
    archives = {part.name: archive for archive in entry.archives for part in archive.parts}
    for part, file, sha256, genuine, fault, _ in places.check(entry, found):
        yield Verified(part.name, file, sha256, part.sha256 or archives[part.name].sha256, genuine, fault)


def whole(what: str) -> Iterator[Verified]:
    """A set that nobody published a SHA-256 of: whether each file, or each picture, can be read to its end."""
    path = Path(what)
    if is_folder(path):
        files = [file for name in idx.FILES if (file := idx.named(path, name))]
        yield from (looked_at(file, fault_of(idx.read, file)) for file in files)
        if not files:
            yield from pictures(path)
        return
    files = [path] if is_file(path) else [Path(name) for name in what.split("+")]
    if not all(is_file(file) for file in files):
        load(what)  # says what is not there
    fault = fault_of(load, what)
    yield from (looked_at(file, fault) for file in files)


def pictures(folder: Path) -> Iterator[Verified]:
    """Each picture of class folders: whether it can be decoded."""
    from cnncalc.learning.data import folders  # Pillow is not needed elsewhere

    files = folders.all_pictures(folder)
    if not files:
        folders.load(folder, Rule())  # says what is missing
    anything = Rule(resize="stretch", size=(1, 1), gray=True)
    for file in files:
        fault = fault_of(folders.Reader, [file], anything)
        yield Verified(file.name, file, "", "", not fault, fault)


def looked_at(file: Path, fault: str) -> Verified:
    return Verified(file.name, file, file_sha256(file), "", not fault, fault)


def fault_of(read: Callable[..., Any], *args: Any) -> str:
    """What is wrong with what is to be read, or nothing."""
    try:
        read(*args)
    except FileError as error:
        return error.message
    return ""
