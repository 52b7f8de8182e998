"""The command group: what it lists, what it answers to a slip, and what it does without UTF-8."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from cnncalc import __version__
from cnncalc.cli.main import COMMANDS
from tests.cli.running import cnncalc, run_here


def test_help_lists_every_command_with_what_it_is_for() -> None:
    shown = cnncalc("--help").stdout
    for name in COMMANDS:
        assert any(line.split()[1:2] == [name] and len(line.split()) > 3 for line in shown.splitlines()), name


def test_the_version_is_printed() -> None:
    assert cnncalc("--version").stdout.strip() == f"cnncalc {__version__}"


@pytest.mark.parametrize(
    ("words", "fact", "remedy"),
    [
        ("trian mnist", "there is no command trian", "did you mean train?"),
        ("data lst", "there is no command lst", "did you mean list?"),
        ("data xyz", "there is no command xyz", "data --help lists the commands"),
        ("--verison", "No such option: --verison", "--help lists the options"),
        ("data list --jsno", "No such option: --jsno", "data list --help lists the options"),
    ],
)
def test_a_slip_is_an_error_like_any_other(words: str, fact: str, remedy: str) -> None:
    done = run_here(*words.split())
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"error: {fact}")
    assert second.startswith("hint: ")
    assert second.endswith(remedy)


def test_a_slip_is_a_document_where_documents_are_asked_for() -> None:
    done = run_here("shpe", "lenet5", "--json")
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout)["error"]["message"] == "there is no command shpe"


@pytest.mark.parametrize("words", [[], ["data"]])
def test_a_group_alone_shows_its_help(words: list[str]) -> None:
    done = run_here(*words)
    assert done.returncode == 2
    assert "Commands" in done.stdout + done.stderr
    assert "error" not in done.stdout + done.stderr


def test_the_paragraphs_of_help_fill_their_lines() -> None:
    for name in ("solve", "filter", "train"):
        shown = cnncalc(name, "--help", COLUMNS="72").stdout
        lines = [line.strip() for line in shown.partition("╭")[0].splitlines()]
        full = [(line, following) for line, following in pairwise(lines) if line and following]
        assert full
        for line, following in full:  # the next word would not have had room
            assert len(line) + 1 + len(following.split()[0]) > 70, line


def test_a_stream_without_utf_8_gets_plain_signs() -> None:
    done = cnncalc("shape", "input 8x8x1; conv 2x3x3 stride 2; conv 2x9x9", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert "3x3x2" in done.stdout
    assert "error: a 9x9 window does not fit in 3x3 (padding 0)" in done.stderr
    shape = cnncalc("shape", "input 8x8x1; conv 2x3x3 pad 1", PYTHONIOENCODING="ascii")
    assert "(8 - 3 + 2*1)/1 + 1 = 8" in shape.stdout


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["shape", "input", "28x28x1;", "conv", "3x3x3"], "a model of several words stands in quotes"),
        (["draw", "lenet5", "vgg16"], "a model of several words stands in quotes"),
        (["train", "mnist", "lenet5"], "name the network with --model"),
        (["filter", "samples/camera.png", "-k", ""], "cnncalc kernels lists them"),
        (["train", "mnist", "--augment", "shift:x"], "it is written pixels=NUMBER"),
    ],
)
def test_what_newcomers_write_has_a_remedy(words: list[str], remedy: str, tmp_path: Path) -> None:
    done = run_here(*words, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"hint: {remedy}"
    assert list(tmp_path.iterdir()) == []
