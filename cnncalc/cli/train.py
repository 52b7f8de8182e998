"""cnncalc train: trains a network on a data set, saves it as it goes, and goes on with what was stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnncalc.cli.command import ModelCommand
from cnncalc.cli.models import model_of
from cnncalc.cli.options import Gray, Resize, Size, Threads, takes
from cnncalc.cli.sources import dataset, rule_of
from cnncalc.errors import CnncalcError, FileError, UsageError, shown
from cnncalc.learning.settings import WHOLE, Settings

if TYPE_CHECKING:
    from cnncalc.learning.checkpoint import Trained
    from cnncalc.learning.data import Rule
    from cnncalc.learning.keeping import Stored
    from cnncalc.learning.transfer import Start

app = typer.Typer(add_completion=False)

FREE = (
    "data",
    "resume",
    "threads",
    "save_every",
    "as_json",
)  # what may be other than it was in a resumed run


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
    settings: Settings,
    data: Annotated[
        str, typer.Argument(help="The data set: a name of cnncalc data list, such as mnist, or a path.")
    ] = "",
    model: Annotated[
        str, typer.Option(help="A named network, a text in quotes, or a file; layers may be options too.")
    ] = "",
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same threads: same network.")] = 0,
    threads: Threads = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the network; by default runs/DATA-1, DATA-2 …")
    ] = None,
    start_from: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="RUN", help="Begin with what this run has learned, not with drawn parameters."
        ),
    ] = None,
    new_head: Annotated[
        bool, typer.Option("--new-head", help="With --from: draw the last fc anew, for the classes at hand.")
    ] = False,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN", help="Go on with a run that was stopped, with its data, settings and threads."
        ),
    ] = None,
    save_every: Annotated[
        float, typer.Option(min=0, help="Seconds between checkpoints within an epoch; 0 is after each batch.")
    ] = 30.0,
    resize: Resize = "",
    size: Size = "",
    gray: Gray = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON for each epoch, and one for the result.")
    ] = False,
) -> None:
    """Train a network on a data set, test it, and save it.

    Without another network named, the default one is trained: cnncalc shape default shows it. After each epoch the
    network is validated on pictures held out of training; at the test pictures it looks once, at the end.

    Ctrl-C finishes the batch, saves, and prints the line that goes on with the run; twice, it stops at once, and the
    last checkpoint is whole. A run that was stopped, even killed, and resumed ends with the same network, bit for bit.

    --json prints a document a line, as it comes: {"event": "epoch", "epoch", "epochs", "loss", "accuracy",
    "validation_loss", "validation_accuracy", "images_per_second", "seconds"} after each epoch, and as the last line
    {"event": "result" or "stopped", "run", "settings", "history", "test"}, or {"error"}; each with its "schema".
    """
    from cnncalc.learning.folder import held, named_folder, new_folder

    rule = rule_of(resize, size, gray)
    if resume:
        go_on(ctx, resume, settings, rule)
        return
    if not data:
        raise UsageError("which data set?", "cnncalc train mnist; cnncalc data list shows those with a name")
    from cnncalc.cli.sessions import see_through
    from cnncalc.learning.evaluation import inputs_for
    from cnncalc.learning.keeping import Keeper, begun
    from cnncalc.learning.network import Network
    from cnncalc.learning.team import Team
    from cnncalc.numerics.cores import cores

    with Team(threads or cores(), processes=True) as team:  # who start while the data are read
        flags = ctx.meta["flags"]
        pictures = dataset(data, rule)
        start = start_of(start_from, bool(model or flags), settings, new_head=new_head)
        if start:
            network = Network(start.model(len(pictures.classes), settings.freeze), frozen=settings.freeze)
        else:
            network = Network(model_of(model or ("" if flags else "default"), flags, input=pictures.shape))
        inputs_for(network, pictures)  # whether they fit, before anything is written
        folder = named_folder(out) if out else new_folder(pictures.slug, Path("runs"))
        with held(folder):
            training, trained = begun(network, pictures, rule, settings, team, seed, start)
            see_through(Keeper(training, folder, trained, save_every), as_json=as_json)


def start_of(run: Path | None, other: bool, settings: Settings, *, new_head: bool) -> Start | None:
    """What a training begins from, if that is a run; raises UsageError where options do not go together."""
    if not run:
        if new_head or settings.freeze:
            option = "--new-head" if new_head else "--freeze"
            raise UsageError(f"{option} is for what has been learned", "name the run with --from RUN")
        return None
    if other:
        raise UsageError("--from brings its own model", "leave out --model and layers, or --from")
    from cnncalc.learning.checkpoint import load
    from cnncalc.learning.transfer import Start

    return Start(*load(run), str(run), new_head)


def go_on(ctx: typer.Context, run: Path, settings: Settings, rule: Rule) -> None:
    """Takes up a run that was stopped; of one that is over it shows the outcome."""
    from cnncalc.cli.sessions import see_through, show_outcome
    from cnncalc.learning.checkpoint import file_of, load
    from cnncalc.learning.folder import begun_in, held
    from cnncalc.learning.keeping import Keeper, resumed, stored
    from cnncalc.learning.team import Team
    from cnncalc.render.training import show_changes

    given = ctx.params
    if begun_in(run, file_of(run)):
        raise FileError(
            f"the run in {run} was stopped before anything of it was saved",
            f"begin it again: cnncalc train DATA --out {run}",
        )
    _, trained = load(run)
    folder = file_of(run).parent
    if trained.finished:
        typer.echo(
            f"{shown(run)} is finished: {len(trained.history)} of {len(trained.history)} epochs", err=True
        )
        show_outcome(trained, folder, as_json=given["as_json"])
        return
    with held(folder):
        kept = stored(run)  # again, since another process may have gone on with it until now
        refuse_changes(ctx, kept, settings, rule)
        with Team(given["threads"] or kept.threads, processes=True) as team:
            pictures = data_of(run, trained, given["data"])
            training, trained, changes = resumed(kept, pictures, team)
            show_changes(changes)
            typer.echo(
                f"going on with {shown(run)} in epoch {training.epoch} of {training.settings.epochs}",
                err=True,
            )
            see_through(Keeper(training, folder, trained, given["save_every"]), as_json=given["as_json"])


def data_of(run: Path, trained: Trained, place: str) -> Any:
    """The data set of a run, at another place if one is given; raises FileError."""
    try:
        return dataset(place or trained.data, trained.chosen_rule)
    except CnncalcError as error:
        raise FileError(
            f"the data set of {run} cannot be had: {error.message}",
            f"name where it is now: cnncalc train DATA --resume {run}",
        ) from None


def refuse_changes(ctx: typer.Context, kept: Stored, settings: Settings, rule: Rule) -> None:
    """Raises UsageError where an option asks for something else than the run that is to be resumed has."""
    from cnncalc.layers import write

    run = kept.trained
    said = {
        name
        for name in ctx.params
        if str(getattr(ctx.get_parameter_source(name), "name", "")) == "COMMANDLINE"
    }
    now = {**settings.facts(), "seed": ctx.params["seed"], "resize": rule.resize, "gray": rule.gray}
    was = {**run.settings, "resize": run.chosen_rule.resize, "gray": run.chosen_rule.gray}
    if rule.size:
        now["size"], was["size"] = rule.size, run.chosen_rule.size
    others = [name for name in sorted(said - set(FREE)) if name not in now or now[name] != was.get(name)]
    model, flags = ctx.params["model"], ctx.meta["flags"]
    if "model" in others and write(model_of(model, flags, input=run.picture)) == write(kept.network.model):
        others.remove("model")
    elif flags and not model and write(model_of("", flags, input=run.picture)) != write(kept.network.model):
        others.append("model")
    if others:
        options = ", ".join(f"--{name.removeprefix('start_').replace('_', '-')}" for name in others)
        raise UsageError(
            f"{kept.folder} is resumed as it was begun, and {options} would change it",
            "leave that out; or begin a new run with it",
        )
