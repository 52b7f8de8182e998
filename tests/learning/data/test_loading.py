"""Names and paths of every kind, each made by hand."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from cnncalc.errors import FileError, UsageError
from cnncalc.learning.data import Sources, cifar, load
from cnncalc.learning.data.catalogue import DATASETS
from cnncalc.learning.data.verifying import verify
from tests.learning.data.test_cifar import archive as cifar_archive
from tests.learning.data.test_cifar import batches
from tests.learning.data.test_places import RAW, TINY, lay

IMAGES = struct.pack(">I3I", 0x803, 10, 1, 2) + bytes(range(20))
LABELS = struct.pack(">II", 0x801, 10) + bytes([0, 1] * 5)


def test_an_unknown_name_has_its_nearest_known() -> None:
    with pytest.raises(UsageError) as caught:
        load("fashion-minst")
    assert caught.value.hint == "did you mean fashion-mnist?"


def test_a_name_that_is_not_here_says_how_to_fetch_it(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="kmnist is not here") as caught:
        load("kmnist", Sources(cache=tmp_path, system=tmp_path))
    assert caught.value.hint == "cnncalc data fetch kmnist fetches its 21.2 MB"


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("dotted", [True, False])
def test_a_folder_of_four_idx_files(tmp_path: Path, packed: bool, dotted: bool) -> None:
    folder = tmp_path / "mine"
    lay(folder, packed=packed)
    for path in list(folder.iterdir()) if dotted else ():
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    data = load(str(folder))
    assert (data.name, data.slug, data.classes, data.shuffled) == (str(folder), "mine", ("0", "1"), False)
    assert data.train.images[:].ravel().tolist() == list(range(12))
    assert data.test.labels.tolist() == [1, 0]


def test_a_folder_that_holds_a_known_set_is_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DATASETS, "tiny", TINY)
    lay(tmp_path / "mine")
    data = load(str(tmp_path / "mine"))
    assert (data.name, data.classes, data.shuffled) == (str(tmp_path / "mine"), ("a", "b"), True)
    assert data.origin.startswith("tiny, given, ")
    (tmp_path / "mine" / "train-labels-idx1-ubyte.gz").write_bytes(
        gzip.compress(RAW["t10k-labels-idx1-ubyte"])
    )
    assert load(str(tmp_path / "mine")).classes == ("0", "1")


def test_a_folder_with_some_of_the_files_says_which_is_missing(tmp_path: Path) -> None:
    lay(tmp_path / "mine")
    (tmp_path / "mine" / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileError, match="train-labels-idx1-ubyte does not exist"):
        load(str(tmp_path / "mine"))


def test_two_idx_files_are_divided_one_in_five(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_bytes(IMAGES)
    (tmp_path / "classes.gz").write_bytes(gzip.compress(LABELS))
    data = load(f"{tmp_path / 'pictures'}+{tmp_path / 'classes.gz'}")
    assert (data.shape, len(data.train), len(data.test), data.slug) == ((1, 2, 1), 8, 2, "pictures")
    assert data.test.labels.tolist() == [0, 1]
    kept = {
        int(n): int(label) for n, label in zip(data.train.images[:, 0, 0, 0], data.train.labels, strict=True)
    }
    assert all(label == (value // 2) % 2 for value, label in kept.items())


def test_the_labels_of_an_idx_file_are_found_beside_it(tmp_path: Path) -> None:
    (tmp_path / "my-images-idx3-ubyte").write_bytes(IMAGES)
    with pytest.raises(FileError, match="has no labels beside it") as caught:
        load(str(tmp_path / "my-images-idx3-ubyte"))
    assert "+LABELS" in caught.value.hint
    (tmp_path / "my-labels-idx1-ubyte").write_bytes(LABELS)
    assert len(load(str(tmp_path / "my-images-idx3-ubyte")).train) == 8


def test_an_npz_in_the_layout_of_keras(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "mine.npz"
    images = rng.integers(0, 256, (7, 3, 4, 3), dtype=np.uint8)
    np.savez(
        path,
        x_train=images[:5],
        y_train=np.arange(5)[:, None] % 3,
        x_test=images[5:],
        y_test=np.array([2, 0]),
    )
    data = load(str(path))
    assert (data.shape, data.classes, data.slug) == ((3, 4, 3), ("0", "1", "2"), "mine")
    assert np.array_equal(data.train.images[:], images[:5])
    assert data.mean == pytest.approx((images[:5] / 255).mean())
    assert data.deviation == pytest.approx((images[:5] / 255).std())


def test_the_archive_and_the_folder_of_cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cifar, "BATCH", 2)
    monkeypatch.setattr(cifar, "LONGEST", 100_000)
    archive = cifar_archive(tmp_path / "some.tar.gz")
    (tmp_path / "batches").mkdir()
    for name, content in batches().items():
        (tmp_path / "batches" / name).write_bytes(content)
    for data in (load(str(archive)), load(str(tmp_path / "batches"))):
        assert (data.shape, len(data.train), len(data.test), data.classes[3]) == ((32, 32, 3), 10, 2, "cat")


@pytest.mark.parametrize(
    ("name", "content", "fact"),
    [
        ("a.txt", b"hello", "is not a data set"),
        ("a.pkl", b"\x80\x04", "is not a data set"),
        ("a.npz", b"hello", "cannot be read"),
        ("a.tar.gz", b"hello", "cannot be read"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, name: str, content: bytes, fact: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=fact):
        load(str(tmp_path / name))


@pytest.mark.parametrize("name", ["gone.npz", "a/b", "gone/images+gone/labels"])
def test_a_path_that_leads_nowhere_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match=r"gone|nothing at"):
        load(str(tmp_path / name))


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "", "+", "x+" + "y" * 5000, "~", "."])
def test_whatever_is_typed_is_met_with_an_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises((FileError, UsageError)):
        load(name)
    with pytest.raises((FileError, UsageError)):
        list(verify(name, Sources()))
