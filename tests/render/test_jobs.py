"""Work on many pictures is told of on stderr, and every failure by name."""

from pathlib import Path

import pytest

from cnncalc.errors import FileError, UsageError
from cnncalc.imaging.jobs import Done, Failed, Job
from cnncalc.render import jobs
from cnncalc.render.jobs import show_jobs, show_summary


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def job(name):
    return Job(Path(name), Path(name + ".png"), name)


EVENTS = [
    Done(job("a"), 1),
    Failed(job("b"), FileError("b is damaged", "copy it again")),
    Failed(job("c.png"), UsageError("the kernel is larger than the picture", "take another")),
    Done(job("d"), 2),
]


def test_failures_are_named_and_everything_is_given_back(capsys):
    assert show_jobs(iter(EVENTS), 4) == EVENTS
    show_summary(EVENTS, 0.5)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "error: b is damaged",
        "hint: copy it again",
        "error: c.png: the kernel is larger than the picture",
        "hint: take another",
        "2 of 4 pictures done in 0.5 s (4 a second), 2 failed",
    ]


def test_without_a_terminal_a_line_comes_now_and_then(capsys, monkeypatch):
    moments = iter([0.0, 4.0, 11.0, 12.0, 22.0, 23.0, *[24.0] * 99])
    monkeypatch.setattr(jobs, "monotonic", lambda: next(moments))
    show_jobs((Done(job(str(i)), None) for i in range(5)), 5)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "2 of 5 pictures"
    assert len(lines) == 2


def test_on_a_terminal_a_bar_goes_along_and_vanishes(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    show_jobs(iter(EVENTS), 4)
    said = capsys.readouterr().err
    assert "━" in said
    assert "4/4" in said
    assert "b is damaged" in said
    assert "of 4 pictures" not in said


def test_nothing_done_has_no_pace(capsys):
    show_summary(EVENTS[1:3], 0.0)
    assert capsys.readouterr().err == "0 of 2 pictures done in 0.0 s, 2 failed\n"
