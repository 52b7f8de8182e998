"""Two rows of outputs at a time, for correlations with few filters.

Every filter comes twice, in two places of a kernel that is taller by a stride. Where BLAS packs the pixels under each
row of outputs before it multiplies them, it then packs those that two rows share but once, and its registers are full.
"""

from __future__ import annotations

import numpy as np

from cnncalc.numerics.columns import Sizes
from cnncalc.numerics.products import packs
from cnncalc.numerics.windows import Axis
from cnncalc.numerics.workspace import Array, Workspace

_FEW = 12  # filters: with more, the zeros beside them cost as much as is won


def suits(row: Axis, s: Sizes) -> bool:
    """Whether a correlation, whose rows of outputs are a stride apart, is quicker so."""
    return packs() and s.g == 1 and s.k <= _FEW and s.oh % 2 == 0 and s.kh >= 2 * row.stride


def taller(axes: tuple[Axis, ...], s: Sizes) -> tuple[tuple[Axis, ...], Sizes]:
    """The windows, and the sizes, of the correlation that finds two rows of outputs at a time."""
    row, *rest = axes
    kh = row.kernel + row.stride
    sizes = Sizes(1, 2 * s.k, s.c, kh, s.oh // 2, s.kernel, s.out, s.n)
    return (row._replace(kernel=kh, stride=2 * row.stride), *rest), sizes


def twice(weight: Array, row: Axis, s: Sizes, space: Workspace) -> Array:
    """A weight (1, k, c, kh, *kernel) in both places, (1, 2k, c, kh + stride, *kernel)."""
    kh = row.kernel + row.stride
    both = space.array(("paired", "weight"), (2, s.k, kh, s.c, *s.kernel), weight.dtype)
    space.do(both.fill, 0)
    for place in range(2):
        there = both[place, :, place * row.stride :][:, : s.kh]
        space.do(np.copyto, there, weight[0].swapaxes(1, 2))
    return both.reshape(1, 2 * s.k, *both.shape[2:]).swapaxes(2, 3)


def folded(slope: Array, row: Axis, s: Sizes, dweight: Array, space: Workspace) -> None:
    """Fills dweight (1, k, kh, c, *kernel) from that of the taller filters, (1, 2k, kh + stride, c, *kernel)."""
    first, second = slope.reshape(2, s.k, *slope.shape[2:])
    space.do(np.add, first[:, : s.kh], second[:, row.stride :], out=dweight[0])
