"""A command in this process, for comparisons that run it thousands of times."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from cnncalc.cli.main import app


def shape(*args: str) -> tuple[int, dict[str, Any]]:
    """Exit code and document of `cnncalc shape … --json`; a traceback fails."""
    done = CliRunner().invoke(app, ["shape", *args, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), (args, done.exception)
    return done.exit_code, json.loads(done.stdout)
