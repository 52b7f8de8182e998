"""The words of a model: a text, a file or options of the command line as statements of words, each at its place."""

from __future__ import annotations

import re
from typing import NamedTuple

from cnncalc.errors import LanguageError, Place
from cnncalc.layers.base import Layer, Option
from cnncalc.layers.values import YES_NO

INPUT = "input"
DEEPEST = 100  # braces within braces


class Word(NamedTuple):
    """A word as it is understood, and where the user wrote it."""

    text: str
    place: Place


class Braces(NamedTuple):
    """The statements in a pair of braces."""

    statements: list[Statement]
    place: Place


Statement = list[Word | Braces]  # a layer's word, its size and its modifiers, the layers inside it


def read_text(text: str, source: str = "") -> list[Statement]:
    """The statements of a text; what follows # on a line is a comment.

    A statement goes on behind the end of a line where that line ends in a brace and the next begins with a word
    such as shortcut.
    """
    behind = {field.name for cls in Layer.known.values() for field in cls.inners()[1:]}
    open_braces: list[Word] = []
    lists: list[list[Statement]] = [[[]]]
    line_ended = False
    for match in re.finditer(r"#[^\n]*|[;\n{}]|[^\s;#{}]+", text):
        token, place = match[0], Place(text, match.start(), match.end(), source)
        statement = lists[-1][-1]
        if token == "\n":
            line_ended = True
        elif token == ";":
            lists[-1].append([])
        elif token == "}":
            if not open_braces:
                raise LanguageError("a } without a { before it", "take it away", place=place)
            inside = [statement for statement in lists.pop() if statement]
            lists[-1][-1].append(Braces(inside, open_braces.pop().place.to(place)))
            line_ended = False
        elif token[0] != "#":
            word = Word(token.lower(), place)
            if line_ended and statement and not (isinstance(statement[-1], Braces) and word.text in behind):
                lists[-1].append([])
            line_ended = False
            if token == "{":
                open_braces.append(word)
                lists.append([[]])
                if len(lists) > DEEPEST:
                    raise LanguageError(
                        f"more than {DEEPEST} braces within braces", "write it flatter", place=place
                    )
            else:
                lists[-1][-1].append(word)
    if open_braces:
        raise LanguageError("a { that is never closed", "close it with }", place=open_braces[-1].place)
    return [statement for statement in lists[0] if statement]


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
    for word in words_of_leaves():
        for option in Layer.known[word].modifiers():
            found.setdefault(option.word, option)
    return found


def vocabulary() -> list[str]:
    """Every word that may stand on the command line behind two dashes."""
    switches = [f"no-{option.word}" for option in modifiers().values() if option.kind is YES_NO]
    return [INPUT, *words_of_leaves(), *modifiers(), *switches]


def words_of_leaves() -> list[str]:
    """The words of the layers that are written without braces."""
    return [word for word, cls in Layer.known.items() if not cls.block]
