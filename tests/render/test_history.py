"""The table of epochs with the best one marked, and the loss as it goes down within the epochs."""

import io

import pytest
from rich.console import Console

from cnncalc.learning.training import Progress
from cnncalc.render.history import BUCKETS, Trail, curve_lines, epochs_table
from tests.learning.test_runs import HISTORY


def console(width: int = 80) -> Console:
    return Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)


def lines(most: int | None = None) -> list[str]:
    there = console()
    there.print(epochs_table(HISTORY, most))
    assert isinstance(there.file, io.StringIO)
    return there.file.getvalue().splitlines()


def test_the_best_epoch_is_marked_and_no_other() -> None:
    assert [line.split()[0] for line in lines() if "best" in line] == ["3"]
    assert len(lines()) == 1 + len(HISTORY)


def test_of_many_epochs_the_last_ones_and_the_best_are_shown() -> None:
    assert [line.split()[0] for line in lines(2)[1:]] == ["3", "4"]
    assert [line.split()[0] for line in lines(1)[1:]] == ["3"]


def progress(epoch: int, images: int, loss: float) -> Progress:
    return Progress(epoch, images, 100, loss, 0.5, 1.0, 1.0)


def test_the_trail_has_the_loss_of_the_batches_and_not_its_mean_so_far() -> None:
    trail = Trail(2)
    for event in (progress(1, 50, 4.0), progress(1, 100, 3.0), progress(2, 50, 1.0)):
        trail.take(event)
    assert trail.points() == [(0.5, 4.0), (1.0, 2.0), (1.5, 1.0)]


def test_the_trail_stays_small_and_keeps_the_mean() -> None:
    trail = Trail(3)
    for epoch in (1, 2, 3):
        for images in range(1, 101):
            trail.take(progress(epoch, images, 2.0))
    assert len(trail.points()) <= BUCKETS + 1
    assert [loss for _, loss in trail.points()] == pytest.approx([2.0] * len(trail.points()))


def test_a_trail_that_goes_on_begins_with_the_epochs_before() -> None:
    assert Trail(4, HISTORY[:2]).points() == [(0.5, 0.9), (1.5, 0.5)]


@pytest.mark.parametrize(("width", "beside"), [(100, True), (50, False)])
def test_loss_and_accuracy_stand_side_by_side_where_there_is_room(width: int, beside: bool) -> None:
    found = [line.plain for line in curve_lines(HISTORY, console(width))]
    assert any("loss" in line and "accuracy" in line for line in found) == beside
    assert max(map(len, found)) <= width
    assert curve_lines(HISTORY[:1], console()) == []
