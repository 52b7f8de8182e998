"""What can be said of the steps of the catalogue: figures of their kernels, parameters, sources."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cnncalc.imaging.kernels.catalogue import CATALOGUE
from cnncalc.imaging.kernels.elsewhere import Call, calls
from cnncalc.imaging.kernels.family import Family
from cnncalc.imaging.kernels.records import Bank, Kernel, Number, Step, Weights

PHOTO = (3000, 4000, 3)  # the picture that methods are chosen for here: 12 megapixels of 8 bits


@dataclass(frozen=True)
class KernelFacts:
    """A kernel and its figures.

    taps: multiply-adds a pixel, one for each weight that is not zero. column, row: the factors of a separable kernel.
    method, reason: how it is computed on a photo, and why so.
    """

    name: str
    size: tuple[int, int]
    sum: Number
    divisor: int
    weights: Weights
    rank: int
    separable: bool
    column: tuple[Number, ...] | None
    row: tuple[Number, ...] | None
    taps: int
    method: str
    reason: str

    @classmethod
    def of(cls, kernel: Kernel) -> KernelFacts:
        import numpy as np

        from cnncalc.numerics.taps import plan

        method = plan(PHOTO, np.dtype(np.uint8), kernel.weights, kernel.divisor)
        column, row = kernel.factors or (None, None)
        return cls(
            kernel.name,
            kernel.size,
            kernel.sum,
            kernel.divisor,
            kernel.weights,
            kernel.rank,
            column is not None,
            column,
            row,
            kernel.taps,
            method.name,
            method.reason,
        )


@dataclass(frozen=True)
class StepFacts:
    """A step, its kernels, where it comes from, and what others call it."""

    name: str
    does: str
    note: str
    source: str
    parameters: tuple[dict[str, Any], ...]
    kernels: tuple[KernelFacts, ...]
    calls: tuple[Call, ...]

    @classmethod
    def of(cls, step: Step) -> StepFacts:
        family = CATALOGUE.get(step.name.partition(":")[0])
        return cls(
            step.name,
            step.does,
            step.note,
            family.source if family else "your own",
            parameters_of(family) if family else (),
            tuple(KernelFacts.of(kernel) for kernel in step.kernels),
            () if isinstance(step, Bank) else calls(step),
        )

    def document(self) -> dict[str, Any]:
        """For --json; a step of one kernel has its figures at the top, too."""
        document = asdict(self)
        document["calls"] = [call._asdict() for call in self.calls]
        if len(self.kernels) == 1:
            document = {**asdict(self.kernels[0]), **document}
        return document


def parameters_of(family: Family) -> tuple[dict[str, Any], ...]:
    """Name, form, default, bounds and help of each parameter."""
    return tuple(
        {
            "name": parameter.name,
            "form": parameter.form,
            "default": parameter.shown_default or None,
            "least": parameter.least if parameter.kind != "choice" else None,
            "most": parameter.most if parameter.kind != "choice" else None,
            "help": parameter.help,
        }
        for parameter in family.parameters
    )
