"""The accuracies in the README's table are what its commands come to; hours of training, so run by hand."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.running import cnncalc
from tests.readme.test_readme import README

ROWS = re.findall(r"^\| ([^|]+) \| ([\d.]+) % \| `cnncalc (train [^`]+)` \|$", README, re.MULTILINE)
SPREAD = 0.15  # % between the means of three trainings, on another machine or with other threads


def test_there_are_rows() -> None:
    assert len(ROWS) >= 9


@pytest.mark.slow
@pytest.mark.parametrize(("network", "accuracy", "command"), ROWS, ids=[row[0] for row in ROWS])
def test_a_network_reaches_what_the_readme_says(
    network: str, accuracy: str, command: str, tmp_path: Path
) -> None:
    reached = []
    for seed in range(3):
        words = [*shlex.split(command), "--seed", str(seed), "--json", "--out", str(seed)]
        done = cnncalc(*words, folder=tmp_path, timeout=7200)
        assert done.returncode == 0, done.stderr
        reached.append(100 * json.loads(done.stdout.splitlines()[-1])["test"]["accuracy"])
    assert sum(reached) / 3 == pytest.approx(float(accuracy), abs=SPREAD), network
