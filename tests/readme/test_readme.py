"""Every command in the README runs, and every picture in it is there."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.running import cnncalc
from tests.readme.pictures import photograph

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
# run as they stand by .ci/run, but for the last, a measurement that is run by hand
ELSEWHERE = [
    "pip install . && cnncalc train mnist",
    "pip install -e '.[dev]' && pytest",
    "pip install --upgrade pip && pip install --group bench && python -m tests.benchmarks.training",
]
COMMANDS = [line for line in LINES if line not in ELSEWHERE]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder but for a photo, and a run such as the first line makes, of a smaller network."""
    folder = tmp_path_factory.mktemp("readme")
    photograph(folder / "photo.jpg")
    done = cnncalc(
        "train",
        "mnist",
        "--conv",
        "8x5x5",
        "--stride",
        "2",
        "--relu",
        "--maxpool",
        "2x2",
        "--fc",
        "10",
        "--epochs",
        "1",
        folder=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("line", COMMANDS)
def test_the_command_runs(line: str, folder: Path) -> None:
    program, *args = shlex.split(line)
    assert program == "cnncalc"
    done = cnncalc(*args, folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_every_command_of_the_program_is_shown() -> None:
    from cnncalc.cli.main import COMMANDS as NAMES

    assert {shlex.split(line)[1] for line in COMMANDS} == set(NAMES)


def test_the_lines_run_elsewhere_are_there_and_ci_runs_them() -> None:
    assert [line for line in LINES if line in ELSEWHERE] == [ELSEWHERE[0], ELSEWHERE[2], ELSEWHERE[1]]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert all(f'readme "{line}"' in ci for line in ELSEWHERE[:2])


def test_every_picture_and_file_that_is_linked_is_there() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert len(targets) > 4
    assert [target for target in targets if not (ROOT / target).is_file()] == []


def test_the_words_it_lists_are_those_of_the_language() -> None:
    from cnncalc.layers import Layer
    from cnncalc.layers.words import modifiers

    listed = re.search(r"Layers: (.*?)`cnncalc shape --help`", README, re.DOTALL)
    assert listed is not None
    words = set(re.findall(r"`(\w+)`", listed[1]))
    assert words >= {cls.word for cls in Layer.known.values()} | set(modifiers())
