"""cnncalc knn: classifies test pictures by the training pictures that are most like them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson, Threads
from cnncalc.cli.sources import dataset

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def knn(
    data: Annotated[
        str, typer.Argument(help="The data set: a name of cnncalc data list, such as mnist, or a path.")
    ],
    metric: Annotated[
        str, typer.Option(help="How far apart pictures are: l1, Σ|a − b|, or l2, √Σ(a − b)².")
    ] = "l2",
    k: Annotated[int, typer.Option("--k", min=1, help="How many nearest neighbours vote.")] = 1,
    limit: Annotated[int, typer.Option(min=0, help="Only so many test pictures, the first; 0 is all.")] = 0,
    show: Annotated[
        int, typer.Option(min=0, help="Show so many of them beside their neighbours, wrong ones first.")
    ] = 0,
    threads: Threads = 0,
    as_json: AsJson = False,
) -> None:
    """Classify test pictures by a vote of the nearest training pictures.

    Nothing is learned: each test picture is compared to all training pictures. Where classes have equally many
    votes, the first of them counts; of neighbours equally near, the first in the training set.
    """
    import time

    from cnncalc.learning.neighbours import classified, search
    from cnncalc.learning.team import Team
    from cnncalc.numerics.cores import cores
    from cnncalc.render.neighbours import SearchDisplay

    pictures = dataset(data)
    queries = pictures.test.images[: limit or None]
    start = time.perf_counter()
    found = []
    with Team(threads or cores()) as team, SearchDisplay(len(queries)) as display:
        for part in search(queries, pictures.train.images[:], k, metric, team):
            found.append(part)
            display.show(part)
    seconds = time.perf_counter() - start
    cases = classified(found, pictures, metric)
    right = sum(case.right for case in cases)
    cases.sort(key=lambda case: case.right)
    record = {
        "schema": 1,
        "data": pictures.name,
        "metric": metric,
        "k": k,
        "pictures": len(queries),
        "neighbours_among": len(pictures.train),
        "right": right,
        "accuracy": right / max(len(queries), 1),
        "seconds": seconds,
        "wrong": [case.index for case in cases if not case.right],
        "shown": [asdict(case) for case in cases[:show]],
    }
    if as_json:
        print_json(record)
        return
    from cnncalc.render.neighbours import show_neighbours

    show_neighbours(record, pictures)
