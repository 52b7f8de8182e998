"""Work on many pictures is told of on stderr, and every failure by name."""

import re
from pathlib import Path

import pytest

from cnncalc.errors import FileError, UsageError
from cnncalc.imaging.jobs import Job
from cnncalc.imaging.working import Done, Failed
from cnncalc.render import jobs
from cnncalc.render.jobs import show_jobs


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
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "error: b is damaged",
        "hint: copy it again",
        "error: c.png: the kernel is larger than the picture",
        "hint: take another",
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


def test_a_name_with_control_characters_stays_in_its_line(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    bad = job("[/x]a\nb\x1b[31mc")
    show_jobs(iter([Done(bad, 1)]), 1)
    assert r"[/x]a\nb\x1b[31mc" in capsys.readouterr().err
    show_jobs(iter([Failed(bad, FileError("it is damaged"))]), 1)
    said = capsys.readouterr().err
    assert r"error: [/x]a\nb\x1b[31mc: it is damaged" in re.sub("\x1b\\[[0-9;]*m", "", said)
    assert bad.name not in said
