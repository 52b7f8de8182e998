"""cnncalc shape as a user calls it."""

import json
from pathlib import Path

import pytest

from tests.cli.running import cnncalc

FIRST = ["--input", "32x32x3", "--conv", "10x5x5", "--stride", "1", "--pad", "2"]


def test_the_courses_first_layer_as_a_table() -> None:
    done = cnncalc("shape", *FIRST)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "1 conv 10x5x5 stride 1 pad 2 32×32×10 760 768,000 5×5 1 −2" in lines
    assert "total 32×32×10 760 768,000" in lines
    assert "1 conv output (32 − 5 + 2·2)/1 + 1 = 32" in lines
    assert "parameters (5·5·3 + 1)·10 = 760" in lines


DOCUMENT = {
    "schema": 1,
    "input": [32, 32, 3],
    "output": [32, 32, 10],
    "layers": [
        {
            "path": "0",
            "layer": "conv",
            "text": "conv 10x5x5 stride 1 pad 2",
            "input": [32, 32, 3],
            "output": [32, 32, 10],
            "parameters": 760,
            "buffers": 0,
            "macs": 768000,
            "connections": 778240,
            "field": {"size": [5, 5], "jump": [1, 1], "start": [-2, -2]},
            "notes": [],
        }
    ],
    "totals": {"parameters": 760, "trainable": 760, "buffers": 0, "macs": 768000, "activations": 10240},
    # float32: 760 parameters; 32·32·3 numbers in, 32·32·10 out
    "memory": {"dtype": "float32", "batch": 1, "parameters": 3040, "inference": 53248, "training": 53248},
}


def test_json_is_the_documented_record_however_the_model_is_given(tmp_path: Path) -> None:
    text = "input 32x32x3; conv 10x5x5 stride 1 pad 2"
    (tmp_path / "network.cnn").write_text(
        "# colour\ninput 32x32x3\nconv 10x5x5 stride 1 pad 2\n", encoding="utf-8"
    )
    for spec in (FIRST, [text], ["network.cnn"], [text.replace("input 32x32x3; ", ""), "--input", "32x32x3"]):
        done = cnncalc("shape", *spec, "--json", folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == DOCUMENT


def test_a_name_takes_another_input_and_more_layers() -> None:
    done = cnncalc("shape", "lenet5", "--input", "36x36x1", "--fc", "7", "--json")
    document = json.loads(done.stdout)
    assert (document["input"], document["output"]) == ([36, 36, 1], [7])


def test_formulas_are_shown_for_short_stacks_or_when_asked_for() -> None:
    assert "(32 − 5)/1 + 1 = 28" not in cnncalc("shape", "lenet5").stdout
    assert "(32 − 5)/1 + 1 = 28" in cnncalc("shape", "lenet5", "--explain").stdout
    assert "(32 − 5" not in cnncalc("shape", *FIRST, "--no-explain").stdout


def test_a_layer_that_does_not_fit_stands_under_the_rows_before_it() -> None:
    done = cnncalc("shape", "input 12x12x1; conv 8x3x3; maxpool 2x2; conv 8x9x9")
    assert done.returncode == 2
    assert "10×10×8" in done.stdout
    assert done.stderr.splitlines() == [
        "error: a 9×9 window does not fit in 5×5 (padding 0)",
        "  input 12x12x1; conv 8x3x3; maxpool 2x2; conv 8x9x9",
        "                                          ^^^^^^^^^^ layer 3 sees 5×5×8",
        "hint: pad 2 makes it fit (output 1×1×8); or use a kernel of at most 5×5",
    ]


def test_a_long_line_is_cut_around_the_culprit() -> None:
    done = cnncalc("shape", "input 99x99x1; " + "relu; " * 40 + "cnv 8x3x3; " + "tanh; " * 40)
    _, words, underline, _ = done.stderr.splitlines()
    assert len(words) <= 100
    assert words[underline.index("^") : underline.rindex("^") + 1] == "cnv"


def test_an_error_in_a_file_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "net.cnn").write_text("input 32x32x3\n\nconv 10x5x5\nrlu\n", encoding="utf-8")
    done = cnncalc("shape", "net.cnn", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: unknown layer rlu",
        "  net.cnn, line 4",
        "  rlu",
        "  ^^^",
        "hint: did you mean relu?",
    ]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["lenet4"], 2, "did you mean lenet5?"),
        (["--input", "9x9x1", "--cov", "8x3x3"], 2, "did you mean --conv?"),
        (["--input", "9x9x1", "--conv", "8x3x3", "--strid", "2"], 2, "did you mean --stride?"),
        (["--stride", "2"], 2, "--stride belongs to a layer"),
        ([], 2, "the model names no input"),
        (["missing.cnn"], 3, "there is no file missing.cnn"),
        (["binary.cnn"], 3, "binary.cnn is not a text file"),
        (["empty.cnn"], 2, "the model names no input"),
        (["folder"], 3, "folder"),
        (["a" * 5000], 2, "is neither a named network nor a file"),
        (["a/" * 3000], 3, "there is no file a/a"),
    ],
)
def test_bad_input_has_its_exit_code(args: list[str], code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "binary.cnn").write_bytes(b"\x89PNG\xff\xfe\x00")
    (tmp_path / "empty.cnn").write_text("")
    (tmp_path / "folder").mkdir()
    done = cnncalc("shape", *args, folder=tmp_path)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    as_json = cnncalc("shape", *args, "--json", folder=tmp_path)
    document = json.loads(as_json.stdout)
    assert (as_json.returncode, document["schema"], as_json.stderr) == (code, 1, "")
    assert set(document["error"]) == {"kind", "message", "hint", "layer", "span"}


def test_the_json_error_of_a_misfit_has_layer_and_span() -> None:
    text = "input 12x12x1; conv 8x3x3; conv 8x19x19"
    error = json.loads(cnncalc("shape", text, "--json").stdout)["error"]
    start, end = error["span"]
    assert (error["kind"], error["layer"], text[start:end]) == ("shape", "1", "conv 8x19x19")


def test_help_lists_every_word_of_the_language() -> None:
    from cnncalc.layers.words import vocabulary

    shown = cnncalc("shape", "--help").stdout
    assert [word for word in vocabulary() if f"--{word}" not in shown and not word.startswith("no-")] == []


def test_the_table_moves_together_before_a_layer_is_broken_over_two_lines() -> None:
    wide, narrow = (cnncalc("shape", *FIRST, COLUMNS=columns).stdout for columns in ("100", "76"))
    assert "1  conv 10x5x5 stride 1 pad 2  32×32×10" in wide
    assert "1 conv 10x5x5 stride 1 pad 2 32×32×10" in narrow


def test_the_forms_of_a_table_hold_the_same_figures() -> None:
    asked = ("shape", *FIRST, "--columns", "output,kernel,pad,parameters,macs,field")
    csv = cnncalc(*asked, "--csv").stdout
    assert csv == (
        "#,layer,output,kernel,pad,parameters,MACs,field\n"
        "1,conv 10x5x5 stride 1 pad 2,32x32x10,5x5,2:2x2:2,760,768000,5x5\n"
    )
    markdown = cnncalc(*asked, "--markdown").stdout.splitlines()
    assert markdown[3] == "| 1 | conv 10x5x5 stride 1 pad 2 | 32×32×10 | 5×5 | 2 | 760 | 768,000 | 5×5 |"
    assert markdown[4] == "|  | **total** | **32×32×10** |  |  | **760** | **768,000** |  |"
    latex = cnncalc(*asked, "--latex").stdout
    assert (
        r"1 & conv 10x5x5 stride 1 pad 2 & 32$\times$32$\times$10 & 5$\times$5 & 2 & 760 & 768,000" in latex
    )
    assert latex.startswith(r"\begin{tabular}{rlrrrrrr}")
    document = json.loads(cnncalc(*asked, "--json").stdout)
    assert document["layers"][0]["kernel"] == [5, 5]
    assert document["layers"][0]["pad"] == [[2, 2], [2, 2]]


def test_a_wide_table_is_not_cut() -> None:
    done = cnncalc("shape", "lenet5", "--columns", "all", COLUMNS="60")
    assert "intensity" in done.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--columns", "outptu"], "did you mean output?"),
        (["--dtype", "float31"], "did you mean float32?"),
        (["--convention", "torchinfos"], "did you mean torchinfo?"),
        (["--csv", "--json"], "keep one of --json --csv --markdown --latex"),
        (["--batch", "0"], "--batch"),
    ],
)
def test_what_cannot_be_shown_is_refused(args: list[str], said: str) -> None:
    done = cnncalc("shape", *FIRST, *args)
    assert done.returncode == 2
    assert said in (done.stderr or done.stdout)


def test_a_batch_multiplies_work_and_activations_but_not_parameters() -> None:
    done = cnncalc(
        "shape", *FIRST, "--batch", "8", "--dtype", "float16", "--json", "--columns", "macs,memory"
    )
    document = json.loads(done.stdout)
    assert document["memory"] == {
        "dtype": "float16",
        "batch": 8,
        "parameters": 1520,
        "inference": 8 * 2 * (3072 + 10240),
        "training": 8 * 2 * (3072 + 10240),
    }
    assert document["layers"][0]["memory"] == 8 * 2 * 10240


def test_hundreds_of_notes_are_not_all_printed() -> None:
    done = cnncalc("shape", "input 9x9x1; repeat 30 { conv 1x2x2 stride 3 pad 9 }")
    assert "and 10 more such notes" in done.stdout
