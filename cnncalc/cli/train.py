"""cnncalc train: trains a network on a data set and saves it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.command import ModelCommand, print_json
from cnncalc.cli.models import model_of
from cnncalc.cli.options import Threads

app = typer.Typer(add_completion=False)


@app.command(cls=ModelCommand)
def train(
    ctx: typer.Context,
    data: Annotated[str, typer.Argument(help="The data set: mnist, which ships with cnncalc.")],
    model: Annotated[
        str, typer.Option(help="A named network, a text in quotes, or a file; layers may be options too.")
    ] = "",
    epochs: Annotated[int, typer.Option(min=1, help="How often every picture is seen.")] = 3,
    batch: Annotated[int, typer.Option(min=1, help="Pictures per step.")] = 128,
    rate: Annotated[float, typer.Option(min=0.0, help="Highest learning rate.")] = 0.005,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same threads: same network.")] = 0,
    threads: Threads = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the network; by default runs/DATA-1, DATA-2 …")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document at the end.")] = False,
) -> None:
    """Train a network on a data set, test it, and save it.

    Without another network named, the default one is trained: cnncalc shape default shows it.
    """
    import numpy as np

    from cnncalc.learning import checkpoint
    from cnncalc.learning.data import load
    from cnncalc.learning.network import Network
    from cnncalc.learning.team import Team
    from cnncalc.learning.training import Epoch, Settings, inputs_for, train
    from cnncalc.numerics.cores import cores
    from cnncalc.render.training import TrainingDisplay

    flags = ctx.meta["flags"]
    settings = Settings(epochs, batch, rate)
    pictures = load(data)
    network = Network(model_of(model or ("" if flags else "default"), flags, input=pictures.shape))
    inputs_for(network, pictures)  # whether they fit, before anything is written
    folder = checkpoint.named_folder(out) if out else checkpoint.new_folder(data, Path("runs"))
    rng = np.random.default_rng(seed)
    network.initialise(rng)
    history: list[Epoch] = []
    try:
        with (
            Team(threads or cores()) as team,
            TrainingDisplay(network, pictures, settings, team.size) as display,
        ):
            for event in train(network, pictures, settings, team, rng):
                display.show(event)
                if isinstance(event, Epoch):
                    history.append(event)
        facts = {**asdict(settings), "seed": seed, "threads": team.size}
        trained = checkpoint.Trained.on(pictures, facts, [epoch._asdict() for epoch in history])
        path = checkpoint.save(network, trained, folder)
    except BaseException:
        checkpoint.discard(folder)
        raise
    if as_json:
        print_json({"schema": 1, "run": str(folder), "settings": facts, "history": trained.history})
        return
    from cnncalc.render.training import show_result

    show_result(history[-1], len(pictures.test), path, folder)
