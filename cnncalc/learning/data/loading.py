"""From a name or a path to a data set."""

from __future__ import annotations

from pathlib import Path

from cnncalc.errors import FileError, UsageError, nearest
from cnncalc.learning.data import cifar, idx, npz, places
from cnncalc.learning.data.bounded import is_file, is_folder, unzipped
from cnncalc.learning.data.catalogue import DATASETS
from cnncalc.learning.data.places import Found, Sources
from cnncalc.learning.data.rule import Rule
from cnncalc.learning.data.sets import ONE_IN, DataSet, data_set, divided, split_of

NOWHERE = Sources()
KINDS = (
    "a folder of class folders of pictures, a folder of MNIST-like IDX files, an .npz with x_train, y_train, x_test and"
    " y_test, two IDX files as IMAGES+LABELS, or cifar-10-binary.tar.gz"
)


def load(what: str, sources: Sources = NOWHERE, rule: Rule | None = None) -> DataSet:
    """The data set of a name, or the one at a path; nothing is fetched.

    Raises UsageError for an unknown name, FileError where it is missing or damaged.
    """
    path = Path(what)
    pair = what.split("+")
    if what not in DATASETS and is_folder(path) and not places.has_files(path):
        from cnncalc.learning.data import folders  # Pillow is not needed elsewhere

        return folders.load(path, rule or Rule())
    if rule and rule != Rule():
        raise UsageError(f"--resize and --gray are for folders of pictures, {what} is none", "leave them out")
    if what in DATASETS:
        return by_name(what, sources)
    if is_folder(path):
        return from_folder(path)
    if len(pair) == 2 and not is_file(path):
        return two_files(what, Path(pair[0]), Path(pair[1]))
    if is_file(path):
        return from_file(path)
    if path.suffix or len(path.parts) > 1:
        raise FileError(
            f"there is nothing at {what}", f"a data set is {KINDS}; or a name: {', '.join(DATASETS)}"
        )
    raise UsageError(f"unknown data set {what}", nearest(what, DATASETS))


def by_name(name: str, sources: Sources) -> DataSet:
    """The first place's that has it unchanged; raises FileError where none has."""
    entry = DATASETS[name]
    faults = []
    for found in places.find(entry, sources):
        try:
            return places.read(entry, found)
        except FileError as error:
            faults.append(error)
    if faults:
        raise faults[0]
    raise FileError(f"{name} is not here", f"cnncalc data fetch {name} fetches its {entry.size / 1e6:.1f} MB")


def from_folder(path: Path) -> DataSet:
    """A folder of IDX files or CIFAR batches; those of a set that is known are recognised by their contents."""
    for entry in DATASETS.values():
        files = places.files_in(entry, path)
        if files and (
            entry.records or places.check_idx(entry.archives[-1], files[-1]).genuine
        ):  # the smallest one
            found = Found("given", path, files)
            checked = list(places.check(entry, found))
            if all(part.genuine for part in checked):
                return places.assembled(str(path), entry, found, checked)
            if entry.records:
                return cifar_set(str(path), files)
    arrays = {name: idx.read(idx.named(path, name) or path / name) for name in idx.FILES}
    return data_set(str(path), *places.parts_of(arrays), origin=f"IDX files, {path}")


def cifar_set(name: str, files: tuple[Path, ...]) -> DataSet:
    """Records in CIFAR-10's layout that are not what was published."""
    records = {batch: array for batch, array, _ in places.batches_at(files)}
    return data_set(
        name, *places.batches_of(records), classes=cifar.CLASSES, origin=f"batches of records, {name}"
    )


def from_file(path: Path) -> DataSet:
    """An .npz, CIFAR-10's archive, or an IDX file of pictures whose labels lie beside it."""
    if path.suffix == ".npz":
        arrays = npz.read(path)
        train, test = (
            split_of(str(path), arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test")
        )
        return data_set(str(path), train, test, origin=f"an .npz, {path}")
    if path.name.endswith((".tar.gz", ".tgz")):
        records = {name: batch for name, batch, _ in cifar.from_archive(path)}
        return data_set(
            str(path), *places.batches_of(records), classes=cifar.CLASSES, origin=f"CIFAR-10, {path}"
        )
    labels = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if labels != path and is_file(labels):
        return two_files(str(path), path, labels)
    with unzipped(path) as (stream, _):
        if stream.read(3)[:2] == b"\0\0":
            raise FileError(f"{path} has no labels beside it", f"name both: {path}+LABELS")
    raise FileError(f"{path} is not a data set", f"a data set is {KINDS}")


def two_files(name: str, images: Path, labels: Path) -> DataSet:
    """IDX files of pictures and labels; one in five of each class is tested on."""
    train = split_of(name, idx.read(images), idx.read(labels))
    kept, held = divided(train, max(1, len(train) // ONE_IN))
    return data_set(name, kept, held, origin=f"IDX files, {images}")
