"""A training as a user sees it through: shown, saved, stopped by a signal, gone on with."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cnncalc.cli.command import print_json
from cnncalc.cli.interrupts import Interrupts
from cnncalc.errors import CnncalcError, DivergenceError

if TYPE_CHECKING:
    from cnncalc.learning.checkpoint import Trained
    from cnncalc.learning.keeping import Keeper


def see_through(keeper: Keeper, *, as_json: bool) -> None:
    """Runs the training to its end, shows what came of it, or how it can be gone on with; then exits with 130."""
    from cnncalc.learning.training import Epoch
    from cnncalc.render.training import TrainingDisplay

    with Interrupts() as interrupts:
        try:
            with TrainingDisplay(keeper.training) as display:
                interrupts.told = lambda: display.console.print(
                    "stopping when this batch is done and saved; once more stops at once"
                )
                for event in keeper.run(lambda: interrupts.wanted):
                    display.show(event)
                    if as_json and isinstance(event, Epoch):
                        epochs = keeper.training.settings.epochs
                        print_json({"schema": 1, "event": "epoch", "epochs": epochs, **event._asdict()})
        except KeyboardInterrupt:
            if not any(keeper.saved):
                raise
            keeper.stopped = True
        except CnncalcError as error:
            if any(keeper.saved):
                explain(error, keeper)
            raise
    if keeper.stopped:
        tell_how_to_go_on(keeper, as_json=as_json)
        raise typer.Exit(130)
    show_outcome(keeper.trained, keeper.folder, as_json=as_json)


def explain(error: CnncalcError, keeper: Keeper) -> None:
    """Adds to an error in the midst of a training what is left of it."""
    kept = f"{keeper.folder} has the training {where(keeper)}"
    if isinstance(error, DivergenceError):
        error.hint += f"; {kept}"
    else:
        error.hint = f"{kept}; when this is mended, go on with {resume_line(keeper.folder)}"


def where(keeper: Keeper) -> str:
    """How far the last checkpoint is."""
    epoch, images = keeper.saved
    epochs = keeper.training.settings.epochs
    if epoch > epochs:
        return f"as it was after epoch {epochs}, the last one"
    return (
        f"as it was in epoch {epoch} of {epochs}, after {images:,} of {len(keeper.training.learned):,} images"
    )


def tell_how_to_go_on(keeper: Keeper, *, as_json: bool) -> None:
    """Prints where a training was stopped and the line that goes on with it."""
    line = resume_line(keeper.folder)
    if as_json:
        epoch, images = keeper.saved
        stopped = {"epoch": epoch, "images": images, "resume": line}
        print_json({**document(keeper.trained, keeper.folder), "event": "stopped", **stopped})
    from cnncalc.render.training import show_stopped

    show_stopped(f"{keeper.folder} has the training {where(keeper)}", line)


def show_outcome(trained: Trained, folder: Path, *, as_json: bool) -> None:
    """The outcome of a training that is over."""
    if as_json:
        print_json(document(trained, folder))
        return
    from cnncalc.learning.checkpoint import FILE
    from cnncalc.learning.training import Result
    from cnncalc.render.training import show_result

    show_result(Result(**trained.test), len(trained.history), folder / FILE, folder)


def document(trained: Trained, folder: Path) -> dict[str, Any]:
    """A run as JSON."""
    record = {"settings": trained.settings, "history": trained.history, "test": trained.test}
    return {"schema": 1, "event": "result", "run": str(folder), **record}


def resume_line(folder: Path) -> str:
    """What to paste into this shell to go on with a run, whatever cnncalc was called by."""
    from cnncalc.render.console import typed

    return typed(*program(), "train", "--resume", folder)


def program() -> list[str]:
    """The words that call this program again."""
    own = Path(sys.argv[0])
    if own.name == "__main__.py":
        return [
            Path(sys.executable).name if on_path(Path(sys.executable)) else sys.executable,
            "-m",
            "cnncalc",
        ]
    return [own.stem if os.name == "nt" else own.name] if on_path(own) else [str(own)]


def on_path(file: Path) -> bool:
    """Whether the shell finds this very file by its name alone."""
    found = shutil.which(file.name)
    with suppress(OSError):
        return found is not None and os.path.samefile(found, file)  # noqa: PTH121 - Path's raises on no file too
    return False
