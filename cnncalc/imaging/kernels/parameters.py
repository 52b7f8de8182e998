"""The parameters of a step, each declared once: read from NAME:key=value,…, checked, listed and helped by it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple

from cnncalc.errors import LanguageError, Place, nearest

LARGEST = 1023  # rows or columns of a kernel or window
NUMBER = re.compile(r"[-+]?([0-9]{1,12}\.?[0-9]{0,20}|\.[0-9]{1,20})([eE][-+]?[0-9]{1,2})?", re.ASCII)
SIZE = re.compile(r"[0-9]{1,9}([xX×][0-9]{1,9})?", re.ASCII)

Value = float | str | tuple[int, int] | None


@dataclass(frozen=True)
class Parameter:
    """A parameter's name, form of value, default, bounds and help.

    kind: number, size (one whole number, or rows×columns), or choice. default None: worked out from the others.
    """

    name: str
    kind: str
    default: Value
    help: str
    least: float = -inf
    most: float = inf
    choices: tuple[str, ...] = ()
    odd: bool = False

    @property
    def form(self) -> str:
        """What values look like."""
        if self.kind == "choice":
            return "|".join(self.choices)
        return "N or NxN" if self.kind == "size" else "X"

    @property
    def shown_default(self) -> str:
        return "" if self.default is None else self.write(self.default)

    def write(self, value: Value) -> str:
        """The value as it is read."""
        if isinstance(value, tuple):
            return str(value[0]) if value[0] == value[1] else f"{value[0]}x{value[1]}"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def read(self, text: str) -> Value:
        """The value; ValueError with the fact where it is none, or out of bounds."""
        if self.kind == "choice":
            known = {choice.lower(): choice for choice in self.choices}
            if text.lower() not in known:
                raise ValueError(f"{self.name} is one of {', '.join(self.choices)}, not {text or 'nothing'}")
            return known[text.lower()]
        if self.kind == "size":
            return self._read_size(text)
        if not NUMBER.fullmatch(text):
            raise ValueError(f"{self.name} is a number, not {text or 'nothing'}")
        number = float(text)
        self._bounded(number, text)
        return number

    def _read_size(self, text: str) -> tuple[int, int]:
        if not SIZE.fullmatch(text):
            raise ValueError(
                f"{self.name} is a whole number, or rows×columns such as 3x5, not {text or 'nothing'}"
            )
        sizes = [int(part) for part in re.split("[xX×]", text)]
        for size in sizes:
            self._bounded(size, text)
            if self.odd and size % 2 == 0:
                raise ValueError(f"{self.name} must be odd, so that there is a centre, not {size}")
        return sizes[0], sizes[-1]

    def _bounded(self, number: float, text: str) -> None:
        if not self.least <= number <= self.most:
            if self.most < inf:
                raise ValueError(f"{self.name} lies between {self.least:g} and {self.most:g}, not {text}")
            raise ValueError(f"{self.name} is at least {self.least:g}, not {text}")


def size(default: int | None, text: str, *, odd: bool = False) -> Parameter:
    """The parameter size: rows and columns of a kernel or window."""
    sides = None if default is None else (default, default)
    return Parameter("size", "size", sides, text, least=1, most=LARGEST, odd=odd)


class Word(NamedTuple):
    """A piece of the user's text and where it begins."""

    text: str
    start: int


def split(text: str) -> tuple[Word, list[tuple[Word, Word]]]:
    """The name and the pairs of key and value of NAME:key=value,…; LanguageError where it is not of that form."""
    name, colon, rest = text.partition(":")
    pairs = []
    at = len(name) + 1
    for part in rest.split(",") if colon else ():
        key, sign, value = part.partition("=")
        if not (sign and key.strip()):
            place = Place(text, min(at, len(text) - 1), max(at + len(part), min(at, len(text) - 1) + 1))
            raise LanguageError(
                f"after {name}: parameters are written key=value, with commas between",
                f"for example {name}:{key.strip() or 'key'}=value",
                place=place,
            )
        pairs.append((_word(key, at), _word(value, at + len(key) + 1)))
        at += len(part) + 1
    return _word(name, 0), pairs


def _word(text: str, start: int) -> Word:
    return Word(text.strip(), start + len(text) - len(text.lstrip()))


def read(
    text: str, name: str, pairs: Iterable[tuple[Word, Word]], known: Iterable[Parameter]
) -> dict[str, Any]:
    """The value of every parameter, given or default; LanguageError with the place in text."""
    parameters = {parameter.name: parameter for parameter in known}
    values: dict[str, Any] = {parameter.name: parameter.default for parameter in parameters.values()}
    given = set()
    for key, value in pairs:
        place = Place(text, key.start, key.start + len(key.text))
        if key.text not in parameters:
            hint = nearest(key.text, parameters) if parameters else f"write {name} alone"
            raise LanguageError(f"{name} has no parameter {key.text}", hint, place=place)
        if key.text in given:
            raise LanguageError(f"{key.text} is given twice", "leave one of them out", place=place)
        given.add(key.text)
        parameter = parameters[key.text]
        try:
            values[key.text] = parameter.read(value.text)
        except ValueError as error:
            end = max(value.start + len(value.text), value.start)
            at = Place(text, value.start, end) if value.text else place
            raise LanguageError(str(error), f"{key.text}: {parameter.help}", place=at) from None
    return values


def write(name: str, values: Mapping[str, Value], known: Iterable[Parameter]) -> str:
    """NAME:key=value,… with the parameters that differ from their defaults."""
    parts = [
        f"{parameter.name}={parameter.write(values[parameter.name])}"
        for parameter in known
        if values[parameter.name] != parameter.default
    ]
    return name + (":" + ",".join(parts) if parts else "")


def is_name(text: str) -> bool:
    """Whether text has the form of a name, with parameters or without."""
    return re.fullmatch(r"\s*[A-Za-z][A-Za-z0-9_-]*\s*(:.*)?", text) is not None


def read_pair(text: str, name: str, *, least: int = 1, between: str = "xX×") -> tuple[int, int]:
    """Rows and columns: one whole number for both, or two; LanguageError."""
    parts = re.split(f"[{between}]", text.strip())
    sign = between[0]
    if len(parts) > 2 or not all(re.fullmatch("[0-9]{1,9}", part.strip(), re.ASCII) for part in parts):
        fact = f"{name} is a whole number, or rows and columns such as 2{sign}3, not {text or 'nothing'}"
        raise LanguageError(fact, place=Place(text, 0, max(1, len(text))))
    rows, columns = int(parts[0]), int(parts[-1])
    if min(rows, columns) < least:
        raise LanguageError(f"{name} is at least {least}, not {text}", place=Place(text, 0, len(text)))
    return rows, columns
