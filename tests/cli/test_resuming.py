"""Trainings that are killed, stopped, starved or run into each other, as a user meets them; nothing is lost."""

import json
import os
import random
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

from tests.cli.running import cnncalc, run_here
from tests.learning.sets import bars

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals are sent in another way there")
NET = ["--conv", "6x3x3", "--batchnorm", "--relu", "--maxpool", "2x2", "--dropout", "0.1", "--fc", "4"]
ALL = [
    *("--batch", "20", "--augment", "shift:1,flip", "--average", "0.9", "--optimiser", "adamw"),
    "--threads",
    "2",
]
LONG = ["--epochs", "100000", *ALL]  # hours


def data(folder: Path, train: int = 300) -> Path:
    """Bars as an .npz."""
    pictures = bars(train)
    path = folder / "bars.npz"
    parts = {"train": pictures.train, "test": pictures.test}
    arrays = {
        f"{axis}_{name}": value
        for name, part in parts.items()
        for axis, value in zip("xy", (part.images, part.labels), strict=True)
    }
    np.savez(path, **arrays)
    return path


def started(*args: str, folder: Path, **options: object) -> "subprocess.Popen[str]":
    surroundings = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "cnncalc", *args],
        cwd=folder,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        **options,  # type: ignore[call-overload]
    )


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def weights(run: Path) -> dict[str, bytes]:
    return {name: value.tobytes() for name, value in load_file(run / "model.safetensors").items()}


def facts(run: Path) -> dict[str, str]:
    with safe_open(run / "model.safetensors", framework="numpy") as file:
        return dict(file.metadata())


def is_under_way(run: Path) -> bool:
    """Whether some batches are in its file; it is whole whenever one looks."""
    return (run / "model.safetensors").exists() and json.loads(facts(run)["training"])["batch"] > 2


def stopped_once(folder: Path, *more: str) -> Path:
    """A run that was asked to stop on its way."""
    process = started(
        "train", "bars.npz", *NET, *LONG, "--save-every", "0", "--out", "cut", *more, folder=folder
    )
    until(lambda: is_under_way(folder / "cut"))
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 130
    return folder / "cut"


def killed_and_resumed(folder: Path, kills: int, epochs: int, seed: int) -> None:
    """Kills runs at random moments and goes on with them, until there were so many; each ends as one that was not."""
    chance = random.Random(seed)
    options = [*NET, *ALL, "--epochs", str(epochs), "--save-every", "0"]
    begun = time.monotonic()
    assert cnncalc("train", "bars.npz", *options, "--out", "whole", folder=folder).returncode == 0
    whole = time.monotonic() - begun
    run, runs = folder / "run0", 0
    while True:
        fresh = not (run / "model.safetensors").exists()
        words = (
            ["train", "bars.npz", *options, "--out", run.name] if fresh else ["train", "--resume", run.name]
        )
        process = started(*words, folder=folder)
        if kills:
            until(lambda: process.poll() is not None or (run / ".lock").exists())  # noqa: B023 - it ends in here
            time.sleep(chance.uniform(0, whole / 3))
            kills -= process.poll() is None
            process.kill()
        _, err = process.communicate(timeout=100)
        if process.returncode == -9 or (os.name == "nt" and process.returncode == 1):
            continue
        assert process.returncode == 0, err
        assert weights(run) == weights(folder / "whole")
        assert sorted(file.name for file in run.iterdir()) == [".lock", "model.safetensors"]
        runs += 1
        if not kills:
            return
        run = folder / f"run{runs}"


def test_a_run_that_is_killed_at_random_moments_ends_with_the_same_bytes(tmp_path: Path) -> None:
    data(tmp_path, train=200)
    killed_and_resumed(tmp_path, kills=5, epochs=4, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_killed_ten_times(tmp_path: Path, seed: int) -> None:
    data(tmp_path)
    killed_and_resumed(tmp_path, kills=10, epochs=10, seed=seed)


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_prints_a_line_that_resumes(tmp_path: Path, number: signal.Signals) -> None:
    """The line is pasted into a shell, and ends where the run would have."""
    folder = tmp_path / "a folder's"
    folder.mkdir()
    data(folder)
    options = [*NET, *ALL, "--epochs", "8", "--save-every", "1000"]
    process = started("train", "bars.npz", *options, "--out", "the run's", "--json", folder=folder)
    run = folder / "the run's"
    until(lambda: (run / "model.safetensors").exists())
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    record = json.loads(out.splitlines()[-1])
    *_, where, go_on, line = err.splitlines()
    assert where.startswith(
        f"stopped: {run.name} has the training as it was in epoch {record['epoch']} of 8, after "
    )
    assert (go_on, line.strip()) == ("go on with:", record["resume"])
    assert shlex.split(record["resume"])[-3:] == ["train", "--resume", "the run's"]
    again = subprocess.run(
        record["resume"], shell=True, cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )
    assert again.returncode == 0, again.stderr
    assert cnncalc("train", "bars.npz", *options, "--out", "whole", folder=folder).returncode == 0
    assert weights(run) == weights(folder / "whole")
    for json_too in ([], ["--json"]):
        finished = cnncalc("train", "--resume", "the run's", *json_too, folder=folder)
        assert finished.returncode == 0
        assert "the run's is finished: 8 of 8 epochs" in finished.stderr
        assert finished.stdout == again.stdout or json.loads(finished.stdout)["test"]["pictures"] == 100


@POSIX
def test_a_second_signal_stops_at_once_and_the_last_checkpoint_is_whole(tmp_path: Path) -> None:
    """The whole set in one batch, of a network that takes seconds for it."""
    data(tmp_path, train=20_000)
    net = [
        "--conv",
        "64x5x5",
        "--pad",
        "2",
        "--relu",
        "--conv",
        "64x5x5",
        "--pad",
        "2",
        "--relu",
        "--fc",
        "4",
    ]
    process = started("train", "bars.npz", *net, "--batch", "all", "--out", "run", folder=tmp_path)
    model = tmp_path / "run" / "model.safetensors"
    until(model.exists)
    before = model.read_bytes()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - sent < 30  # the batch takes longer on any machine
    assert process.returncode == 130
    assert "once more stops at once" in err
    assert "in epoch 1 of 3, after 0 of 18,334 images" in err
    assert "train --resume run" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert model.read_bytes() == before
    assert not (tmp_path / "run" / "model.safetensors.part").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the workers as Linux lists them")
def test_a_signal_to_the_workers_too_saves_as_one_to_the_first(tmp_path: Path) -> None:
    """As service managers and clusters send it."""
    data(tmp_path)
    process = started("train", "bars.npz", *NET, *LONG, "--save-every", "0", "--out", "run", folder=tmp_path)
    until(lambda: is_under_way(tmp_path / "run"))
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert listed
    for worker in map(int, listed):
        os.kill(worker, signal.SIGTERM)
    before = facts(tmp_path / "run")
    until(lambda: facts(tmp_path / "run") != before)  # it goes on
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines()[-1].endswith("train --resume run")
    assert not any(Path(f"/proc/{worker}").exists() for worker in listed)


@POSIX
def test_what_would_change_a_resumed_run_is_refused(tmp_path: Path) -> None:
    data(tmp_path)
    run = stopped_once(tmp_path)
    before = (run / "model.safetensors").read_bytes()
    for options, name in (
        (["--rate", "0.1"], "--rate"),
        (["--epochs", "7"], "--epochs"),
        (["--seed", "1"], "--seed"),
        (["--out", "elsewhere"], "--out"),
        (["--fc", "4"], "--model"),
        (["--model", "lenet5", "--fc", "4"], "--model"),
        (["--batch", "all"], "--batch"),
        (["--augment", "shift:2"], "--augment"),
        (["--gray"], "--gray"),
    ):
        done = run_here("train", "--resume", "cut", *options, folder=tmp_path)
        assert done.returncode == 2, options
        assert f"{name} would change it" in done.stderr, options
        assert "leave that out" in done.stderr
    assert (run / "model.safetensors").read_bytes() == before
    same = started("train", "bars.npz", *NET, *LONG, "--save-every", "0", "--resume", "cut", folder=tmp_path)
    until(lambda: (run / "model.safetensors").read_bytes() != before)
    same.send_signal(signal.SIGINT)
    same.communicate(timeout=60)
    assert same.returncode == 130


@POSIX
def test_data_that_are_gone_or_have_changed_stop_a_resumed_run_before_it_begins(tmp_path: Path) -> None:
    path = data(tmp_path)
    run = stopped_once(tmp_path)
    before = (run / "model.safetensors").read_bytes()
    path.rename(tmp_path / "moved.npz")
    gone = cnncalc("train", "--resume", "cut", folder=tmp_path)
    assert gone.returncode == 3
    assert "the data set of cut cannot be had: there is nothing at bars.npz" in gone.stderr
    assert "cnncalc train DATA --resume cut" in gone.stderr
    path = data(tmp_path, train=299)
    changed = cnncalc("train", "--resume", "cut", folder=tmp_path)
    assert changed.returncode == 3
    assert "bars.npz has changed since cut began: it has 299 train pictures, and it had 300" in changed.stderr
    assert (run / "model.safetensors").read_bytes() == before
    moved = started("train", "moved.npz", "--resume", "cut", "--threads", "1", folder=tmp_path)
    until(lambda: (run / "model.safetensors").read_bytes() != before)
    moved.send_signal(signal.SIGINT)
    _, err = moved.communicate(timeout=60)
    assert moved.returncode == 130
    assert "note: since then, threads were 2, are 1" in err
    assert json.loads(facts(run)["data"]) == "moved.npz"


@POSIX
def test_two_runs_into_one_folder_are_kept_apart(tmp_path: Path) -> None:
    data(tmp_path)
    first = started("train", "bars.npz", *NET, *LONG, "--save-every", "0", "--out", "run", folder=tmp_path)
    until(lambda: is_under_way(tmp_path / "run"))
    second = cnncalc("train", "--resume", "run", folder=tmp_path)
    assert second.returncode == 3
    assert "another cnncalc is training into run" in second.stderr
    third = cnncalc("train", "bars.npz", *NET, "--epochs", "1", "--out", "run", folder=tmp_path)
    assert third.returncode == 3
    assert "nothing in it is overwritten" in third.stderr
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert first.returncode == 130


@POSIX
@pytest.mark.parametrize("bytes_left", [1000, 10_000])
def test_a_disk_that_takes_no_more_is_an_error_and_nothing_is_lost(tmp_path: Path, bytes_left: int) -> None:
    """A limit on the size of files stands in for a full disk: at the start, and when the best network comes in."""
    import resource

    data(tmp_path)
    # one thread, as the memory that several workers share counts as a file here
    options = [*NET, *LONG, "--save-every", "0", "--out", "run", "--threads", "1"]
    small = started(
        "train",
        "bars.npz",
        *options,
        folder=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, bytes_left)),
    )
    _, err = small.communicate(timeout=100)
    assert small.returncode == 3, err
    assert "cannot be written to: File too large" in err
    assert "Traceback" not in err
    if bytes_left < 2000:
        assert not (tmp_path / "run").exists()
        return
    assert "run has the training as it was in epoch" in err
    assert err.splitlines()[-1].endswith("train --resume run")
    assert "-m cnncalc train --resume run" in err
    assert sorted(file.name for file in (tmp_path / "run").iterdir()) == [".lock", "model.safetensors"]
    assert cnncalc("evaluate", "run", folder=tmp_path).returncode == 0


def test_a_loss_that_is_not_finite_keeps_the_last_good_state(tmp_path: Path) -> None:
    data(tmp_path)
    deep = ["--fc", "50", "--identity", "--fc", "50", "--identity", "--fc", "4"]
    done = cnncalc(
        "train", "bars.npz", *deep, "--rate", "1e30", "--epochs", "9", "--out", "run", folder=tmp_path
    )
    assert done.returncode == 5
    assert "no longer finite" in done.stderr
    assert "try a smaller learning rate, such as --rate 1e+29" in done.stderr
    assert "run has the training as it was in epoch 1 of 9" in " ".join(done.stderr.split())
    assert all(
        np.isfinite(value).all() for value in load_file(tmp_path / "run" / "model.safetensors").values()
    )


def test_a_run_that_was_killed_before_it_had_a_file_says_so(tmp_path: Path) -> None:
    data(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").touch()
    (tmp_path / "run" / "model.safetensors.part").write_bytes(b"half")
    done = cnncalc("train", "--resume", "run", folder=tmp_path)
    assert done.returncode == 3
    assert "stopped before anything of it was saved" in done.stderr
    assert "cnncalc train DATA --out run" in done.stderr
    again = cnncalc("train", "bars.npz", "--fc", "4", "--epochs", "1", "--out", "run", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert sorted(file.name for file in (tmp_path / "run").iterdir()) == [".lock", "model.safetensors"]
