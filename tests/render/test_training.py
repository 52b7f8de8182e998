"""A training as it looks on a terminal, and as lines elsewhere."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from cnncalc.layers import parse
from cnncalc.learning.network import Network
from cnncalc.learning.settings import WHOLE, Settings
from cnncalc.learning.team import Team
from cnncalc.learning.training import Epoch, Progress, Result, Training
from cnncalc.render import training
from cnncalc.render.training import TrainingDisplay, clock, recipe, show_result
from tests.learning.sets import bars

EVENTS = [
    Progress(epoch=1, images=150, of=300, loss=0.5, accuracy=0.8, seconds=2.0, left=65.0),
    Epoch(1, 0.4, 0.85, validation_loss=0.3, validation_accuracy=0.9, images_per_second=1234.5, seconds=4.0),
    Result(epoch=1, loss=0.3, accuracy=0.91, pictures=100),
]


def drawn(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> io.StringIO:
    file = io.StringIO()
    console = Console(file=file, width=100, force_terminal=terminal, color_system=None, legacy_windows=False)
    for name in ("err", "out"):
        monkeypatch.setattr(training, name, lambda: console)
    return file


def shown(
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    events: list[Progress | Epoch | Result],
    *,
    terminal: bool,
) -> str:
    file = drawn(monkeypatch, terminal=terminal)
    network = Network(parse("input 8x8x1; conv 2x3x3; relu; fc 4; softmax"))
    with Team(1) as team:
        going_on = Training(network, bars(), settings, team, np.random.default_rng(0))
        with TrainingDisplay(going_on) as display:
            for event in events:
                display.show(event)
                if display.live:
                    display.live.refresh()
    return file.getvalue()


SETTINGS = Settings(epochs=2, batch=50)


def test_on_a_terminal_there_is_a_bar_and_then_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    out = shown(monkeypatch, SETTINGS, EVENTS, terminal=True)
    assert "conv 2x3x3 stride 1 · relu · fc 4 · softmax" in out
    assert (
        "312 parameters; bars: 275 pictures to learn from, 25 to validate, 100 to test; "
        "2 epochs in batches of 50, 1 thread"
    ) in " ".join(out.split())
    assert "epoch 1/2" in out
    assert "75 images/s  loss 0.5000  accuracy 80.00%  1:05 left" in out
    said = out.splitlines()
    head = next(i for i, line in enumerate(said) if "epoch    loss" in line)
    assert "epoch    loss  accuracy  val. loss  validation  images/s  time" in said[-3]
    assert "    1  0.4000    85.00%     0.3000      90.00%     1,234  0:04  best" in said[-2]
    assert head < len(said) - 3, "the table stands there while the training goes on, too"


def test_elsewhere_there_is_one_line_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, SETTINGS, EVENTS, terminal=False).splitlines()
    assert lines[-1] == (
        "epoch 1/2  loss 0.4000  accuracy 85.00%  validation 90.00%  1,234 images/s  0:04  1:05 left  best so far"
    )
    assert len([line for line in lines if line.startswith("epoch ")]) == 1


def test_where_nothing_is_held_out_nothing_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = EVENTS[1]._replace(validation_loss=None, validation_accuracy=None)
    lines = shown(monkeypatch, Settings(batch=WHOLE, validation=0), [bare], terminal=False).splitlines()
    said = " ".join(lines)
    assert "300 pictures to learn from, 100 to test; 3 epochs in one batch each, 1 thread" in said
    assert "cross-entropy; adam, rate 0.005 constant" in lines
    assert lines[-1] == "epoch 1/3  loss 0.4000  accuracy 85.00%  1,234 images/s  0:04  0:00 left"
    table = shown(monkeypatch, Settings(validation=0), [bare], terminal=True)
    assert "    1  0.4000    85.00%     1,234  0:04" in table.splitlines()[-2]


def test_the_recipe_names_what_was_asked_for() -> None:
    settings = Settings(
        optimiser="adamw",
        l2=0.1,
        warmup=2,
        clip=5,
        average=0.99,
        augment="shift:2,flip",
        schedule="cosine",
        loss="mse",
    )
    assert recipe(settings) == (
        "mse; adamw, rate 0.005 cosine; warm-up 2; L2 0.1; decay 0.01; gradient at most 5; averaged 0.99; "
        "augmented shift:2,flip"
    )


@pytest.mark.parametrize(("epochs", "said"), [(1, False), (3, True)])
def test_the_outcome_says_whose_network_it_is_if_not_the_last_ones(
    epochs: int, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = drawn(monkeypatch, terminal=False)
    show_result(Result(1, 0.3, 0.91, 100), epochs, Path("runs/a-1/model"), Path("runs/a-1"))
    lines = file.getvalue().splitlines()
    assert lines[0] == "91.00% of 100 test pictures classified rightly"
    assert ("by the network of epoch 1, the best on the validation pictures" in lines) == said


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (65, "1:05"), (3725, "1:02:05")])
def test_times_are_those_of_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
