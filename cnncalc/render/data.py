"""Data sets as people look at them: the list, a download as it goes, files compared, figures and examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from cnncalc.errors import shown
from cnncalc.layers import show
from cnncalc.learning.data import DataSet, Entry
from cnncalc.learning.data.fetching import Event, Failed, Fetched, Waiting
from cnncalc.learning.data.mirrors import Received, Trying
from cnncalc.learning.data.summary import examples
from cnncalc.learning.data.verifying import Verified
from cnncalc.render.console import err, out, say_wrote
from cnncalc.render.picture import show_picture
from cnncalc.render.progress import BarDisplay

THUMB = 16  # columns that an example takes in the terminal at most
EXAMPLES = 2  # of each class, one above the other
MOST_CLASSES = 20  # that are shown
COLUMNS: dict[str, Literal["left", "right"]] = {
    "name": "left",
    "pictures": "right",
    "of": "left",
    "classes": "right",
    "licence": "left",
    "where": "left",
}
MOST_FAULTS = 20  # that are listed


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def show_list(rows: list[dict[str, Any]], cache: Path | None) -> None:
    """One row a data set."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for name, justify in COLUMNS.items():
        table.add_column(name, justify=justify)
    for row in rows:
        table.add_row(
            Text(row["name"], "bold cyan"),
            f"{row['train']:,}+{row['test']:,}",
            show(tuple(row["shape"])),
            str(len(row["classes"])),
            row["licence"],
            row["where"] or Text(f"to fetch: {megabytes(row['bytes'])}", "dim"),
        )
    console = out()
    console.print(table)
    console.print(Text(f"cnncalc data fetch NAME brings one into {cache}", "dim"), soft_wrap=True)


class FetchDisplay(BarDisplay):
    """Shows on stderr what comes from where; to be used in a with statement."""

    def __init__(self, entry: Entry) -> None:
        self.console = err()
        self.console.print(
            f"fetching {entry.name}, {megabytes(entry.size)} (licence: {entry.licence}; {entry.citation})",
            soft_wrap=True,
        )
        super().__init__(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            total=None,
            visible=False,
        )

    def show(self, event: Event) -> None:
        """Takes in one event of the fetching."""
        if isinstance(event, Received):
            self.bar.update(self.task, completed=event.bytes, total=event.of)
            return
        if isinstance(event, Trying):
            self.bar.reset(self.task, description=event.file, completed=event.start, visible=True)
            resumed = f", from byte {event.start:,} on" if event.start else ""
            text = f"  {event.url}{resumed}"
        elif isinstance(event, Failed):
            text = f"  failed: {event.reason}"
        elif isinstance(event, Fetched):
            text = f"  {event.file} is here, and genuine"
        elif isinstance(event, Waiting):
            text = f"another process is fetching into {event.folder}; waiting for it"
        self.console.print(text, soft_wrap=True)


def show_fetched(entry: Entry, record: dict[str, Any]) -> None:
    """Where the data set is now, and what to type next."""
    console = out()
    done = "fetched, every file genuine" if record["fetched"] else "is here already, every file genuine"
    console.print(Text.assemble((entry.name, "bold cyan"), f" {done} ({record['where']})"))
    for file in record["files"]:
        console.print(f"  {shown(file)}", soft_wrap=True)
    console.print(f"next: cnncalc train {entry.name}")


def watched(files: Iterable[Verified]) -> Iterator[Verified]:
    """The files as they come, counted on a terminal."""
    console = err()
    with console.status("") as status:
        for number, file in enumerate(files, 1):
            status.update(f"{number:,} looked at: {file.file.name}")
            yield file


def show_verified(what: str, files: list[Verified]) -> None:
    """Files with a SHA-256 one by one, place by place; of pictures only those that are not good."""
    console = out()
    for folder, group in groupby(files, lambda file: file.file.parent):
        hashed = [file for file in group if file.sha256 or file.published]
        if not hashed:
            continue
        places = {file.file for file in hashed}
        console.print(shown(folder if len(places) > 1 else places.pop()), soft_wrap=True)
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
        for file in hashed:
            table.add_row(f"  {file.part}", f"SHA-256 {file.sha256[:16] or '?'}…", verdict(file))
        console.print(table)
    faults = [file for file in files if not file.good]
    for fault in list(dict.fromkeys(file.fault for file in faults))[:MOST_FAULTS]:
        console.print(Text(fault, style="red"), soft_wrap=True)
    if len(faults) > MOST_FAULTS:
        console.print(f"and {len(faults) - MOST_FAULTS:,} more")
    ending = "all good" if not faults else f"{len(faults):,} not good"
    console.print(Text.assemble((what, "bold cyan"), f": {len(files):,} files, {ending}"), soft_wrap=True)


def verdict(file: Verified) -> Text:
    """In a word."""
    if not file.good:
        return Text("not good", "bold red")
    return Text("genuine", "green") if file.published else Text("readable")


def show_summary(record: dict[str, Any], data: DataSet) -> None:
    """The figures, the pictures of each class, and examples."""
    console = out()
    parts = record["counts"]
    sizes = ", ".join(f"{sum(counts):,} {name}" for name, counts in parts.items())
    console.print(
        Text.assemble((data.name, "bold cyan"), f": {sizes} pictures of {show(data.shape)}"), soft_wrap=True
    )
    console.print(f"found: {data.origin}", soft_wrap=True)
    console.print(f"pixels: mean {data.mean:.4f}, deviation {data.deviation:.4f} on a scale of 0 to 1")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("class")
    for name in parts:
        table.add_column(name, justify="right")
    for label, name in enumerate(data.classes[:MOST_CLASSES]):
        table.add_row(Text(name), *(f"{counts[label]:,}" for counts in parts.values()))
    console.print(table)
    more = len(data.classes) - MOST_CLASSES
    if more > 0:
        console.print(f"and {more:,} classes more")
    show_examples(data)
    if record["sheet"]:
        say_wrote(record["sheet"])


def show_examples(data: DataSet) -> None:
    """Examples of each class in the terminal, as many classes side by side as there is room for."""
    import numpy as np

    console = out()
    thumb = min(THUMB, console.width, data.shape[1])
    across = max(1, (console.width + 1) // (thumb + 1))
    labels = range(min(len(data.classes), MOST_CLASSES))
    for first in range(0, len(labels), across):
        band = labels[first : first + across]
        names = (data.classes[label][:thumb].ljust(thumb) for label in band)
        console.print(Text(" ".join(names), "bold"), soft_wrap=True)
        columns = [column(examples(data.train, label, EXAMPLES), thumb) for label in band]
        gap = np.zeros((*columns[0].shape[:1], 1, 3), np.uint8)
        show_picture(
            console, np.concatenate([part for picture in columns for part in (picture, gap)][:-1], axis=1)
        )


def column(pictures: Any, thumb: int) -> Any:
    """Pictures one above the other, (EXAMPLES · h, thumb, 3), black where there are fewer."""
    import numpy as np

    from cnncalc.render.picture import scale

    height = max(2, scale(np.zeros((*pictures.shape[1:3], 3), np.uint8), thumb, 1.0).shape[0])
    height += height % 2  # two pixels a line
    canvas = np.zeros((EXAMPLES * height, thumb, 3), np.uint8)
    for number, pixels in enumerate(pictures):
        small = scale(pixels[..., 0] if pixels.shape[2] == 1 else pixels, thumb, 1.0)
        canvas[number * height : number * height + len(small), : small.shape[1]] = small
    return canvas
