"""The command group: what it lists, what it answers to a slip, and what it does without UTF-8."""

from cnncalc import __version__
from cnncalc.cli.main import COMMANDS
from tests.cli.running import cnncalc


def test_help_lists_every_command_with_what_it_is_for() -> None:
    shown = cnncalc("--help").stdout
    for name in COMMANDS:
        assert any(line.split()[1:2] == [name] and len(line.split()) > 3 for line in shown.splitlines()), name


def test_the_version_is_printed() -> None:
    assert cnncalc("--version").stdout.strip() == f"cnncalc {__version__}"


def test_a_slip_in_a_command_has_its_nearest_known() -> None:
    done = cnncalc("trian")
    assert done.returncode == 2
    assert "train" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_stream_without_utf_8_gets_plain_signs() -> None:
    done = cnncalc("shape", "input 8x8x1; conv 2x3x3 stride 2; conv 2x9x9", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert "3x3x2" in done.stdout
    assert "error: a 9x9 window does not fit in 3x3 (padding 0)" in done.stderr
    shape = cnncalc("shape", "input 8x8x1; conv 2x3x3 pad 1", PYTHONIOENCODING="ascii")
    assert "(8 - 3 + 2*1)/1 + 1 = 8" in shape.stdout
