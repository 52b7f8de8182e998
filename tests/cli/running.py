"""Runs cnncalc as a user does: a process of its own, in a folder of its own; or, where that costs too much, here."""

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from cnncalc.cli.main import app


def cnncalc(
    *args: str, folder: Path | None = None, timeout: float = 300, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The finished process; output is UTF-8, a hundred columns wide, without colour."""
    surroundings = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONUTF8": "1", **environment}
    surroundings.pop("FORCE_COLOR", None)
    return subprocess.run(
        [sys.executable, "-m", "cnncalc", *args],
        cwd=folder,
        env=surroundings,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )


def run_here(*args: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The same without a process of its own, for commands that are called many times."""
    before = Path.cwd()
    os.chdir(folder or before)
    try:
        done = CliRunner().invoke(app, list(args), env={"COLUMNS": "100", "NO_COLOR": "1"})
    finally:
        os.chdir(before)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(args, done.exit_code, done.stdout, done.stderr)
