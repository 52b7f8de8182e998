"""What is done to a picture: the steps of a chain, and how they are laid over what they work on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from cnncalc.imaging.kernels.records import Bank, Kernel, Pool, Step, Weights, label
from cnncalc.imaging.responses import Way
from cnncalc.numerics.borders import SAME, Geometry


@dataclass(frozen=True)
class Chain:
    """The steps, and what holds for all of them.

    mode: None is same for kernels and valid for pooling. flip: true convolution. channels: see `channels.WAYS`,
    or numbers. way: how responses become pixels; None is the last step's own. round_between: whether each step's
    result becomes pixels before the next one.
    """

    steps: tuple[Step, ...]
    geometry: Geometry = SAME
    mode: str | None = None
    flip: bool = False
    channels: str | tuple[int, ...] = "each"
    way: Way | None = None
    plain_alpha: bool = False
    round_between: bool = False

    @property
    def label(self) -> str:
        """The names of the steps as part of a file's name."""
        return "-".join(map(label, self.steps))

    @property
    def mapping(self) -> Way:
        """How responses become pixels."""
        return self.way or Way(self.steps[-1].response)

    @property
    def bank(self) -> Bank | None:
        """The step that makes of each picture several, if there is one."""
        return next((step for step in self.steps if isinstance(step, Bank)), None)

    def laid(self, threads: int = 1) -> Laid:
        return Laid(self.geometry, self.mode, self.flip, threads)


class Laid(NamedTuple):
    """How the steps of a chain are laid over what they work on."""

    geometry: Geometry
    mode: str | None = None
    flip: bool = False
    threads: int = 1
    centre: float = 0.0  # a value near those of the picture
    overwrite: bool = False  # whether the result may take the place of the pixels

    def over(self, kernel: Kernel) -> tuple[Weights, Geometry]:
        """The weights to correlate with, and their geometry: flipping turns the anchor with the kernel."""
        geometry = self.geometry._replace(mode=self.mode or "same")
        if not self.flip:
            return kernel.weights, geometry
        kernel = kernel.flipped()
        if geometry.mode == "same":
            anchor = geometry.anchor or (kernel.size[0] // 2, kernel.size[1] // 2)
            kh, kw = kernel.size
            geometry = geometry._replace(anchor=(kh - 1 - anchor[0], kw - 1 - anchor[1]))
        return kernel.weights, geometry

    def pooling(self, step: Pool) -> Geometry:
        """Pooling stays inside the picture unless a mode is asked for, and has a stride of its own."""
        return self.geometry._replace(
            mode=self.mode or "valid", stride=step.stride, dilation=(1, 1), anchor=None
        )
