"""Nearest neighbours: how far the search is, how many votes were right, and pictures beside their neighbours."""

from __future__ import annotations

from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from cnncalc.learning.data import DataSet
from cnncalc.learning.neighbours import Found
from cnncalc.render.console import out
from cnncalc.render.picture import show_picture
from cnncalc.render.progress import BarDisplay

GAP = 2  # pixels between pictures


class SearchDisplay(BarDisplay):
    """A bar on stderr while a search goes on, where that is a terminal; to be used in a with statement."""

    def __init__(self, pictures: int) -> None:
        columns = TextColumn("comparing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        super().__init__(*columns, total=pictures)

    def show(self, part: Found) -> None:
        """Takes in what was found for some more pictures."""
        self.bar.advance(self.task, len(part.indices))


def show_neighbours(record: dict[str, Any], data: DataSet) -> None:
    """Prints the accuracy and the pictures that are to be shown, each at the left of its neighbours."""
    console = out()
    for case in record["shown"]:
        near = ", ".join(f"{each['label']} at {each['distance']:,.0f}" for each in case["neighbours"])
        style = "green" if case["label"] == case["taken_for"] else "red"
        console.print(
            Text.assemble(
                f"test picture {case['index']}: {case['label']}, taken for ",
                (case["taken_for"], f"bold {style}"),
                f"; nearest: {near}",
            )
        )
        show_picture(console, side_by_side(case, data))
    console.print(
        Text.assemble(
            (f"{record['accuracy']:.2%}", "bold cyan"),
            f" of {record['pictures']:,} test pictures of {record['data']} classified rightly "
            f"by {votes(record['k'])} of {record['neighbours_among']:,} ({record['metric'].upper()})",
        ),
        soft_wrap=True,
    )
    console.print(f"{record['seconds']:.1f} s, {record['pictures'] / record['seconds']:,.0f} pictures/s")


def votes(k: int) -> str:
    return "the nearest neighbour" if k == 1 else f"a vote of the {k} nearest neighbours"


def side_by_side(case: dict[str, Any], data: DataSet) -> Any:
    """A picture and its neighbours in a row, (H, W) or (H, W, 3) uint8."""
    import numpy as np

    images = [data.test.images[case["index"]]]
    images += [data.train.images[each["index"]] for each in case["neighbours"]]
    height, width, channels = images[0].shape
    sheet = np.full((height, len(images) * (width + GAP) - GAP, channels), 64, np.uint8)
    for i, image in enumerate(images):
        sheet[:, i * (width + GAP) : i * (width + GAP) + width] = image
    return sheet[..., 0] if channels == 1 else sheet
