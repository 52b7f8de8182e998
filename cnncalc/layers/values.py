"""How the values of the model language are written, read and checked: one Kind for each form of value."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

Sizes = tuple[int, ...]
Margins = tuple[tuple[int, int], ...]  # (before, after) per axis
Table = tuple[tuple[int, ...], ...]  # for each filter the channels that it sees
Padding = str | tuple[tuple[int, int], ...]  # a word of PADDINGS, or (before, after) per axis

LARGEST = 2**31 - 1
PADDINGS = ("same", "valid", "full", "causal")
SWITCH = {"yes": True, "no": False}


class Kind(NamedTuple):
    """A form of value: what --help shows for it, its reader (raises ValueError with the fact), its writer."""

    form: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    spread: Callable[[Any, int], Any] | None = None  # one value for all axes → one value for each
    starts: str = ""  # a pattern that tells whether an optional value is there


def read_count(text: str) -> int:
    if not re.fullmatch(r"[0-9]+", text):
        raise ValueError(f"{text} is not a whole number")
    if len(text) > 10 or int(text) > LARGEST:
        raise ValueError(f"{text} is larger than {LARGEST}")
    return int(text)


def read_sizes(text: str) -> Sizes:
    return tuple(read_count(part) for part in re.split("[xX×]", text))


def read_number(text: str) -> float:
    if not re.fullmatch(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?", text):
        raise ValueError(f"{text} is not a number")
    return float(text)


def read_switch(text: str) -> bool:
    if text not in SWITCH:
        raise ValueError(f"{text} is neither yes nor no")
    return SWITCH[text]


def read_padding(text: str) -> Padding:
    if re.match(r"[0-9]", text):
        pads = [[read_count(side) for side in part.split(":")] for part in re.split("[xX×]", text)]
        if any(len(pad) > 2 for pad in pads):
            raise ValueError(f"{text} has more than a before and an after for one axis")
        return tuple((pad[0], pad[-1]) for pad in pads)
    if text not in PADDINGS:
        raise ValueError(f"{text} is neither a number nor one of {', '.join(PADDINGS)}")
    return text


def read_margins(text: str) -> Margins:
    if text in PADDINGS:
        raise ValueError(f"{text} is not a number of rows and columns")
    margins = read_padding(text)
    assert not isinstance(margins, str)
    return margins


def read_range(text: str) -> tuple[int, int]:
    match = re.fullmatch("([0-9]+):([0-9]+)", text)
    if not match:
        raise ValueError(f"{text} is not a range such as 0:32")
    return read_count(match[1]), read_count(match[2])


def read_sides(text: str) -> tuple[int, int]:
    before, colon, after = text.partition(":")
    return read_count(before), read_count(after if colon else before)


# Table I of LeCun et al. 1998: the maps of S2 that each of the sixteen filters of C3 sees
LENET = (
    *(tuple(sorted((i + j) % 6 for j in range(3))) for i in range(6)),
    *(tuple(sorted((i + j) % 6 for j in range(4))) for i in range(6)),
    *(tuple(sorted((i + j) % 6 for j in (0, 1, 3, 4))) for i in range(3)),
    tuple(range(6)),
)


def read_table(text: str) -> Table:
    if text == "lenet":
        return LENET
    return tuple(tuple(read_count(channel) for channel in row.split(",")) for row in text.split("/"))


def write_table(value: Table) -> str:
    return "lenet" if value == LENET else "/".join(",".join(map(str, row)) for row in value)


def write_margins(value: Margins) -> str:
    return "x".join(f"{before}:{after}" if before != after else str(before) for before, after in value)


def write_sizes(value: Sizes) -> str:
    return str(value[0]) if len(set(value)) == 1 else "x".join(map(str, value))


def write_padding(value: Padding) -> str:
    if isinstance(value, str):
        return value
    sides = [str(before) if before == after else f"{before}:{after}" for before, after in value]
    return sides[0] if len(set(sides)) == 1 else "x".join(sides)


def spread_sizes(value: Sizes, axes: int) -> Sizes:
    return value * axes if len(value) == 1 else value


def spread_padding(value: Padding, axes: int) -> Padding:
    if value == "valid":
        return ((0, 0),) * axes
    return value if isinstance(value, str) or len(value) > 1 else value * axes


COUNT = Kind("N", read_count, str)
FILTERS = Kind("K", read_count, str)
SIZES = Kind("N or NxN", read_sizes, write_sizes, spread_sizes)
EXTENT = Kind("FxF", read_sizes, lambda value: "x".join(map(str, value)))
NUMBER = Kind("X", read_number, repr, starts=r"-?[0-9.]")
YES_NO = Kind("yes or no", read_switch, lambda value: "yes" if value else "no", starts=r"(?i:yes|no)$")
PADS = Kind("N, NxN, A:BxA:B, same, valid, full or causal", read_padding, write_padding, spread_padding)
MARGINS = Kind("N, NxN or A:BxA:B", read_margins, write_margins)
FACTORS = Kind("N or NxN", read_sizes, lambda value: "x".join(map(str, value)))
SIDES = Kind("A:B", read_sides, lambda value: f"{value[0]}:{value[1]}")
RANGE = Kind("A:B", read_range, lambda value: f"{value[0]}:{value[1]}")
TABLE = Kind("lenet or 0,1/1,2/…", read_table, write_table)
