"""Data sets as they look: a download on a terminal and elsewhere, the files compared, a contact sheet."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from cnncalc.learning.data.catalogue import DATASETS
from cnncalc.learning.data.fetching import Failed, Fetched, Waiting
from cnncalc.learning.data.mirrors import Received, Trying
from cnncalc.learning.data.sets import DataSet, Split
from cnncalc.learning.data.verifying import Verified
from cnncalc.render import data as render
from cnncalc.render.sheet import GAP, sheet

EVENTS = [
    Waiting(Path("cache")),
    Trying("a.gz", "http://one/a.gz", 0),
    Received("a.gz", 500_000, 1_000_000),
    Failed("a.gz", "http://one/a.gz", "cut off"),
    Trying("a.gz", "http://one/a.gz", 500_000),
    Received("a.gz", 1_000_000, 1_000_000),
    Fetched("a.gz", Path("cache/a.gz")),
]


def console(width: int = 100, **settings: object) -> Console:
    return Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False, **settings)  # type: ignore[arg-type]


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def download(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    there = console(force_terminal=terminal)
    monkeypatch.setattr(render, "err", lambda: there)
    with render.FetchDisplay(DATASETS["fashion-mnist"]) as display:
        for event in EVENTS:
            display.show(event)
            display.bar.refresh()
    return printed(there)


def test_elsewhere_a_download_is_a_line_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    assert download(monkeypatch, terminal=False).splitlines() == [
        "fetching fashion-mnist, 30.9 MB (licence: MIT; Xiao, Rasul & Vollgraf 2017, Fashion-MNIST, arXiv:1708.07747)",
        "another process is fetching into cache; waiting for it",
        "  http://one/a.gz",
        "  failed: cut off",
        "  http://one/a.gz, from byte 500,000 on",
        "  a.gz is here, and genuine",
    ]


def test_on_a_terminal_there_is_a_bar_too(monkeypatch: pytest.MonkeyPatch) -> None:
    out = download(monkeypatch, terminal=True)
    assert "0.5/1.0 MB" in out
    assert "1.0/1.0 MB" in out
    assert "  failed: cut off" in out


def test_files_are_shown_place_by_place_and_faults_named(monkeypatch: pytest.MonkeyPatch) -> None:
    there = console()
    monkeypatch.setattr(render, "out", lambda: there)
    good = Verified("train", Path("a/train.gz"), "1" * 64, "1" * 64, True, "")
    bad = Verified(
        "test", Path("a/test.gz"), "2" * 64, "3" * 64, False, "a/test.gz is not what was published"
    )
    plain = Verified("x.idx", Path("b/x.idx"), "4" * 64, "", True, "")
    render.show_verified("x", [good, bad, plain])
    assert [line.rstrip() for line in printed(there).splitlines()] == [
        "a",
        "  train  SHA-256 1111111111111111…  genuine",
        "  test   SHA-256 2222222222222222…  not good",
        str(Path("b/x.idx")),
        "  x.idx  SHA-256 4444444444444444…  readable",
        "a/test.gz is not what was published",
        "x: 3 files, 1 not good",
    ]


def test_of_many_faults_the_first_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    there = console()
    monkeypatch.setattr(render, "out", lambda: there)
    render.show_verified(
        "x", [Verified(f"{n}", Path(f"{n}"), "", "", False, f"{n} is broken") for n in range(25)]
    )
    lines = printed(there).splitlines()
    assert lines[:20] == [f"{n} is broken" for n in range(20)]
    assert lines[20:] == ["and 5 more", "x: 25 files, 25 not good"]


def classes(number: int, shape: tuple[int, int, int] = (8, 8, 1), each: int = 3) -> DataSet:
    """Pictures all of the gray value 10·class + 5."""
    labels = np.repeat(np.arange(number), each)
    images = np.empty((len(labels), *shape), np.uint8)
    images[:] = (10 * labels + 5).reshape(-1, 1, 1, 1)
    part = Split(images, labels)
    return DataSet("x", part, part, tuple(f"class {n}" for n in range(number)), 0.5, 0.1)


def test_a_sheet_has_a_row_for_each_class_with_its_pictures() -> None:
    pixels = sheet(classes(4))
    assert pixels.dtype == np.uint8
    row = (len(pixels) - GAP) // 4
    for label in range(4):
        band = pixels[GAP + label * row : (label + 1) * row]
        shown = (band == 10 * label + 5).all(axis=2).sum()
        assert (
            0 <= shown - 3 * 64 * 64 < 64
        )  # three pictures, eight times as large; and perhaps some of a letter
        others = [(band == 10 * other + 5).all(axis=2).sum() for other in range(4) if other != label]
        assert max(others) < 64


@pytest.mark.parametrize("shape", [(300, 200, 3), (1, 1, 1), (3, 500, 1)])
def test_a_sheet_of_any_size_is_of_handy_size(shape: tuple[int, int, int]) -> None:
    height, width, _ = sheet(classes(2, shape, each=1)).shape
    assert height < 300
    assert width < 1500


@pytest.mark.parametrize("width", [20, 60, 100])
def test_examples_in_the_terminal_keep_to_its_width(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    there = console(width)
    monkeypatch.setattr(render, "out", lambda: there)
    render.show_examples(classes(11, (28, 28, 1)))
    lines = printed(there).splitlines()
    assert max(map(len, lines)) <= width
    heads = " ".join(line for line in lines if line.startswith("class"))
    assert [f"class {n}" in heads for n in range(11)] == [True] * 11
