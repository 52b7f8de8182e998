"""The kernels of four university courses on convolutional networks, as printed; drawn as the grids laid over a picture.

They are correlated with the picture, not flipped: deep learning's convolution.
"""

from __future__ import annotations

from functools import partial

from cnncalc.imaging.kernels.family import fixed

printed = partial(fixed, source="courses on convolutional networks, as printed")

COURSE = (
    printed(
        "identity",
        """
             0  0  0
             0  1  0
             0  0  0
        """,
        "leaves the picture as it is",
    ),
    printed(
        "sharpen",
        """
            -1 -1 -1
            -1  9 -1
            -1 -1 -1
        """,
        "adds to each pixel its difference from its eight neighbours",
    ),
    printed(
        "sharpen-more",
        """
            -1 -1 -1 -1 -1
            -1  2  2  2 -1
            -1  2  8  2 -1
            -1  2  2  2 -1
            -1 -1 -1 -1 -1
        """,
        "sharpens with a wider surround, which follows noise less",
        divisor=8,
    ),
    printed(
        "edge-all",
        """
            -1 -1 -1
            -1  8 -1
            -1 -1 -1
        """,
        "edges in every direction",
    ),
    printed(
        "edge-cross",
        """
             1  0 -1
             0  0  0
            -1  0  1
        """,
        "the mixed second difference: corners and diagonal edges",
    ),
    printed(
        "edge-laplace",
        """
             0  1  0
             1 -4  1
             0  1  0
        """,
        "the Laplacian: the sum of the second differences down and across",
    ),
    printed(
        "edge-horizontal",
        """
             0  0  0  0  0
             0  0  0  0  0
            -1 -1  2 -1 -1
             0  0  0  0  0
             0  0  0  0  0
        """,
        "compares a pixel with its neighbours in the row",
        note="the weights sum to −2, as printed: flat areas turn black",
    ),
    printed(
        "edge-vertical",
        """
             0  0 -1  0  0
             0  0 -1  0  0
             0  0  4  0  0
             0  0 -1  0  0
             0  0 -1  0  0
        """,
        "compares a pixel with its neighbours in the column",
    ),
    printed(
        "edge-45",
        """
            -1  0  0  0  0
             0 -2  0  0  0
             0  0  6  0  0
             0  0  0 -2  0
             0  0  0  0 -1
        """,
        "compares a pixel with its neighbours on the falling diagonal",
    ),
    printed(
        "edge-pair",
        """
            -1  1
        """,
        "a pixel less its left neighbour: vertical edges, dark to light",
    ),
)
