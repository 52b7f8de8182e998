"""The time of `cnncalc shape …` over that of an empty Typer command, whole processes in turn.

    python -m tests.benchmarks.startup [--rounds 15]

Install cnncalc as a wheel for it: an editable installation compiles its modules first.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

EMPTY = "import typer\napp = typer.Typer()\n@app.command()\ndef main() -> None: ...\napp()\n"
SHAPE = ["-m", "cnncalc", "shape", "--input", "32x32x3", "--conv", "10x5x5", "--stride", "1", "--pad", "2"]


def seconds(command: list[str], folder: str) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, env=environment)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "empty.py")
        empty.write_text(EMPTY, encoding="utf-8")
        sides = {"empty Typer command": [str(empty)], "cnncalc shape": SHAPE}
        times: dict[str, list[float]] = {label: [] for label in sides}
        for turn in range(rounds + 1):
            for label, arguments in sides.items():
                taken = seconds([sys.executable, *arguments], folder)
                if turn:  # the first turn warms up
                    times[label].append(taken)
    for label, taken in times.items():
        print(f"{label:20} {1000 * median(taken):6.1f} ms")
    ratios = [b / a for a, b in zip(*times.values(), strict=True)]
    print(f"ratio {median(ratios):.2f} (median of {rounds} rounds)")


if __name__ == "__main__":
    main()
