"""Where a matrix comes from: words in quotes, a text or CSV file, an array saved by numpy, standard input."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from cnncalc.errors import FileError, LanguageError, Place, shown
from cnncalc.imaging import npy
from cnncalc.imaging.matrix import Matrix, Number
from cnncalc.imaging.matrix_text import FORM, LARGEST, LIMIT, parse_matrix

__all__ = ["Matrix", "parse_matrix", "read_matrix"]

LARGEST_FILE = 32 * 2**20  # bytes
SUFFIXES = (".txt", ".csv", ".tsv", ".npy")


def read_matrix(spec: str, *, stdin: BinaryIO | None = None) -> Matrix:
    """The matrix that the spec writes out, or that the file of that name or `-` (stdin) holds.

    .npy: 1-D a signal, 2-D a matrix, 3-D (planes, rows, columns), 4-D (filters, planes, rows, columns).
    LanguageError for words that are no matrix, FileError for a file that holds none.
    """
    if spec == "-" and stdin is not None:
        return _of_bytes(stdin.read(LARGEST_FILE + 1), "standard input")
    if _names_file(spec):
        return _of_bytes(_content(Path(spec)), shown(spec))
    return parse_matrix(spec)


def _names_file(spec: str) -> bool:
    """Whether the words are a file's name rather than numbers; they may be a slip in either."""
    path = Path(spec)
    if path.suffix.lower() in SUFFIXES:
        return True
    if re.fullmatch(r"[-+−\s0-9eE.,;|/\[\]()]*", spec):
        return False
    if "\n" not in spec and _exists(path):
        return True
    if re.search(r"[\s;|,]", spec) or re.match(r"[-+−]?[.0-9]", spec):
        return False
    if path.suffix or len(path.parts) > 1:
        return True
    raise LanguageError(
        f"{shown(spec)} is neither a matrix nor a file",
        f"write the numbers, such as {FORM}, or name a file that holds them",
        place=Place(spec, 0, len(spec)),
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a zero byte in it
        return False


def _content(path: Path) -> bytes:
    """The bytes of an ordinary file of bounded size; FileError where there is none."""
    name = shown(str(path))
    try:
        if path.is_dir():
            raise FileError(f"{name} is a folder", "name a file in it")
        if not path.exists():
            raise FileError(f"there is no file {name}", "check the name, or write the numbers in quotes")
        if not path.is_file():
            raise FileError(
                f"{name} is not an ordinary file", "save the numbers to a file, or give - for stdin"
            )
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise FileError(f"cannot read {name}: {reason}", "check the path") from None


def _of_bytes(data: bytes, source: str) -> Matrix:
    """The matrix in a file's content, which is an array of numpy or text."""
    if len(data) > LARGEST_FILE:
        raise FileError(f"{source} is larger than {LARGEST_FILE >> 20} MB", "give a smaller matrix")
    if data.startswith(npy.MAGIC) or source.lower().endswith(".npy"):
        array = npy.decode(data, source, limit=LIMIT, largest=LARGEST)
        four = array.reshape((1,) * (4 - array.ndim) + array.shape)
        filters = tuple(
            tuple(tuple(tuple(map(exact, row)) for row in plane) for plane in planes)
            for planes in four.tolist()
        )
        return Matrix(filters, axes=min(array.ndim, 2), grouped=array.ndim == 4)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            f"{source} is not a text file: byte {error.start} is not UTF-8",
            "a matrix is a text of numbers, or an array saved by numpy.save",
        ) from None
    return parse_matrix(text, source=source)


def exact(number: float) -> Number:
    """The very value of a float, as a whole number where it is one."""
    return int(number) if number == int(number) else Fraction(number)
