"""What a trained network takes a picture for."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from cnncalc.errors import shown
from cnncalc.render.console import out
from cnncalc.render.picture import show_picture

BAR = 30  # characters for a probability of one


def show_prediction(record: dict[str, Any], pixels: Any) -> None:
    """Prints what the network sees, and the probability of each class as a bar."""
    console = out()
    found = f": {record['polarity']}, found at {place(record['box'])}" if "box" in record else ""
    console.print(f"{shown(record['picture'])}{found}; the network sees", soft_wrap=True)
    show_picture(console, pixels)
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column()
    full = "█" if "utf" in console.encoding else "#"
    for name, share in record["probabilities"].items():
        style = "bold cyan" if name == record["class"] else ""
        table.add_row(Text(name, style), Text(f"{share:.2%}", style), Text(full * round(share * BAR), style))
    console.print(table)
    console.print(
        Text.assemble("it is a ", (record["class"], "bold cyan"), f" ({record['probability']:.2%})")
    )


def place(box: list[int]) -> str:
    """Width and height of a box, and its left upper corner."""
    top, left, height, width = box
    return f"{width}×{height} pixels from {left},{top}"
