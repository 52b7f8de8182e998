"""Whole processes side by side: cnncalc filter, vips, GraphicsMagick, ImageMagick, an OpenCV script.

    python -m tests.benchmarks.commands [--rounds 7] [--json FILE] [--only png jpeg many large]

Sharpens a 12-megapixel photo PNG → PNG and JPEG → JPEG, 1,000 small pictures in one go, and a 100-megapixel PNG whose
peak memory is read. The tools take turns within a round; the median of the ratios to each is printed. The pictures are
made of a shipped photo with noise. Install cnncalc as a wheel for it: an editable installation compiles first.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from cnncalc.shipped import sample

WEIGHTS = "-1,-1,-1,-1,9,-1,-1,-1,-1"
OPENCV = """
import sys, cv2, numpy
kernel = numpy.full((3, 3), -1, numpy.float32)
kernel[1, 1] = 9
cv2.imwrite(sys.argv[2], cv2.filter2D(cv2.imread(sys.argv[1], cv2.IMREAD_UNCHANGED), -1, kernel))
"""
OURS = "cnncalc"
Command = Callable[[Path, Path], list[str]]
Figures = dict[str, dict[str, float]]  # by tool


def photo(height: int, width: int, seed: int = 0) -> np.ndarray:
    """The shipped photo, enlarged, side by side and with the noise of a camera."""
    rng = np.random.default_rng(seed)
    with Image.open(str(sample("chelsea.png"))) as image:
        tile = np.asarray(image.convert("RGB").resize((1000, 1000), Image.Resampling.LANCZOS)).astype(
            np.float32
        )
    out = np.empty((height, width, 3), np.uint8)
    for y in range(0, height, 1000):
        for x in range(0, width, 1000):
            there = out[y : y + 1000, x : x + 1000]
            noisy = tile[: there.shape[0], : there.shape[1]] + rng.normal(0, 2.5, there.shape)
            there[...] = np.clip(np.rint(noisy), 0, 255)
    return out


def tools(folder: Path) -> dict[str, Command]:
    """The commands that sharpen one file into another, of the tools that are here."""
    script = folder / "sharpen.py"
    script.write_text(OPENCV, encoding="utf-8")
    matrix = folder / "sharpen.mat"
    matrix.write_text("3 3 1 0\n-1 -1 -1\n-1 9 -1\n-1 -1 -1\n", encoding="utf-8")
    found: dict[str, Command] = {OURS: lambda a, b: [*ours(), str(a), "--out", str(b), "--force"]}
    if vips := shutil.which("vips"):
        found["vips"] = lambda a, b: [vips, "conv", str(a), str(b), str(matrix), "--precision", "integer"]
    if gm := shutil.which("gm"):
        found["GraphicsMagick"] = lambda a, b: [gm, "convert", str(a), "-convolve", WEIGHTS, str(b)]
    if magick := image_magick():
        found["ImageMagick"] = lambda a, b: [
            magick,
            str(a),
            "-morphology",
            "Convolve",
            f"3x3:{WEIGHTS}",
            str(b),
        ]
    if not subprocess.run([sys.executable, "-c", "import cv2"], capture_output=True, check=False).returncode:
        found["OpenCV script"] = lambda a, b: [sys.executable, str(script), str(a), str(b)]
    return found


def ours() -> list[str]:
    return [sys.executable, "-m", "cnncalc", "filter", "--kernel", "sharpen"]


def image_magick() -> str | None:
    """ImageMagick's own program, and not another that has the name of convert."""
    for name in ("magick", "convert-im6", "convert"):
        path = shutil.which(name)
        if path and "ImageMagick" in output([path, "--version"]):
            return path
    return None


def output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()


def versions() -> dict[str, str]:
    """The first line that each tool says of its version."""
    asked = {
        "cnncalc": [sys.executable, "-m", "cnncalc", "--version"],
        "vips": ["vips", "--version"],
        "GraphicsMagick": ["gm", "version"],
        "ImageMagick": [image_magick() or "", "--version"],
        "OpenCV": [sys.executable, "-c", "import cv2; print(cv2.__version__)"],
        "Pillow": [sys.executable, "-c", "import PIL; print(PIL.__version__)"],
        "numpy": [sys.executable, "-c", "import numpy; print(numpy.__version__)"],
    }
    return {
        name: output(command).splitlines()[0][:60]
        for name, command in asked.items()
        if shutil.which(command[0])
    }


# a small process starts each command: a child's peak memory counts from that of the process it was copied from
RUNNER = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(json.dumps([time.perf_counter() - start, os.waitstatus_to_exitcode(status), usage.ru_maxrss]))
"""


def run(command: list[str], folder: Path | None = None) -> tuple[float, float]:
    """Seconds of the whole process, and its peak memory in MB."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    runner = [sys.executable, "-c", RUNNER, *command]
    done = subprocess.run(runner, check=True, capture_output=True, text=True, env=environment, cwd=folder)
    taken, code, peak = json.loads(done.stdout)
    if code:
        raise SystemExit(f"exit code {code}: {' '.join(command)[:200]}")
    return taken, peak / (1e6 if sys.platform == "darwin" else 1e3 / 1.024)


def race(
    commands: dict[str, list[str]],
    rounds: int,
    before: Callable[[], None] = lambda: None,
    folder: Path | None = None,
) -> Figures:
    """Times each command in turn in the folder, and sets ours in relation to the others."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    peaks: dict[str, float] = dict.fromkeys(commands, 0.0)
    for turn in range(rounds + 1):
        for name, command in commands.items():
            before()
            taken, peak = run(command, folder)
            peaks[name] = max(peaks[name], peak)
            if turn:  # the first turn warms up
                times[name].append(taken)
    return {
        name: {
            "seconds": round(median(taken), 4),
            "ours_over_it": round(median(a / b for a, b in zip(times[OURS], taken, strict=True)), 3),
            "peak_mb": round(peaks[name], 1),
        }
        for name, taken in times.items()
    }


def one_picture(folder: Path, suffix: str, rounds: int) -> Figures:
    source = folder / f"photo{suffix}"
    Image.fromarray(photo(3000, 4000)).save(source)
    targets = {name: folder / f"{name.split()[0]}{suffix}" for name in tools(folder)}
    result = race({name: command(source, targets[name]) for name, command in tools(folder).items()}, rounds)
    for name, target in targets.items():
        result[name]["file_mb"] = round(target.stat().st_size / 1e6, 2)
    return result


def many_pictures(folder: Path, rounds: int) -> Figures:
    sources, theirs, results = folder / "small", folder / "mogrified", folder / "filtered"
    sources.mkdir()
    large = photo(3000, 4000, seed=1)
    for number in range(1000):
        y, x = divmod(number * 97, 3800)
        small = np.ascontiguousarray(large[y * 60 % 2800 :, x:][:96, :128])
        Image.fromarray(small).save(sources / f"{number:04}.png")

    def afresh() -> None:
        shutil.rmtree(theirs, ignore_errors=True)
        shutil.rmtree(results, ignore_errors=True)
        theirs.mkdir()

    commands = {OURS: [*ours(), str(sources), "--out", str(results)]}
    if gm := shutil.which("gm"):
        files = [path.name for path in sorted(sources.iterdir())]
        commands["GraphicsMagick"] = [
            gm,
            "mogrify",
            "-output-directory",
            str(theirs),
            "-convolve",
            WEIGHTS,
            *files,
        ]
    return race(commands, rounds, afresh, sources)


def large_picture(folder: Path) -> dict[str, float]:
    source = folder / "large.png"
    Image.fromarray(photo(10_000, 10_000, seed=2)).save(source, compress_level=1)
    seconds, peak = run([*ours(), str(source), "--out", str(folder / "out.png")])
    return {"seconds": round(seconds, 2), "peak_mb": round(peak, 1), "above_decoded_mb": round(peak - 300, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", nargs="+", default=["png", "jpeg", "many", "large"])
    wanted = parser.parse_args()
    document: dict[str, object] = {"versions": versions(), "processors": os.cpu_count()}
    print("  ".join(f"{name} {version}" for name, version in versions().items()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        races: dict[str, Callable[[], Figures]] = {
            "png": lambda: one_picture(folder, ".png", wanted.rounds),
            "jpeg": lambda: one_picture(folder, ".jpg", wanted.rounds),
            "many": lambda: many_pictures(folder, wanted.rounds),
        }
        for title, measured in races.items():
            if title not in wanted.only:
                continue
            document[title] = result = measured()
            print(f"\n{title:16} {'ms':>7} {'cnncalc ÷ it':>13} {'peak MB':>8} {'file MB':>8}")
            for tool, figures in result.items():
                print(
                    f"{tool:16} {1000 * figures['seconds']:7.0f} {figures['ours_over_it']:13.2f} "
                    f"{figures['peak_mb']:8.0f} {figures.get('file_mb', float('nan')):8.2f}"
                )
        if "large" in wanted.only:
            document["large"] = large = large_picture(folder)
            print(f"\n100 megapixels, PNG: {large}")
    if wanted.json:
        wanted.json.write_text(json.dumps(document, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
