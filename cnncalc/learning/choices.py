"""Words with numbers, such as momentum:beta=0.9, for what is chosen by name; a family is a table of classes.

NAME, NAME:VALUE for the first number, NAME:KEY=VALUE,KEY=VALUE; where several may be chosen, commas divide them too.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields
from math import inf, isfinite
from typing import Any, ClassVar, TypeVar

from cnncalc.errors import UsageError, nearest


@dataclass(frozen=True)
class Choice:
    """One entry of a family; its fields are its numbers."""

    name: ClassVar[str]


C = TypeVar("C", bound=Choice)


def number(
    default: Any = MISSING,
    *,
    minimum: float = 0,
    below: float = inf,
    above: float = -inf,
    whole: bool = False,
) -> Any:
    """A field of a choice with its bounds; without a default it must be given."""
    metadata = {"minimum": minimum, "below": below, "above": above, "whole": whole}
    return field(default=default, metadata=metadata)


def family(*classes: type[C]) -> dict[str, type[C]]:
    """The table of a family by name, in this order."""
    return {cls.name: cls for cls in classes}


def listed(table: dict[str, type[C]]) -> str:
    """All names with their numbers and defaults: sgd, momentum (beta=0.9), …"""
    return ", ".join(map(described, table.values()))


def described(cls: type[Choice]) -> str:
    """momentum (beta=0.9)."""
    numbers = [
        part.name if part.default is MISSING else f"{part.name}={part.default:g}" for part in fields(cls)
    ]
    return f"{cls.name} ({', '.join(numbers)})" if numbers else cls.name


def read_one(text: str, table: dict[str, type[C]], kind: str) -> C:
    """The one choice that the text writes; raises UsageError."""
    found = read_all(text, table, kind)
    if len(found) != 1:
        raise UsageError(f"{kind} is one of its names, not {text!r}", f"known: {listed(table)}")
    return found[0]


def read_all(text: str, table: dict[str, type[C]], kind: str) -> tuple[C, ...]:
    """The choices that the text writes, in order; raises UsageError."""
    said: list[tuple[str, list[str]]] = []
    for part in text.split(",") if text else []:
        name, colon, value = part.strip().partition(":")
        if said and "=" in name:  # another number of the choice before
            said[-1][1].append(name)
        else:
            said.append((name, [value] if colon else []))
    return tuple(made(name, values, table, kind) for name, values in said)


def made(name: str, values: list[str], table: dict[str, type[C]], kind: str) -> C:
    """The choice of a name with numbers, which stand as VALUE (the first one) or as KEY=VALUE."""
    if name not in table:
        raise UsageError(f"{kind} {name!r} is unknown", nearest(name, table))
    cls = table[name]
    known = {part.name: part for part in fields(cls)}
    numbers: dict[str, float] = {}
    for i, value in enumerate(values):
        key, equals, digits = value.partition("=")
        if not equals:
            key, digits = next(iter(known), "") if i == 0 else "", key
        if key not in known or key in numbers:
            raise UsageError(f"{kind} {name} does not take {value!r}", f"it is written {described(cls)}")
        numbers[key] = checked(f"{kind} {name}: {key}", digits, known[key])
    for key, part in known.items():
        if part.default is MISSING and key not in numbers:
            raise UsageError(f"{kind} {name} lacks its {key}", f"it is written {name}:{key}=NUMBER")
    return cls(**numbers)


def checked(what: str, digits: str, part: Field[Any]) -> float:
    """The number that the digits write, within its bounds; raises UsageError."""
    try:
        value = float(digits)
    except ValueError:
        raise UsageError(
            f"{what} is {digits!r}, which is not a number", f"it is written {part.name}=NUMBER"
        ) from None
    minimum, below, above = (part.metadata[name] for name in ("minimum", "below", "above"))
    if not isfinite(value) or value < minimum or value >= below or value <= above:
        bounds = [f"at least {minimum:g}" if above == -inf else f"above {above:g}"]
        bounds += [f"below {below:g}"] if below < inf else []
        raise UsageError(f"{what} is {digits}", f"it is a number {' and '.join(bounds)}")
    if part.metadata["whole"] and value != int(value):
        raise UsageError(f"{what} is {digits}", "it is a whole number")
    return int(value) if part.metadata["whole"] else value


def write(choice: Choice) -> str:
    """The choice with all its numbers, as read_one reads it."""
    numbers = ",".join(f"{part.name}={getattr(choice, part.name)!r}" for part in fields(choice))
    return f"{choice.name}:{numbers}" if numbers else choice.name
