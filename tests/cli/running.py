"""Runs cnncalc as a user does: a process of its own, in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path


def cnncalc(*args: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
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
        timeout=300,
        check=False,
    )
