"""A training as it looks on a terminal, and as lines elsewhere."""

import io

import pytest
from rich.console import Console

from cnncalc.layers import parse
from cnncalc.learning.network import Network
from cnncalc.learning.training import Epoch, Progress, Settings
from cnncalc.render import training
from cnncalc.render.training import TrainingDisplay, clock
from tests.learning.sets import bars

EVENTS = [
    Progress(epoch=1, images=150, of=300, loss=0.5, accuracy=0.8, seconds=2.0, left=65.0),
    Epoch(epoch=1, loss=0.4, accuracy=0.85, test_accuracy=0.9, images_per_second=1234.5, seconds=4.0),
]


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    file = io.StringIO()
    console = Console(file=file, width=100, force_terminal=terminal, color_system=None, legacy_windows=False)
    monkeypatch.setattr(training, "err", lambda: console)
    network = Network(parse("input 8x8x1; conv 2x3x3; relu; fc 4; softmax"))
    with TrainingDisplay(network, bars(), Settings(epochs=2, batch=50), threads=1) as display:
        for event in EVENTS:
            display.show(event)
            if display.live:
                display.live.refresh()
    return file.getvalue()


def test_on_a_terminal_there_is_a_bar_and_then_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    out = shown(monkeypatch, terminal=True)
    assert "conv 2x3x3 stride 1 · relu · fc 4 · softmax" in out
    assert (
        "312 parameters; bars: 300 pictures to learn from, 100 to test; 2 epochs in batches of 50, 1 thread"
        in out
    )
    assert "epoch 1/2" in out
    assert "75 images/s  loss 0.5000  accuracy 80.00%  1:05 left" in out
    assert "    1  0.4000    85.00%         90.00%     1,234  0:04" in out.splitlines()[-2]


def test_elsewhere_there_is_one_line_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(monkeypatch, terminal=False).splitlines()
    assert lines[2:] == ["epoch 1/2  loss 0.4000  accuracy 85.00%  test 90.00%  1,234 images/s  0:04"]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (65, "1:05"), (3725, "1:02:05")])
def test_times_are_those_of_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
