"""Kernels of the user's own: what the words after --kernel mean, and matrices as kernels."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from cnncalc.errors import LanguageError, Place, UsageError
from cnncalc.imaging.kernels.catalogue import CATALOGUE, find
from cnncalc.imaging.kernels.parameters import LARGEST, Parameter, is_name, read, split
from cnncalc.imaging.kernels.records import Kernel, Step

if TYPE_CHECKING:
    from cnncalc.imaging.matrices import Matrix

EXACT = 1 << 40  # whole weights and divisors up to here are summed exactly
RUN = (  # what may stand behind the folder of a trained run
    Parameter("layer", "number", None, "its number in the table of cnncalc shape RUN", least=1, most=10_000),
    Parameter("filter", "number", None, "one filter, counted from 1; else all", least=1, most=1_000_000),
)


def read_step(text: str) -> Step:
    """The step that the user's words mean: a name of the catalogue, a matrix in words, or a file of one."""
    name = text.partition(":")[0].strip().lower()
    if name in CATALOGUE or (is_name(text) and not _is_file(text)):
        return find(text)
    from cnncalc.imaging.matrices import read_matrix

    if not text.strip():
        raise UsageError("the kernel is empty", "cnncalc kernels lists those that have a name")
    label = Path(text).stem if _is_file(text) else "own"
    return of_matrix(label, read_matrix(text))


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def of_matrix(name: str, matrix: Matrix) -> Kernel:
    """The matrix as a kernel: whole weights over a divisor where they can be, else floats."""
    rows = matrix.rows
    if max(matrix.size) > LARGEST:
        kh, kw = matrix.size
        raise UsageError(
            f"a kernel of {kh}×{kw} is too large",
            f"at most {LARGEST}×{LARGEST}",
        )
    note = "; ".join(matrix.notes)
    exact = matrix.over_one_divisor()
    whole = tuple(tuple(map(int, row)) for row in exact.rows)
    if exact.divisor < EXACT and all(abs(weight) < EXACT for row in whole for weight in row):
        return Kernel(name, whole, divisor=exact.divisor, note=note)
    weights = tuple(tuple(float(Fraction(weight) / matrix.divisor) for weight in row) for row in rows)
    return Kernel(name, weights, note=note)


def split_run(text: str) -> tuple[Path, int | None, int | None] | None:
    """The folder or file, layer and filter of RUN, RUN:layer=1 or RUN:layer=1,filter=3; None where it is no run."""
    for word in (":layer=", ":filter="):
        at = text.find(word)
        if at > 0:
            place, rest = text[:at], text[at:]
            break
    else:
        place, rest = text, ""
    path = Path(place)
    try:
        if not (rest or path.is_dir() or path.suffix == ".safetensors"):
            return None
    except (OSError, ValueError):
        return None
    _, pairs = split("_" * len(place) + rest)  # the places stay those in the whole text
    values = read(text, "a run", pairs, RUN)
    for key, _ in pairs:
        number = values[key.text]
        if number != int(number):
            raise LanguageError(
                f"{key.text} is a whole number, not {number}", place=Place(text, len(place) + 1, len(text))
            )
    layer, chosen = values["layer"], values["filter"]
    return path, None if layer is None else int(layer), None if chosen is None else int(chosen)
