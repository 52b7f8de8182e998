"""The model language: words to a Model. The same words serve as text, as a file and as options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any

from cnncalc.errors import LanguageError, Place, nearest
from cnncalc.layers.base import Layer, Option, Shape
from cnncalc.layers.combining import Model, Serial
from cnncalc.layers.record import REQUIRED
from cnncalc.layers.values import YES_NO, read_count, read_sizes
from cnncalc.layers.words import INPUT, Braces, Statement, Word, read_text
from cnncalc.layers.writing import form

REPEAT = "repeat"
MOST = 1_000_000  # layers of a model, all repetitions written out
INPUT_FORM = "HxWxC, LxC, DxHxWxC or N"


def parse(text: str, *, source: str = "") -> Model:
    """The model that a text describes; statements end at a semicolon or at the end of a line.

    `source` is the file it came from, for errors. Raises LanguageError with the place.
    """
    return build(read_text(text, source), text=text)


def build(statements: Iterable[Statement], *, input: Shape | None = None, text: str = "") -> Model:  # noqa: A002
    """The model that statements describe; a later input counts, `input` stands in where there is none."""
    layers: list[Statement] = []
    for statement in statements:
        if isinstance(statement[0], Word) and statement[0].text == INPUT:
            input = read_input(statement)  # noqa: A001
        else:
            layers.append(statement)
    if input is None:
        raise LanguageError(
            "the model names no input",
            f"begin with the size of one example: input {INPUT_FORM}",
            place=Place(text, 0, len(text.split(";")[0])) if text else None,
        )
    return Model(input, Builder().serial(layers))


class Builder:
    """Makes layers of statements and counts them, all repetitions written out."""

    def __init__(self) -> None:
        self.made: dict[tuple[str, ...], Layer] = {}  # those without braces, by their words
        self.sizes: dict[int, int] = {}  # leaves of a layer, by its id, where there is more than one

    def serial(self, statements: Iterable[Statement]) -> Serial:
        layers: list[Layer] = []
        leaves = 0
        for statement in statements:
            first = statement[0]
            if isinstance(first, Braces):
                raise LanguageError(
                    "braces without a layer before them", "name it, as in residual { … }", place=first.place
                )
            if first.text == REPEAT:
                times, body = self.repetition(statement)
                more = [*body.layers]
            else:
                times, more = 1, [self.layer(statement)]
            leaves += times * sum(self.sizes.get(id(layer), 1) for layer in more)
            if leaves > MOST:
                raise LanguageError(
                    f"the model has more than {MOST:,} layers", "repeat fewer of them", place=first.place
                )
            layers += more * times
        serial = Serial(tuple(layers))
        self.sizes[id(serial)] = leaves
        return serial

    def repetition(self, statement: Statement) -> tuple[int, Serial]:
        """How often, and what: repeat 3 { … }."""
        first, *rest = statement
        match rest:
            case [Word() as number, Braces() as braces]:
                times: int = read(read_count, number, "a number of times")
                serial = self.serial(braces.statements)
                del self.sizes[id(serial)]  # it is not kept, and its id may become another's
                return times, serial
        raise LanguageError(
            "repeat needs a number and layers in braces", "write repeat 3 { … }", place=first.place
        )

    def layer(self, statement: Statement) -> Layer:
        """The layer that one statement describes; raises LanguageError with the place of the culprit."""
        words = [
            part
            for part in takewhile(lambda part: isinstance(part, Word), statement)
            if isinstance(part, Word)
        ]
        written = tuple([word.text for word in words])
        whole = words[0].place.to(words[-1].place)
        if written in self.made and len(words) == len(statement):
            return self.made[written].at(whole)
        cls = class_of(words[0])
        values, places = read_options(cls, words)
        inside = self.inside(cls, words[0], statement[len(words) :])
        try:
            layer = cls(**values, **inside, place=whole)
        except LanguageError as error:
            error.place = places.get(error.option, whole)
            raise
        if inside:
            parts = [
                part
                for value in inside.values()
                for part in (value if isinstance(value, tuple) else (value,))
            ]
            self.sizes[id(layer)] = 1 + sum(self.sizes[id(part)] for part in parts)
        else:
            self.made[written] = layer
        return layer

    def inside(self, cls: type[Layer], first: Word, parts: Statement) -> dict[str, Any]:
        """The layers in braces, by the names of their fields."""
        found: dict[str, Any] = {}
        fields = cls.inners()
        expected = {"": fields[0], **{field.name: field for field in fields[1:]}} if fields else {}
        name = ""
        for part in parts:
            if isinstance(part, Word):
                name = part.text
                if name not in expected:
                    raise LanguageError(
                        f"{first.text} does not take {name}",
                        "layers are separated by ;",
                        place=part.place,
                    )
                continue
            field = expected.pop(name, None)
            if field is None:
                raise LanguageError(
                    f"{first.text} takes no {'more ' if fields else ''}braces",
                    "separate layers by ;",
                    place=part.place,
                )
            found[field.name] = self.branches(part, first) if field.many else self.serial(part.statements)
        for field in expected.values():
            if field.default is REQUIRED:
                raise LanguageError(
                    f"{first.text} needs layers in braces", f"write {example(cls)}", place=first.place
                )
        return found

    def branches(self, braces: Braces, first: Word) -> tuple[Serial, ...]:
        """{ { … } { … } }."""
        found: list[Serial] = []
        for statement in braces.statements:
            for part in statement:
                if isinstance(part, Word):
                    raise LanguageError(
                        f"{part.text} stands between the branches of {first.text}",
                        f"put each branch into braces of its own: {first.text} {{ {{ … }} {{ … }} }}",
                        place=part.place,
                    )
                found.append(self.serial(part.statements))
        if not found:
            raise LanguageError(
                f"{first.text} has no branches",
                f"write {first.text} {{ {{ … }} {{ … }} }}",
                place=braces.place,
            )
        return tuple(found)


def example(cls: type[Layer]) -> str:
    """How a block is written."""
    return f"{cls.word} {{ {{ … }} {{ … }} }}" if cls.inners()[0].many else f"{cls.word} {{ … }}"


def read_input(statement: Statement) -> Shape:
    if len(statement) == 1 or isinstance(statement[1], Braces):
        raise LanguageError("input needs a size", f"write input {INPUT_FORM}", place=statement[0].place)
    word = statement[1]
    shape: Shape = read(read_sizes, word, INPUT_FORM)
    if 0 in shape:
        raise LanguageError(
            f"an input of {word.text} holds nothing", "sizes are at least 1", place=word.place
        )
    if len(shape) > 4:
        raise LanguageError(f"an input with {len(shape)} sizes", f"write {INPUT_FORM}", place=word.place)
    if len(statement) > 2:
        extra = statement[2]
        raise LanguageError(
            f"input takes one size, not {extra.place.words} too",
            "put modifiers behind a layer; statements end with ;",
            place=extra.place,
        )
    return shape


def class_of(word: Word) -> type[Layer]:
    cls = Layer.known.get(word.text)
    if cls is None:
        raise LanguageError(
            f"unknown layer {word.text}", nearest(word.text, [INPUT, REPEAT, *Layer.known]), place=word.place
        )
    return cls


def read_options(cls: type[Layer], words: list[Word]) -> tuple[dict[str, Any], dict[str, Place]]:
    """The values of a layer's options by their names, and where they stand by their words."""
    values: dict[str, Any] = {}
    places: dict[str, Place] = {}
    for option, word in options_of(cls, words):
        if option.word in places:
            raise LanguageError(f"{option.word} is given twice", "keep one of them", place=word.place)
        places[option.word] = word.place
        if option.head:
            values |= read_head(cls.heads(), word, words[0].text)
        else:
            values[option.name] = read(option.kind.read, word, option.kind.form)
    if any(head.required and head.name not in values for head in cls.heads()):
        raise LanguageError(
            f"{words[0].text} needs a size", f"write {words[0].text} {form(cls)}", place=words[0].place
        )
    return values, places


def options_of(cls: type[Layer], statement: list[Word]) -> Iterator[tuple[Option, Word]]:
    """The options of a statement, each with the word that holds its value; the size in front counts as one."""
    known = {option.word: option for option in cls.modifiers()}
    heads = cls.heads()
    words = statement[1:]
    if heads and words and words[0].text not in known and re.match(heads[0].kind.starts, words[0].text):
        yield heads[0], words.pop(0)
    while words:
        word = words.pop(0)
        option = known.get(word.text)
        if option is None:
            raise unknown_modifier(word, statement[0].text, known)
        switch = option.kind is YES_NO
        if words and (not switch or re.match(option.kind.starts, words[0].text)):
            yield option, words.pop(0)
        elif switch:
            yield option, word._replace(text="yes")
        else:
            raise LanguageError(
                f"{word.text} needs a value", f"write {word.text} {option.kind.form}", place=word.place
            )


def unknown_modifier(word: Word, layer: str, known: dict[str, Option]) -> LanguageError:
    if word.text in Layer.known:
        hint = f"{word.text} is a layer of its own: put ; before it"
    elif known:
        hint = nearest(word.text, known)
    else:
        hint = f"{layer} takes no modifiers; layers are separated by ;"
    return LanguageError(f"{layer} does not take {word.text}", hint, place=word.place)


def read_head(heads: list[Option], word: Word, layer: str) -> dict[str, Any]:
    """10x5x5 as filters 10 and kernel (5, 5); a single option takes the whole word."""
    if len(heads) == 1:
        return {heads[0].name: read(heads[0].kind.read, word, heads[0].kind.form)}
    sizes = read(read_sizes, word, "x".join(head.kind.form for head in heads))
    if len(sizes) < 2:
        raise LanguageError(
            f"{layer} {word.text} lacks the size of the window",
            f"write {layer} {word.text}x3x3 for {word.text} filters of 3×3",
            place=word.place,
        )
    return {heads[0].name: sizes[0], heads[1].name: sizes[1:]}


def read(reader: Any, word: Word, expected: str) -> Any:
    try:
        return reader(word.text)
    except ValueError as error:
        raise LanguageError(str(error), f"write {expected}", place=word.place) from None
