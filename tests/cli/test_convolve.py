"""cnncalc convolve, as a user meets it."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from cnncalc.cli.main import app
from tests.cli.running import cnncalc

BINARY = "1 1 1 0 0; 0 1 1 1 0; 0 0 1 1 1; 0 0 1 1 0; 0 1 1 0 0"
CROSS = "1 0 1; 0 1 0; 1 0 1"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def invoke(*args, stdin=None, columns=80):
        result = CliRunner().invoke(
            app, ["convolve", *map(str, args)], input=stdin, env={"COLUMNS": str(columns), "NO_COLOR": "1"}
        )
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


def test_the_courses_image_as_grids(run):
    result = run(BINARY, CROSS)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "correlation, deep learning's convolution: nothing is flipped; stride 1",
        "",
        "input 5×5       kernel 3×3     result 3×3",
        " 1 1 1 0 0       1 0 1          4 3 4",
        " 0 1 1 1 0   ∗   0 1 0      =   2 4 3",
        " 0 0 1 1 1       1 0 1          2 3 4",
        " 0 0 1 1 0",
        " 0 1 1 0 0",
        "",
        "output      (5 − 3)/1 + 1 = 3",
        "parameters  3·3·1·1 = 9",
        "MACs        3·3·1·3·3·1 = 81",
    ]


def test_steps_write_out_every_sum(run):
    lines = run(BINARY, CROSS, "--steps").stdout.splitlines()
    start = lines.index("row 2, column 3")
    assert lines[start : start + 7] == [
        "row 2, column 3",
        "input        sum of products    result",
        " 1 1 1 0 0   1·1 + 1·0 + 0·1     4 3 4",
        " 0 1[1 1 0]  + 1·0 + 1·1 + 1·0   2 4[3]",
        " 0 0[1 1 1]  + 1·1 + 1·0 + 0·1",
        " 0 0[1 1 0]  = 3",
        " 0 1 1 0 0",
    ]
    assert sum(line.startswith("row ") for line in lines) == 9


def test_steps_of_a_filter_with_divisor_bias_and_activation(run):
    lines = run("1 2 | 3 -4", "1 | 2 || 3 | 4 /2", "--bias", "1 -1", "--activation", "relu", "--steps").stdout
    assert "+ 3·2\n = 7; ÷ 2; + 1 = 9/2; relu → 9/2" not in lines
    assert "= 7; ÷ 2; + 1 = 9/2; relu → 9/2" in lines
    assert "= −10; ÷ 2; + (−1) = −6; relu → 0" in lines
    assert "filter 2, position 2" in lines


def test_the_equivalent_matrix(run):
    lines = run("1 2 3 4 5", "1 0 -1", "--pad", "same", "--as", "matrix").stdout.splitlines()
    assert lines[2:8] == [
        "matrix 5×5           input     result",
        "  0 −1  ·  ·  ·       1         −2",
        "  1  0 −1  ·  ·       2         −2",
        "  ·  1  0 −1  ·   ·   3     =   −2",
        "  ·  ·  1  0 −1       4         −2",
        "  ·  ·  ·  1  0       5          4",
    ]
    assert "5·5 = 25 entries; 3 weights stand in 13 of them, the others are 0" in lines
    assert "fully connected 5·5 + 5 = 30 parameters, convolution 3 + 1 = 4" in lines


def test_the_matrix_goes_through_the_activation(run):
    lines = run("1 2 -3", "1 1", "--activation", "relu", "--as", "matrix").stdout.splitlines()
    assert lines[2:5] == [
        "matrix 2×3     input     result     relu",
        " 1 1 ·      ·    1    =    3     →   3",
        " · 1 1           2        −1         0",
    ]


def test_matrices_that_begin_with_a_minus_are_no_options(run):
    assert json.loads(run("-1 2 3", "-1", "--json").stdout)["result"] == [[1, -2, -3]]
    assert json.loads(run("-.5 2", "−1 1", "--json").stdout)["result"] == [[2.5]]
    assert run("--nonsense", "1", "1").exit_code == 2


def test_json_is_one_document(run):
    document = json.loads(run("1 2 3", "1 1 /3", "--pad", "1:0", "--bias", "1", "--steps", "--json").stdout)
    assert document == {
        "schema": 1,
        "operation": "correlation",
        "transposed": False,
        "axes": 1,
        "size": {"input": [3, 1], "kernel": [2], "result": [3, 1]},
        "stride": [1],
        "dilation": [1],
        "pad": [[1, 0]],
        "input": [[1, 2, 3]],
        "input_divisor": 1,
        "kernel": [[[1, 1]]],
        "kernel_divisor": 3,
        "bias": [1],
        "activation": None,
        "result": [[4 / 3, 2, 8 / 3]],
        "exact": [["4/3", "2", "8/3"]],
        "notes": [],
        "steps": [
            {"filter": 0, "position": [0], "products": [[0, 1], [1, 1]], "result": 4 / 3},
            {"filter": 0, "position": [1], "products": [[1, 1], [2, 1]], "result": 2},
            {"filter": 0, "position": [2], "products": [[2, 1], [3, 1]], "result": 8 / 3},
        ],
    }


def test_json_of_a_matrix_with_a_transposed_kernel(run):
    document = json.loads(
        run(
            "1 2; 3 4", "5", "--transposed", "--stride", "2", "--outpad", "1", "--as", "matrix", "--json"
        ).stdout
    )
    assert document["result"] == [[[5, 0, 10, 0], [0] * 4, [15, 0, 20, 0], [0] * 4]]
    matrix = np.array(document["matrix"]["rows"])
    assert np.array_equal(matrix @ [1, 2, 3, 4], np.ravel(document["result"]))
    assert (document["matrix"]["weights"], document["matrix"]["connections"]) == (1, 4)


def test_true_convolution_is_said_and_done(run):
    result = run("0 1 0", "1 2 3", "--convolve", "--mode", "same")
    assert "true convolution: the kernel is turned by 180°" in result.stdout
    assert "kernel 3 turned" in result.stdout
    assert json.loads(run("0 1 0", "1 2 3", "--convolve", "--mode", "same", "--json").stdout)["result"] == [
        [1, 2, 3]
    ]


def test_full_precision_prints_all_digits(run):
    assert "0.7616" in run("1", "1", "--activation", "tanh").stdout
    assert "0.7615941559557649" in run("1", "1", "--activation", "tanh", "--full-precision").stdout


def test_files_and_standard_input(run, tmp_path):
    np.save(tmp_path / "x.npy", np.arange(9).reshape(3, 3))
    (tmp_path / "k.csv").write_text("1,0\n0,-1\n")
    assert json.loads(run("x.npy", "k.csv", "--json").stdout)["result"] == [[[-4, -4], [-4, -4]]]
    assert json.loads(run("-", "k.csv", "--json", stdin="1 2\n3 5\n").stdout)["result"] == [[[-4]]]
    result = run("-", "-")
    assert result.exit_code == 2
    assert "both come from standard input" in result.stderr


def test_what_may_not_be_meant_is_noted_on_stderr(run):
    result = run("1 2 3 4; 5 6 7 8", "1 1/4", "--stride", "1x3")
    assert "note: the last number was read as the fraction 1/4" in result.stderr
    assert "note: (4 − 2)/3 + 1 = 1.67 → 1, 2 columns unused" in result.stderr
    assert "note" not in result.stdout


def test_films_are_written(run, tmp_path):
    first = run(BINARY, CROSS, "--gif", "a.gif", "--svg", "a.svg")
    assert first.exit_code == 0
    assert first.stdout.splitlines()[-2:] == ["wrote a.gif", "wrote a.svg"]
    with Image.open(tmp_path / "a.gif") as image:
        assert getattr(image, "n_frames", 1) == 9
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg ")
    again = run(BINARY, CROSS, "--gif", "b.gif", "--svg", "a.svg")
    assert again.exit_code == 2
    assert again.stderr == "error: a.svg exists\nhint: --force overwrites it; or give another name\n"
    assert {path.name for path in tmp_path.iterdir()} == {"a.gif", "a.svg"}
    assert run(BINARY, CROSS, "--gif", "a.gif", "--svg", "a.svg", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (
            ["1 2; 3 x", "1"],
            2,
            "error: x is not a number\n  1 2; 3 x\n         ^\n"
            'hint: write numbers such as "0 -1 0; -1 5 -1; 0 -1 0"; 1/16, 0.5 and 2e-3 are numbers, too\n',
        ),
        (
            ["1 2", "1 2 3"],
            2,
            "error: a 3 window does not fit in 2 (padding 0)\n  1 2 3\n  ^^^^^\n"
            "hint: pad 1 makes it fit (output 2×1); or use a kernel of at most 2\n",
        ),
        (
            ["no.csv", "1"],
            3,
            "error: there is no file no.csv\nhint: check the name, or write the numbers in quotes\n",
        ),
        (["1", "1", "--mode", "same", "--pad", "1"], 2, None),
        (["1", "1", "--mode", "sam"], 2, None),
        (["1 2", "1", "--stride", "0"], 2, None),
        (["1 " * 3000, "1", "--steps"], 2, None),
        (["1 " * 600, "1", "--as", "matrix"], 2, None),
        (["1 " * 600, "1", "--gif", "a.gif"], 2, None),
        (["1", "1", "--gif", "a.png"], 2, None),
        (["1", "1", "--svg", "no/a.svg"], 3, None),
        (["1"], 2, None),
    ],
)
def test_what_cannot_be_done_is_said(run, tmp_path, args, code, message):
    result = run(*args)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    assert "\nhint: " in result.stderr
    assert message is None or result.stderr == message
    assert list(tmp_path.iterdir()) == []
    document = json.loads(run(*args, "--json").stdout)
    assert document["error"]["message"] in result.stderr.replace("\n", " ")


def test_a_long_row_keeps_to_the_width(run):
    result = run(" ".join(map(str, range(200))), "1")
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    assert "…" in result.stdout


def test_a_stream_without_utf_8_gets_plain_signs():
    done = cnncalc(
        "convolve", "1 -2", "1 1", "--pad", "1", "--as", "matrix", "--steps", PYTHONIOENCODING="ascii"
    )
    assert done.returncode == 0
    assert "?" not in done.stdout
    assert "0*1 + 1*1" in done.stdout
    assert " ." in done.stdout


def test_help_loads_neither_numpy_nor_pillow():
    import subprocess
    import sys

    script = (
        "import sys; from cnncalc.cli.main import app; app(['convolve', '--help'], standalone_mode=False); "
        "print(sorted({'numpy', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
