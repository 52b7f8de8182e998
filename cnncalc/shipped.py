"""The data that ships with cnncalc: in the checkout's samples/, and in the installed package."""

from __future__ import annotations

from pathlib import Path


def sample(name: str) -> Path | None:
    """The path of a shipped file such as "mnist.npz", or None where there is none of that name."""
    package = Path(__file__).parent
    for folder in (package / "samples", package.parent / "samples"):
        if (folder / name).is_file():
            return folder / name
    return None
