"""A training as it goes: a table of epochs and a bar on a terminal, a line an epoch elsewhere."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from cnncalc.layers import write_layer
from cnncalc.learning.settings import Settings
from cnncalc.learning.training import Epoch, Progress, Result, Training
from cnncalc.render.console import err, out


class TrainingDisplay:
    """Shows the events of a training on stderr; to be used in a with statement."""

    def __init__(self, training: Training) -> None:
        self.console = err()
        steps = training.network.steps
        layers = " · ".join(write_layer(step.layer) for step in steps if step.layer.word != "flatten")
        self.console.print(Text(layers, style="bold"))
        self.console.print(plan(training))
        self.console.print(recipe(training.settings))
        self.epochs = training.settings.epochs
        self.live: Live | None = None
        self.done: list[Epoch] = []
        self.bar = Bar(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            TextColumn("{task.fields[pace]}"),
            console=self.console,
            auto_refresh=False,
        )
        self.task = self.bar.add_task("", total=1.0, epoch=1, epochs=self.epochs, pace="")

    def __enter__(self) -> TrainingDisplay:
        if self.console.is_terminal:
            self.live = Live(self.bar, console=self.console, refresh_per_second=8)
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live:
            self.live.update(epochs_table(self.done) if self.done else Text(""), refresh=True)
            self.live.stop()

    def show(self, event: Progress | Epoch | Result) -> None:
        """Takes in one event of the training."""
        if isinstance(event, Epoch):
            self.done.append(event)
            if not self.live:
                self.console.print(line(event, self.epochs), soft_wrap=True)
        elif isinstance(event, Progress) and self.live:
            self.bar.update(self.task, completed=event.images / event.of, epoch=event.epoch, pace=pace(event))
        if self.live:
            self.live.update(Group(epochs_table(self.done), self.bar) if self.done else self.bar)


def plan(training: Training) -> str:
    """Parameters, pictures, epochs, batches, threads."""
    data, settings = training.data, training.settings
    size = training.batches.size
    batches = f"batches of {size}" if size < len(training.learned) else "one batch each"
    held_out = f"{len(training.held_out):,} to validate, " if len(training.held_out) else ""
    return (
        f"{training.network.parameters.vector.size:,} parameters; {data.name}: {len(training.learned):,} pictures "
        f"to learn from, {held_out}{len(training.tested):,} to test; "
        f"{plural(settings.epochs, 'epoch')} in {batches}, {plural(training.team.size, 'thread')}"
    )


def recipe(settings: Settings) -> str:
    """The loss, the optimiser and its rate, and what else is not as it would be without being asked for."""
    parts = [
        settings.loss,
        f"{settings.optimiser}, rate {settings.peak:g} {settings.schedule or settings.chosen_schedule.name}",
        f"warm-up {settings.warmup:g}" if settings.warmup else "",
        f"L2 {settings.l2:g}" if settings.l2 else "",
        f"decay {settings.shrink:g}" if settings.shrink else "",
        f"gradient at most {settings.clip:g}" if settings.clip else "",
        f"averaged {settings.average:g}" if settings.average else "",
        f"augmented {settings.augment}" if settings.augment else "",
    ]
    return "; ".join(part for part in parts if part)


def pace(event: Progress) -> str:
    """Images a second, loss, accuracy and time left."""
    speed = ((event.epoch - 1) * event.of + event.images) / event.seconds
    return (
        f"{speed:,.0f} images/s  loss {event.loss:.4f}  accuracy {event.accuracy:.2%}  "
        f"{clock(event.left)} left"
    )


def plural(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number != 1 else ''}"


def clock(seconds: float) -> str:
    """1:05, or 1:02:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def line(epoch: Epoch, epochs: int) -> str:
    held_out = epoch.validation_accuracy
    validation = "" if held_out is None else f"validation {held_out:.2%}  "
    return (
        f"epoch {epoch.epoch}/{epochs}  loss {epoch.loss:.4f}  accuracy {epoch.accuracy:.2%}  {validation}"
        f"{epoch.images_per_second:,.0f} images/s  {clock(epoch.seconds)}"
    )


def epochs_table(epochs: list[Epoch]) -> Table:
    """One row an epoch; loss and accuracy are those on the pictures learned from, as they came.

    The last but two is the accuracy on the validation pictures.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("epoch", "loss", "accuracy", "validation", "images/s", "time"):
        table.add_column(name, justify="right")
    for epoch in epochs:
        table.add_row(
            str(epoch.epoch),
            f"{epoch.loss:.4f}",
            f"{epoch.accuracy:.2%}",
            Text(
                "" if epoch.validation_accuracy is None else f"{epoch.validation_accuracy:.2%}", style="cyan"
            ),
            f"{epoch.images_per_second:,.0f}",
            clock(epoch.seconds),
        )
    return table


def show_result(result: Result, epochs: int, path: Path, folder: Path) -> None:
    """The outcome, where it went, and what to type next."""
    console = out()
    console.print(
        Text.assemble(
            (f"{result.accuracy:.2%}", "bold cyan"),
            f" of {result.pictures:,} test pictures classified rightly",
        )
    )
    if result.epoch < epochs:
        console.print(f"by the network of epoch {result.epoch}, the best on the validation pictures")
    console.print(f"saved as {path}", soft_wrap=True)
    console.print("next:")
    console.print(f"  cnncalc evaluate {folder}", soft_wrap=True)
    console.print(f"  cnncalc predict {folder} PICTURE", soft_wrap=True)


def show_stopped(where: str, line: str) -> None:
    """How far a stopped training is, and the line that goes on with it; on stderr."""
    console = err()
    console.print(f"stopped: {where}", soft_wrap=True)
    console.print("go on with:")
    console.print(f"  {line}", soft_wrap=True)


def show_changes(changes: list[str]) -> None:
    """What a training that is gone on with may come out differently for; on stderr."""
    console = err()
    for change in changes:
        console.print(Text.assemble(("note: ", "bold yellow"), f"since then, {change}"), soft_wrap=True)
    if changes:
        console.print(
            "the last bits of the weights may differ from those of a run that was never stopped",
            soft_wrap=True,
        )
