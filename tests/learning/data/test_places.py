"""Data sets where others put them: found in a home made for the test, and taken only if they are genuine."""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cnncalc.errors import FileError
from cnncalc.learning.data import cifar, idx, load, places
from cnncalc.learning.data.catalogue import CIFAR10, DATASETS, FASHION_MNIST, Archive, Entry, Part
from cnncalc.learning.data.places import Sources, find
from tests.learning.data.mirror import archive, entry
from tests.learning.data.test_cifar import archive as cifar_archive
from tests.learning.data.test_cifar import batches

ARRAYS = {
    "train-images-idx3-ubyte": np.arange(12, dtype=np.uint8).reshape(2, 2, 3),
    "train-labels-idx1-ubyte": np.array([0, 1], np.uint8),
    "t10k-images-idx3-ubyte": np.arange(12, 24, dtype=np.uint8).reshape(2, 2, 3),
    "t10k-labels-idx1-ubyte": np.array([1, 0], np.uint8),
}
RAW = {name: idx.header(array) + array.tobytes() for name, array in ARRAYS.items()}
TINY = replace(entry([archive(name, content)[0] for name, content in RAW.items()], []), torchvision="Tiny")


def lay(folder: Path, *, packed: bool = True, **changed: bytes) -> None:
    """Puts the four files into a folder."""
    folder.mkdir(parents=True)
    for name, content in RAW.items():
        content = changed.get(name.replace("-", "_"), content)
        (folder / (f"{name}.gz" if packed else name)).write_bytes(
            gzip.compress(content) if packed else content
        )


def sources(root: Path) -> Sources:
    return Sources(cache=root / "cache", home=root / "home", here=root / "here", system=root / "system")


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    ("folder", "where"),
    [
        ("cache/tiny", "in the cache"),
        ("here/data/Tiny/raw", "torchvision's"),
        ("here/Tiny/raw", "torchvision's"),
        ("home/data/Tiny/raw", "torchvision's"),
        ("home/datasets/Tiny/raw", "torchvision's"),
        ("home/.keras/datasets/tiny", "Keras's"),
        ("system/tiny", "Debian's"),
    ],
)
def test_it_is_found_where_others_put_it(tmp_path: Path, folder: str, where: str, packed: bool) -> None:
    assert list(find(TINY, sources(tmp_path))) == []
    lay(tmp_path / folder, packed=packed)
    (found,) = find(TINY, sources(tmp_path))
    assert (found.where, found.path) == (where, tmp_path / folder)
    data = places.read(TINY, found)
    assert (data.name, data.classes, data.shape) == ("tiny", ("a", "b"), (2, 3, 1))
    assert data.train.images[:].ravel().tolist() == list(range(12))
    assert data.test.labels.tolist() == [1, 0]


def test_it_is_found_as_an_npz_of_keras(tmp_path: Path) -> None:
    path = tmp_path / "home" / ".keras" / "datasets" / "tiny.npz"
    path.parent.mkdir(parents=True)
    names = dict(zip(("x_train", "y_train", "x_test", "y_test"), ARRAYS.values(), strict=True))
    np.savez(path, **names)
    (found,) = find(TINY, sources(tmp_path))
    assert found.where == "Keras's"
    assert places.read(TINY, found).test.images[:].ravel().tolist() == list(range(12, 24))
    np.savez(path, **{**names, "y_test": ARRAYS["t10k-labels-idx1-ubyte"][::-1]})
    with pytest.raises(FileError, match="is not what was published as t10k-labels"):
        places.read(TINY, found)


def test_a_place_that_lacks_a_file_is_none(tmp_path: Path) -> None:
    lay(tmp_path / "cache" / "tiny")
    (tmp_path / "cache" / "tiny" / "t10k-labels-idx1-ubyte.gz").unlink()
    assert list(find(TINY, sources(tmp_path))) == []


def test_what_is_not_genuine_is_passed_over_for_what_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DATASETS, "tiny", TINY)
    lay(tmp_path / "cache" / "tiny", t10k_labels_idx1_ubyte=RAW["t10k-labels-idx1-ubyte"][:-1] + b"\1")
    with pytest.raises(FileError) as caught:
        load("tiny", sources(tmp_path))
    assert "t10k-labels-idx1-ubyte.gz is not what was published" in caught.value.message
    assert hashlib.sha256(RAW["t10k-labels-idx1-ubyte"]).hexdigest() in caught.value.message
    assert caught.value.hint == "cnncalc data verify tiny checks every file"
    lay(tmp_path / "system" / "tiny")
    assert load("tiny", sources(tmp_path)).origin == f"tiny, Debian's, {tmp_path / 'system' / 'tiny'}"


def test_where_only_archives_are_published_an_unpacked_file_is_not_taken(tmp_path: Path) -> None:
    strict = replace(
        TINY, archives=tuple(archive(name, content, published=False)[0] for name, content in RAW.items())
    )
    lay(tmp_path / "cache" / "tiny", packed=False)
    (found,) = find(strict, sources(tmp_path))
    with pytest.raises(FileError, match="is not what was published"):
        places.read(strict, found)


def test_where_only_archives_are_published_these_very_bytes_are_taken(tmp_path: Path) -> None:
    pairs = [archive(name, content, published=False) for name, content in RAW.items()]
    (tmp_path / "cache" / "tiny").mkdir(parents=True)
    for known, packed in pairs:
        (tmp_path / "cache" / "tiny" / known.name).write_bytes(packed)
    strict = replace(TINY, archives=tuple(known for known, _ in pairs))
    (found,) = find(strict, sources(tmp_path))
    assert places.read(strict, found).test.labels.tolist() == [1, 0]


def test_arrays_that_nothing_is_published_of_are_not_taken(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "x.npz",
        **dict(zip(("x_train", "y_train", "x_test", "y_test"), ARRAYS.values(), strict=True)),
    )
    strict = replace(
        TINY, archives=tuple(archive(name, content, published=False)[0] for name, content in RAW.items())
    )
    found = places.Found("given", tmp_path / "x.npz", (tmp_path / "x.npz",))
    assert [part.genuine for part in places.check(strict, found)] == [False] * 4


@pytest.fixture
def photos(monkeypatch: pytest.MonkeyPatch) -> Entry:
    """CIFAR-10 in batches of two pictures."""
    monkeypatch.setattr(cifar, "BATCH", 2)
    monkeypatch.setattr(cifar, "LONGEST", 100_000)
    parts = tuple(
        Part(name, 6146, hashlib.sha256(content).hexdigest()) for name, content in batches().items()
    )
    return replace(CIFAR10, archives=(Archive("cifar-10-binary.tar.gz", 1, "", parts),))


def test_cifar_is_found_packed_and_unpacked(tmp_path: Path, photos: Entry) -> None:
    (tmp_path / "here" / "data").mkdir(parents=True)
    cifar_archive(tmp_path / "here" / "data" / "cifar-10-binary.tar.gz")
    unpacked = tmp_path / "home" / "data" / "cifar-10-batches-bin"
    unpacked.mkdir(parents=True)
    for name, content in batches().items():
        (unpacked / name).write_bytes(content)
    first, second = (places.read(photos, found) for found in find(photos, sources(tmp_path)))
    assert (len(first.train), len(first.test), first.shape) == (10, 2, (32, 32, 3))
    assert np.array_equal(first.train.images[:], second.train.images[:])
    assert first.test.labels.tolist() == [5, 4]
    assert first.classes[:2] == ("airplane", "automobile")


def test_cifar_is_refused_where_a_batch_is_not_genuine(tmp_path: Path, photos: Entry) -> None:
    (tmp_path / "cache" / "cifar10").mkdir(parents=True)
    cifar_archive(
        tmp_path / "cache" / "cifar10" / "cifar-10-binary.tar.gz", data_batch_2=batches()["test_batch.bin"]
    )
    (found,) = find(photos, sources(tmp_path))
    with pytest.raises(FileError, match=r"is not what was published as data_batch_2\.bin"):
        places.read(photos, found)


def test_an_unknown_place_is_no_place() -> None:
    assert list(find(FASHION_MNIST, Sources(system=Path("/nonexistent")))) == []
