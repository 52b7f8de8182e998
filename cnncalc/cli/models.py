"""Which model a command means: a text, a file, a name, a trained run, options, or a mixture."""

from __future__ import annotations

from pathlib import Path

from cnncalc.arithmetic.zoo import ZOO, named
from cnncalc.errors import FileError, LanguageError, Place, nearest
from cnncalc.layers import Layer, Model, Serial, Shape
from cnncalc.layers.language import INPUT, build, parse, read_flags

LARGEST_FILE = 64 * 2**20  # bytes of a model file


def model_of(spec: str, flags: list[str], *, input: Shape | None = None) -> Model:  # noqa: A002
    """The model of a spec, with the layers of the flags behind it; --input among the flags replaces its input.

    `input` stands in where neither names one.
    """
    statements = read_flags(flags)
    if not spec:
        return build(statements, input=input, text=" ".join(flags))
    base = model_from(spec, input)
    more = build(statements, input=base.input)
    return Model(more.input, Serial(base.body.layers + more.body.layers))


def model_from(spec: str, input: Shape | None = None) -> Model:  # noqa: A002
    """The model of a name, a text, a file or the folder of a run, whichever the spec is."""
    if spec in ZOO:
        return named(spec)
    if any(mark in spec for mark in " ;\n") or spec.lower() in Layer.known:
        return parse(spec, input=input)
    path = Path(spec)
    if path.is_dir():
        from cnncalc.learning.checkpoint import read_model

        return read_model(path)
    if path.is_file():
        return parse(read_file(path), source=spec, input=input)
    if path.suffix or len(path.parts) > 1:
        raise FileError(f"there is no file {spec}", "give a model file, the folder of a run, or a text in quotes")
    raise LanguageError(
        f"{spec} is neither a named network nor a file",
        nearest(spec, [*ZOO, *([INPUT] if " " in spec else [])]),
        place=Place(spec, 0, len(spec)),
    )


def read_file(path: Path) -> str:
    """The text of a model file; raises FileError where it cannot be read as text."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FileError(f"{path} is larger than {LARGEST_FILE >> 20} MB", "a model file is a page of text")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path} is not a text file: byte {error.start} is not UTF-8",
            "a model file holds words such as: input 32x32x3; conv 10x5x5",
        ) from None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from None
