"""cnncalc solve as a user calls it."""

import json
import shlex
from pathlib import Path

import pytest

from tests.cli.running import cnncalc as in_a_process
from tests.cli.running import run_here as cnncalc

ASKED = ["--input", "32x32x3", "--conv", "10x5x5", "--stride", "2", "--pad", "?", "--output", "16x16"]


def commands(shown: str) -> list[str]:
    return [line.strip() for line in shown.splitlines() if line.startswith("  cnncalc ")]


def test_every_line_can_be_pasted_back_and_gives_the_output() -> None:
    done = cnncalc("solve", *ASKED)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "9 solutions for 16×16"
    lines = commands(done.stdout)
    assert len(lines) == 9
    assert lines[0] == "cnncalc shape --input 32x32x3 --conv 10x5x5 --stride 2 --pad 1:2"
    for line in lines:
        shown = cnncalc(*shlex.split(line)[1:], "--json")
        assert json.loads(shown.stdout)["output"] == [16, 16, 10]


def test_a_line_runs_in_a_shell(tmp_path: Path) -> None:
    text = "input 12x12x1; residual { conv ?x3x3 pad ?; relu }; maxpool 2x2; output 6x6x1"
    done = in_a_process("solve", text, folder=tmp_path)
    [line, *_] = commands(done.stdout)
    assert line == 'cnncalc shape "input 12x12x1; residual { conv 1x3x3 pad 1; relu }; maxpool 2x2"'
    shown = in_a_process(*shlex.split(line)[1:], "--json", folder=tmp_path)
    assert json.loads(shown.stdout)["output"] == [6, 6, 1]


@pytest.mark.parametrize(
    "args",
    [
        ["input 32x32x3; conv 10x5x5 stride 2 pad ?", "--output", "16x16"],
        ["input 32x32x3; conv 10x5x5 stride 2 pad ?; output 16x16"],
        ["net.cnn", "--output", "16x16"],
        ["net.cnn", "--output=16x16x10"],
        ["--output", "16x16", *ASKED[:-2]],
        ["input 32x32x3", "--conv", "10x5x5", "--stride", "2", "--pad", "?", "--output", "16x16"],
    ],
)
def test_texts_files_and_options_ask_the_same(args: list[str], tmp_path: Path) -> None:
    (tmp_path / "net.cnn").write_text(
        "# a comment\ninput 32x32x3\nconv 10x5x5 stride 2 pad ?\n", encoding="utf-8"
    )
    done = cnncalc("solve", *args, "--json", folder=tmp_path)
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert [one["values"] for one in found["solutions"]][:5] == [["1:2"], ["2:1"], ["0:3"], ["3:0"], ["2"]]
    for one in found["solutions"]:
        shown = cnncalc(*shlex.split(one["command"])[1:], "--json", folder=tmp_path)
        assert json.loads(shown.stdout)["output"] == [16, 16, 10]


def test_an_output_stands_behind_the_layer_it_is_about() -> None:
    done = cnncalc("solve", *ASKED, "--maxpool", "3x3", "--stride", "?", "--output", "5x5", "--fc", "10")
    line = commands(done.stdout)[0]
    assert line.endswith("--pad 1:2 --maxpool 3x3 --stride 3 --fc 10")


def test_json_is_the_record_of_the_table() -> None:
    done = cnncalc(
        "solve", "--input", "7x7x1", "--conv", "1x3x3", "--stride", "?", "--output", "3x3", "--json"
    )
    command = "cnncalc shape --input 7x7x1 --conv 1x3x3 --stride 2"
    solution = {
        "values": ["2"],
        "command": command,
        "output": [3, 3, 1],
        "parameters": 10,
        "macs": 81,
        "notes": [],
    }
    assert json.loads(done.stdout) == {
        "schema": 1,
        "unknowns": [{"option": "stride", "layer": "conv", "lowest": 1, "highest": 64}],
        "demands": [{"after": 1, "output": [3, 3]}],
        "limits": [],
        "batch": 1,
        "dtype": "float32",
        "count": 1,
        "tried": 64,
        "complete": True,
        "solutions": [{**solution, "figures": {}}],
        "because": "",
        "nearest": [],
    }


def test_where_there_is_none_it_says_so_and_exits_with_one() -> None:
    done = cnncalc("solve", "--input", "7x7x1", "--conv", "1x3x3", "--stride", "?", "--output", "4x4")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[:4] == [
        "none: rows go from 3 to 5, past 4; columns go from 3 to 5, past 4",
        "nearest:",
        "stride 1 → 5×5×1",
        "  cnncalc shape --input 7x7x1 --conv 1x3x3 --stride 1",
    ]


def test_more_solutions_than_are_shown_are_counted() -> None:
    done = cnncalc("solve", *ASKED, "--most", "2")
    assert len(commands(done.stdout)) == 2
    assert "and 7 more; --most 9 shows more" in done.stdout


def test_the_largest_width_under_a_limit_and_the_next_that_is_over() -> None:
    text = "input 28x28x1; conv ?x3x3; relu; conv ?x3x3; globalavgpool; fc 10"
    done = cnncalc("solve", text, "--max-parameters", "1M")
    # 9n + n + 9n² + n + 10n + 10 = 9n² + 21n + 10 ≤ 1,000,000 up to n = 332
    assert done.returncode == 0
    assert "filters 332 → 10, 998,998 parameters" in done.stdout
    assert "the next larger, filters 333: 1,005,004 parameters" in done.stdout
    figures = json.loads(cnncalc(*shlex.split(commands(done.stdout)[0])[1:], "--json").stdout)
    assert figures["totals"]["parameters"] == 998_998


@pytest.mark.parametrize("training", [False, True])
def test_the_largest_batch_in_memory_is_the_reports(training: bool) -> None:
    done = cnncalc(
        "solve", "lenet5", "--batch", "?", "--max-memory", "10MB", *["--training"][:training], "--json"
    )
    best, further = [json.loads(done.stdout)[key][0] for key in ("solutions", "nearest")]
    sizes = []
    for one in (best, further):
        memory = json.loads(cnncalc(*shlex.split(one["command"])[1:], "--json").stdout)["memory"]
        assert memory["batch"] == int(one["values"][0])
        sizes.append(memory["parameters"] + memory["training" if training else "inference"])
        assert one["figures"] == {"memory": sizes[-1]}
    assert sizes[0] <= 10_000_000 < sizes[1]


def test_the_largest_input_of_a_named_network() -> None:
    done = cnncalc("solve", "lenet5", "--input", "?x?x1", "--max-macs", "1M", "--json")
    best, further = [json.loads(done.stdout)[key][0] for key in ("solutions", "nearest")]
    assert best["command"].startswith("cnncalc shape lenet5 --input ")
    assert best["macs"] <= 1_000_000 < further["macs"]
    assert int(further["values"][0]) == int(best["values"][0]) + 1


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ([], 2, "the model names no input"),
        (ASKED[:-2], 2, "nothing is demanded"),
        ([*ASKED[:-1], "axb"], 2, "an output of axb is no size"),
        ([*ASKED[:-1]], 2, "output needs a size"),
        (["vgg16", "--output", "1000"], 2, "nothing is written as ?"),
        (["vgg16", "--max-memory", "lots", "--batch", "?"], 2, "lots is no amount"),
        (["vgg16", "--max-parameters", "1MB", "--input", "?x?x3"], 2, "1MB is no amount"),
        (["vgg16", "--batch", "?"], 2, "nothing limits the batch"),
        (["vgg16", "--batch", "0", "--max-macs", "1"], 2, "a batch of 0"),
        (["vgg16", "--batch", "?", "--max-memory", "1GB", "--dtype", "f4"], 2, "there is no type f4"),
        (["vgg16", "--training", "--max-macs", "1"], 2, "--training is about memory"),
        (["--input", "9x9x1", "--conv", "?x3x3", "--pda", "?"], 2, "unknown option --pda"),
        (["missing.cnn", "--output", "3"], 3, "there is no file missing.cnn"),
        (["lenet5", "--input", "?x?x1", "--max-parameters", "10"], 1, "over the limit already"),
    ],
)
def test_bad_input_has_its_exit_code(args: list[str], code: int, said: str) -> None:
    done = cnncalc("solve", *args)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    as_json = cnncalc("solve", *args, "--json")
    assert as_json.returncode == code
    assert ("error" in json.loads(as_json.stdout)) is (code != 1)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1000", 1000), ("1e6", 10**6), ("1.5M", 1_500_000), ("2g", 2 * 10**9), ("1Ki", 1024)],
)
def test_amounts(text: str, amount: int) -> None:
    from cnncalc.cli.solve import amount_of

    assert amount_of(text) == amount
    assert amount_of(f"{text}B", bytes_=True) == amount
