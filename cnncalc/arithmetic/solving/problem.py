"""A model in which numbers are written as ?, and what it shall put out where."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.errors import LanguageError, UsageError
from cnncalc.layers import Model, Shape
from cnncalc.layers.language import INPUT_FORM, build
from cnncalc.layers.values import LARGEST
from cnncalc.layers.words import INPUT, Braces, Statement, Word, read_flags

OUTPUT = "output"
UNKNOWN = "?"


class Demand(NamedTuple):
    """What a layer shall put out: sizes, of which the channels may be left out and any be left open (None)."""

    after: int  # how many layers' statements stand before it
    sizes: tuple[int | None, ...]

    def apart(self, shape: Shape) -> int:
        """How far a shape is from what is wanted, all its sizes together; 0 where it is that."""
        if len(shape) - len(self.sizes) not in (0, 1) or not self.sizes:
            return LARGEST
        pairs = zip(self.sizes, shape, strict=False)
        return sum(abs(wanted - size) for wanted, size in pairs if wanted is not None)

    def __str__(self) -> str:
        return "×".join(UNKNOWN if size is None else str(size) for size in self.sizes)


class Problem(NamedTuple):
    """The user's statements, those of a name, text or file before those of options; and what is demanded."""

    statements: list[Statement]  # without what is demanded
    demands: list[Demand]
    spec: str  # the first statements by the word they were called by; empty where they must be written out
    called: int  # how many these are

    @classmethod
    def of(cls, spec: str, said: list[Statement], flags: list[str]) -> Problem:
        """The problem that a spec, its statements and options pose; `output SIZE` stands behind its layer.

        Before all layers it is about the whole model, behind a spec about what that puts out. Raises LanguageError,
        UsageError.
        """
        statements: list[Statement] = []
        wanted: dict[int | None, str] = {}  # behind so many layers; None is behind all
        layers = 0

        def add(more: list[Statement]) -> None:
            nonlocal layers
            for statement in more:
                rest, demanded = without_output(statement)
                if rest:
                    statements.append(rest)
                    layers += not is_input(rest)
                wanted.update({None if rest and is_input(rest) else layers: text for text in demanded})

        add(said)
        called = len(statements)
        while flags[:1] == [f"--{OUTPUT}"]:
            wanted[layers if said else None] = "".join(flags[1:2])
            flags = flags[2:]
        add(read_flags(flags))
        inputs = [statement for statement in statements if is_input(statement)]
        if not inputs:
            raise LanguageError(
                "the model names no input", f"begin with the size of one example: input {INPUT_FORM}"
            )
        if any(marks(statement) or without_output(statement)[1] for statement in said):
            spec = ""
            called -= sum(is_input(one) and one is not inputs[-1] for one in statements[:called])
            statements = [one for one in statements if not is_input(one) or one is inputs[-1]]
        demands = {layers if after is None else after: read_sizes(text) for after, text in wanted.items()}
        return cls(statements, [Demand(*one) for one in sorted(demands.items())], spec, called)

    @property
    def layers(self) -> list[Statement]:
        """The statements of the layers."""
        return [statement for statement in self.statements if not is_input(statement)]

    @property
    def input(self) -> Statement:
        """The statement of the input that counts."""
        return [statement for statement in self.statements if is_input(statement)][-1]

    def filled(self, values: dict[int, list[str]]) -> Problem:
        """With values for the ?s, in their order, of the statements that have some, by the statements' ids."""
        return self._replace(
            statements=[
                filled(statement, iter(values[id(statement)])) if id(statement) in values else statement
                for statement in self.statements
            ]
        )

    def model(self) -> Model:
        """The model, once nothing is unknown."""
        return build(self.statements)

    def command(self, name: str = "shape") -> str:
        """A line for a shell that runs a command on the model."""
        first, others = self.statements[: self.called], self.statements[self.called :]
        spec = self.spec or "; ".join(map(written, first))
        words = [word for statement in others for word in as_flags(statement)]
        return " ".join(["cnncalc", name, *([quoted(spec)] if spec else []), *map(quoted, words)])


def is_input(statement: Statement) -> bool:
    return isinstance(statement[0], Word) and statement[0].text == INPUT


def marks(statement: Statement) -> int:
    """How many ?s are in a statement."""
    return sum(
        part.text.count(UNKNOWN) if isinstance(part, Word) else sum(map(marks, part.statements))
        for part in statement
    )


def filled(statement: Statement, values: Iterator[str]) -> Statement:
    """The statement with values for its ?s."""
    return [
        part._replace(statements=[filled(inner, values) for inner in part.statements])
        if isinstance(part, Braces)
        else part._replace(text=re.sub(r"\?", lambda _: next(values), part.text))
        if UNKNOWN in part.text
        else part
        for part in statement
    ]


def without_output(statement: Statement) -> tuple[Statement, list[str]]:
    """A statement without what is demanded of it, and that."""
    rest: Statement = []
    demanded: list[str] = []
    parts = iter(statement)
    for part in parts:
        if isinstance(part, Word) and part.text == OUTPUT:
            size = next(parts, None)
            demanded.append(size.text if isinstance(size, Word) else "")
        else:
            rest.append(part)
    return rest, demanded


def read_sizes(text: str) -> tuple[int | None, ...]:
    """16x16, 16x16x10, ?x16 or 10; raises UsageError."""
    if not re.fullmatch(r"([1-9][0-9]{0,8}|\?)([xX×]([1-9][0-9]{0,8}|\?)){0,3}", text):
        fact = f"an output of {text} is no size" if text else "output needs a size"
        raise UsageError(fact, "write HxW, HxWxC or N, as in --output 16x16")
    return tuple(None if part == UNKNOWN else int(part) for part in re.split("[xX×]", text))


# ── for a shell ──


def written(statement: Statement) -> str:
    """A statement in words."""
    return " ".join(
        part.text if isinstance(part, Word) else f"{{ {'; '.join(map(written, part.statements))} }}"
        for part in statement
    )


def as_flags(statement: Statement) -> Iterator[str]:
    """A statement as options: a modifier that takes its value along, such as --no-bias, is one word."""
    words = [part for part in statement if isinstance(part, Word)]
    for word, before in zip(words, [None, *words], strict=False):
        if before is None or word.place != before.place:
            yield word.place.words if word.place.words.startswith("--") else word.text


def quoted(word: str) -> str:
    """A word as shells take it: double quotes serve in all of them, where nothing in the word is special in these."""
    if re.fullmatch(r"[\w./:,+=×-]+", word):
        return word
    return shlex.quote(word) if re.search(r'["$`!]|\\\\', word) else f'"{word}"'
