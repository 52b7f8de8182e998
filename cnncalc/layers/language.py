"""The model language: words to a Model and back. The same words serve as text, as a file and as options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cnncalc.errors import LanguageError, Place, nearest
from cnncalc.layers.base import Layer, Option, Shape
from cnncalc.layers.combining import Model, Serial
from cnncalc.layers.values import YES_NO, read_sizes

INPUT = "input"
INPUT_FORM = "HxWxC, LxC, DxHxWxC or N"


class Word(NamedTuple):
    """A word as it is understood, and where the user wrote it."""

    text: str
    place: Place


Statement = list[Word]  # a layer's word, then its size and its modifiers


# ── reading ──


def parse(text: str, *, source: str = "") -> Model:
    """The model that a text describes; statements end at a semicolon or at the end of a line.

    `source` is the file it came from, for errors. Raises LanguageError with the place.
    """
    return build(read_text(text, source), text=text)


def read_text(text: str, source: str = "") -> list[Statement]:
    """The statements of a text; what follows # on a line is a comment."""
    found: list[Statement] = [[]]
    for match in re.finditer(r"#[^\n]*|[;\n]|[^\s;#]+", text):
        token = match[0]
        if token in ";\n":
            found.append([])
        elif token[0] != "#":
            found[-1].append(Word(token.lower(), Place(text, match.start(), match.end(), source)))
    return [statement for statement in found if statement]


def read_flags(args: list[str]) -> list[Statement]:
    """The statements of options such as --conv 10x5x5 --stride 1: a layer's option starts a new one."""
    text = " ".join(args)
    found: list[Statement] = []
    start = 0
    for arg in args:
        place = Place(text, start, start + len(arg))
        start += len(arg) + 1
        word = arg.lower().removeprefix("--")
        if arg.startswith("--") and (word == INPUT or word in Layer.known):
            found.append([])
        elif not found:
            raise LanguageError(
                f"{arg} belongs to a layer", "put it behind one, as in --conv 10x5x5 --stride 2", place=place
            )
        if arg.startswith("--no-"):
            found[-1] += [Word(word.removeprefix("no-"), place), Word("no", place)]
        else:
            found[-1].append(Word(word, place))
    return found


def split_flags(args: list[str]) -> tuple[list[str], list[str]]:
    """Command-line words that are of the model language, and the others, each in their order."""
    flags: list[str] = []
    others: list[str] = []
    known = set(vocabulary())
    rest = list(reversed(args))
    while rest:
        arg = rest.pop()
        name, equals, value = arg.partition("=")
        word = name.lower().removeprefix("--")
        if not name.startswith("--") or word not in known:
            others.append(arg)
            continue
        flags.append(name)
        if equals:
            flags.append(value)
            continue
        pattern = value_pattern(word)
        if pattern is not None and rest and not rest[-1].startswith("--") and re.match(pattern, rest[-1]):
            flags.append(rest.pop())
    return flags, others


def value_pattern(word: str) -> str | None:
    """What the value of an option begins with: "" for anything, None where it takes no value."""
    if word == INPUT:
        return ""
    if word in Layer.known:
        heads = Layer.known[word].heads()
        return None if not heads else "" if heads[0].required else heads[0].kind.starts
    option = modifiers().get(word)
    return option.kind.starts if option else None


def modifiers() -> dict[str, Option]:
    """Every modifier of every layer by its word, as the first layer that has it declares it."""
    found: dict[str, Option] = {}
    for cls in Layer.known.values():
        for option in cls.modifiers():
            found.setdefault(option.word, option)
    return found


def vocabulary() -> list[str]:
    """Every word that may stand on the command line behind two dashes."""
    switches = [f"no-{option.word}" for option in modifiers().values() if option.kind is YES_NO]
    return [INPUT, *Layer.known, *modifiers(), *switches]


# ── building ──


def build(statements: Iterable[Statement], *, input: Shape | None = None, text: str = "") -> Model:  # noqa: A002
    """The model that statements describe; a later input counts, `input` stands in where there is none."""
    layers: list[Layer] = []
    for statement in statements:
        if statement[0].text == INPUT:
            input = read_input(statement)  # noqa: A001
        else:
            layers.append(read_layer(statement))
    if input is None:
        raise LanguageError(
            "the model names no input",
            f"begin with the size of one example: input {INPUT_FORM}",
            place=Place(text, 0, len(text.split(";")[0])) if text else None,
        )
    return Model(input, Serial(tuple(layers)))


def read_input(statement: Statement) -> Shape:
    if len(statement) == 1:
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
            f"input takes one size, not {extra.text} too",
            "put modifiers behind a layer; statements end with ;",
            place=extra.place,
        )
    return shape


def read_layer(statement: Statement) -> Layer:
    """The layer that one statement describes; raises LanguageError with the place of the culprit."""
    first = statement[0]
    cls = Layer.known.get(first.text)
    if cls is None:
        raise LanguageError(
            f"unknown layer {first.text}", nearest(first.text, [INPUT, *Layer.known]), place=first.place
        )
    values: dict[str, Any] = {}
    places: dict[str, Place] = {}
    for option, word in options_of(cls, statement):
        if option.word in places:
            raise LanguageError(f"{option.word} is given twice", "keep one of them", place=word.place)
        places[option.word] = word.place
        if option.head:
            values |= read_head(cls.heads(), word, first.text)
        else:
            values[option.name] = read(option.kind.read, word, option.kind.form)
    if any(head.required and head.name not in values for head in cls.heads()):
        raise LanguageError(
            f"{first.text} needs a size", f"write {first.text} {form(cls)}", place=first.place
        )
    whole = first.place.to(statement[-1].place)
    try:
        return cls(**values, place=whole)
    except LanguageError as error:
        error.place = places.get(error.option, whole)
        raise


def options_of(cls: type[Layer], statement: Statement) -> Iterator[tuple[Option, Word]]:
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


# ── writing ──


def form(cls: type[Layer]) -> str:
    """How the size behind a layer's word is written, such as NxFxF; empty where there is none."""
    return "x".join(option.kind.form for option in cls.heads())


def write_layer(layer: Layer) -> str:
    """conv 10x5x5 stride 1 pad 2: what differs from the defaults, in the order of declaration."""
    sizes = [option.kind.write(getattr(layer, option.name)) for option in layer.heads()]
    words = [layer.word, "x".join(sizes)] if sizes else [layer.word]
    for option in layer.modifiers():
        value = getattr(layer, option.name)
        if option.always or value != option.default_in(layer):
            words += [option.word, option.kind.write(value)]
    return " ".join(words)


def write(model: Model, separator: str = "; ") -> str:
    """The text of a model; parse(write(model)) == model."""
    shape = "x".join(map(str, model.input))
    return separator.join([f"{INPUT} {shape}", *(write_layer(layer) for layer in model.body.layers)])
