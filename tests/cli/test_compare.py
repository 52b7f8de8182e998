"""cnncalc compare as a user calls it."""

import json
from pathlib import Path

import pytest

from tests.cli.running import run_here as cnncalc


def lines(*args: str) -> list[str]:
    done = cnncalc("compare", *args)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_totals_ratios_and_layers_that_differ() -> None:
    shown = lines("vgg11", "vgg13")
    assert "parameters 132,863,336 133,047,848 1" in shown
    assert "MACs 7,609,090,048 11,308,466,176 1.49" in shown
    assert "weight layers 11 13 1.18" in shown
    # B has two convolutions more than A, and the second one's neighbour sees 128 channels in place of 64
    assert "+ 3 conv 64x3x3 stride 1 pad 1 224×224×64 36,928 1,849,688,064" in shown
    assert "− 4 conv 128x3x3 stride 1 pad 1 112×112×128 73,856 924,844,032" in shown
    assert "+ 8 conv 128x3x3 stride 1 pad 1 112×112×128 147,584 1,849,688,064" in shown
    assert sum(line.startswith(("− ", "+ ")) for line in shown) == 6


def test_json_is_the_same_record(tmp_path: Path) -> None:
    (tmp_path / "a.cnn").write_text("input 4x4x1\nconv 2x3x3\n", encoding="utf-8")
    done = cnncalc("compare", "a.cnn", "input 4x4x1; conv 6x3x3", "--json", folder=tmp_path)
    assert json.loads(done.stdout) == {
        "schema": 1,
        "models": [
            {
                "model": "a.cnn",
                "totals": {
                    "parameters": 20,
                    "trainable": 20,
                    "macs": 72,
                    "depth": 1,
                    "field": [3, 3],
                    "peak": 24,
                    "kept": 24,
                },
                "ratios": dict.fromkeys(("parameters", "trainable", "macs", "depth", "peak", "kept"), 1.0),
            },
            {
                "model": "input 4x4x1; conv 6x3x3",
                "totals": {
                    "parameters": 60,
                    "trainable": 60,
                    "macs": 216,
                    "depth": 1,
                    "field": [3, 3],
                    "peak": 40,
                    "kept": 40,
                },
                "ratios": {
                    "parameters": 3.0,
                    "trainable": 3.0,
                    "macs": 3.0,
                    "depth": 1.0,
                    "peak": 40 / 24,
                    "kept": 40 / 24,
                },
            },
        ],
        "differences": [
            {
                "model": "input 4x4x1; conv 6x3x3",
                "layers": [
                    {
                        side: {
                            "path": "0",
                            "layer": "conv",
                            "text": f"conv {filters}x3x3 stride 1",
                            "input": [4, 4, 1],
                            "output": [2, 2, filters],
                            "parameters": 10 * filters,
                            "macs": 36 * filters,
                        }
                        for side, filters in (("first", 2), ("second", 6))
                    }
                ],
            }
        ],
    }


def test_many_models_and_many_differences_are_shown_in_parts() -> None:
    shown = lines("lenet5", "alexnet", "vgg16", "resnet18", "googlenet", "nin")
    assert sum(line.startswith("parameters ") for line in shown) == 2
    assert sum("such layers; --all shows them" in line for line in shown) == 5
    assert len(lines("lenet5", "resnet18", "--all")) > 70
    assert "lenet5 and lenet5 have the same layers" in lines("lenet5", "lenet5")


def test_the_case_for_convolution() -> None:
    shown = lines("--fc")
    for line in (
        "3×3 n 9n 9n 9",
        "32×32 n 1,024n 9n 9",
        "224×224 n 50,176n 9n 9",
        "1000×1000 n 1,000,000n 9n 9",
    ):
        assert line in shown
    for line in ("fully connected 25 25 5 30", "locally connected 15 15 5 20", "convolution 15 3 1 4"):
        assert line in shown
    # 32·32·3 inputs, 32·32·10 units: 3,072·10,240; windows of 75 taps: 75·10,240; 750 weights and 10 biases
    shown = lines("--fc", "input 32x32x3; conv 10x5x5 pad 2")
    assert "fully connected 31,457,280 31,457,280 10,240 31,467,520" in shown
    assert "locally connected 768,000 768,000 10,240 778,240" in shown
    assert "convolution 768,000 750 10 760" in shown
    assert "32×32 100 102,400 2,500 25" in lines(
        "--fc", "--input", "32x32", "--units", "100", "--kernel", "5x5"
    )


def test_the_case_for_convolution_as_json() -> None:
    document = json.loads(cnncalc("compare", "--fc", "--json").stdout)
    assert document["schema"] == 1
    assert document["inputs"][1] == {
        "input": [32, 32],
        "window": [3, 3],
        "units": None,
        "fully": 1024,
        "locally": 9,
        "shared": 9,
    }
    [layer] = document["layers"]
    assert [way["parameters"] for way in layer["ways"]] == [30, 20, 4]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ([], 2, "there is nothing to compare"),
        (["vgg16"], 2, "vgg16 has nothing to be compared with"),
        (["vgg16", "vgg99x"], 2, "vgg99x is neither a named network nor a file"),
        (["vgg16", "missing.cnn"], 3, "there is no file missing.cnn"),
        (["vgg16", "input 3x3x1; conv 1x9x9"], 2, "a 9×9 window does not fit in 3×3"),
        (["vgg16", "vgg11", "--input", "3x3"], 2, "belong to --fc"),
        (["--fc", "--input", "axb"], 2, "--input: a is not a whole number"),
        (["--fc", "--input", "3x0"], 2, "--input 3x0 is no size"),
        (["--fc", "--input", "3x3", "--kernel", "4x4"], 2, "a 4×4 window does not fit in 3×3"),
        (["--fc", "input 5; fc 2"], 2, "there is no convolution in"),
    ],
)
def test_bad_input_has_its_exit_code(args: list[str], code: int, said: str) -> None:
    done = cnncalc("compare", *args)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    as_json = cnncalc("compare", *args, "--json")
    assert (as_json.returncode, set(json.loads(as_json.stdout))) == (code, {"schema", "error"})
