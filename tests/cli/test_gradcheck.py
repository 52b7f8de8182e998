"""Gradients checked as a user asks for it."""

import json
from pathlib import Path

import pytest

from cnncalc.layers.activation import Tanh
from tests.cli.running import cnncalc, run_here
from tests.learning.test_gradcheck import spoiled


def test_a_network_whose_gradients_are_right() -> None:
    done = cnncalc(
        "gradcheck", "input 8x8x1; conv 3x3x3", "--relu", "--maxpool", "2x2", "--fc", "4", "--samples", "5"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines[3:6]] == [["1", "conv"], ["weight", "3×1×3×3"], ["bias", "3"]]
    assert lines[-1] == "11 of 11 tensors agree to within 1e-05, 0 disagree, 0 unchecked"
    assert "disagree" not in "".join(lines[:-1])


def test_a_layer_whose_pullback_is_wrong_is_named_and_ends_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled(Tanh, monkeypatch, input=1.01)
    done = run_here("gradcheck", "input 8x8x1; conv 3x3x3; tanh; fc 4")
    assert done.returncode == 1
    assert "layer 2 (tanh): the gradient of input at " in done.stdout
    assert "layer 1" not in done.stdout
    done = run_here("gradcheck", "input 8x8x1; conv 3x3x3; tanh; fc 4", "--json", "--seed", "3")
    assert done.returncode == 1
    record = json.loads(done.stdout)
    assert (record["schema"], record["seed"], record["tolerance"], record["agree"]) == (1, 3, 1e-5, False)
    wrong = [each for each in record["tensors"] if each["verdict"] == "disagree"]
    assert (wrong[0]["path"], wrong[0]["layer"], wrong[0]["tensor"], wrong[0]["places"]) == (
        "1",
        "tanh",
        "input",
        20,
    )
    assert wrong[0]["error"] == pytest.approx(0.01 / 1.01, rel=1e-3)
    assert wrong[0]["analytic"] == pytest.approx(1.01 * wrong[0]["numeric"])
    assert {each["path"] for each in wrong} == {"1", "network"}


def test_a_file_and_a_name_will_do_and_bad_input_is_said(tmp_path: Path) -> None:
    (tmp_path / "net.cnn").write_text("input 4x4x1\nresidual { conv 1x3x3 pad 1 }\nfc 2\n")
    assert run_here("gradcheck", "net.cnn", "--samples", "2", folder=tmp_path).returncode == 0
    late = run_here("gradcheck", "lenet5", "--seconds", "0.1", "--samples", "100000")
    assert late.returncode == 0
    assert "the time was up" in late.stdout
    assert run_here("gradcheck", "input 4x4x1; conv 3x9x9").returncode == 2
    assert run_here("gradcheck", "no-such-network").returncode == 2
    assert run_here("gradcheck", "lenet5", "--samples", "0").returncode == 2
