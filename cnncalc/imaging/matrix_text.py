"""Matrices in words: read exactly, or refused with the place.

Columns are separated by blanks or commas, rows by ; or a new line, planes (channels, filters) by | or an empty
line, filters of several channels by ||. `1/16` is a fraction; a `/16` behind the whole, after a blank, divides
all of it. In a CSV file ; separates columns, too. From # to the end of the line is a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.errors import CnncalcError, FileError, LanguageError, Place
from cnncalc.imaging.matrix import Matrix, Number, Plane

FORM = '"0 -1 0; -1 5 -1; 0 -1 0"'
LIMIT = 1_000_000  # numbers
LARGEST = 1e100  # of one number: what is computed from them then fits a float
LONGEST = 100  # characters of one number


class Word(NamedTuple):
    """A number, or a separator with what it separates: 1 rows, 2 planes, 3 filters; a comma 0."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def separates(self) -> int:
        return SEPARATES[self.kind]


SEPARATES = {"filter": 3, "plane": 2, "empty": 2, "row": 1, "line": 1, "comma": 0}
_WORDS = re.compile(
    r"(?m:^)[^\S\n]*\#[^\n]*(?:\n|\Z) | \#[^\n]* | [^\S\n]+"  # comments and blanks
    r"| (?P<filter>\|\|) | (?P<plane>\|) | (?P<row>;) | (?P<empty>\n(?:[^\S\n]*\n)+) | (?P<line>\n)"
    r"| (?P<comma>,) | (?P<number>[^\s,;|\#]+)",
    re.VERBOSE,
)
_DIVISOR = re.compile(r"(?:(?<=[\s\])])|^)/\s*(\S+)\s*\Z")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def parse_matrix(text: str, *, source: str = "") -> Matrix:
    """The matrix that a text writes out; a LanguageError has the place of the culprit, so has a file's FileError."""
    return _Reader(text, source).matrix()


class _Reader:
    """The text that is read, for every complaint to have its place in it."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source

    def fault(self, message: str, hint: str, first: Word, last: Word | None = None) -> CnncalcError:
        kind = FileError if self.source else LanguageError
        place = Place(self.text, first.start, (last or first).end, self.source)
        return kind(message, hint, place=place)

    def matrix(self) -> Matrix:
        divisor, end = self.divisor()
        start, end = self.inside_brackets(end)
        words = list(self.separated(self.words(start, end)))
        numbers = [word for word in words if word.kind == "number"]
        whole = Word("number", self.text, 0)
        if not numbers:
            raise self.fault("there are no numbers", f"write a matrix such as {FORM}", whole)
        if len(numbers) > LIMIT:
            raise self.fault(
                f"{len(numbers):,} numbers are too many", f"a matrix has at most {LIMIT:,}", numbers[0]
            )
        filters = self.arranged(words)
        is_signal = len(filters[0][0]) == 1 and not any(word.kind == "row" for word in words)
        fractions = [word.text for word in numbers if "/" in word.text]
        return Matrix(
            filters,
            divisor,
            axes=1 if is_signal else 2,
            grouped=any(word.kind == "filter" for word in words),
            fractions=bool(fractions) or divisor > 1,
            notes=last_fraction(fractions, numbers) if divisor == 1 else (),
            place=Place(self.text, start, end, self.source),
        )

    def divisor(self) -> tuple[int, int]:
        """What the whole is divided by, and where its words begin."""
        found = _DIVISOR.search(self.text)
        if not found:
            return 1, len(self.text)
        if not re.fullmatch("[0-9]{1,18}", found[1]) or int(found[1]) == 0:
            word = Word("number", found[1], found.start(1))
            raise self.fault(
                f"{word.text} is no divisor", "divide the whole by a whole number above 0, such as /8", word
            )
        return int(found[1]), found.start()

    def inside_brackets(self, end: int) -> tuple[int, int]:
        """Where the numbers begin and end without the brackets around the whole."""
        inner = self.text[:end].rstrip()
        start = len(inner) - len(inner.lstrip())
        if inner[start : start + 1] in ("[", "(") and inner[-1] in ("]", ")") and len(inner) > start + 1:
            return start + 1, len(inner) - 1
        return 0, end

    def words(self, start: int, end: int) -> Iterator[Word]:
        """Numbers and separators as they come."""
        commas: set[str] = set()
        for found in _WORDS.finditer(self.text, start, end):
            if found.lastgroup:
                word = Word(found.lastgroup, found[0], found.start())
                if word.kind == "row" and self.source.lower().endswith(".csv"):
                    word = word._replace(kind="comma")
                if word.kind == "comma":
                    commas.add(word.text)
                    if len(commas) > 1:
                        raise self.fault("both , and ; separate columns", "write decimals with a point", word)
                yield word

    def separated(self, words: Iterator[Word]) -> Iterator[Word]:
        """Numbers with at most one separator between two of them; commas and harmless line ends left out."""
        run: list[Word] = []
        before: Word | None = None
        for word in words:
            if word.kind != "number":
                run.append(word)
                continue
            self.check(run, first=before is None)
            separator = max(run, key=lambda each: each.separates, default=None)
            if before and separator and separator.separates:
                yield separator
            yield word
            run, before = [], word
        self.check(run, first=before is None, last=True)
        yield from (word for word in run if word.kind == "row")

    def check(self, run: list[Word], *, first: bool, last: bool = False) -> None:
        """The fault of a separator with no number before or behind it."""
        marks = [word for word in run if not word.text.isspace()]
        ends = last and [word.kind for word in marks] == ["row"]
        beside_line = marks and marks[0].kind == "comma" and len(run) > 1
        if marks and (len(marks) > 1 or first or beside_line or (last and not ends)):
            culprit = marks[1] if len(marks) > 1 else marks[0]
            raise self.fault(
                f"a number is missing {'before' if first or len(marks) > 1 else 'after'} {culprit.text}",
                "leave it out, or write 0 where nothing is",
                culprit,
            )

    def arranged(self, words: list[Word]) -> tuple[tuple[Plane, ...], ...]:
        """The numbers by filter, plane and row, each as long as the first of its kind."""
        filters: list[list[list[list[Word]]]] = [[[[]]]]
        for word in words[:-1] if words[-1].kind != "number" else words:
            if word.kind == "number":
                filters[-1][-1][-1].append(word)
            elif word.separates == 1:
                filters[-1][-1].append([])
            elif word.separates == 2:
                filters[-1].append([[]])
            else:
                filters.append([[[]]])
        planes = [plane for planes in filters for plane in planes]
        self.check_alike([row for plane in planes for row in plane], "row", "number")
        self.check_alike(planes, "plane", "row")
        self.check_alike(filters, "filter", "plane")
        return tuple(
            tuple(tuple(tuple(map(self.number, row)) for row in plane) for plane in planes)
            for planes in filters
        )

    def check_alike(self, parts: Sequence[list[Any]], name: str, unit: str) -> None:
        """The fault of a part that is not as long as the first one."""
        wanted = len(parts[0])
        for i, part in enumerate(parts, 1):
            if len(part) != wanted:
                raise self.fault(
                    f"{name} {i} has {counted(len(part), unit)}, the first one has {wanted}",
                    f"give every {name} {counted(wanted, unit)}",
                    corner(part, 0),
                    corner(part, -1),
                )

    def number(self, word: Word) -> Number:
        """The exact value of a number or a fraction."""
        text = word.text.replace("−", "-")
        if len(text) > LONGEST:
            raise self.fault(f"a number of {len(text)} characters", f"{LONGEST} are the most", word)
        parts = text.split("/")
        if len(parts) > 2 or not all(_NUMBER.fullmatch(part) for part in parts):
            raise self.fault(f"{word.text} is not a number", remedy(text), word)
        over = Fraction(parts[1]) if len(parts) > 1 else 1
        if not over:
            raise self.fault(f"{word.text} divides by zero", "divide by another number", word)
        value = Fraction(parts[0]) / over
        if abs(value) > LARGEST:
            raise self.fault(f"{word.text} is too large", f"numbers are at most {LARGEST:g}", word)
        return int(value) if value.denominator == 1 else value


def last_fraction(fractions: list[str], numbers: list[Word]) -> tuple[str, ...]:
    """A note where only the last number is a fraction: perhaps the whole was to be divided."""
    if len(numbers) < 2 or fractions != [numbers[-1].text]:
        return ()
    divisor = fractions[0].split("/")[1]
    return (
        f"the last number was read as the fraction {fractions[0]}; "
        f"a blank before /{divisor} divides the whole matrix",
    )


def remedy(text: str) -> str:
    if re.fullmatch(r"[+-]?(nan|inf|infinity|∞)", text, re.IGNORECASE):
        return "every number is finite: put one in its place"
    if re.search(r"[\[\]()]", text):
        return f"brackets stand around the whole only, rows are separated by ; as in {FORM}"
    return f"write numbers such as {FORM}; 1/16, 0.5 and 2e-3 are numbers, too"


def counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'s' * (number != 1)}"


def corner(part: list[Any], end: int) -> Word:
    """The first or the last word of nested lists."""
    found: Any = part
    while isinstance(found, list):
        found = found[end]
    word: Word = found
    return word
