"""What start-up loads: the arithmetic answers without numpy and Pillow."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "PIL", "safetensors", "threadpoolctl")


@pytest.mark.parametrize(
    "args",
    [
        ["--help"],
        ["--version"],
        ["shape", "lenet5"],
        ["shape", "--help"],
        ["field", "--help"],
        ["draw", "--help"],
        ["solve", "input 9x9x1; conv 1x3x3 pad ?", "--output", "9x9"],
        ["solve", "lenet5", "--batch", "?", "--max-memory", "1GB"],
        ["train", "--help"],
        ["filter", "--help"],
    ],
)
def test_start_up_is_light(args: list[str]) -> None:
    program = (
        "import sys; from cnncalc.cli.main import main\n"
        f"sys.argv = ['cnncalc', *{args}]\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "[]"


def test_the_core_does_not_load_the_command_line() -> None:
    program = (
        "import sys, cnncalc.arithmetic.report, cnncalc.arithmetic.zoo, cnncalc.layers\n"
        "print([name for name in ('typer', 'rich', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
