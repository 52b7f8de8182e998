"""Why nothing leads to what is demanded, in words with the numbers in them."""

from __future__ import annotations

from cnncalc.arithmetic.solving.problem import Demand, written
from cnncalc.errors import CnncalcError
from cnncalc.layers import Shape, show
from cnncalc.layers.window import AXES
from cnncalc.layers.words import Statement


def because(
    missed: Demand | None, reached: list[Shape], error: CnncalcError | None, statement: Statement
) -> str:
    """Why a demand is missed by all that is reached; or why nothing is reached at all."""
    if not missed or not reached:
        return f"no value fits {written(statement)}" + (f": {error.message}" if error else "")
    shape = reached[0]
    if len(shape) - len(missed.sizes) not in (0, 1):
        return (
            f"what comes out has {len(shape)} sizes, such as {show(shape)}; {missed} has {len(missed.sizes)}"
        )
    axes = AXES.get(len(shape) - 1, ())
    names = [*(f"{axis}s" for axis in axes), "channels" if axes else "units"]
    reasons = []
    for index, wanted in enumerate(missed.sizes):
        sizes = sorted({shape[index] for shape in reached if len(shape) > index})
        if wanted is not None and wanted not in sizes:
            reasons.append(f"{names[index]} {reach(wanted, sizes)}")
    one = f"no values give {missed} together, though each of its sizes is reached"
    return "; ".join(reasons) or one


def reach(wanted: int, sizes: list[int]) -> str:
    """Where the wanted size lies among those that are reached."""
    if len(sizes) == 1:
        return f"are {sizes[0]} whatever ? is, not {wanted}"
    if wanted < sizes[0]:
        return f"are at least {sizes[0]}, not {wanted}"
    if wanted > sizes[-1]:
        return f"are at most {sizes[-1]}, not {wanted}"
    below = max(size for size in sizes if size < wanted)
    above = min(size for size in sizes if size > wanted)
    return f"go from {below} to {above}, past {wanted}"
