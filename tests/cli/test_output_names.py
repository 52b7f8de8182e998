"""Every command that writes a file, and names that no one would give it on purpose."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.running import run_here

CONTROL = "a\x1b[31m\a\nb"
SEEN = r"a\x1b[31m\x07\nb"
COMMANDS = {
    "filter": (["filter", "a.png", "-k", "sobel", "--out"], ".png"),
    "raw": (["filter", "a.png", "-k", "sobel", "--out"], ".npy"),
    "walk": (["filter", "a.png", "-k", "sobel", "--gif"], ".gif"),
    "pool": (["pool", "a.png", "--max", "2x2", "--out"], ".tif"),
    "lcn": (["lcn", "a.png", "--out"], ".png"),
    "folder": (["filter", "a.png", "b.png", "-k", "sobel", "--out"], ""),
    "draw": (["draw", "input 4x4x1; conv 1x3x3", "--out"], ".svg"),
    "film": (["draw", "input 4x4x1; conv 1x3x3", "--sliding", "1", "--out"], ".gif"),
    "field": (["field", "input 4x4x1; conv 1x3x3", "--picture", "a.png", "--out"], ".png"),
    "convolve": (["convolve", "1 2", "1", "--svg"], ".svg"),
    "data": (["data", "show", "photos", "--out"], ".png"),
    "report": (["report", "run", "--out"], ".html"),
    "sheet": (["evaluate", "run", "--sheet"], ".png"),
    "train": (["train", "photos", "--fc", "2", "--epochs", "1", "--threads", "1", "--out"], ""),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures, a data set and a run."""
    folder = tmp_path_factory.mktemp("place")
    pixels = np.random.default_rng(0).integers(0, 256, (22, 6, 6), np.uint8)
    for number, picture in enumerate(pixels[2:]):
        target = folder / "photos" / "ab"[number % 2] / f"{number}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(target)
    for name, picture in zip(("a.png", "b.png"), pixels, strict=False):
        Image.fromarray(picture).save(folder / name)
    assert run_here(*COMMANDS["train"][0], "run", folder=folder).returncode == 0
    return folder


def content(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize("name", ["x" * 300, "y" * 300 + "/x", "a.png/x"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_left(place: Path, command: str, name: str) -> None:
    words, ending = COMMANDS[command]
    before = content(place)
    done = run_here(*words, name + ending, folder=place)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("error: ")
    assert "hint: " in done.stderr
    assert content(place) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_name_with_control_characters_is_taken_and_shown_in_full(place: Path, command: str) -> None:
    words, ending = COMMANDS[command]
    done = run_here(*words, command + CONTROL + ending, folder=place)
    assert done.returncode == 0, done.stderr
    assert (place / (command + CONTROL + ending)).exists()
    assert command + SEEN + ending in done.stdout
    assert all(sign == "\n" or sign.isprintable() for sign in done.stdout + done.stderr)


@pytest.mark.parametrize("command", [name for name, (_, ending) in COMMANDS.items() if ending])
def test_a_blank_or_a_dot_at_the_end_is_no_ending(place: Path, command: str) -> None:
    words, ending = COMMANDS[command]
    before = content(place)
    for last in ". ":
        done = run_here(*words, f"x{ending}{last}", folder=place)
        assert (done.returncode, done.stdout) == (2, "")
        assert ending in done.stderr
    assert content(place) == before


@pytest.mark.parametrize("command", ["walk", "draw", "film", "field", "convolve", "data", "report", "sheet"])
def test_a_folder_is_no_file(place: Path, command: str) -> None:
    words, ending = COMMANDS[command]
    (place / f"taken{ending}").mkdir(exist_ok=True)
    done = run_here(*words, f"taken{ending}", "--force", folder=place)
    assert done.returncode == 2
    assert f"taken{ending} is a folder" in done.stderr


def test_json_gives_the_name_as_it_is(place: Path) -> None:
    done = run_here("filter", "a.png", "-k", "sobel", "--out", "c\n.png", "--json", folder=place)
    assert json.loads(done.stdout)["output"] == "c\n.png"


def test_a_file_that_nobody_foresaw_is_an_error_all_the_same(place: Path) -> None:
    done = run_here("shape", "z" * 5000 + "/net.cnn", folder=place)
    assert done.returncode in (2, 3)
    assert done.stderr.startswith("error: ")
