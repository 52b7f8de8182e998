"""What was done to a picture, as it is printed and as --json gives it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnncalc.errors import named
from cnncalc.imaging.chain import Chain, border_in_words, methods
from cnncalc.imaging.filtering import Filtered
from cnncalc.imaging.jobs import STDIO, Job
from cnncalc.imaging.kernels import Kernel
from cnncalc.imaging.pictures import Picture
from cnncalc.numerics.taps import Method


@dataclass(frozen=True)
class Record:
    """One picture and what became of it; kernel_size, sum and divisor are those of a single kernel, else None."""

    picture: str
    output: str
    size: tuple[int, int, int]  # H, W, C
    frames: int  # or pages
    output_size: tuple[int, ...]
    bits: int
    kernel: str
    steps: tuple[str, ...]
    kernel_size: tuple[int, int] | None
    sum: float | None
    divisor: int | None
    convolve: bool
    border: str
    mode: str
    stride: tuple[int, int]
    dilation: tuple[int, int]
    channels: str
    response: str
    low: float
    high: float
    clipped: int
    values: int
    seconds: float
    methods: tuple[Method, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls, job: Job, target: Any, before: Picture, chain: Chain, after: Filtered, seconds: float
    ) -> Record:
        """The record of a picture that was made."""
        return cls._of(
            job,
            target,
            before,
            chain,
            seconds,
            output_size=after.picture.shape,
            low=after.low,
            high=after.high,
            clipped=after.clipped,
            values=after.values,
            notes=before.notes + after.notes,
        )

    @classmethod
    def of_responses(
        cls, job: Job, before: Picture, chain: Chain, responses: NDArray[Any], seconds: float
    ) -> Record:
        """The record of responses that were written as they are, those of the first frame."""
        count = len(before.more)
        left = (f"only the first of {1 + count} frames: a raw response is one array",) if count else ()
        return cls._of(
            job,
            job.target,
            before,
            chain,
            seconds,
            output_size=responses.shape,
            low=float(np.min(responses)),
            high=float(np.max(responses)),
            clipped=0,
            values=responses.size,
            notes=before.notes + left,
        )

    @classmethod
    def _of(cls, job: Job, target: Any, before: Picture, chain: Chain, seconds: float, **rest: Any) -> Record:
        only = chain.steps[0] if len(chain.steps) == 1 else None
        kernel = only if isinstance(only, Kernel) else None
        channels = chain.channels
        return cls(
            picture=job.name,
            output="-" if target == STDIO else named(target),
            size=before.shape,
            frames=1 + len(before.more),
            bits=before.pixels.itemsize * 8,
            kernel=" → ".join(step.name for step in chain.steps),
            steps=tuple(step.name for step in chain.steps),
            kernel_size=kernel.size if kernel else None,
            sum=kernel.sum if kernel else None,
            divisor=kernel.divisor if kernel else None,
            convolve=chain.flip,
            border=border_in_words(chain),
            mode=chain.mode or "same",
            stride=chain.geometry.stride,
            dilation=chain.geometry.dilation,
            channels=channels if isinstance(channels, str) else ",".join("rgb"[i] for i in channels),
            response=chain.mapping.text,
            seconds=round(seconds, 6),
            methods=methods(before, chain),
            **rest,
        )

    def document(self) -> dict[str, Any]:
        """The record for --json."""
        return {**asdict(self), "methods": [method._asdict() for method in self.methods]}
