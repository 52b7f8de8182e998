"""Filtering a picture with a kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnncalc.imaging.kernels import Kernel
from cnncalc.imaging.pictures import Picture
from cnncalc.numerics.taps import correlate


@dataclass(frozen=True, eq=False)
class Filtered:
    """The filtered picture, and how many of its values fell outside the range and were clipped."""

    picture: Picture
    clipped: int


def filter_picture(picture: Picture, kernel: Kernel, *, threads: int = 1) -> Filtered:
    """Correlates each colour channel with the kernel, at the same size; transparency stays as it is."""
    pixels, clipped = correlate(picture.pixels, kernel.weights, kernel.divisor, threads=threads)
    return Filtered(replace(picture, pixels=pixels), clipped)
