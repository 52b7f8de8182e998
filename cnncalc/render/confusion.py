"""What was taken for what, in the terminal: the matrix, the figures of each class, the worst mistakes as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cnncalc.learning.assessment import Assessment, Mistake
from cnncalc.learning.data import DataSet
from cnncalc.render.console import out
from cnncalc.render.grids import is_plain
from cnncalc.render.picture import scale, show_picture

LONGEST = 12  # letters of a class name in a table
MOST_PAIRS = 10  # that are listed where the matrix is too wide
MOST_CLASSES = 40  # rows of the table
THUMB = 19  # columns that a mistake takes


def percent(part: float | None) -> str:
    return "–" if part is None else f"{part:.2%}"


def show_assessment(
    assessment: Assessment, data: DataSet, speed: float, worst: int, console: Console | None = None
) -> None:
    """Prints accuracy, matrix, classes and so many of the worst mistakes."""
    console = console or out()
    wrong = assessment.pictures - assessment.right
    console.print(
        Text.assemble(
            (f"{assessment.accuracy:.2%}", "bold cyan"),
            f" of {assessment.pictures:,} test pictures of {data.name} classified rightly, {wrong:,} wrongly; "
            f"standard error {assessment.standard_error:.2%}",
        ),
        soft_wrap=True,
    )
    console.print(f"mean {assessment.loss_name} {assessment.loss:.4f}; {speed:,.0f} images/s")
    titles = [Text(title, "bold") for title in ("class, and what it was taken for", "the classes one by one")]
    matrix, classes = matrix_table(assessment, console), class_table(assessment)
    first = matrix or pairs_table(assessment)
    console.print()
    if matrix and sum(console.measure(each).maximum for each in (matrix, classes)) + 4 <= console.width:
        together = Table.grid(padding=(0, 4, 0, 0))
        together.add_row(*titles)
        together.add_row(first, classes)
        console.print(together)
    else:
        console.print(titles[0], first, Text(), titles[1], classes, sep="\n")
    if worst and assessment.mistakes:
        console.print(Text("\nthe worst mistakes", "bold"))
        show_mistakes(assessment.mistakes[:worst], assessment.classes, data, console)


def short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def matrix_table(assessment: Assessment, console: Console) -> Table | None:
    """A row a class, a column for what it was taken for; None where the terminal is too narrow."""
    names = [short(name) for name in assessment.classes]
    heads = names
    largest = max(max(row) for row in assessment.matrix)
    cell = max(len(f"{largest:,}"), 3)
    if max(map(cell_len, names)) > cell:  # the columns are as wide as their numbers: a number for each class
        heads = [str(label) for label in range(len(names))]
        names = [f"{name} {head}" for name, head in zip(names, heads, strict=True)]
    if max(map(cell_len, names)) + 2 + len(names) * (cell + 1) > console.width:
        return None
    plain = is_plain(console)
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("", justify="right", style="bold", no_wrap=True)
    for head in heads:
        table.add_column(Text(head), justify="right", no_wrap=True, width=cell)
    for label, row in enumerate(assessment.matrix):
        wrong = max((n for guess, n in enumerate(row) if guess != label), default=0)
        cells = [
            Text(f"{n:,}" if n else ("." if plain else "·"), tint(n, wrong, right=guess == label))
            for guess, n in enumerate(row)
        ]
        table.add_row(Text(names[label]), *cells)
    return table


def tint(pictures: int, most: int, *, right: bool) -> str:
    """Right ones are green; of the wrong ones those that are most in their row are red."""
    if right:
        return "green"
    if not pictures:
        return "dim"
    return "bold red" if pictures == most and most > 1 else "yellow"


def pairs_table(assessment: Assessment) -> Table:
    """The classes that are most often mixed up."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("class", "taken for"):
        table.add_column(name)
    table.add_column("pictures", justify="right")
    for pair in assessment.confusions()[:MOST_PAIRS]:
        names = (assessment.classes[pair.label], assessment.classes[pair.guess])
        table.add_row(*map(Text, names), f"{pair.pictures:,}")
    return table


def class_table(assessment: Assessment) -> Table:
    """Precision, recall, F1 and the number of pictures of each class, and their means."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("class", no_wrap=True)
    for name in ("precision", "recall", "F1", "pictures"):
        table.add_column(name, justify="right")
    rows = assessment.by_class()
    for row in rows[:MOST_CLASSES]:
        figures = map(percent, (row.precision, row.recall, row.f1))
        table.add_row(Text(short(row.name)), *figures, f"{row.support:,}")
    if len(rows) > MOST_CLASSES:
        table.add_row(f"and {len(rows) - MOST_CLASSES:,} more")
    table.add_row("mean", *map(percent, assessment.means()), f"{assessment.pictures:,}", style="bold")
    return table


def caption(mistake: Mistake, classes: Sequence[str]) -> tuple[str, str, str]:
    """Three short lines: which picture, what it is and what it was taken for, how sure and how wrong."""
    return (
        f"picture {mistake.picture}",
        f"{classes[mistake.label]}, not {classes[mistake.guess]}",
        f"{mistake.probability:.1%}, loss {mistake.loss:.2f}",
    )


def show_mistakes(
    mistakes: Sequence[Mistake], classes: Sequence[str], data: DataSet, console: Console
) -> None:
    """The pictures side by side, each under what it is and what it was taken for."""
    import numpy as np

    thumb = min(THUMB, console.width)
    across = max(1, (console.width + 1) // (thumb + 1))
    for first in range(0, len(mistakes), across):
        band = mistakes[first : first + across]
        for line in zip(*(caption(mistake, classes) for mistake in band), strict=True):
            words = " ".join(words[:thumb].ljust(thumb) for words in line)
            console.print(Text(words.rstrip()), soft_wrap=True)
        canvas = None
        for i, mistake in enumerate(band):
            pixels = scale(flat(data.test.images[mistake.picture]), thumb, 1.0)
            if canvas is None:
                canvas = np.zeros((pixels.shape[0], len(band) * (thumb + 1) - 1, 3), np.uint8)
            canvas[:, i * (thumb + 1) : i * (thumb + 1) + pixels.shape[1]] = pixels
        show_picture(console, canvas)


def flat(pixels: Any) -> Any:
    """(H, W) where there is one channel; of others than one and three the mean."""
    channels = pixels.shape[2]
    return (
        pixels[..., 0]
        if channels == 1
        else pixels
        if channels == 3
        else pixels.mean(axis=2).astype(pixels.dtype)
    )


def mistakes_sheet(mistakes: Sequence[Mistake], classes: Sequence[str], data: DataSet) -> Any:
    """The pictures with their captions as pixels (H, W, 3), for a file."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    tile, gap, size, across = 140, 16, 13, 6
    font = ImageFont.load_default(size)
    rows = -(-max(len(mistakes), 1) // across)
    columns = max(1, min(across, len(mistakes)))
    height = tile + 3 * (size + 4) + gap
    canvas = Image.new("RGB", (columns * (tile + gap) + gap, rows * height + gap), (32, 32, 32))
    drawing = ImageDraw.Draw(canvas)
    for i, mistake in enumerate(mistakes):
        left, top = gap + i % across * (tile + gap), gap + i // across * height
        image = Image.fromarray(flat(data.test.images[mistake.picture])).convert("RGB")
        factor = tile / max(image.size)
        method = Image.Resampling.NEAREST if factor >= 1 else Image.Resampling.BOX
        fitted = tuple(max(1, round(side * factor)) for side in image.size)
        canvas.paste(image.resize((fitted[0], fitted[1]), method), (left, top))
        for line, words in enumerate(caption(mistake, classes)):
            while words and font.getlength(words) > tile:
                words = words[:-1]
            drawing.text((left, top + tile + 4 + line * (size + 4)), words, (230, 230, 230), font)
    return np.asarray(canvas)
