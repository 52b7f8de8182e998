"""cnncalc data: which data sets there are, fetching them, checking them, looking at them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cnncalc.cli.command import Command, Group, print_json
from cnncalc.cli.options import AsJson, Gray, Resize, Size
from cnncalc.cli.sources import dataset, rule_of, sources

app = typer.Typer(
    name="data",
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    help="Data sets: list, fetch, verify and show them.",
)

What = Annotated[
    str,
    typer.Argument(
        help="A name, or a path: class folders of pictures, IDX files, an .npz, CIFAR-10's archive."
    ),
]


@app.command("list", cls=Command)
def list_command(as_json: AsJson = False) -> None:
    """List the data sets that are known by name, and where they were found."""
    from cnncalc.learning.data import DATASETS
    from cnncalc.learning.data.places import find

    places = sources()
    rows = []
    for entry in DATASETS.values():
        found = next(find(entry, places), None)
        rows.append(
            {
                "name": entry.name,
                "what": entry.what,
                "train": entry.train,
                "test": entry.test,
                "shape": list(entry.shape),
                "classes": list(entry.classes),
                "licence": entry.licence,
                "citation": entry.citation,
                "bytes": entry.size,
                "where": found.where if found else None,
                "path": str(found.path) if found else None,
            }
        )
    if as_json:
        print_json({"schema": 1, "cache": str(places.cache), "data": rows})
        return
    from cnncalc.render.data import show_list

    show_list(rows, places.cache)


@app.command(cls=Command)
def fetch(
    name: Annotated[str, typer.Argument(help="The name of a data set; cnncalc data list shows them.")],
    force: Annotated[
        bool, typer.Option("--force", help="Fetch it although it lies elsewhere already.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch a data set into the cache, from the first mirror that gives it unchanged."""
    from cnncalc.errors import UsageError, nearest
    from cnncalc.learning.data import DATASETS
    from cnncalc.learning.data.fetching import Fetched
    from cnncalc.learning.data.fetching import fetch as fetched
    from cnncalc.learning.data.places import check, find
    from cnncalc.render.data import FetchDisplay, show_fetched

    if name not in DATASETS:
        raise UsageError(f"unknown data set {name}", nearest(name, DATASETS))
    entry, places = DATASETS[name], sources()
    record: dict[str, Any] = {"schema": 1, "name": name, "fetched": False, "where": None, "files": []}
    for found in find(entry, places) if not force else ():
        if all(part.genuine for part in check(entry, found)):
            record |= {"where": found.where, "files": [str(file) for file in found.files]}
            break
    else:
        with FetchDisplay(entry) as display:
            for event in fetched(entry, places):
                display.show(event)
                if isinstance(event, Fetched):
                    record["files"].append(str(event.path))
        record |= {"fetched": True, "where": "in the cache"}
    if as_json:
        print_json(record)
    else:
        show_fetched(entry, record)


@app.command(cls=Command)
def verify(what: What, as_json: AsJson = False) -> None:
    """Compare each file of a data set with what was published, or see whether it can be read.

    The exit code is 3 if one is not good.
    """
    from cnncalc.learning.data.verifying import verify as verified
    from cnncalc.render.data import show_verified, watched

    files = list(watched(verified(what, sources())))
    good = bool(files) and all(file.good for file in files)
    if as_json:
        rows = [{**file._asdict(), "file": str(file.file)} for file in files]
        print_json({"schema": 1, "data": what, "good": good, "files": rows})
    else:
        show_verified(what, files)
    if not good:
        raise typer.Exit(3)


@app.command(cls=Command)
def show(
    what: What,
    resize: Resize = "",
    size: Size = "",
    gray: Gray = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write examples of each class as a picture.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a data set holds: pictures of each class, their number, mean and deviation, and examples."""
    from cnncalc.imaging.pictures import Picture, check_target, write
    from cnncalc.learning.data.summary import summary

    if out:
        check_target(out, overwrite=force)
    data = dataset(what, rule_of(resize, size, gray))
    record = {"schema": 1, **asdict(summary(data)), "sheet": str(out) if out else None}
    if out:
        from cnncalc.render.sheet import sheet

        write(out, Picture(sheet(data)), overwrite=force)
    if as_json:
        print_json(record)
        return
    from cnncalc.render.data import show_summary

    show_summary(record, data)
