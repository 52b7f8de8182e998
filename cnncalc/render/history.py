"""The epochs of a training as a table with the best one marked, and as curves."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cnncalc.learning.runs import best_epoch
from cnncalc.learning.training import Epoch, Progress
from cnncalc.render.curves import Curve, Point, beside, is_plain, plot

BUCKETS = 120  # points of the curve of the loss
HEIGHT = 8  # lines of a curve
GAP = 2
WIDEST = 60  # columns of a curve
NARROWEST = 30
LEAST = 10  # points of the loss that are worth a curve, where there are few epochs
BEST = "bold green"


def clock(seconds: float) -> str:
    """1:05, or 1:02:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def epochs_table(epochs: Sequence[Epoch], most: int | None = None) -> Table:
    """One row an epoch, the best one marked; of many the last ones, and the best.

    Loss and accuracy are those on the pictures learned from, as they came; behind them those on the validation
    pictures, where there are any.
    """
    validated = any(epoch.validation_accuracy is not None for epoch in epochs)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    names = (
        "epoch",
        "loss",
        "accuracy",
        *(("val. loss", "validation") if validated else ()),
        "images/s",
        "time",
    )
    for name in names:
        table.add_column(name, justify="right")
    table.add_column("")
    best = best_epoch(list(epochs))
    last = list(epochs[-most:]) if most else list(epochs)
    rows = [best, *last[1:]] if best and best not in last else last
    for epoch in rows:
        validation = ("", "")
        if epoch.validation_loss is not None and epoch.validation_accuracy is not None:
            validation = (f"{epoch.validation_loss:.4f}", f"{epoch.validation_accuracy:.2%}")
        table.add_row(
            str(epoch.epoch),
            f"{epoch.loss:.4f}",
            f"{epoch.accuracy:.2%}",
            *(validation if validated else ()),
            f"{epoch.images_per_second:,.0f}",
            clock(epoch.seconds),
            "best" if epoch is best else "",
            style=BEST if epoch is best else "",
        )
    return table


class Trail:
    """The loss on the pictures learned from, as it goes down within the epochs; of bounded size."""

    def __init__(self, epochs: int, past: Sequence[Epoch] = ()) -> None:
        self.epochs = epochs
        self.past = [(epoch.epoch - 0.5, epoch.loss) for epoch in past]  # of epochs seen from afar
        self.sums: list[list[float]] = []  # of x, of the loss, and how many pictures, a bucket each
        self.bucket = -1
        self.before = (0, 0, 0.0)  # epoch, pictures of it, sum of their losses

    def take(self, event: Progress) -> None:
        """Takes in how far a batch has come."""
        images, loss = self.before[1:] if self.before[0] == event.epoch else (0, 0.0)
        whole = event.loss * event.images
        self.before = (event.epoch, event.images, whole)
        new = event.images - images
        x = event.epoch - 1 + event.images / event.of
        bucket = int(x / self.epochs * BUCKETS)
        if bucket != self.bucket:
            self.bucket = bucket
            self.sums.append([0.0, 0.0, 0.0])
        for i, value in enumerate((x * new, max(whole - loss, 0.0), new)):
            self.sums[-1][i] += value

    def points(self) -> list[Point]:
        return [*self.past, *((x / n, loss / n) for x, loss, n in self.sums if n)]


def history_curves(history: Sequence[Epoch]) -> dict[str, list[Curve]]:
    """The curves of loss and accuracy, on the pictures learned from and on the validation pictures."""
    return {
        name: [
            Curve(
                part,
                [(epoch.epoch, value) for epoch in history if (value := getattr(epoch, column)) is not None],
            )
            for part, column in (("learned from", name), ("validation", f"validation_{name}"))
            if any(getattr(epoch, column) is not None for epoch in history)
        ]
        for name in ("loss", "accuracy")
    }


def curve_lines(
    history: Sequence[Epoch], console: Console, *, epochs: int | None = None, trail: Trail | None = None
) -> list[Text]:
    """Loss and accuracy side by side, or one below the other where there is no room; nothing where nothing is yet."""
    curves = history_curves(history)
    left = 1.0
    fine = trail.points() if trail else []
    if fine and (len(history) < LEAST or len(fine) > len(history)):
        curves["loss"] = [Curve("learned from", fine), *curves["loss"][1:]]
        left = 0.0
    if max((len(curve.points) for curve in curves["loss"]), default=0) < 2:
        return []
    span = (left, float(epochs or max(epoch.epoch for epoch in history)))
    blocks, plain = [], is_plain(console)
    shown = [name for name in curves if any(len(curve.points) > 1 for curve in curves[name])]
    width = min(WIDEST, (console.width - GAP * (len(shown) - 1)) // len(shown))
    stacked = width < NARROWEST
    width = min(WIDEST, console.width) if stacked else width
    for name in shown:
        blocks.append(
            plot(name, curves[name], width, HEIGHT, share=name == "accuracy", plain=plain, span=span)
        )
    if stacked:
        return [line for block in blocks for line in block]
    return beside(blocks, [width] * len(blocks), GAP)
