"""Gradients checked: a bar while it goes on, and a table of what agreed and what did not."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.table import Table
from rich.text import Text

from cnncalc.layers import number
from cnncalc.learning.gradcheck import STEPS, WHOLE, Check
from cnncalc.render.console import out
from cnncalc.render.progress import BarDisplay

STYLES = {"agree": "green", "disagree": "bold red", "unchecked": "yellow"}


class CheckDisplay(BarDisplay):
    """A bar on stderr while the layers are checked, where that is a terminal; to be used in a with statement."""

    def __init__(self, tensors: int) -> None:
        columns = TextColumn("checking {task.description}"), BarColumn(), MofNCompleteColumn()
        super().__init__(*columns, total=tensors)

    def show(self, found: Check) -> None:
        """Takes in what has been checked last."""
        self.bar.update(self.task, advance=1, description=f"layer {number(found.path)}")


def show_checks(checks: list[Check], tolerance: float) -> None:
    """Prints one line a tensor, and what it comes to."""
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1))
    for heading, justify in (("layer", "left"), ("tensor", "left"), ("places", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]  # a tuple widens it to str
    table.add_column("worst error", justify="right")
    table.add_column("at", no_wrap=True)
    table.add_column("verdict")
    before = ""
    for found in checks:
        name = WHOLE if found.path == WHOLE else f"{number(found.path)} {found.layer}"
        size = "×".join(map(str, found.shape))
        table.add_row(
            Text(name if name != before else "", "cyan"),
            Text.assemble(found.tensor, (f" {size}", "dim")),
            f"{found.places:,}",
            "" if found.error is None else f"{found.error:.1e}",
            "" if found.place is None else ",".join(map(str, found.place)),
            verdict(found),
        )
        before = name
    console = out()
    console.print(table)
    wrong = [found for found in checks if found.verdict == "disagree"]
    for found in wrong:
        where = f"layer {number(found.path)} ({found.layer})" if found.layer else "the whole network"
        console.print(
            Text.assemble(
                (f"{where}: ", "bold red"),
                f"the gradient of {found.tensor} at {','.join(map(str, found.place or ()))} is "
                f"{found.analytic:.9g} by the layer, {found.numeric:.9g} by differences",
            ),
            soft_wrap=True,
        )
    right = sum(found.verdict == "agree" for found in checks)
    console.print(
        f"{right} of {len(checks)} tensors agree to within {tolerance:g}, "
        f"{len(wrong)} disagree, {len(checks) - right - len(wrong)} unchecked",
        soft_wrap=True,
    )
    if any(found.smaller or found.redrawn for found in checks):
        console.print(
            f"kinks: beside one, a step below {STEPS[0]:g} was taken; on one there is no derivative, "
            "and another place was drawn",
            style="dim",
            soft_wrap=True,
        )


def verdict(found: Check) -> Text:
    """Agree, disagree or unchecked, and what is to be known of it."""
    kinks = [f"{found.smaller} beside a kink"] if found.smaller else []
    kinks += [f"{found.redrawn} redrawn"] if found.redrawn else []
    notes = ", ".join([*([found.note] if found.note else []), *kinks])
    return Text.assemble((found.verdict, STYLES[found.verdict]), (f" ({notes})" if notes else "", "dim"))
