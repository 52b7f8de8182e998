"""What the zoo holds of an architecture, and its text laid out for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.layers.language import parse
from cnncalc.layers.words import Statement, Word, read_text

if TYPE_CHECKING:
    from cnncalc.layers import Model


class Source(NamedTuple):
    """Where an architecture was published."""

    authors: str
    year: int
    title: str

    def __str__(self) -> str:
        return f"{self.authors} {self.year}, {self.title}"

    @property
    def short(self) -> str:
        """The authors; where they are more than two, the first of them."""
        first, *others = self.authors.split(", ")
        return self.authors if len(others) < 2 else f"{first} et al."


class Architecture(NamedTuple):
    """A network of the literature, written in the model language."""

    name: str
    what: str
    source: Source
    input: str
    layers: str | Callable[[], str]  # written out, or made when it is asked for
    aliases: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole of it in the model language, repetitions as such."""
        layers = self.layers if isinstance(self.layers, str) else self.layers()
        return f"input {self.input}\n{layers}"

    @property
    def model(self) -> Model:
        return parse(self.text)


def layout(text: str) -> str:
    """A text of the model language with one statement a line, and what is in braces indented."""
    return "\n".join(lines(read_text(text)))


def lines(statements: list[Statement], margin: str = "") -> Iterator[str]:
    for statement in statements:
        line = margin
        for part in statement:
            gap = "" if line == margin else " "
            if isinstance(part, Word):
                line += gap + part.text
                continue
            inside = list(lines(part.statements))
            if len(inside) <= 1:
                line += f"{gap}{' '.join(['{', *inside, '}'])}"
            else:
                yield f"{line}{gap}{{"
                yield from (f"{margin}    {more}" for more in inside)
                line = margin + "}"
        yield line


def unit(convolution: str, activation: str = "relu") -> str:
    """A convolution without bias, batch normalisation, and an activation where there is one."""
    return f"{convolution} bias no; batchnorm" + (f"; {activation}" if activation else "")


def repeated(times: int, block: str) -> str:
    """A block as often as it is wanted, without a word where that is once."""
    return block if times == 1 else f"repeat {times} {{ {block} }}" if times else ""


def joined(*statements: str) -> str:
    """Statements one a line; empty ones fall away."""
    return "\n".join(statement for statement in statements if statement)
