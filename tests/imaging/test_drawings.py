"""Drawings under their names: whole or not at all, and never over something else unasked."""

from pathlib import Path

import pytest

from cnncalc.errors import CnncalcError, FileError, UsageError
from cnncalc.imaging.drawings import check_drawing, write_drawing


def test_a_drawing_stands_under_its_name_alone(tmp_path: Path) -> None:
    write_drawing(tmp_path / "a.gif", b"whole")
    assert (tmp_path / "a.gif").read_bytes() == b"whole"
    write_drawing(tmp_path / "a.gif", b"again", overwrite=True)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.gif", b"again")]


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("taken.gif", UsageError, "taken.gif exists"),
        ("folder.gif", UsageError, "folder.gif is a folder"),
        ("a.png", UsageError, "a.png does not end in .gif"),
        ("no/a.gif", FileError, "there is no folder .*no"),
        ("", UsageError, "is a folder"),
        ("taken.gif/a.gif", FileError, "taken.gif is not a folder"),
        ("x" * 300 + ".gif", FileError, "cannot write .*name too long"),
    ],
)
def test_what_cannot_be_written_is_refused_beforehand(
    tmp_path: Path, name: str, kind: type[CnncalcError], message: str
) -> None:
    (tmp_path / "taken.gif").write_text("mine")
    (tmp_path / "folder.gif").mkdir()
    with pytest.raises(kind, match=message) as caught:
        check_drawing(tmp_path / name, ".gif")
    assert caught.value.hint
    with pytest.raises(CnncalcError):
        write_drawing(tmp_path / name, b"data") if name != "a.png" else check_drawing(tmp_path / name, ".gif")
    assert {path.name for path in tmp_path.iterdir()} == {"taken.gif", "folder.gif"}
    assert (tmp_path / "taken.gif").read_text() == "mine"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.gif").write_text("old")
    try:
        (tmp_path / "link.gif").symlink_to("real.gif")
    except OSError:
        pytest.skip("no links here")
    write_drawing(tmp_path / "link.gif", b"new", overwrite=True)
    assert (tmp_path / "link.gif").is_symlink()
    assert (tmp_path / "real.gif").read_bytes() == b"new"


def test_nothing_is_left_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path, __: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "hardlink_to", full)
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FileError, match=r"cannot write .*a.gif: no space left on device"):
        write_drawing(tmp_path / "a.gif", b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_came_into_being_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.hardlink_to

    def late(path: Path, target: Path) -> None:
        path.touch()
        really(path, target)

    monkeypatch.setattr(Path, "hardlink_to", late)
    with pytest.raises(UsageError, match="exists"):
        write_drawing(tmp_path / "a.gif", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]
    assert (tmp_path / "a.gif").read_bytes() == b""
