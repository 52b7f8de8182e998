"""Which model a command means: a text, a file, a name, a trained run, options, or a mixture."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISDIR, S_ISREG

from cnncalc.arithmetic.zoo import ZOO
from cnncalc.errors import FileError, LanguageError, Place
from cnncalc.layers import Layer, Model, Shape
from cnncalc.layers.language import build
from cnncalc.layers.words import INPUT, Statement, read_flags, read_text

LARGEST_FILE = 64 * 2**20  # bytes of a model file


def model_of(spec: str, flags: list[str], *, input: Shape | None = None) -> Model:  # noqa: A002
    """The layers of the spec and behind them those of the flags; the last input that is named counts.

    `input` stands in where neither names one.
    """
    text = spec or " ".join(flags)
    statements = [*(statements_of(spec) if spec else []), *read_flags(flags)]
    return build(statements, input=input, text=text)


def statements_of(spec: str) -> list[Statement]:
    """The statements of a name, a text, a file or the folder of a run, whichever the spec is."""
    if any(mark in spec for mark in " ;\n") or spec.lower() in (INPUT, *Layer.known):
        return read_text(spec)
    if ZOO.exactly(spec):
        return read_text(ZOO[spec].text)
    path = Path(spec)
    mode = mode_of(path)
    if S_ISDIR(mode):
        from cnncalc.learning.checkpoint import read_text_of_model

        return read_text(read_text_of_model(path))
    if S_ISREG(mode):
        return read_text(read_file(path), source=spec)
    if spec in ZOO:
        return read_text(ZOO[spec].text)
    if (path.suffix and not path.suffix[1:].isdigit()) or len(path.parts) > 1:
        raise FileError(
            f"there is no file {spec}", "give a model file, the folder of a run, or a text in quotes"
        )
    place = Place(spec, 0, len(spec))
    raise LanguageError(f"{spec} is neither a named network nor a file", ZOO.hint(spec), place=place)


def mode_of(path: Path) -> int:
    """What kind of file lies there, as stat says it; 0 for none, for a name that no file can have too."""
    try:
        return path.stat().st_mode
    except (OSError, ValueError):
        return 0


def read_file(path: Path) -> str:
    """The text of a model file; raises FileError where it cannot be read as text."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FileError(
                f"{path} is larger than {LARGEST_FILE >> 20} MB", "a model file is a page of text"
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(
            f"{path} is not a text file: byte {error.start} is not UTF-8",
            "a model file holds words such as: input 32x32x3; conv 10x5x5",
        ) from None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from None
