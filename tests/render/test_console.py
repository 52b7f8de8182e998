"""Whatever is printed, a terminal does nothing but show it."""

import pytest
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cnncalc.errors import CnncalcError, Place
from cnncalc.render.console import err, out, say_wrote, typed
from cnncalc.render.errors import show_error

BAD = "a\x1b[31mb\x9b2Jc\u202ed"
WRITTEN = r"a\x1b[31mb\x9b2Jc\u202ed"


def table() -> Table:
    grid = Table("class", box=None)
    grid.add_row(Text(BAD))
    return grid


@pytest.mark.parametrize("thing", [BAD, Text(BAD, "bold"), table(), Panel(BAD), Text("x\n").append(BAD)])
def test_control_characters_are_shown_and_do_nothing(
    capsys: pytest.CaptureFixture[str], thing: object
) -> None:
    out().print(thing)
    err().print(thing)
    for said in capsys.readouterr():
        assert r"a\x1b[31m" in said
        assert all(sign == "\n" or sign.isprintable() for sign in said)


def test_a_terminal_keeps_its_colours_and_its_bars(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    console = out()
    with Live(Text(BAD, "red"), console=console, auto_refresh=False) as live:
        live.refresh()
        live.refresh()
    said = capsys.readouterr().out
    assert WRITTEN in said
    assert "\x1b[31ma" in said  # the colour that was asked for
    assert "\x1b[2K" in said  # the line that is wiped before it is drawn again
    assert r"\x1b[2K" not in said
    assert BAD not in said


def test_the_line_an_error_stands_in_is_as_long_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    text = "conv \x1b[2J 3x3\tstirde 2"
    start = text.index("stirde")
    show_error(CnncalcError("unknown word", place=Place(text, start, start + 6, "a\nb.cnn")))
    lines = capsys.readouterr().err.splitlines()
    assert lines[1:] == [r"  a\nb.cnn, line 1", "  conv \ufffd[2J 3x3 stirde 2", " " * (2 + start) + "^" * 6]


def test_a_file_that_was_written_is_named_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say_wrote("a\nb\a.png", ", 3 bytes")
    assert capsys.readouterr().out == "wrote a\\nb\\x07.png, 3 bytes\n"


def test_words_are_typed_as_the_shell_takes_them() -> None:
    assert typed("cnncalc", "report", "run") == "cnncalc report run"
    assert typed("cnncalc", "report", "my run") in ("cnncalc report 'my run'", 'cnncalc report "my run"')
