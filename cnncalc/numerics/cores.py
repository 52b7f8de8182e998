"""How many processors there are to work with."""

from __future__ import annotations

import os


def cores() -> int:
    """How many processors this process may use; at least one."""
    if hasattr(os, "sched_getaffinity"):  # Linux: those it is allowed to run on
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
