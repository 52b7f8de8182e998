"""cnncalc train: trains a network on a data set and saves it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.command import ModelCommand, print_json
from cnncalc.cli.models import model_of
from cnncalc.cli.options import Threads, takes
from cnncalc.cli.sources import dataset
from cnncalc.learning.settings import WHOLE, Settings

app = typer.Typer(add_completion=False)


def read_batch(given: str | int) -> int:
    """A number of pictures, or all; the parser reports what else there is."""
    text = str(given)  # the parser reads its default, too
    if text == "all":
        return WHOLE
    if not text.isdecimal() or not int(text):
        raise typer.BadParameter(f"{text} is neither a number of pictures nor all")
    return int(text)


@app.command(cls=ModelCommand)
@takes(Settings, "How to train", {"batch": read_batch})
def train(
    ctx: typer.Context,
    data: Annotated[
        str, typer.Argument(help="The data set: a name of cnncalc data list, such as mnist, or a path.")
    ],
    settings: Settings,
    model: Annotated[
        str, typer.Option(help="A named network, a text in quotes, or a file; layers may be options too.")
    ] = "",
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same threads: same network.")] = 0,
    threads: Threads = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the network; by default runs/DATA-1, DATA-2 …")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document at the end.")] = False,
) -> None:
    """Train a network on a data set, test it, and save it.

    Without another network named, the default one is trained: cnncalc shape default shows it. After each epoch the
    network is validated on pictures held out of training; at the test pictures it looks once, at the end.
    """
    import numpy as np

    from cnncalc.learning import checkpoint
    from cnncalc.learning.evaluation import inputs_for
    from cnncalc.learning.network import Network
    from cnncalc.learning.team import Team
    from cnncalc.learning.training import Training
    from cnncalc.numerics.cores import cores
    from cnncalc.render.training import TrainingDisplay

    with Team(threads or cores(), processes=True) as team:  # which start while the data are read
        flags = ctx.meta["flags"]
        pictures = dataset(data)
        network = Network(model_of(model or ("" if flags else "default"), flags, input=pictures.shape))
        inputs_for(network, pictures)  # whether they fit, before anything is written
        folder = checkpoint.named_folder(out) if out else checkpoint.new_folder(pictures.slug, Path("runs"))
        rng = np.random.default_rng(seed)
        network.initialise(rng)
        try:
            training = Training(network, pictures, settings, team, rng)
            with TrainingDisplay(training) as display:
                for event in training.run():
                    display.show(event)
            assert training.result is not None  # run() ends with it
            facts = {**settings.facts(), "validation": len(training.held_out), "seed": seed}
            facts["threads"] = team.size
            history = [epoch._asdict() for epoch in training.history]
            trained = checkpoint.Trained.on(pictures, facts, history, training.result._asdict())
            path = checkpoint.save(network, trained, folder)
        except BaseException:
            checkpoint.discard(folder)
            raise
    if as_json:
        record = {"settings": facts, "history": history, "test": trained.test}
        print_json({"schema": 1, "run": str(folder), **record})
        return
    from cnncalc.render.training import show_result

    show_result(training.result, len(history), path, folder)
