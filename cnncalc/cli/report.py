"""cnncalc report: a run as one HTML page that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.command import Command
from cnncalc.cli.options import Force, Run, Threads
from cnncalc.cli.sources import dataset_for
from cnncalc.errors import CnncalcError

if TYPE_CHECKING:
    from cnncalc.learning.assessment import Assessment
    from cnncalc.learning.checkpoint import Trained
    from cnncalc.learning.data import DataSet
    from cnncalc.learning.network import Network

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def report(
    run: Run,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file to write; by default NAME.html, of the run.")
    ] = None,
    data: Annotated[str, typer.Option(help="The data set; by default the one it was trained on.")] = "",
    worst: Annotated[int, typer.Option(min=0, max=500, help="So many of the worst mistakes.")] = 24,
    force: Force = False,
    threads: Threads = 0,
) -> None:
    """Write a run down as one HTML page: model, settings, curves, confusion matrix, mistakes, filters.

    The page holds its pictures and fetches nothing; it can be mailed, printed, and read without a network.
    """
    from cnncalc.arithmetic.report import analyse
    from cnncalc.imaging.drawings import check_drawing, write_drawing
    from cnncalc.learning import checkpoint
    from cnncalc.learning.runs import read_run
    from cnncalc.render.console import err, say_wrote
    from cnncalc.render.html_report import page

    facts = read_run(run)
    name = run.resolve().parent.name if run.is_file() else run.resolve().name
    target = out or Path(f"{name}.html")
    check_drawing(target, ".html", overwrite=force)
    network, trained = checkpoint.load(run)
    pictures, found, missing = None, None, ""
    try:
        pictures = dataset_for(trained, data, "", gray=False)
        found = assessed(network, trained, pictures, threads)
    except CnncalcError as error:  # what the run itself holds is worth a page, too
        missing = error.message
        err().print(f"without test pictures: {missing}", soft_wrap=True)
    text = page(name, facts, analyse(facts.model), network, pictures, found, worst, missing)
    write_drawing(target, text.encode(), overwrite=force)
    say_wrote(target, f", {len(text.encode()):,} bytes")


def assessed(network: Network, trained: Trained, pictures: DataSet, threads: int) -> Assessment:
    """What the network makes of the test pictures."""
    from cnncalc.learning.assessment import assess
    from cnncalc.learning.losses import LOSSES, CrossEntropy
    from cnncalc.learning.team import Team
    from cnncalc.numerics.cores import cores

    with Team(threads or cores()) as team:
        inputs = trained.inputs_from(network, pictures)
        chosen = LOSSES.get(trained.settings.get("loss", ""), CrossEntropy)()
        return assess(network, pictures.test, pictures.classes, inputs, team, chosen)
