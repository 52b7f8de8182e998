"""Problems from their words."""

from cnncalc.arithmetic.solving import Problem
from cnncalc.layers.words import read_text


def problem(text: str, *flags: str) -> Problem:
    return Problem.of(text, read_text(text) if text else [], list(flags))
