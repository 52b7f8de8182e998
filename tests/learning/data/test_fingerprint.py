"""A data set is recognised by what is in it, wherever it lies."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncalc.errors import FileError
from cnncalc.learning.data import Split, load
from cnncalc.learning.data.fingerprint import change, fingerprint
from tests.learning.sets import bars


def test_the_same_pictures_have_the_same_fingerprint_and_any_other_pixel_another() -> None:
    data = bars()
    known = fingerprint(data)
    assert fingerprint(replace(bars(), name="elsewhere", origin="moved")) == known
    assert known["pictures"] == {"train": 300, "test": 100}
    for row in (0, 299):
        images = np.array(data.train.images)
        images[row, 7, 7] ^= 1
        other = fingerprint(replace(data, train=Split(images, data.train.labels)))
        assert change(known, other) == "its pictures or labels are others, as many as before"
    fewer = fingerprint(replace(data, test=data.test.rows(slice(0, 99))))
    assert change(known, fewer) == "it has 99 test pictures, and it had 100"
    assert change(known, known) == ""


def lay(root: Path) -> Path:
    for kind in "ab":
        (root / kind).mkdir(parents=True)
        for number in range(6):
            pixels = np.full((4, 4), 20 * number, np.uint8)
            Image.fromarray(pixels).save(root / kind / f"{number}.bmp")
    return root


def test_a_folder_may_be_moved_but_no_file_in_it_changed_renamed_or_gone(tmp_path: Path) -> None:
    known = fingerprint(load(str(lay(tmp_path / "one"))))
    shutil.move(tmp_path / "one", tmp_path / "two")
    assert fingerprint(load(str(tmp_path / "two"))) == known
    repainted = shutil.copytree(tmp_path / "two", tmp_path / "repainted")
    Image.fromarray(np.full((4, 4), 7, np.uint8)).save(repainted / "a" / "1.bmp")  # as many bytes as before
    renamed = shutil.copytree(tmp_path / "two", tmp_path / "renamed")
    (renamed / "a" / "1.bmp").rename(renamed / "a" / "1x.bmp")
    longer = shutil.copytree(tmp_path / "two", tmp_path / "longer")
    with (longer / "a" / "1.bmp").open("ab") as file:
        file.write(b"0")
    for folder in (repainted, renamed, longer):
        assert change(known, fingerprint(load(str(folder)))), folder
    data = load(str(renamed))
    (renamed / "b" / "0.bmp").unlink()
    with pytest.raises(FileError, match="cannot be read"):
        fingerprint(data)
