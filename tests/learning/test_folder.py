"""Folders of runs: numbered, never used twice, held by one process, and their files are whole or not there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc.errors import FileError
from cnncalc.learning.folder import LOCK, PART, begun_in, discard, held, named_folder, new_folder, write_whole


def test_folders_are_numbered_and_never_used_twice(tmp_path: Path) -> None:
    assert [new_folder("mnist", tmp_path / "runs").name for _ in range(3)] == [
        "mnist-1",
        "mnist-2",
        "mnist-3",
    ]
    discard(tmp_path / "runs" / "mnist-2")
    assert new_folder("mnist", tmp_path / "runs").name == "mnist-2"
    (tmp_path / "runs" / "mnist-1" / "model.safetensors").write_bytes(b"x")
    discard(tmp_path / "runs" / "mnist-1")
    assert (tmp_path / "runs" / "mnist-1" / "model.safetensors").is_file()
    assert named_folder(tmp_path / "runs" / "mnist-3").is_dir()
    with pytest.raises(FileError, match="not empty"):
        named_folder(tmp_path / "runs" / "mnist-1")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for make in (lambda: new_folder("mnist", tmp_path / "file"), lambda: named_folder(tmp_path / "file")):
        with pytest.raises(FileError, match="cannot be written to") as caught:
            make()
        assert "--out" in caught.value.hint


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        write_whole(path, b"new")
    monkeypatch.undo()
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])


def test_the_name_is_changed_when_the_bytes_are_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the new file, then the name, then the folder."""
    path = tmp_path / "file"
    steps: list[str] = []
    plain = os.fsync

    def watched(number: int) -> None:
        steps.append(path.read_text() if path.exists() else "nothing")
        plain(number)

    monkeypatch.setattr(os, "fsync", watched)
    write_whole(path, b"new")
    assert steps == ["nothing", "new"][: 1 if os.name == "nt" else 2]
    assert path.read_bytes() == b"new"


HOLDER = """
import sys
from pathlib import Path
from cnncalc.learning.folder import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_held_by_one_process_and_free_when_that_dies(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(FileError, match="another cnncalc is training into") as caught, held(tmp_path):
        pass
    assert "--out" in caught.value.hint
    assert (tmp_path / LOCK).exists()
    holder.kill()
    holder.communicate()
    with held(tmp_path):
        pass
    assert sorted(file.name for file in tmp_path.iterdir()) == [LOCK, "file"]


def test_a_folder_that_nothing_came_of_is_taken_away_with_its_lock(tmp_path: Path) -> None:
    folder = new_folder("mnist", tmp_path)
    with pytest.raises(RuntimeError, match="reason"), held(folder):
        raise RuntimeError("reason")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_leaves_behind_does_not_fill_a_folder(tmp_path: Path) -> None:
    model = tmp_path / "model.safetensors"
    assert not begun_in(tmp_path, model)
    (tmp_path / LOCK).touch()
    (tmp_path / f"model.safetensors{PART}").touch()
    assert begun_in(tmp_path, model)
    assert named_folder(tmp_path) == tmp_path
    model.touch()
    assert not begun_in(tmp_path, model)
    with pytest.raises(FileError, match="not empty"):
        named_folder(tmp_path)
