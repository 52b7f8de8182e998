"""Every file of a data set against what was published, or read to its end."""

from pathlib import Path

import pytest

from cnncalc.errors import FileError, UsageError
from cnncalc.learning.data import Sources
from cnncalc.learning.data.catalogue import DATASETS
from cnncalc.learning.data.verifying import verify
from tests.learning.data.test_folders import lay as lay_pictures
from tests.learning.data.test_loading import IMAGES, LABELS
from tests.learning.data.test_places import RAW, TINY, lay

NOWHERE = Sources(system=Path("/nonexistent"))


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DATASETS, "tiny", TINY)


def test_every_place_that_has_it_is_looked_at(tmp_path: Path) -> None:
    places = Sources(cache=tmp_path / "cache", system=tmp_path / "system")
    lay(tmp_path / "cache" / "tiny", train_labels_idx1_ubyte=RAW["t10k-labels-idx1-ubyte"])
    lay(tmp_path / "system" / "tiny", packed=False)
    files = list(verify("tiny", places))
    assert [file.good for file in files] == [True, False, True, True] + [True] * 4
    assert all((file.sha256 == file.published) == file.good for file in files)
    assert "is not what was published as train-labels-idx1-ubyte" in files[1].fault


def test_what_is_nowhere_or_unknown_is_an_error() -> None:
    with pytest.raises(FileError, match="tiny is not here"):
        list(verify("tiny", NOWHERE))
    with pytest.raises(UsageError, match="unknown data set tinny"):
        list(verify("tinny", NOWHERE))
    with pytest.raises(FileError, match="nothing at"):
        list(verify("gone/x.npz", NOWHERE))


def test_a_folder_that_is_meant_to_be_a_known_set_is_compared_with_it(tmp_path: Path) -> None:
    lay(tmp_path / "mine", train_images_idx3_ubyte=b"damaged")
    files = list(verify(str(tmp_path / "mine"), NOWHERE))
    assert [file.good for file in files] == [False, True, True, True]
    assert all(file.published for file in files)
    assert "begins with 64616d61" in files[0].fault


def test_a_folder_of_other_idx_files_is_read_to_its_end(tmp_path: Path) -> None:
    changed = {name.replace("-", "_"): content[:-1] + b"\2" for name, content in RAW.items()}
    lay(tmp_path / "mine", **{**changed, "t10k_images_idx3_ubyte": b"damaged"})
    files = list(verify(str(tmp_path / "mine"), NOWHERE))
    assert [(file.part, file.good, file.published) for file in files] == [
        ("train-images-idx3-ubyte.gz", True, ""),
        ("train-labels-idx1-ubyte.gz", True, ""),
        ("t10k-images-idx3-ubyte.gz", False, ""),
        ("t10k-labels-idx1-ubyte.gz", True, ""),
    ]


def test_two_files_are_read_together(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(IMAGES)
    (tmp_path / "b").write_bytes(LABELS)
    assert [file.good for file in verify(f"{tmp_path / 'a'}+{tmp_path / 'b'}", NOWHERE)] == [True, True]
    (tmp_path / "b").write_bytes(LABELS[:-1])
    assert [file.good for file in verify(f"{tmp_path / 'a'}+{tmp_path / 'b'}", NOWHERE)] == [False, False]


def test_every_picture_of_a_folder_is_decoded_and_each_broken_one_named(tmp_path: Path) -> None:
    lay_pictures(tmp_path, "train/a/1.png", "train/b/2.png", "test/a/3.png", "test/b/4.png", "val/a/5.png")
    for name in ("train/b/2.png", "val/a/5.png"):
        (tmp_path / name).write_bytes(b"no picture")
    files = list(verify(str(tmp_path), NOWHERE))
    assert len(files) == 5
    assert [file.file for file in files if not file.good] == [
        tmp_path / "train/b/2.png",
        tmp_path / "val/a/5.png",
    ]
    assert all(str(file.file) in file.fault for file in files if not file.good)


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="holds 0 class folders"):
        list(verify(str(tmp_path), NOWHERE))
