"""Every error a user can cause: a fact with the numbers in it, the place, a remedy that works."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import ClassVar, NamedTuple


class Place(NamedTuple):
    """Where in the user's own words something stands: characters start to end of text."""

    text: str
    start: int
    end: int
    source: str = ""  # the file the text was read from, if any

    @property
    def words(self) -> str:
        return self.text[self.start : self.end]

    def to(self, last: Place) -> Place:
        """From the beginning of this place to the end of another one in the same text."""
        return self._replace(end=last.end)


LONGEST = 600  # characters of a line: a broken file may hold a word of megabytes


def shortened(text: str) -> str:
    """The beginning and the end of each line that is too long."""
    half = LONGEST // 2
    return "\n".join(
        line if len(line) <= LONGEST else f"{line[:half]} … {line[-half:]}" for line in text.split("\n")
    )


# what moves the cursor, colours a terminal, ends a line, or turns the letters around; and what has no encoding
MOVING = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str, keep: str = "") -> str:
    """The text with every sign written out, as \\n or \\x1b, that would do something to a terminal but be seen."""
    if text.isprintable():
        return text
    return MOVING.sub(lambda sign: sign[0] if sign[0] in keep else _written_out(sign[0]), text)


def _written_out(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def named(path: str | os.PathLike[str]) -> str:
    """The path as text, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


def shown(path: str | os.PathLike[str]) -> str:
    """The path as text that can be printed in a line, whatever its name is made of."""
    return visible(named(path))


class CnncalcError(Exception):
    """A fact about what the user asked for; the subclasses say which kind, and with it the exit code."""

    kind: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "", *, place: Place | None = None) -> None:
        self.message = visible(shortened(message))
        super().__init__(self.message)
        self.hint = visible(shortened(hint), keep="\n")
        self.place = place
        self.label = ""  # what stands beside the underline, such as "layer 3 sees 5×5×8"
        self.layer: str | None = None  # the path of the layer at fault

    def document(self) -> dict[str, object]:
        """The error as the JSON commands print it."""
        span = [self.place.start, self.place.end] if self.place else None
        return {
            "kind": self.kind,
            "message": self.message,
            "hint": self.hint,
            "layer": self.layer,
            "span": span,
        }


class UsageError(CnncalcError):
    """A request that cannot be carried out as it is put."""

    kind = "usage"
    exit_code = 2


class LanguageError(CnncalcError):
    """Words that are not the model language."""

    kind = "language"
    exit_code = 2

    def __init__(self, message: str, hint: str = "", *, place: Place | None = None, option: str = "") -> None:
        super().__init__(message, hint, place=place)
        self.option = option  # the modifier whose value is at fault, for the parser to find its place


class ShapeError(CnncalcError):
    """A layer that does not fit the shape that reaches it."""

    kind = "shape"
    exit_code = 2


class FileError(CnncalcError):
    """A file or data set that is missing, unreadable or corrupt."""

    kind = "file"
    exit_code = 3


class DivergenceError(CnncalcError):
    """A loss that is no longer finite."""

    kind = "divergence"
    exit_code = 5


def nearest(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint that names the known word most like this one; where none is near, another hint, or all of them."""
    from difflib import get_close_matches  # start-up does not need it

    words = list(known)
    close = get_close_matches(word.lower(), words, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else otherwise or "known: " + ", ".join(words)
