"""cnncalc evaluate: how well a trained network does on the test pictures, class by class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson, Force, Gray, Plot, Resize, Run, Threads
from cnncalc.cli.sources import dataset_for

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def evaluate(
    run: Run,
    data: Annotated[str, typer.Option(help="The data set; by default the one it was trained on.")] = "",
    resize: Resize = "",
    gray: Gray = False,
    worst: Annotated[
        int,
        typer.Option(min=0, max=1000, help="Show so many of the worst mistakes, those of the largest loss."),
    ] = 8,
    sheet: Annotated[
        Path | None, typer.Option(help="Write the worst mistakes as a picture, such as mistakes.png.")
    ] = None,
    plot: Plot = None,
    force: Force = False,
    threads: Threads = 0,
    as_json: AsJson = False,
) -> None:
    """Test a trained network on the pictures it has not learned from.

    Precision is the share of those taken for a class that are of it, recall the share of its pictures that were found,
    F1 their harmonic mean; the mean over the classes stands below. Pictures of a folder are brought to the network's
    shape by the rule of the run, or by --resize and --gray.
    """
    import time

    from cnncalc.imaging.drawings import write_drawing
    from cnncalc.imaging.pictures import Picture, check_target, write
    from cnncalc.learning import checkpoint
    from cnncalc.learning.assessment import assess
    from cnncalc.learning.losses import LOSSES, CrossEntropy
    from cnncalc.learning.runs import read_run
    from cnncalc.learning.team import Team
    from cnncalc.numerics.cores import cores
    from cnncalc.render.confusion import mistakes_sheet, show_assessment
    from cnncalc.render.console import say_wrote
    from cnncalc.render.plots import check_plot, evaluation_plot

    if sheet:
        check_target(sheet, overwrite=force)
    if plot:
        check_plot(plot, overwrite=force)
    network, trained = checkpoint.load(run)
    pictures = dataset_for(trained, data, resize, gray=gray)
    inputs = trained.inputs_from(network, pictures)
    loss = LOSSES.get(trained.settings.get("loss", ""), CrossEntropy)()
    with Team(threads or cores()) as team:
        start = time.perf_counter()
        found = assess(network, pictures.test, pictures.classes, inputs, team, loss)
        speed = found.pictures / (time.perf_counter() - start)
    if sheet:
        write(
            sheet, Picture(mistakes_sheet(found.mistakes[:worst], found.classes, pictures)), overwrite=force
        )
    if plot:
        history = read_run(run).history
        write_drawing(plot, evaluation_plot(found, history, plot.suffix.lower()), overwrite=force)
    if as_json:
        head = {"schema": 1, "run": str(run), "data": pictures.name, "images_per_second": speed}
        files = {"sheet": str(sheet) if sheet else None, "plot": str(plot) if plot else None}
        print_json({**head, **found.document(worst), **files})
        return
    show_assessment(found, pictures, speed, worst)
    for file in filter(None, (sheet, plot)):
        say_wrote(file)
