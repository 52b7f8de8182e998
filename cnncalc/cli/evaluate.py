"""cnncalc evaluate: how well a trained network does on the test pictures."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson, Gray, Resize, Run, Threads
from cnncalc.cli.sources import dataset_for

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def evaluate(
    run: Run,
    data: Annotated[str, typer.Option(help="The data set; by default the one it was trained on.")] = "",
    resize: Resize = "",
    gray: Gray = False,
    threads: Threads = 0,
    as_json: AsJson = False,
) -> None:
    """Test a trained network on the pictures it has not learned from.

    Pictures of a folder are brought to the network's shape by the rule of the run, or by --resize and --gray.
    """
    import time

    from cnncalc.learning import checkpoint
    from cnncalc.learning.evaluation import evaluate as evaluated
    from cnncalc.learning.losses import LOSSES, CrossEntropy
    from cnncalc.learning.team import Team
    from cnncalc.numerics.cores import cores

    network, trained = checkpoint.load(run)
    pictures = dataset_for(trained, data, resize, gray=gray)
    inputs = trained.inputs_from(network, pictures)
    loss = LOSSES.get(trained.settings.get("loss", ""), CrossEntropy)()
    with Team(threads or cores()) as team:
        start = time.perf_counter()
        score = evaluated(network, pictures.test, inputs, team, loss)
        seconds = time.perf_counter() - start
    examples = len(pictures.test)
    record = {
        "schema": 1,
        "run": str(run),
        "data": pictures.name,
        "pictures": examples,
        "right": score.right,
        "accuracy": score.right / examples,
        "loss": score.loss / examples,
        "loss_name": loss.name,
        "images_per_second": examples / seconds,
    }
    if as_json:
        print_json(record)
        return
    from cnncalc.render.learning import show_evaluation

    show_evaluation(record)
