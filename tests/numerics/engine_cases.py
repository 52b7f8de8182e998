"""Plain loops and drawn geometries that the tests of the training primitives share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from unittest.mock import patch

import numpy as np
from hypothesis import strategies as st

from cnncalc.numerics import correlation_back, products, shifted
from cnncalc.numerics.windows import Axis
from cnncalc.numerics.workspace import Array

READS, PACKS = "SkylakeX", "Haswell"  # OpenBLAS's names of processors on which it does with small matrices


@contextmanager
def processor(name: str) -> Iterator[None]:
    """What depends on the processor is done as on one of that name."""
    caches = (products.packs, products.piece, correlation_back._columns, shifted._bands)
    with patch.object(products, "processors", lambda: {name}):
        for each in caches:
            each.cache_clear()
        try:
            yield
        finally:
            for each in caches:
                each.cache_clear()


@st.composite
def axis_and_size(draw: st.DrawFn, *, wide: bool = False) -> tuple[Axis, int]:
    """One axis and an input size that holds at least one window; `wide`: some windows may lie beyond the image."""
    kernel, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    most = dilation * kernel if wide else kernel // 2
    before, after = draw(st.integers(0, most)), draw(st.integers(0, most))
    smallest = max(1, dilation * (kernel - 1) + 1 - before - after)
    axis = Axis(kernel, draw(st.integers(1, 4)), before, after, dilation)
    return axis, draw(st.integers(smallest, smallest + 4))


def fitting(axes: tuple[Axis, ...], sizes: tuple[int, ...]) -> tuple[int, ...]:
    """How many windows fit each axis, by the places where one can begin."""
    return tuple(
        len(range(-axis.before, size + axis.after - axis.dilation * (axis.kernel - 1), axis.stride))
        for axis, size in zip(axes, sizes, strict=True)
    )


geometries, wide_geometries = (
    st.lists(axis_and_size(wide=wide), min_size=1, max_size=3).filter(
        lambda pairs: np.prod([size for _, size in pairs]) < 400
    )
    for wide in (False, True)
)


@st.composite
def pooling_geometries(draw: st.DrawFn) -> tuple[tuple[Axis, ...], tuple[int, ...], tuple[int, ...]]:
    """Axes, sizes and outputs; along some axes one more output than fits, as in ceil mode."""
    axes, sizes = zip(*draw(geometries), strict=True)
    out = []
    for axis, size, fits in zip(axes, sizes, fitting(axes, sizes), strict=True):
        begins_inside = fits * axis.stride - axis.before < size
        out.append(fits + (draw(st.integers(0, 1)) if begins_inside else 0))
    return axes, sizes, tuple(out)


def windows(
    axes: tuple[Axis, ...], out: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], list[tuple[tuple[int, ...], tuple[int, ...]]]]]:
    """Every output with the (place in the window, input pixel) pairs that it sees, pads included."""
    for position in product(*map(range, out)):
        seen = []
        for offset in product(*(range(axis.kernel) for axis in axes)):
            pixel = tuple(
                p * a.stride + o * a.dilation - a.before
                for a, p, o in zip(axes, position, offset, strict=True)
            )
            seen.append((offset, pixel))
        yield position, seen


def is_real(pixel: tuple[int, ...], sizes: tuple[int, ...]) -> bool:
    return all(0 <= p < size for p, size in zip(pixel, sizes, strict=True))


def slope_along(f: Callable[[Array], Array], x: Array, direction: Array, step: float = 1e-6) -> Array:
    """J·v by central difference."""
    return (np.array(f(x + step * direction)) - np.array(f(x - step * direction))) / (2 * step)
