"""cnncalc filter, as a user meets it."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from cnncalc.cli.main import app
from cnncalc.imaging.chain import Chain
from cnncalc.imaging.filtering import filter_picture, respond_picture
from cnncalc.imaging.kernels import find
from cnncalc.imaging.pictures import WRITERS, read
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
    expected = filter_picture(read(sample("chelsea.png")), Chain((find("sharpen"),)))
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
    assert document.pop("methods")[0]["reason"]
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
        "frames": 1,
        "output_size": [6, 8, 3],
        "steps": ["sharpen-more"],
        "convolve": False,
        "mode": "same",
        "stride": [1, 1],
        "dilation": [1, 1],
        "channels": "each",
        "response": "clip",
        "low": 0,
        "high": 255,
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
            "error: taken.png exists\nhint: --force overwrites it; or give another name\n",
        ),
        (
            ["a.png", "-k", "sharpen", "-o", "./a.png"],
            2,
            "error: a.png is the picture itself\nhint: --force overwrites it; or give another name\n",
        ),
        (
            ["a.png", "-k", "sharpen", "-o", "no/b.png"],
            3,
            "error: there is no folder no\nhint: make it first, or name another place\n",
        ),
        (
            ["a.png", "-k", "sharpen", "-o", "b.txt"],
            2,
            "error: the ending .txt says no known format (b.txt)\nhint: known: " + ", ".join(WRITERS) + "\n",
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
        read(tmp_path / "a.png").pixels, filter_picture(before, Chain((find("sharpen"),))).picture.pixels
    )


def test_steps_follow_each_other_and_name_the_result(run, tmp_path):
    before = read(picture(tmp_path / "a.png"))
    result = run("a.png", "-k", "gaussian:sigma=2,size=5", "-k", "sobel:part=x", "--response", "abs")
    assert result.exit_code == 0
    written = read(tmp_path / "a-gaussian-sigma2-size5-sobel-x.png").pixels
    raw = respond_picture(before, Chain((find("gaussian:sigma=2,size=5"), find("sobel:part=x"))))
    assert np.array_equal(written, np.clip(np.rint(np.abs(raw)), 0, 255))
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert lines["kernel"] == "gaussian:sigma=2,size=5 → sobel:part=x"
    assert lines["response"] == "abs, 0 to 255"


def test_a_kernel_written_out_is_laid_on(run, tmp_path):
    x = read(picture(tmp_path / "a.png")).pixels
    assert run("a.png", "-k", "0 0 0; 0 0 1; 0 0 0", "--out", "b.png").exit_code == 0
    assert np.array_equal(read(tmp_path / "b.png").pixels[:, :-1], x[:, 1:])
    assert (
        run("a.png", "-k", "0 0 0; 0 0 1; 0 0 0", "--flip", "--border", "zero", "-o", "c.png").exit_code == 0
    )
    turned = read(tmp_path / "c.png").pixels
    assert np.array_equal(turned[:, 1:], x[:, :-1])
    assert not turned[:, 0].any()


def test_geometry_is_as_asked_for(run, tmp_path):
    x = read(picture(tmp_path / "a.png")).pixels
    args = ("--mode", "valid", "--stride", "2x3", "--dilation", "2", "--json")
    document = json.loads(run("a.png", "-k", "identity", *args).stdout)
    assert document["output_size"] == [1, 2, 3]
    assert np.array_equal(read(tmp_path / "a-identity.png").pixels, x[2:4:2, 2:6:3])
    assert run("a.png", "-k", "1 0; 0 0", "--anchor", "0,0", "-o", "b.png").exit_code == 0
    assert np.array_equal(read(tmp_path / "b.png").pixels, x)


def test_raw_responses_go_into_npy_and_tiff(run, tmp_path):
    before = read(picture(tmp_path / "a.png"))
    raw = respond_picture(before, Chain((find("edge-all"),)))
    assert run("a.png", "-k", "edge-all", "-o", "r.npy").exit_code == 0
    assert np.array_equal(np.load(tmp_path / "r.npy"), raw)
    assert run("a.png", "-k", "edge-all", "--response", "raw", "-o", "r.tif").exit_code == 0
    assert np.array_equal(read(tmp_path / "r.tif").pixels, raw)
    assert run("a.png", "-k", "edge-all", "--response", "raw", "-o", "r.png").exit_code == 2


def test_a_pixel_explained_writes_nothing(run, tmp_path):
    picture(tmp_path / "a.png")
    result = run("a.png", "-k", "sharpen-more", "--explain", "3,2")
    assert result.exit_code == 0
    assert "÷ 8 =" in result.stdout
    assert "red" in result.stdout
    document = json.loads(run("a.png", "-k", "sharpen-more", "--explain", "3,2", "--json").stdout)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    run("a.png", "-k", "sharpen-more", "-o", "b.png")
    pixel = read(tmp_path / "b.png").pixels[2, 3].tolist()
    assert [account["pixel"][0] for account in document["channels"]] == pixel
    assert [f"pixel {value}" in result.stdout for value in pixel] == [True] * 3


def test_an_explanation_is_given_though_the_result_exists(run, tmp_path):
    picture(tmp_path / "a.png")
    assert run("a.png", "-k", "sharpen").exit_code == 0
    assert run("a.png", "-k", "sharpen", "--explain", "0,0").exit_code == 0


def test_before_and_after_stand_side_by_side(run, tmp_path):
    x = read(picture(tmp_path / "a.png")).pixels
    assert run("a.png", "-k", "identity", "--compare").exit_code == 0
    both = read(tmp_path / "a-identity-compare.png").pixels
    assert both.shape == (6, 8 + 8 + 8, 3)
    assert np.array_equal(both[:, :8], x)
    assert np.array_equal(both[:, 16:], x)
    assert (both[:, 8:16] == 255).all()


def test_the_walk_of_the_kernel_is_a_gif(run, tmp_path):
    picture(tmp_path / "a.png")
    result = run("a.png", "-k", "sharpen", "--gif", "w.gif")
    assert result.stdout == "wrote w.gif: 48 frames\n"
    assert {path.name for path in tmp_path.iterdir()} == {"a.png", "w.gif"}
    with Image.open(tmp_path / "w.gif") as walk:
        assert walk.n_frames == 48
    Image.new("L", (900, 600)).save(tmp_path / "large.png")
    result = run("large.png", "-k", "sharpen", "--gif", "l.gif")
    assert "scaled down from 600×900 to 27×40" in result.stdout
    assert run("a.png", "-k", "sharpen", "--gif", "w.gif").exit_code == 2


def test_pictures_for_terminals_that_draw_pixels(run, tmp_path):
    picture(tmp_path / "a.png")
    for how, start in (("kitty", "\x1b_Ga=T"), ("iterm", "\x1b]1337;File=inline=1"), ("sixel", "\x1bPq")):
        assert start in run("a.png", "-k", "sharpen", f"--show={how}", "--force").stdout
    assert run("a.png", "-k", "sharpen", "--show=kity", "--force").exit_code == 2


def test_a_folder_is_filtered_but_for_what_is_broken(run, tmp_path):
    (tmp_path / "in").mkdir()
    for name in "abc":
        picture(tmp_path / "in" / f"{name}.png")
    (tmp_path / "in" / "b.png").write_bytes(b"\x89PNG")
    result = run("in", "-k", "sharpen", "--out", "out/")
    assert result.exit_code == 3
    assert "b.png" in result.stderr
    assert "filtered 2 of 3 pictures" in result.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]
    document = json.loads(run("in", "-k", "sharpen", "--out", "out/", "--force", "--json").stdout)
    assert len(document["pictures"]) == 2
    assert document["failed"][0]["error"]["kind"] == "file"
    assert run("in", "-k", "sharpen", "--explain", "0,0").exit_code == 2


def test_standard_input_goes_to_standard_output(tmp_path):
    before = read(picture(tmp_path / "a.png"))
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", "filter", "-", "-k", "sharpen"],
        input=(tmp_path / "a.png").read_bytes(),
        capture_output=True,
        check=True,
    )
    (tmp_path / "b.png").write_bytes(done.stdout)
    expected = filter_picture(before, Chain((find("sharpen"),))).picture.pixels
    assert np.array_equal(read(tmp_path / "b.png").pixels, expected)
    assert b"standard input" in done.stderr


def test_the_method_is_told_when_asked_for(run, tmp_path):
    picture(tmp_path / "a.png")
    assert "method   sharpen: " in run("a.png", "-k", "sharpen", "-v").stdout
    assert "method" not in run("a.png", "-k", "sharpen", "--force").stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--border", "egde"], "did you mean edge?"),
        (["--border", "constant"], "constant needs its value"),
        (["--border", "constant=x"], "x is not a number"),
        (["--border", "edge=3"], "edge takes no value"),
        (["--mode", "sme"], "did you mean same?"),
        (["--stride", "0"], "stride is at least 1"),
        (["--dilation", "1.5"], "dilation is a whole number"),
        (["--anchor", "3,0"], "lies outside"),
        (["--channels", "red"], "there is no channel red"),
        (["--response", "absolute"], "there is no response absolute"),
        (["--explain", "3"], "a pixel is its column and its row"),
        (["--explain", "99,0"], "there is no pixel in column 99"),
        (["--explain-step", "1"], "--explain-step says which step"),
        (["--gif", "a.png"], "does not end in .gif"),
        (["--show", "--out", "-"], "the picture itself goes to stdout"),
    ],
)
def test_settings_that_make_no_sense_are_refused(run, tmp_path, args, words):
    picture(tmp_path / "a.png")
    result = run("a.png", "-k", "sharpen", *args)
    assert result.exit_code == 2
    assert words in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_help_loads_neither_numpy_nor_pillow():
    script = (
        "import sys; from cnncalc.cli.main import app; app(['{}', '--help'], standalone_mode=False); "
        + ("print(sorted({{'numpy', 'PIL'}} & set(sys.modules)))")
    )
    for command in ("filter", "kernels", "pool", "lcn"):
        done = subprocess.run(
            [sys.executable, "-c", script.format(command)], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"


def test_all_frames_of_a_film_are_filtered_and_of_a_raw_response_it_is_said_that_there_is_one(run, tmp_path):
    frames = [Image.new("L", (9, 7), shade) for shade in (10, 20, 30)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=80)
    result = run("a.gif", "-k", "1 /2", "-o", "b.png")
    assert result.stdout.splitlines()[0] == "picture  a.gif, 7×9×3, 8 bits a channel, 3 frames"
    first = read(tmp_path / "b.png")
    assert [int(frame.pixels[0, 0, 0]) for frame in (first, *first.more)] == [5, 10, 15]
    result = run("a.gif", "-k", "1", "--response", "raw", "-o", "b.npy")
    assert result.stderr == "note: only the first of 3 frames: a raw response is one array\n"
    assert np.load(tmp_path / "b.npy").shape[:2] == (7, 9)
