"""The catalogue: every step that has a name, its parameters, and where it comes from."""

from __future__ import annotations

from cnncalc.errors import LanguageError, Place, nearest
from cnncalc.imaging.kernels import parameters
from cnncalc.imaging.kernels.course import COURSE
from cnncalc.imaging.kernels.edges import EDGES
from cnncalc.imaging.kernels.family import Family
from cnncalc.imaging.kernels.records import Step
from cnncalc.imaging.kernels.smoothing import SMOOTHING
from cnncalc.imaging.kernels.steps import STEPS

CATALOGUE: dict[str, Family] = {family.name: family for family in (*COURSE, *SMOOTHING, *EDGES, *STEPS)}


def find(text: str) -> Step:
    """The step written NAME or NAME:key=value,…; LanguageError with the place and the nearest known."""
    word = text.partition(":")[0]
    family = CATALOGUE.get(word.strip().lower())
    if family is None:
        start = len(word) - len(word.lstrip())
        place = Place(text, start, start + max(1, len(word.strip())))
        raise LanguageError(
            f"there is no kernel {word.strip()!r}", nearest(word.strip(), CATALOGUE), place=place
        )
    name, pairs = parameters.split(text)
    values = parameters.read(text, family.name, pairs, family.parameters)
    try:
        return family.build(values)
    except ValueError as error:  # parameters that do not go together
        raise LanguageError(str(error), place=Place(text, name.start, len(text))) from None
