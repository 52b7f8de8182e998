"""Times of `cnncalc shape …`, whole processes in turn: an empty Typer command, one layer, a deep network, files.

    python -m tests.benchmarks.startup [--rounds 15] [--json FILE]

Install cnncalc as a wheel for it: an editable installation compiles its modules first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

EMPTY = "import typer\napp = typer.Typer()\n@app.command()\ndef main() -> None: ...\napp()\n"
ONE = ["-m", "cnncalc", "shape", "--input", "32x32x3", "--conv", "10x5x5", "--stride", "1", "--pad", "2"]
STACK = ("conv 16x3x3 pad 1", "relu", "batchnorm", "conv 16x1x1")
LONG = 100_000  # layers
LENGTHS = (LONG // 8, LONG // 4, LONG // 2, LONG)
FORMS = ([], ["--json"], ["--csv"])


def seconds(command: list[str], folder: str) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, env=environment)
    return time.perf_counter() - start


def long_stack(folder: str, layers: int) -> str:
    """A file of so many layers; its name."""
    lines = ["input 64x64x16", *(STACK[index % len(STACK)] for index in range(layers))]
    Path(folder, f"{layers}.cnn").write_text("\n".join(lines), encoding="utf-8")
    return f"{layers}.cnn"


def interleaved(sides: dict[str, list[str]], rounds: int, folder: str) -> dict[str, list[float]]:
    """The times of each command, all of them once in every round; the first round warms up."""
    times: dict[str, list[float]] = {label: [] for label in sides}
    for turn in range(rounds + 1):
        for label, arguments in sides.items():
            taken = seconds([sys.executable, *arguments], folder)
            if turn:
                times[label].append(taken)
    return times


def ratio(above: list[float], below: list[float]) -> float:
    return median(a / b for a, b in zip(above, below, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "empty.py").write_text(EMPTY, encoding="utf-8")
        short = {
            "empty Typer command": ["empty.py"],
            "one layer": ONE,
            "resnet1202": ["-m", "cnncalc", "shape", "resnet1202"],
        }
        times = interleaved(short, asked.rounds, folder)
        files = {
            " ".join([f"{layers:,} layers", *form]): [
                "-m",
                "cnncalc",
                "shape",
                long_stack(folder, layers),
                *form,
            ]
            for layers in LENGTHS
            for form in FORMS
        }
        times |= interleaved(files, max(asked.rounds // 5, 1), folder)
    for label, taken in times.items():
        print(f"{label:24} {1000 * median(taken):8.1f} ms")
    ratios = {
        "one layer / empty Typer command": ratio(times["one layer"], times["empty Typer command"]),
        "resnet1202 / one layer": ratio(times["resnet1202"], times["one layer"]),
        **{
            " ".join([f"{LONG:,} / {LONG // 2:,} layers", *form]): ratio(
                *(times[" ".join([f"{layers:,} layers", *form])] for layers in (LONG, LONG // 2))
            )
            for form in FORMS
        },
    }
    for label, found in ratios.items():
        print(f"{label:34} {found:5.2f}")
    if asked.json:
        medians = {label: median(taken) for label, taken in times.items()}
        asked.json.write_text(json.dumps({"seconds": medians, "ratios": ratios}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
