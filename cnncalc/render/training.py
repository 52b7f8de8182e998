"""A training as it goes: a table of epochs, curves and a bar on a terminal, a line an epoch elsewhere."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from cnncalc.errors import shown, visible
from cnncalc.layers import write_layer
from cnncalc.learning.runs import best_epoch
from cnncalc.learning.settings import Settings
from cnncalc.learning.training import Epoch, Progress, Result, Training
from cnncalc.render.console import err, out, typed
from cnncalc.render.history import HEIGHT, Trail, clock, curve_lines, epochs_table

PACE = 66  # columns that the figures beside the bar take
CURVES = HEIGHT + 4  # lines that the curves take
LEAST_ROWS = 4  # of the table; where there is no more room, there are no curves


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
        self.done: list[Epoch] = list(training.history)  # a training may go on from an earlier one
        self.trail = Trail(self.epochs, self.done)
        self.left = 0.0
        self.ended = False
        self.bar = Bar(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(max(8, min(40, self.console.width - PACE))),
            TextColumn("{task.fields[pace]}"),
            console=self.console,
            auto_refresh=False,
        )
        self.task = self.bar.add_task("", total=1.0, epoch=training.epoch, epochs=self.epochs, pace="")

    def __enter__(self) -> TrainingDisplay:
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            # drawn when the screen is, not when a batch is done
            self.live = Live(
                get_renderable=self.frame,
                console=self.console,
                refresh_per_second=8,
                redirect_stdout=False,  # the lines of --json go there
            )
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live:
            self.ended = True
            self.live.stop()  # which shows it for the last time

    def show(self, event: Progress | Epoch | Result) -> None:
        """Takes in one event of the training."""
        if isinstance(event, Epoch):
            self.done.append(event)
            if not self.live:
                best = event is best_epoch(self.done)
                self.console.print(line(event, self.epochs, self.left, best=best), soft_wrap=True)
        elif isinstance(event, Progress):
            self.left = event.left
            self.trail.take(event)
            if self.live:
                self.bar.update(
                    self.task, completed=event.images / event.of, epoch=event.epoch, pace=pace(event)
                )

    def frame(self) -> RenderableType:
        """What a terminal shows now, as much as its height holds; and what stays on it in the end."""
        if self.ended:
            return self.outcome()
        room = self.console.height - 3  # the head of the table, the bar, and a line to spare
        done = list(self.done)
        curves = self.curves(done) if room >= CURVES + LEAST_ROWS else []
        table = epochs_table(done, max(1, room - len(curves)))
        return Group(*([table] if done else []), *curves, self.bar)

    def outcome(self) -> RenderableType:
        """All epochs, and the curves."""
        return Group(epochs_table(self.done), *self.curves(self.done)) if self.done else Text("")

    def curves(self, done: list[Epoch]) -> list[Text]:
        return curve_lines(done, self.console, epochs=self.epochs, trail=self.trail)


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


def line(epoch: Epoch, epochs: int, left: float, *, best: bool) -> str:
    """An epoch in one line, for files and pipes."""
    held_out = epoch.validation_accuracy
    parts = [
        f"epoch {epoch.epoch}/{epochs}",
        f"loss {epoch.loss:.4f}",
        f"accuracy {epoch.accuracy:.2%}",
        "" if held_out is None else f"validation {held_out:.2%}",
        f"{epoch.images_per_second:,.0f} images/s",
        clock(epoch.seconds),
        f"{clock(left)} left" if epoch.epoch < epochs else "",
        "best so far" if best else "",
    ]
    return "  ".join(part for part in parts if part)


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
    console.print(f"saved as {shown(path)}", soft_wrap=True)
    console.print("next:")
    for command, *more in (("evaluate",), ("report",), ("predict", "PICTURE")):
        console.print("  " + visible(typed("cnncalc", command, folder, *more)), soft_wrap=True)


def show_stopped(where: str, line: str) -> None:
    """How far a stopped training is, and the line that goes on with it; on stderr."""
    console = err()
    console.print(f"stopped: {visible(where)}", soft_wrap=True)
    console.print("go on with:")
    console.print(f"  {visible(line)}", soft_wrap=True)


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
