"""cnncalc zoo as a user calls it."""

import json
from pathlib import Path

from tests.cli.running import run_here as cnncalc


def test_every_network_has_a_line_that_fits() -> None:
    done = cnncalc("zoo")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "vgg16 2015 224×224×3 138,357,544 15,470,264,320 Simonyan, Zisserman" in lines
    assert "wavenet-50 2016 8000×256 1,515,968 11,878,400,000 van den Oord et al." in lines
    assert all(len(line) <= 100 for line in done.stdout.splitlines())
    document = json.loads(cnncalc("zoo", "--json").stdout)
    assert document["schema"] == 1
    assert [line.split()[0] for line in lines[1:-1]] == [entry["name"] for entry in document["networks"]]
    assert {"name": "vgg16", "year": 2015, "parameters": 138_357_544, "depth": 16}.items() <= next(
        entry for entry in document["networks"] if entry["name"] == "vgg16"
    ).items()


def test_the_facts_of_one() -> None:
    lines = [" ".join(line.split()) for line in cnncalc("zoo", "lenet5-1998").stdout.splitlines()]
    assert lines[1].startswith("source LeCun, Bottou, Bengio, Haffner 1998, Gradient-based")
    assert "parameters 60,840, 840 of them fixed" in lines
    assert "field 32×32, of a unit of the last map" in lines
    document = json.loads(cnncalc("zoo", "LeNet_5_1998", "--json").stdout)
    assert (document["trainable"], document["text"].splitlines()[2]) == (60_000, "input 32x32x1")


def test_its_text_is_a_model_file(tmp_path: Path) -> None:
    text = cnncalc("zoo", "resnet50", "--text").stdout
    assert text.splitlines()[:2] == [
        "# resnet50: ResNet-50 with the stride on the 3×3 (v1.5), as torchvision has it",
        "# He, Zhang, Ren, Sun 2016, Deep residual learning for image recognition",
    ]
    assert "repeat 5 {" in text
    (tmp_path / "own.cnn").write_text(text, encoding="utf-8")
    shapes = [cnncalc("shape", spec, "--json", folder=tmp_path).stdout for spec in ("own.cnn", "ResNet-50")]
    assert shapes[0] == shapes[1]


def test_a_file_goes_before_a_name_that_is_only_similar(tmp_path: Path) -> None:
    (tmp_path / "VGG_16").write_text("input 2x2x1; relu", encoding="utf-8")
    document = json.loads(cnncalc("shape", "VGG_16", "--json", folder=tmp_path).stdout)
    assert document["output"] == [2, 2, 1]
    assert json.loads(cnncalc("shape", "VGG_16", "--json").stdout)["output"] == [1000]


def test_a_slip_has_its_nearest_name() -> None:
    for args in (["zoo", "squeezenet1.2"], ["shape", "squeezenet1.2"]):
        done = cnncalc(*args)
        assert done.returncode == 2
        assert "hint: did you mean squeezenet1." in done.stderr
    done = cnncalc("zoo", "--text")
    assert (done.returncode, "--text prints one network" in done.stderr) == (2, True)
