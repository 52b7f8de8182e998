"""cnncalc field as a user calls it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.running import cnncalc

DILATED = "input 10x12x3; conv 4x3x3 dilation 2; relu; fc 3"


def test_the_table_the_unit_and_its_map() -> None:
    done = cnncalc("field", DILATED, "--unit", "1,7")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "2 relu 6×8×4 5×5 1 0 2" in lines
    assert "3 flatten 192 10×12 0 0 4.5×5.5" in lines
    assert "unit 1,7 of layer 2 (relu, 6×8×4)" in lines
    assert "sees rows 1 to 5, columns 7 to 11" in lines
    assert "pixels 9 of the rectangle's 25 (36.0%)" in lines
    assert "columns 7, 9, 11" in lines
    drawn = [line for line in done.stdout.splitlines() if line and set(line) <= set(".-#")]
    dots, hole, pixel = "." * 28, "-" * 4, "#" * 4
    assert len(drawn) == 20  # two lines a row, four characters a pixel
    assert drawn[2] == drawn[3] == dots + hole.join([pixel] * 3)
    assert drawn[4] == drawn[5] == dots + hole * 5
    assert drawn[0] == drawn[-1] == "." * 48


def test_json_is_one_document() -> None:
    done = cnncalc("field", DILATED, "--unit", "1x7", "--json")
    seen = json.loads(done.stdout)["seen"]
    assert (seen["path"], seen["unit"], seen["axes"], seen["pixels"]) == (
        "1",
        [1, 7],
        [[1, 3, 5], [7, 9, 11]],
        9,
    )


def test_in_three_dimensions_there_is_a_map_for_each_axis() -> None:
    done = cnncalc("field", "input 4x5x6x1; conv 1x2x2x2", "--unit", "0,0,0")
    assert "planes 0 to 1, rows 0 to 1, columns 0 to 1" in done.stdout
    assert {"planes", "rows", "columns"} <= set(done.stdout.split("\n"))


def test_a_picture_shows_the_pixels_with_their_holes(tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), (100, 100, 100)).save(tmp_path / "gray.png")
    args = ("field", DILATED, "--unit", "1,7", "--picture", "gray.png")
    done = cnncalc(*args, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "wrote gray-field.png" in done.stdout
    drawn = np.asarray(Image.open(tmp_path / "gray-field.png"))
    assert drawn.shape == (750, 900, 3)  # 75 times 10×12
    middles = drawn[37::75, 37::75, 0]
    expected = np.zeros((10, 12), bool)
    expected[1:6:2, 7:12:2] = True
    assert np.array_equal(middles > 100, expected)
    assert np.array_equal(middles < 60, ~expected)
    assert tuple(drawn[75, 600]) == (255, 64, 64)
    again = cnncalc(*args, folder=tmp_path)
    assert (again.returncode, "--force" in again.stderr) == (2, True)
    assert cnncalc(*args, "--force", folder=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ([DILATED, "--unit", "a,b"], 2, "a,b is not a unit"),
        ([DILATED, "--unit", "9,9"], 2, "there is no unit 9,9"),
        ([DILATED, "--layer", "9"], 2, "there is no layer 9"),
        ([DILATED, "--out", "x.png"], 2, "--out is for a picture"),
        ([DILATED, "--picture", "missing.png"], 3, "there is no file missing.png"),
        (["input 9x1; conv 1x3", "--picture", "samples/camera.png"], 2, "an input of 9×1 is not a picture"),
        (["input 9x9x1; conv 1x33x33"], 2, "does not fit"),
        (["input 9; fc 3"], 2, "has no axes"),
    ],
)
def test_bad_input_has_its_exit_code(args: list[str], code: int, said: str, tmp_path: Path) -> None:
    done = cnncalc("field", *args, folder=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
