"""cnncalc kernels, as a user meets it."""

import json

import pytest
from typer.testing import CliRunner

from cnncalc.cli.main import app
from cnncalc.imaging.kernels import CATALOGUE


def listed(*args, columns="100"):
    result = CliRunner().invoke(app, ["kernels", *args], env={"COLUMNS": columns, "NO_COLOR": "1"})
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_step_is_listed_with_its_figures_within_the_columns():
    for columns in ("100", "60", "200"):
        text = listed(columns=columns)
        assert max(map(len, text.splitlines())) <= int(columns)
        for name, family in CATALOGUE.items():
            assert name in text
            assert family.default.kernels == () or f"{name}  " in text
        assert "−1  9 −1" in text
    assert "sharpen-more  5×5, sum 8 ÷ 8, rank 3, 25 MACs a pixel" in listed()
    assert "gaussian  7×7, sum 1, separable, 49 MACs (14 by column and row) a pixel" in listed()


def test_json_holds_the_catalogue():
    document = json.loads(listed("--json"))
    assert document["schema"] == 1
    kernels = {kernel["name"]: kernel for kernel in document["kernels"]}
    assert list(kernels) == list(CATALOGUE)
    more = kernels["sharpen-more"]
    assert [more[key] for key in ("size", "sum", "divisor", "rank", "taps", "separable")] == [
        [5, 5],
        8,
        8,
        3,
        25,
        False,
    ]
    assert more["weights"][2] == [-1, 2, 8, 2, -1]
    assert [kernel["name"] for kernel in kernels["sobel"]["kernels"]] == ["x", "y"]
    sigma = kernels["gaussian"]["parameters"][0]
    assert (sigma["name"], sigma["default"], sigma["least"], sigma["most"]) == ("sigma", "1", 0.05, 150)


def test_one_kernel_is_drawn_and_named_in_other_tools():
    text = listed("sobel:part=x")
    for words in (
        "column [1 2 1] by row [−1 0 1]",
        "6 MACs (5 by column and row)",
        "cv2.Sobel(x, cv2.CV_64F, 1, 0, ksize=3, borderType=cv2.BORDER_REPLICATE)",
        "-morphology Correlate '3x3: -1,0,1 -2,0,2 -1,0,1'",
        "F.conv2d(F.pad(x, (1, 1, 1, 1), mode='replicate')",
        "scipy.ndimage.sobel(x.astype(float), axis=1, mode='nearest')",
    ):
        assert words in " ".join(text.split()) or words in text


def test_a_kernel_of_your_own_is_drawn_too():
    document = json.loads(listed("1 2 1; 2 4 2; 1 2 1 /16", "--json"))
    assert (document["column"], document["row"], document["divisor"]) == ([1, 2, 1], [1, 2, 1], 16)
    assert document["source"] == "your own"


@pytest.mark.parametrize("name", ["gaussian", "log", "kirsch", "maxpool", "lcn", "sobel:part=direction"])
def test_every_kind_of_step_is_drawn(name):
    assert CATALOGUE[name.partition(":")[0]].source in " ".join(listed(name, columns="200").split())


def test_the_gain_is_the_response_to_stripes():
    text = listed("edge-laplace", columns="200")
    # over a stripe of 1 between stripes of −1: 1 + 1 − 4 − 1 − 1; over such a square of a chessboard: −4 − 4
    assert "finest stripes across 4, down 4, chessboard 8" in text


def test_an_unknown_kernel_gets_the_nearest():
    result = CliRunner().invoke(app, ["kernels", "gausian"])
    assert result.exit_code == 2
    assert "did you mean gaussian?" in result.stderr
