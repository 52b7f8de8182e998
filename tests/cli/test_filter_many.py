"""cnncalc filter on many pictures, which it shares with processes of its own: nothing of it is to be seen."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from cnncalc.cli.steps import read_step
from cnncalc.imaging import working
from cnncalc.imaging.kernels import CATALOGUE
from cnncalc.numerics import cores
from tests.cli.running import run_here

WITHOUT = ("seconds", "output")


@pytest.fixture
def folder(tmp_path):
    """Forty pictures, gray, colour, transparent, of three formats and several sizes; one is broken."""
    rng = np.random.default_rng(0)
    (tmp_path / "in").mkdir()
    for number in range(40):
        channels = (3, 4, 1)[number % 3]
        pixels = rng.integers(0, 256, (9 + number % 4, 12, channels), dtype=np.uint8)
        ending = "jpg" if channels == 3 and number % 2 else "png"
        Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(
            tmp_path / "in" / f"{number:02}.{ending}"
        )
    (tmp_path / "in" / "20.png").write_bytes(b"no picture")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["--kernel", "sharpen"],
        ["--kernel", "gaussian:sigma=2", "--kernel", "sobel", "--response", "abs"],
        ["--kernel", "maxpool:size=3", "--compare"],
        ["--kernel", "1 2 1 /4", "--suffix", "-raw.npy"],
    ],
)
def test_files_records_errors_and_exit_code_are_those_of_one_process(folder, monkeypatch, words):
    """Byte for byte."""
    monkeypatch.setattr(cores, "cores", lambda: 2)
    found = []
    for most in (1000, 30):
        monkeypatch.setattr(working, "MANY", most)
        done = run_here("filter", "in", *words, "--out", f"out{most}/", "--json", folder=folder)
        assert done.returncode == 3
        assert "20.png" in done.stderr
        document = json.loads(done.stdout)
        found.append(
            (
                [
                    {key: value for key, value in each.items() if key not in WITHOUT}
                    for each in document["pictures"]
                ],
                document["failed"],
                done.stderr,
                {path.name: path.read_bytes() for path in (folder / f"out{most}").iterdir()},
            )
        )
    assert len(found[0][0]) == len(found[0][3]) == 39
    assert found[0] == found[1]


@pytest.mark.parametrize("word", [*CATALOGUE, "0 -1 0; -1 5 -1; 0 -1 0"])
def test_every_step_can_be_handed_to_a_process(word):
    step = read_step(word)
    again = pickle.loads(pickle.dumps(step))
    assert again.name == step.name
    assert again.kernels == step.kernels


@pytest.mark.skipif(sys.platform == "win32", reason="a group of processes is interrupted otherwise there")
def test_ctrl_c_ends_all_with_130_and_whole_files_alone(folder):
    large = np.random.default_rng(1).integers(0, 256, (150, 200, 3), dtype=np.uint8)
    Image.fromarray(large).save(folder / "large.png")
    (folder / "many").mkdir()
    for number in range(600):
        shutil.copy(folder / "large.png", folder / "many" / f"{number}.png")
    command = [sys.executable, "-m", "cnncalc", "filter", "-k", "sharpen", "many", "--out", "out"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        until = time.monotonic() + 60
        while len(list(folder.glob("out/*.png"))) < 100 and time.monotonic() < until:
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, said) == (130, "interrupted\n")
    results = list((folder / "out").iterdir())
    assert 100 <= len(results) < 600
    expected = results[0].read_bytes()
    assert all(path.read_bytes() == expected for path in results)
