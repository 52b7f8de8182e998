"""What solve prints: lines that a shell takes whole, however narrow the terminal."""

from io import StringIO

from rich.console import Console

from cnncalc.arithmetic.columns import Setting
from cnncalc.arithmetic.solving import Answer, Limit, Problem, largest, solve
from cnncalc.layers.words import read_text
from cnncalc.render.solving import show_answer


def shown(answer: Answer) -> tuple[list[str], list[str]]:
    """The lines on stdout and on stderr of a terminal of forty columns."""
    out, err = (Console(file=StringIO(), width=40, color_system=None) for _ in range(2))
    show_answer(answer, out, err)
    return tuple(console.file.getvalue().splitlines() for console in (out, err))  # type: ignore[attr-defined, return-value]


def problem(text: str) -> Problem:
    return Problem.of(text, read_text(text), [])


def test_a_command_is_one_line_however_long() -> None:
    out, err = shown(
        solve(problem("input 32x32x3; conv 10x5x5 stride 2 pad ?; relu; conv 4x3x3; output 14x14"), most=1)
    )
    assert err == []
    assert out[1] == "pad 1:2 → 14×14×4"
    assert out[2] == '  cnncalc shape "input 32x32x3; conv 10x5x5 stride 2 pad 1:2; relu; conv 4x3x3"'


def test_what_is_left_over_is_noted_under_the_command() -> None:
    out, _ = shown(solve(problem("input 7x7x1; conv 1x3x3 stride ?; output 2x2")))
    assert [line.startswith("  note: layer 1 conv: (7 − 3)/3 + 1 = 2.33 → 2") for line in out].index(
        True
    ) == 5


def test_nothing_found_goes_to_stderr_alone() -> None:
    out, err = shown(solve(problem("input 7x7x1; conv 1x3x3 pad ?; output 7x7x2")))
    assert out == []
    assert err[0] == "none: channels are 1 whatever ? is, not 2"
    assert err[1] == "nearest:"


def test_a_limit_in_bytes_is_shown_in_words_too() -> None:
    asked = problem("input 8x8x1; conv ?x3x3; fc 2")
    out, _ = shown(largest(asked, [Limit("memory", 2048)], Setting()))
    # n filters: 10n + 72n + 2 parameters, 64 + 36n activations or 36n twice as flatten renames: 4·(82n + 2 + 64 + 36n)
    assert out[0].startswith("the most filters with at most")
    assert "filters 3 → 2, 1,680 bytes (1.6 KiB) of memory of parameters and activations in inference" in out
