"""How a layer declares its hyper-parameters and inner layers: once, for parser, formatter, --help and checks.

A record is frozen and compares by its values, as a frozen dataclass does; dataclasses compile the methods of every
class anew, half a millisecond each, which would be a third of the start of the program.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple, Self, dataclass_transform

from cnncalc.errors import LanguageError, Place
from cnncalc.layers.values import Kind

REQUIRED: Any = object()  # the default of what has none


class Option(NamedTuple):
    """A hyper-parameter."""

    name: str
    word: str
    kind: Kind
    help: str
    minimum: float | None
    below: float | None
    default: Any  # may be a function of the layer
    head: bool  # written right behind the layer's word, without a word of its own
    always: bool  # written even where it has its default

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    def default_in(self, layer: Record) -> Any:
        value = self.default(layer) if callable(self.default) else self.default
        return self.spread(value, layer)

    def spread(self, value: Any, layer: Record) -> Any:
        return self.kind.spread(value, layer.axes) if self.kind.spread and layer.axes else value

    def accept(self, value: Any, layer: Record) -> Any:
        """The value as the layer keeps it; raises LanguageError where it is out of bounds or has too many axes."""
        value = self.spread(value, layer)
        if self.kind.spread and layer.axes and not isinstance(value, str) and len(value) != layer.axes:
            raise LanguageError(
                f"{self.word} {self.kind.write(value)} has {len(value)} axes, "
                f"the window of {layer.word} has {layer.axes}",
                f"give {self.word} one number, or {layer.axes}",
                option=self.word,
            )
        for number in numbers(value):
            if self.minimum is not None and number < self.minimum:
                raise LanguageError(
                    f"{self.word} {number} is too small",
                    f"{self.word} is at least {self.minimum}",
                    option=self.word,
                )
            if self.below is not None and number >= self.below:
                raise LanguageError(
                    f"{self.word} {number} is too large",
                    f"{self.word} is below {self.below}",
                    option=self.word,
                )
        return value


class Inner(NamedTuple):
    """Layers inside a layer, written in braces; all but the first behind a word of their own."""

    name: str
    many: bool  # a tuple of them, in braces once more
    default: Any


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, tuple):
        for part in value:
            yield from numbers(part)
    elif not isinstance(value, str):
        yield value


def option(
    kind: Kind,
    help: str,  # noqa: A002 - what it becomes in --help
    *,
    word: str = "",
    default: Any = REQUIRED,
    minimum: float | None = None,
    below: float | None = None,
    head: bool = False,
    always: bool = False,
) -> Any:
    """Declares a hyper-parameter; a default may be a function of the layer."""
    return Option("", word, kind, help, minimum, below, default, head, always)


def inner(*, many: bool = False, default: Any = REQUIRED) -> Any:
    """Declares the layers inside a layer."""
    return Inner("", many, default)


@dataclass_transform(frozen_default=True, field_specifiers=(option, inner))
class Record:
    """A frozen record of the options and inner layers that its class declares; `place` is where it was written."""

    word: ClassVar[str] = ""
    declared: ClassVar[tuple[Option | Inner, ...]] = ()
    held: ClassVar[dict[str, list[Any]]] = {}  # what was declared, by kind
    place: Place | None

    def __init_subclass__(cls) -> None:
        fields: dict[str, Option | Inner] = {field.name: field for field in cls.declared}
        for name, value in vars(cls).items():
            if isinstance(value, Option):
                fields[name] = value._replace(name=name, word=value.word or name)
            elif isinstance(value, Inner):
                fields[name] = value._replace(name=name)
        cls.declared = tuple(fields.values())
        options = [field for field in cls.declared if isinstance(field, Option)]
        cls.held = {
            "options": options,
            "inners": [field for field in cls.declared if isinstance(field, Inner)],
            "heads": [option for option in options if option.head],
            "modifiers": [option for option in options if not option.head],
        }

    def __init__(self, *args: Any, place: Place | None = None, **named: Any) -> None:
        """Raises LanguageError where a value is out of bounds."""
        mine = self.__dict__
        mine["place"] = place
        given = {field.name: value for field, value in zip(self.declared, args, strict=False)}
        if len(args) > len(self.declared) or given.keys() & named.keys():
            raise TypeError(f"{type(self).__name__} takes {[field.name for field in self.declared]}")
        given |= named
        for field in self.declared:
            value = given.pop(field.name, None)
            if value is None:
                if field.default is REQUIRED:
                    raise TypeError(f"{type(self).__name__} lacks {field.name}")
                value = field.default_in(self) if isinstance(field, Option) else field.default
            elif isinstance(field, Option):
                value = field.accept(value, self)
            mine[field.name] = value
        mine["compared"] = tuple([mine[field.name] for field in self.declared])
        if given:
            raise TypeError(f"{type(self).__name__} has no {', '.join(given)}")

    def at(self, place: Place | None) -> Self:
        """The same record, written elsewhere."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, place=place)
        return other

    def but(self, **values: Any) -> Self:
        """The same record with other values for some options or inner layers."""
        mine = {field.name: getattr(self, field.name) for field in self.declared}
        return type(self)(**{**mine, **values}, place=self.place)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        return self is other or (
            type(self) is type(other) and self.__dict__["compared"] == other.__dict__["compared"]
        )

    def __hash__(self) -> int:
        return hash((type(self), self.__dict__["compared"]))

    def __repr__(self) -> str:
        values = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in self.declared)
        return f"{type(self).__name__}({values})"

    @property
    def axes(self) -> int:
        """How many spatial axes the layer's window has; 0 where it has none."""
        return len(self.__dict__.get("kernel", ()))

    @classmethod
    def options(cls) -> list[Option]:
        """The hyper-parameters in the order of declaration."""
        return cls.held["options"]

    @classmethod
    def inners(cls) -> list[Inner]:
        """The layers inside, in the order of declaration."""
        return cls.held["inners"]

    @classmethod
    def heads(cls) -> list[Option]:
        """The options written right behind the layer's word, as one size."""
        return cls.held["heads"]

    @classmethod
    def modifiers(cls) -> list[Option]:
        """The options written behind a word of their own."""
        return cls.held["modifiers"]
