"""Where a data set may lie already, and whether what lies there is what its authors published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnncalc.errors import FileError
from cnncalc.learning.data import cifar, idx, npz
from cnncalc.learning.data.bounded import is_file, reading
from cnncalc.learning.data.catalogue import CIFAR10, Archive, Entry, Part
from cnncalc.learning.data.sets import DataSet, Split, data_set, split_of
from cnncalc.numerics.workspace import Array
from cnncalc.shipped import sample


@dataclass(frozen=True)
class Sources:
    """Where data sets are looked for, and how they are fetched; the command line fills this in."""

    cache: Path | None = None  # cnncalc's own folder
    offline: bool = False  # nothing is fetched
    home: Path | None = None
    here: Path | None = None
    system: Path = Path("/usr/share/datasets")  # Debian's
    mirror: str = ""  # tried before the others: MIRROR/NAME/FILE
    proxies: Mapping[str, str] | None = None  # by scheme
    patience: float = 20.0  # seconds in which a server must say something


class Found(NamedTuple):
    """Files that have the names of a data set."""

    where: str  # in words
    path: Path  # the folder, or the file
    files: tuple[Path, ...]


class Checked(NamedTuple):
    """A part of a data set as it was found."""

    part: Part
    file: Path
    sha256: str  # of the part, or of the archive where only that is published
    genuine: bool
    fault: str  # what is wrong with it, if anything
    array: Array | None


def find(entry: Entry, sources: Sources) -> Iterator[Found]:
    """The places that have files with the right names, the nearest first; nothing is read."""
    if entry.shipped and (path := sample(entry.shipped)):
        yield Found("ships with cnncalc", path, (path,))
    for where, path in places(entry, sources):
        if is_file(path):
            yield Found(where, path, (path,))
        elif files := files_in(entry, path):
            yield Found(where, path, files)


def places(entry: Entry, sources: Sources) -> Iterator[tuple[str, Path]]:
    """Where one looks: the cache, then the places where torchvision, Keras and Debian put data sets."""
    if sources.cache:
        yield "in the cache", sources.cache / entry.name
    for root in (sources.here, sources.home):
        for folder in (root / "data", root / "datasets", root) if root else ():
            below = (Path(entry.torchvision, "raw"),) if entry.torchvision else (Path(), Path(cifar.FOLDER))
            yield from (("torchvision's", folder / path) for path in below)
    if sources.home:
        keras = sources.home / ".keras" / "datasets"
        yield "Keras's", keras / entry.name
        yield "Keras's", keras / f"{entry.name}.npz"
    yield "Debian's", sources.system / entry.name


def files_in(entry: Entry, folder: Path) -> tuple[Path, ...]:
    """All files of the data set in a folder, as archives or unpacked; empty where one is missing."""
    if entry.records:
        archive = folder / entry.archives[0].name
        files = [archive] if is_file(archive) else [folder / part.name for part in entry.parts]
        return tuple(files) if all(is_file(file) for file in files) else ()
    named = [idx.named(folder, archive.name) for archive in entry.archives]
    return tuple(path for path in named if path) if all(named) else ()


def has_files(folder: Path) -> bool:
    """Whether a folder holds files of a data set, if not all of them, rather than class folders."""
    names = (*idx.FILES, *cifar.FILES, CIFAR10.archives[0].name)
    return any(idx.named(folder, name) or is_file(folder / name) for name in names)


def check(entry: Entry, found: Found) -> Iterator[Checked]:
    """Reads the parts of a data set and compares their SHA-256 with those published."""
    first = found.files[0]
    if first.suffix == ".npz":
        yield from check_arrays(entry, first)
    elif entry.records:
        yield from check_batches(entry, found)
    else:
        for archive, file in zip(entry.archives, found.files, strict=True):
            yield check_idx(archive, file)


def check_idx(archive: Archive, file: Path) -> Checked:
    part = archive.parts[0]
    digest = hashlib.sha256()
    try:
        array = idx.read(file, digest)
        sha256 = digest.hexdigest() if part.sha256 else file_sha256(file)
    except FileError as error:
        return Checked(part, file, "", False, error.message, None)
    return compared(part, file, sha256, part.sha256 or archive.sha256, array)


def check_arrays(entry: Entry, file: Path) -> Iterator[Checked]:
    """An .npz of Keras's: its arrays with IDX headers before them are the published files."""
    try:
        arrays = npz.read(file)
    except FileError as error:
        yield from (Checked(part, file, "", False, error.message, None) for part in entry.parts)
        return
    for part, array in zip(entry.parts, arrays.values(), strict=True):
        digest = hashlib.sha256(idx.header(array) if array.ndim and max(array.shape) < 2**32 else b"")
        digest.update(np.ascontiguousarray(array).data)
        yield compared(part, file, digest.hexdigest(), part.sha256, array)


def check_batches(entry: Entry, found: Found) -> Iterator[Checked]:
    """CIFAR-10's batches, from their archive or beside each other."""
    parts = {part.name: part for part in entry.parts}
    files = dict(zip(parts, found.files, strict=False))
    try:
        for name, records, sha256 in batches_at(found.files):
            part = parts.pop(name)
            yield compared(part, files.get(name, found.files[0]), sha256, part.sha256, records)
    except FileError as error:
        yield from (Checked(part, found.path, "", False, error.message, None) for part in parts.values())


def batches_at(files: tuple[Path, ...]) -> Iterator[tuple[str, Array, str]]:
    """Name, records and SHA-256 of CIFAR-10's batches: one archive, or six files beside each other."""
    return cifar.from_archive(files[0]) if len(files) == 1 else cifar.from_folder(files[0].parent)


def compared(part: Part, file: Path, sha256: str, published: str, array: Array) -> Checked:
    genuine = bool(published) and sha256 == published
    wanted = f"published: {published}" if published else "none is published for it in this form"
    fault = "" if genuine else f"{file} is not what was published as {part.name} (SHA-256 {sha256}; {wanted})"
    return Checked(part, file, sha256, genuine, fault, array)


def read(entry: Entry, found: Found) -> DataSet:
    """The data set at a place, every bit of it as published; raises FileError where it is not."""
    checked = []
    for part in check(entry, found):
        if not part.genuine:
            raise FileError(part.fault, f"cnncalc data verify {entry.name} checks every file")
        checked.append(part)
    return assembled(entry.name, entry, found, checked)


def assembled(name: str, entry: Entry, found: Found, checked: list[Checked]) -> DataSet:
    """The data set made of parts that are genuine."""
    arrays = {part.part.name: part.array for part in checked if part.array is not None}
    train, test = batches_of(arrays) if entry.records else parts_of(arrays, len(entry.classes))
    return data_set(
        name,
        train,
        test,
        classes=entry.classes,
        mean=entry.mean,
        deviation=entry.deviation,
        shuffled=True,
        origin=f"{entry.name}, {found.where}, {found.path}",
    )


def parts_of(arrays: dict[str, Array], classes: int | None = None) -> tuple[Split, Split]:
    """Training and test pictures of MNIST's four files."""
    images, labels, test_images, test_labels = (arrays[name] for name in idx.FILES)
    return split_of("training", images, labels, classes), split_of("test", test_images, test_labels, classes)


def batches_of(arrays: dict[str, Array]) -> tuple[Split, Split]:
    """Training and test pictures of CIFAR-10's six batches."""
    records = [arrays[name] for name in cifar.FILES]
    return cifar.split(records[:-1]), cifar.split(records[-1:])


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes as they are; raises FileError."""
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_published(path: Path, archive: Archive) -> bool:
    """Whether a file is what a mirror ought to give: the published bytes, or other gzip bytes of the same contents."""
    if file_sha256(path) == archive.sha256:
        return True
    return archive.recompressed and check_idx(archive, path).genuine
