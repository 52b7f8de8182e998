"""The kernel catalogue: one entry a kernel, its weights drawn as the grid that is laid over the picture.

The weights are those of four university courses on convolutional networks, as printed. They are correlated
with the picture, not flipped: deep learning's convolution.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnncalc.errors import LanguageError, Place, nearest


@dataclass(frozen=True)
class Kernel:
    """Whole weights by rows, and what their weighted sum is divided by."""

    name: str
    weights: tuple[tuple[int, ...], ...]
    does: str
    divisor: int = 1
    note: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.weights), len(self.weights[0])

    @property
    def sum(self) -> int:
        """The sum of the weights; sum / divisor is the factor by which a flat area is brightened."""
        return sum(map(sum, self.weights))


def grid(drawing: str) -> tuple[tuple[int, ...], ...]:
    """The weights as they are drawn, a row a line."""
    return tuple(tuple(map(int, line.split())) for line in drawing.strip().splitlines())


_ENTRIES = (
    Kernel(
        "identity",
        grid("""
             0  0  0
             0  1  0
             0  0  0
        """),
        "leaves the picture as it is",
    ),
    Kernel(
        "sharpen",
        grid("""
            -1 -1 -1
            -1  9 -1
            -1 -1 -1
        """),
        "adds to each pixel its difference from its eight neighbours",
    ),
    Kernel(
        "sharpen-more",
        grid("""
            -1 -1 -1 -1 -1
            -1  2  2  2 -1
            -1  2  8  2 -1
            -1  2  2  2 -1
            -1 -1 -1 -1 -1
        """),
        "sharpens with a wider surround, which follows noise less",
        divisor=8,
    ),
    Kernel(
        "edge-all",
        grid("""
            -1 -1 -1
            -1  8 -1
            -1 -1 -1
        """),
        "edges in every direction",
    ),
    Kernel(
        "edge-cross",
        grid("""
             1  0 -1
             0  0  0
            -1  0  1
        """),
        "the mixed second difference: corners and diagonal edges",
    ),
    Kernel(
        "edge-laplace",
        grid("""
             0  1  0
             1 -4  1
             0  1  0
        """),
        "the Laplacian: the sum of the second differences down and across",
    ),
    Kernel(
        "edge-horizontal",
        grid("""
             0  0  0  0  0
             0  0  0  0  0
            -1 -1  2 -1 -1
             0  0  0  0  0
             0  0  0  0  0
        """),
        "compares a pixel with its neighbours in the row",
        note="the weights sum to −2, as printed: flat areas turn black",
    ),
    Kernel(
        "edge-vertical",
        grid("""
             0  0 -1  0  0
             0  0 -1  0  0
             0  0  4  0  0
             0  0 -1  0  0
             0  0 -1  0  0
        """),
        "compares a pixel with its neighbours in the column",
    ),
    Kernel(
        "edge-45",
        grid("""
            -1  0  0  0  0
             0 -2  0  0  0
             0  0  6  0  0
             0  0  0 -2  0
             0  0  0  0 -1
        """),
        "compares a pixel with its neighbours on the falling diagonal",
    ),
    Kernel(
        "edge-pair",
        grid("""
            -1  1
        """),
        "a pixel less its left neighbour: vertical edges, dark to light",
    ),
)

CATALOGUE = {kernel.name: kernel for kernel in _ENTRIES}


def find(name: str) -> Kernel:
    """The kernel of this name; LanguageError with the nearest name where there is none."""
    if name in CATALOGUE:
        return CATALOGUE[name]
    raise LanguageError(
        f"there is no kernel {name!r}", nearest(name, CATALOGUE), place=Place(name, 0, len(name))
    )
