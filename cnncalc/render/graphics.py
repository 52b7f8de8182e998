"""Pictures for terminals that draw pixels: kitty's protocol, iTerm2's, and sixel; told from the environment alone.

A terminal is never asked: one that does not answer would keep everybody waiting.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any

CHUNK = 4096  # characters of a kitty command
COLOURS = 128  # of a sixel picture
CELL = 8  # pixels that a column is at least wide
SIXEL_TERMS = ("foot", "mlterm", "contour", "yaft")


def protocol(environment: Mapping[str, str]) -> str | None:
    """kitty, iterm or sixel where the terminal is known to speak it, else None."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "TMUX" in environment or "STY" in environment or term.startswith(("screen", "tmux")):
        return None  # they stand between, and pass on text only
    if "KITTY_WINDOW_ID" in environment or "kitty" in term or "ghostty" in (term + program).lower():
        return "kitty"
    if program in ("iTerm.app", "WezTerm", "mintty") or environment.get("LC_TERMINAL") == "iTerm2":
        return "iterm"
    if "sixel" in term or term.startswith(SIXEL_TERMS):
        return "sixel"
    return None


def kitty(image: Any) -> str:
    """The image as commands of the kitty graphics protocol, each with a piece of the PNG."""
    data = b64encode(_png(image)).decode()
    pieces = [data[i : i + CHUNK] for i in range(0, len(data), CHUNK)]
    commands = []
    for i, piece in enumerate(pieces):
        head = "a=T,f=100,q=2," if i == 0 else ""
        commands.append(f"\x1b_G{head}m={int(i < len(pieces) - 1)};{piece}\x1b\\")
    return "".join(commands)


def iterm(image: Any) -> str:
    """The image as an inline file of iTerm2."""
    data = _png(image)
    return f"\x1b]1337;File=inline=1;size={len(data)}:{b64encode(data).decode()}\x07"


def sixel(image: Any) -> str:
    """The image in bands of six rows, each colour of a band laid over the ones before."""
    import numpy as np

    reduced = image.quantize(COLOURS)
    palette = np.array(reduced.getpalette(), int).reshape(-1, 3)
    index = np.asarray(reduced)
    colours = "".join(
        f"#{i};2;" + ";".join(str(round(part * 100 / 255)) for part in palette[i])
        for i in np.unique(index).tolist()
    )
    bands = "-".join("$".join(_colours_of(index[top : top + 6])) for top in range(0, len(index), 6))
    return f'\x1bPq"1;1;{index.shape[1]};{index.shape[0]}{colours}{bands}\x1b\\'


def _colours_of(band: Any) -> Iterator[str]:
    """For each colour of the band the columns in which it stands, a character of six bits each."""
    import numpy as np

    bits = 1 << np.arange(len(band), dtype=np.uint8)[:, None]
    for colour in np.unique(band).tolist():
        row = bytes((63 + ((band == colour) * bits).sum(axis=0, dtype=np.uint8)).astype(np.uint8)).decode()
        yield f"#{colour}" + re.sub(r"(.)\1{3,}", lambda run: f"!{len(run[0])}{run[1]}", row.rstrip("?"))


def _png(image: Any) -> bytes:
    data = BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


PROTOCOLS: dict[str, Callable[[Any], str]] = {"kitty": kitty, "iterm": iterm, "sixel": sixel}
