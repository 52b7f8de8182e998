"""A chain of steps over a picture: whole, or in strips of rows that need little memory and give the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from cnncalc.imaging.channels import Plane, full, take
from cnncalc.imaging.kernels.records import Contrast, Gradient, Pool, Step
from cnncalc.imaging.laying import Chain, Laid
from cnncalc.imaging.pictures import Picture
from cnncalc.imaging.responses import Way, mapped
from cnncalc.imaging.steps import Stage, advance, degrees, stages, windows
from cnncalc.numerics.borders import BORDERS, Index, Rows
from cnncalc.numerics.strips import EVEN
from cnncalc.numerics.taps import Method, plan

__all__ = ["Chain", "Laid", "Strips", "border_in_words", "degrees", "methods", "run_chain"]

BLOCK = 1 << 18  # values of a strip of responses: 2 MB, several of which are at hand for every thread

Shape: TypeAlias = tuple[int, int]


def run_chain(
    plane: Plane,
    chain: Chain,
    threads: int,
    steps: Sequence[Step] | None = None,
    *,
    dtype: np.dtype[Any] | None = None,
) -> Plane:
    """All steps of the chain, or the given ones, one after another; responses are not rounded at the end.

    dtype: of the picture, where that is not the plane's, as of luminance.
    """
    dtype = dtype or plane.x.dtype
    laid = chain.laid(threads)._replace(centre=_centre(plane))
    for i, step in enumerate(chain.steps if steps is None else steps):
        if i and chain.round_between:
            plane = plane._replace(x=mapped(plane.x, dtype, Way()).pixels)
        plane = advance(step, plane, laid)
    return plane


def _centre(plane: Plane) -> float:
    """The first value."""
    first = float(plane.x.flat[0])
    return first if np.isfinite(first) else 0.0


@dataclass(frozen=True, eq=False)
class Strips:
    """The responses of a picture to a chain, some rows at a time.

    Every step is done for the rows that the next one needs, so rows near the ends of a strip are computed twice.
    """

    picture: Picture
    chain: Chain

    @cached_property
    def plain(self) -> bool:
        """Whether all colours count the same."""
        alpha = self.picture.alpha
        return self.chain.plain_alpha or alpha is None or bool((alpha == full(alpha.dtype)).all())

    @cached_property
    def laid(self) -> Laid:
        contrast = any(isinstance(step, Contrast) for step in self.chain.steps)
        return self.chain.laid()._replace(centre=_centre(self._source(np.arange(1))) if contrast else 0.0)

    @cached_property
    def stages(self) -> tuple[tuple[Step | Stage, bool], ...]:
        """What is done, and whether the values before it are rounded to pixels."""
        return tuple(
            (stage, i > 0 and j == 0 and self.chain.round_between)
            for i, step in enumerate(self.chain.steps)
            for j, stage in enumerate(stages(step, weighted=not self.plain))
        )

    @cached_property
    def shapes(self) -> list[Shape]:
        """Rows and columns of the picture, and after every stage."""
        h, w, _ = self.picture.shape
        found = [(h, w)]
        for stage, _ in self.stages:
            size, geometry = windows(stage, self.laid)[0]
            down, across = geometry.positions(found[-1], size)
            found.append((len(down), len(across)))
        return found

    def ranges(self, threads: int) -> list[range]:
        """The rows of the result in strips, tall enough that most of what they need is not needed twice."""
        height = self.shapes[-1][0]
        reach = len(self._needed(range(height // 2, height // 2 + 1)))
        wide = max(w for _, w in self.shapes) * self.picture.shape[2]
        shrinking = -(-self.shapes[0][0] // height)
        rows = max(BLOCK // wide, 2 * reach, 1) // shrinking
        rows = max(1, min(rows, -(-height // threads)))
        rows = -(-rows // EVEN) * EVEN
        return [range(top, min(top + rows, height)) for top in range(0, height, rows)]

    def _needed(self, rows: range) -> Index:
        """The rows of the picture that these rows of the result are made of."""
        index = np.asarray(rows)
        for count in range(len(self.stages), 0, -1):
            index = self._rows_before(count, range(int(index[0]), int(index[-1]) + 1))
        return index

    def responses(self, rows: range) -> Plane:
        """These rows of the result, unrounded, with the alpha and the kept channels that belong to them."""
        return self._some(len(self.stages), np.asarray(rows))

    def _some(self, count: int, index: Index) -> Plane:
        """These rows, in order, after so many stages."""
        if not count:
            return self._source(index)
        cuts = np.flatnonzero(np.diff(index) > 1) + 1
        parts = [self._run(count, range(int(run[0]), int(run[-1]) + 1)) for run in np.split(index, cuts)]
        return parts[0] if len(parts) == 1 else Plane(*map(_joined, *parts))

    def _source(self, index: Index) -> Plane:
        picture = self.picture
        rows: Any = index
        if index[-1] - index[0] == len(index) - 1:
            rows = slice(int(index[0]), int(index[-1]) + 1)
        alpha = None if picture.alpha is None else picture.alpha[rows]
        part = replace(picture, pixels=picture.pixels[rows], alpha=alpha, more=())
        return take(part, self.chain.channels, plain_alpha=self.plain)

    def _run(self, count: int, rows: range) -> Plane:
        """Rows one after another; from a multiple of EVEN on, so that matrices add up as they do everywhere."""
        wanted = range(rows.start // EVEN * EVEN, rows.stop)
        needed = self._rows_before(count, wanted)
        stage, rounded = self.stages[count - 1]
        plane = self._some(count - 1, needed)
        if rounded:
            plane = plane._replace(x=mapped(plane.x, self.picture.pixels.dtype, Way()).pixels)
        part = Rows(self.shapes[count - 1][0], needed, wanted)
        laid = self.laid._replace(geometry=self.laid.geometry._replace(part=part))
        plane = advance(stage, plane, laid)
        return Plane(*(_from(rows.start - wanted.start, each) for each in plane))

    def _rows_before(self, count: int, rows: range) -> Index:
        """The rows that a stage needs for these."""
        stage, _ = self.stages[count - 1]
        found = windows(stage, self.laid)
        return np.unique(
            np.concatenate([geometry.needed(self.shapes[count - 1], size, rows) for size, geometry in found])
        )


def _joined(*parts: Any) -> Any:
    """One behind the other, where they are arrays; else what they all are."""
    return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else parts[0]


def _from(first: int, part: Any) -> Any:
    return part[first:] if isinstance(part, np.ndarray) else part


def border_in_words(chain: Chain) -> str:
    """What lies beyond the picture."""
    geometry = chain.geometry
    if geometry.border == "constant":
        return f"{geometry.value:g} beyond the border"
    return next(border.does for border in BORDERS if border.name == geometry.border)


def methods(picture: Picture, chain: Chain) -> tuple[Method, ...]:
    """How each kernel of the chain is computed, and why so."""
    strips = Strips(picture, chain)
    shape, pixels = picture.pixels.shape, picture.pixels.dtype
    raw = not goes_in_one(strips)
    weighs = not strips.plain or (chain.channels == "luminance" and picture.pixels.ndim == 3)
    floats: np.dtype[Any] = np.dtype(np.float64)
    laid = chain.laid()
    found = []
    for i, step in enumerate(chain.steps):
        dtype = floats if weighs or (i and not chain.round_between) else pixels
        for kernel in step.kernels:
            weights, geometry = laid.over(kernel)
            if not raw and isinstance(step, Gradient) and step.part == "magnitude":
                method = Method("taps", "both responses of a strip at once, then the root of their squares")
            else:
                method = plan(shape, dtype, weights, kernel.divisor, geometry=geometry, raw=raw)
            found.append(Method(f"{kernel.name or step.name}: {method.name}", method.reason))
    return tuple(dict.fromkeys(found))


def goes_in_one(strips: Strips) -> bool:
    """Whether it is one step on whole pixels that is only clipped: then it needs no responses in floats."""
    picture, chain = strips.picture, strips.chain
    if len(chain.steps) > 1 or chain.mapping != Way("clip") or not strips.plain:
        return False
    if picture.pixels.dtype.kind == "f" or (chain.channels == "luminance" and picture.pixels.ndim == 3):
        return False
    return keeps_size(chain) or (picture.alpha is None and not isinstance(chain.channels, tuple))


def keeps_size(chain: Chain) -> bool:
    """Whether each pixel of the result is one of the picture."""
    pools = any(isinstance(step, Pool) for step in chain.steps)
    return not pools and chain.geometry.stride == (1, 1) and chain.mode in (None, "same")
