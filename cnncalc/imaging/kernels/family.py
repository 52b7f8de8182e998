"""An entry of the catalogue: a name, parameters, and how a step is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cnncalc.imaging.kernels import parameters
from cnncalc.imaging.kernels.parameters import Parameter
from cnncalc.imaging.kernels.records import Kernel, Step, Weights


@dataclass(frozen=True)
class Family:
    """Steps of one name: what they do, whose they are, their parameters, and the function that makes one.

    make takes the parameters by name; the step's name, does and note are filled in from here where it left them out.
    """

    name: str
    does: str
    source: str
    make: Callable[..., Step]
    parameters: tuple[Parameter, ...] = ()
    note: str = ""

    def build(self, values: Mapping[str, Any]) -> Step:
        """The step with these values, named as the user would write it; ValueError where they do not go together."""
        step = self.make(**values)
        name = parameters.write(self.name, values, self.parameters)
        return replace(step, name=name, does=step.does or self.does, note=step.note or self.note)

    @property
    def default(self) -> Step:
        """The step without any parameter given."""
        return self.build({parameter.name: parameter.default for parameter in self.parameters})


def fixed(name: str, drawing: str, does: str, *, source: str, divisor: int = 1, note: str = "") -> Family:
    """A kernel without parameters, its weights as they are drawn."""
    return Family(name, does, source, lambda: Kernel(name, grid(drawing), divisor=divisor), note=note)


def grid(drawing: str) -> Weights:
    """The whole weights as they are drawn, a row a line."""
    return tuple(tuple(map(int, line.split())) for line in drawing.strip().splitlines())
