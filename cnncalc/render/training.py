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
from cnncalc.learning.data import DataSet
from cnncalc.learning.network import Network
from cnncalc.learning.training import Epoch, Progress, Settings
from cnncalc.render.console import err, out


class TrainingDisplay:
    """Shows the events of a training on stderr; to be used in a with statement."""

    def __init__(self, network: Network, data: DataSet, settings: Settings, threads: int) -> None:
        self.console = err()
        layers = " · ".join(write_layer(step.layer) for step in network.steps if step.layer.word != "flatten")
        self.console.print(Text(layers, style="bold"))
        self.console.print(
            f"{network.parameters.vector.size:,} parameters; "
            f"{data.name}: {len(data.train):,} pictures to learn from, {len(data.test):,} to test; "
            f"{plural(settings.epochs, 'epoch')} in batches of {settings.batch}, {plural(threads, 'thread')}"
        )
        self.epochs = settings.epochs
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

    def show(self, event: Progress | Epoch) -> None:
        """Takes in one event of the training."""
        if isinstance(event, Epoch):
            self.done.append(event)
            if not self.live:
                self.console.print(line(event, self.epochs), soft_wrap=True)
        elif self.live:
            self.bar.update(self.task, completed=event.images / event.of, epoch=event.epoch, pace=pace(event))
        if self.live:
            self.live.update(Group(epochs_table(self.done), self.bar) if self.done else self.bar)


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
    return (
        f"epoch {epoch.epoch}/{epochs}  loss {epoch.loss:.4f}  accuracy {epoch.accuracy:.2%}  "
        f"test {epoch.test_accuracy:.2%}  {epoch.images_per_second:,.0f} images/s  {clock(epoch.seconds)}"
    )


def epochs_table(epochs: list[Epoch]) -> Table:
    """One row an epoch; loss and accuracy are those on the pictures learned from, as they came."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("epoch", "loss", "accuracy", "test accuracy", "images/s", "time"):
        table.add_column(name, justify="right")
    for epoch in epochs:
        table.add_row(
            str(epoch.epoch),
            f"{epoch.loss:.4f}",
            f"{epoch.accuracy:.2%}",
            Text(f"{epoch.test_accuracy:.2%}", style="cyan"),
            f"{epoch.images_per_second:,.0f}",
            clock(epoch.seconds),
        )
    return table


def show_result(last: Epoch, tested: int, path: Path, folder: Path) -> None:
    """The outcome, where it went, and what to type next."""
    console = out()
    console.print(
        Text.assemble(
            (f"{last.test_accuracy:.2%}", "bold cyan"), f" of {tested:,} test pictures classified rightly"
        )
    )
    console.print(f"saved as {path}", soft_wrap=True)
    console.print("next:")
    console.print(f"  cnncalc evaluate {folder}", soft_wrap=True)
    console.print(f"  cnncalc predict {folder} PICTURE", soft_wrap=True)
