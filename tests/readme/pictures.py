"""Makes the README's pictures anew from the commands that they show.

    python -m tests.readme.pictures

Terminal shots are what rich saves of the commands' own output; a training needs a minute.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.text import Text

FOLDER = Path(__file__).parent
SHOTS = {  # name of the file, columns, command
    "shape.svg": (84, "cnncalc shape --input 32x32x3 --conv 10x5x5 --stride 1 --pad 2"),
    "error.svg": (84, 'cnncalc shape "input 12x12x1; conv 8x3x3; maxpool 2x2; conv 8x9x9"'),
    "train.svg": (84, "cnncalc train mnist"),
    "predict.svg": (84, "cnncalc predict runs/mnist-1 photo.jpg"),
}


def shot(name: str, folder: Path) -> None:
    """Runs the command in the folder and saves what a terminal would show of it."""
    columns, command = SHOTS[name]
    surroundings = {**os.environ, "COLUMNS": str(columns), "FORCE_COLOR": "1", "COLORTERM": "truecolor"}
    surroundings.pop("NO_COLOR", None)
    words = re.findall(r'"[^"]*"|\S+', command)[1:]
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc", *(word.strip('"') for word in words)],
        cwd=folder,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    console = Console(record=True, width=columns, file=open(os.devnull, "w"), force_terminal=True)  # noqa: PTH123, SIM115
    console.print(Text("$ " + command, style="bold green"))
    console.print(Text.from_ansi(settled(done.stdout)))
    svg = console.export_svg(title="cnncalc", unique_id=name.partition(".")[0])
    own = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # fonts are the reader's, not fetched
    (FOLDER / name).write_text(own.replace("Fira Code, monospace", "monospace"), encoding="utf-8")


def settled(output: str) -> str:
    """What is left on the screen behind a live display: of that only the last frame."""
    before, _, rest = output.partition("\x1b[?25l")
    live, _, after = rest.rpartition("\x1b[?25h")
    return before + re.split(r"(?:\r|\x1b\[2K|\x1b\[1A)+", live)[-1] + after


def photograph(path: Path) -> None:
    """A handwritten digit on paper in uneven light."""
    import numpy as np

    from cnncalc.learning.data import load

    test = load("mnist").test
    digit = Image.fromarray(test.images[test.labels == 4][3, ..., 0]).resize(
        (420, 420), Image.Resampling.BICUBIC
    )
    ink = np.zeros((600, 800))
    ink[100:520, 230:650] = np.asarray(digit) / 255
    light = np.linspace(1.0, 0.62, 800) * np.linspace(1.0, 0.85, 600)[:, None]
    grain = np.random.default_rng(0).normal(0, 3, (600, 800, 1))
    paper, pen = np.array([244, 238, 222]), np.array([28, 42, 120])
    colours = (paper * (1 - ink[..., None]) + pen * ink[..., None]) * light[..., None] + grain
    Image.fromarray(colours.clip(0, 255).astype(np.uint8)).save(path, quality=88)


def filtered(folder: Path) -> None:
    """The photo and what three kernels make of it, side by side."""
    names = ("sharpen", "edge-all")
    for name in names:
        command = ["filter", "samples/chelsea.png", "--kernel", name]
        subprocess.run(
            [sys.executable, "-m", "cnncalc", *command], cwd=folder, check=True, stdout=subprocess.DEVNULL
        )
    files = [
        FOLDER.parents[1] / "samples" / "chelsea.png",
        *(folder / f"chelsea-{name}.png" for name in names),
    ]
    part = (90, 30, 410, 230)  # the face
    parts = [Image.open(file).convert("RGB").crop(part) for file in files]
    sheet = Image.new("RGB", (len(parts) * 328 - 8, 200), "white")
    for i, each in enumerate(parts):
        sheet.paste(each, (i * 328, 0))
    sheet.save(FOLDER / "filter.jpg", quality=88)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filtered(folder)
        photograph(folder / "photo.jpg")
        for shot_name in SHOTS:
            shot(shot_name, folder)


if __name__ == "__main__":
    main()
