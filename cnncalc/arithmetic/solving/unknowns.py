"""What a ? stands for, and the values that are tried for it."""

from __future__ import annotations

import re
from itertools import groupby, product
from typing import NamedTuple

from cnncalc.arithmetic.solving.problem import UNKNOWN, Problem, filled, marks
from cnncalc.errors import CnncalcError, UsageError
from cnncalc.layers.base import Option
from cnncalc.layers.language import REPEAT, Builder, class_of, options_of, read_input
from cnncalc.layers.values import MARGINS, PADS
from cnncalc.layers.words import INPUT, Braces, Statement, Word

MOST_PADS = 11  # on a side, or as many as reach over the window
EVERY_PAIR = 32  # pads up to here are tried with any other before and after
TIMES = "times"
HIGHEST = {
    INPUT: 1024,
    "filters": 1024,
    "units": 1024,
    "groups": 1024,
    "kernel": 256,
    "size": 256,
    "stride": 64,
    "dilation": 32,
    "multiplier": 64,
    "factor": 64,
    TIMES: 64,
    "outpad": 15,
    "padding": MOST_PADS,
    "margins": MOST_PADS,
}
OUTPUTS = ("filters", "units", "size", INPUT)  # what is demanded may be what they are
FROM_NONE = ("outpad", "padding", "margins")


class Mark(NamedTuple):
    """A ? in a statement: what it is a number of; marks of the same place and kind stand along different axes."""

    option: str
    layer: str  # the layer's word
    word: str  # the word that the ? is in
    at: int  # where that word stands
    kind: int  # of an input: 1 for its channels; of a pad: which side of before:after
    pair: bool = False  # a pad whose ? may stand for a before and an after


class Unknown(NamedTuple):
    """What one or several ?s of a statement stand for, and how far numbers are tried for it."""

    option: str
    layer: str
    marks: tuple[int, ...]  # which ?s of the statement
    highest: int
    pair: bool = False
    axes: int = 1  # a single ? for so many numbers, one an axis
    likely: tuple[int, ...] = ()  # tried first, however far they are

    @property
    def lowest(self) -> int:
        return int(self.option not in FROM_NONE)

    @property
    def word(self) -> str:
        """The option as the language has it."""
        return {"padding": "pad", TIMES: REPEAT}.get(self.option, self.option)

    @property
    def tried(self) -> str:
        """pad 0…11 before and after."""
        sides = ""
        if self.pair:
            sides = " before and after"
            sides += "" if self.highest <= EVERY_PAIR else ", at most one apart or all on one side"
        further = [str(number) for number in self.likely if number > self.highest]
        return " and ".join([f"{self.word} {self.lowest}…{self.highest}{sides}", *further])

    def values(self) -> list[str]:
        """What is tried, the plainest first."""
        numbers = range(self.lowest, self.highest + 1)
        if self.pair:
            pairs = sorted(
                (pair for pair in product(numbers, numbers) if self.is_tried(*pair)), key=plainness
            )
            single = [str(a) if a == b else f"{a}:{b}" for a, b in pairs]
        else:
            single = [str(number) for number in dict.fromkeys((*self.likely, *numbers))]
        return ["x".join(values) for values in product(single, repeat=self.axes)]

    def is_tried(self, before: int, after: int) -> bool:
        return self.highest <= EVERY_PAIR or abs(before - after) <= 1 or 0 in (before, after)

    @property
    def width(self) -> int:
        """How many values are tried."""
        each = self.highest + 1 - self.lowest
        if self.pair:
            each = each**2 if self.highest <= EVERY_PAIR else 5 * each - 6
        each += sum(number > self.highest for number in self.likely)
        return int(each**self.axes)

    def halved(self) -> Unknown:
        """Half as far; at least the first two numbers stay."""
        return self._replace(highest=max(self.highest // 2, self.lowest + 1))


def plainness(pair: tuple[int, int]) -> tuple[int, int, int]:
    before, after = pair
    return abs(before - after), before + after, before


def unknowns_of(problem: Problem, statement: Statement, *, each: bool) -> list[Unknown]:
    """What the ?s of a statement stand for: those along the axes of one option for one number, or each for its own.

    Raises UsageError where a ? stands for no number, LanguageError where the words are none of the language.
    """
    found = marks_of(statement)
    if len(found) != marks(statement):
        raise UsageError(
            "a ? stands where no number does", "put ? for a size, a stride, a pad, filters or units"
        )
    numbered = sorted(enumerate(found), key=lambda pair: group(pair[1], pair[0], each=each))
    unknowns = []
    for _, members in groupby(numbered, key=lambda pair: group(pair[1], pair[0], each=each)):
        places, same = zip(*members, strict=True)
        mark = same[0]
        if mark.option not in HIGHEST:
            raise UsageError(
                f"{mark.layer} {mark.option} cannot be solved for",
                "put ? for a size, a stride, a pad, a dilation, filters, units or groups",
            )
        spread = each and mark.word == UNKNOWN and mark.option in ("padding", "stride", "dilation", "outpad")
        axes = max(axes_of(problem) if spread else 1, 1)
        highest = HIGHEST[mark.option]
        if mark.option == "padding":
            highest = max(highest, extent(statement) - 1)  # at least over the window
        likely = demanded(problem) if mark.option in OUTPUTS else ()
        unknowns.append(Unknown(mark.option, mark.layer, places, highest, mark.pair, axes, likely))
    return sorted(unknowns, key=lambda unknown: unknown.marks)


def group(mark: Mark, index: int, *, each: bool) -> tuple[int, str, int, int]:
    return mark.at, mark.option, mark.kind, index if each else 0


def marks_of(statement: Statement) -> list[Mark]:
    """Every ? of a statement in the order in which they stand."""
    words = [part for part in statement if isinstance(part, Word)]
    inside = [
        mark
        for part in statement
        if isinstance(part, Braces)
        for one in part.statements
        for mark in marks_of(one)
    ]
    if not any(UNKNOWN in word.text for word in words):
        return inside
    first = words[0].text
    if first == INPUT:
        parts = [part for word in words[1:] for part in re.split("[xX×]", word.text)]
        return [
            Mark(INPUT, INPUT, words[1].text, words[1].place.start, int(0 < index == len(parts) - 1))
            for index, part in enumerate(parts)
            for _ in range(part.count(UNKNOWN))
        ]
    if first == REPEAT:
        return [Mark(TIMES, REPEAT, word.text, word.place.start, 0) for word in words[1:]] + inside
    cls = class_of(words[0])
    inner = {field.name for field in cls.inners()}
    found: list[Mark] = []
    for option, word in options_of(cls, [word for word in words if word.text not in inner]):
        found += marks_in(cls.heads() if option.head else [option], first, word)
    return found + inside


def marks_in(options: list[Option], layer: str, word: Word) -> list[Mark]:
    """The ?s of a value: parts of a size belong to the options in turn, the rest all to the last."""
    found = []
    for index, part in enumerate(re.split("[xX×]", word.text)):
        option = options[min(index, len(options) - 1)]
        for match in re.finditer(r"\?", part):
            if option.kind in (PADS, MARGINS) and "," in part:
                raise UsageError(
                    f"pad {word.text} is no pad", "write ?x? for rows and columns, ?:? for before and after"
                )
            side = part[: match.start()].count(":")
            pair = option.kind in (PADS, MARGINS) and ":" not in part
            found.append(Mark(option.name, layer, word.text, word.place.start, side, pair))
    return found


def axes_of(problem: Problem) -> int:
    """How many spatial axes the input has."""
    given = filled(problem.input, iter(lambda: "1", None))
    return len(read_input(given)) - 1


def demanded(problem: Problem) -> tuple[int, ...]:
    """The sizes that are demanded."""
    return tuple(dict.fromkeys(size for demand in problem.demands for size in demand.sizes if size))


def extent(statement: Statement) -> int:
    """The elements that the window of a layer spans, where that is known."""
    try:
        [layer] = Builder().serial([filled(statement, iter(lambda: "1", None))]).layers
    except (CnncalcError, ValueError):
        return 1
    kernel = getattr(layer, "kernel", ())
    dilation = getattr(layer, "dilation", (1,) * len(kernel))
    spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    return int(max([1, *spans]))
