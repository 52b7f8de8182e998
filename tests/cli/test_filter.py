"""cnncalc filter, as a user meets it."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from cnncalc.cli.main import app
from cnncalc.imaging.filtering import filter_picture
from cnncalc.imaging.kernels import find
from cnncalc.imaging.pictures import read
from cnncalc.shipped import sample


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke(*args):
        result = CliRunner().invoke(app, ["filter", *map(str, args)], env={"COLUMNS": "80"})
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


def picture(path, **settings):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, **settings)
    return path


def test_a_shipped_sample_is_filtered_into_the_current_folder(run, tmp_path):
    result = run("samples/chelsea.png", "--kernel", "sharpen")
    assert result.exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["chelsea-sharpen.png"]
    expected = filter_picture(read(sample("chelsea.png")), find("sharpen"))
    assert np.array_equal(read(tmp_path / "chelsea-sharpen.png").pixels, expected.picture.pixels)
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert lines["picture"] == "samples/chelsea.png, 300×451×3, 8 bits a channel"
    assert lines["kernel"] == "sharpen, 3×3, sum 1"
    assert lines["borders"] == "edge pixels repeated"
    assert lines["clipped"] == f"{expected.clipped:,} of 405,900 values ({expected.clipped / 405_900:.1%})"
    assert lines["wrote"] == "chelsea-sharpen.png"
    assert result.stderr == ""


def test_the_result_stands_beside_the_picture(run, tmp_path):
    (tmp_path / "sub").mkdir()
    picture(tmp_path / "sub" / "a.jpeg")
    assert run("sub/a.jpeg", "-k", "edge-all").exit_code == 0
    assert (tmp_path / "sub" / "a-edge-all.jpeg").exists()


def test_a_format_that_is_not_written_becomes_png(run, tmp_path):
    picture(tmp_path / "a.gif")
    assert run("a.gif", "-k", "edge-all").exit_code == 0
    assert (tmp_path / "a-edge-all.png").exists()


def test_the_users_own_samples_folder_comes_first(run, tmp_path):
    (tmp_path / "samples").mkdir()
    picture(tmp_path / "samples" / "chelsea.png")
    assert json.loads(run("samples/chelsea.png", "-k", "identity", "--json").stdout)["size"] == [6, 8, 3]
    assert (tmp_path / "samples" / "chelsea-identity.png").exists()


def test_json_is_one_document(run, tmp_path):
    picture(tmp_path / "a.png")
    document = json.loads(run("a.png", "-k", "sharpen-more", "--out", "b.png", "--json").stdout)
    assert document.pop("seconds") > 0
    assert document.pop("clipped") > 0
    assert document == {
        "schema": 1,
        "picture": "a.png",
        "output": "b.png",
        "size": [6, 8, 3],
        "bits": 8,
        "kernel": "sharpen-more",
        "kernel_size": [5, 5],
        "sum": 8,
        "divisor": 8,
        "border": "edge pixels repeated",
        "values": 144,
        "notes": [],
    }


def test_what_had_to_be_changed_is_noted_on_stderr(run, tmp_path):
    Image.new("CMYK", (3, 3)).save(tmp_path / "a.tif")
    result = run("a.tif", "-k", "identity")
    assert result.stderr == "note: CMYK was converted to RGB\n"
    assert "note" not in result.stdout


def test_show_draws_the_result_after_the_report(run, tmp_path):
    Image.new("L", (4, 4), 255).save(tmp_path / "a.png")
    assert run("a.png", "-k", "identity", "--show").stdout.endswith("a-identity.png\n@@@@\n@@@@\n")


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["b.png", "-k", "sharpen"], 3, "error: there is no file b.png\nhint: did you mean a.png?\n"),
        (
            ["a.png", "-k", "sharpn"],
            2,
            "error: there is no kernel 'sharpn'\n  sharpn\n  ^^^^^^\nhint: did you mean sharpen?\n",
        ),
        (
            ["a.png", "-k", "sharpen", "-o", "taken.png"],
            2,
            "error: taken.png exists\nhint: --force overwrites it, --out names another file\n",
        ),
        (
            ["a.png", "-k", "sharpen", "-o", "./a.png"],
            2,
            "error: a.png is the picture itself\nhint: --force overwrites it, --out names another file\n",
        ),
        (
            ["a.png", "-k", "sharpen", "-o", "no/b.png"],
            3,
            "error: there is no folder no\nhint: make it first, or give another --out\n",
        ),
        (
            ["a.png", "-k", "sharpen", "-o", "b.txt"],
            2,
            "error: the ending .txt says no known format (b.txt)\n"
            "hint: known: .png, .jpg, .jpeg, .webp, .tif, .tiff, .bmp, .ppm, .pgm\n",
        ),
        (
            ["samples/chelsae.png", "-k", "sharpen"],
            3,
            "error: there is no file samples/chelsae.png\nhint: did you mean samples/chelsea.png?\n",
        ),
        (
            ["a.png", "-k", "sharpen", "--show", "--json"],
            2,
            None,
        ),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(run, tmp_path, args, code, message):
    picture(tmp_path / "a.png")
    (tmp_path / "taken.png").write_text("mine")
    result = run(*args)
    assert result.exit_code == code
    if message is not None:
        assert result.stderr == message
    else:
        assert json.loads(result.stdout)["error"]["kind"] == "usage"
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "taken.png"}
    assert (tmp_path / "taken.png").read_text() == "mine"


def test_a_default_name_that_is_taken_is_refused_unless_forced(run, tmp_path):
    picture(tmp_path / "a.png")
    assert run("a.png", "-k", "sharpen").exit_code == 0
    assert run("a.png", "-k", "sharpen").exit_code == 2
    assert run("a.png", "-k", "sharpen", "--force").exit_code == 0


def test_force_filters_a_picture_in_place(run, tmp_path):
    before = read(picture(tmp_path / "a.png"))
    assert run("a.png", "-k", "sharpen", "-o", "a.png", "--force").exit_code == 0
    assert np.array_equal(
        read(tmp_path / "a.png").pixels, filter_picture(before, find("sharpen")).picture.pixels
    )


def test_help_loads_neither_numpy_nor_pillow():
    script = (
        "import sys; from cnncalc.cli.main import app; app(['{}', '--help'], standalone_mode=False); "
        + ("print(sorted({{'numpy', 'PIL'}} & set(sys.modules)))")
    )
    for command in ("filter", "kernels"):
        done = subprocess.run(
            [sys.executable, "-c", script.format(command)], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"
