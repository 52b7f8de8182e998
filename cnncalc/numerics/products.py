"""Products of matrices in pieces that BLAS multiplies fastest.

Up to about a million multiply-adds OpenBLAS reads matrices where they lie, on processors with AVX-512; larger ones it
packs first, and on other processors all of them. With few rows (the filters of a small network) packing takes a third
of the time.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from cnncalc.numerics.blas import processors
from cnncalc.numerics.workspace import Array, Workspace

SMALL = 1_000_000  # multiply-adds
_READING = {"SkylakeX", "Cooperlake", "SapphireRapids"}  # OpenBLAS's names of those with AVX-512
LEAST = 32  # columns in a piece: with fewer, the calls cost more than the packing
_EVEN = 16  # numbers that the processor takes at once


@cache
def packs() -> bool:
    """Whether small matrices, too, are packed before they are multiplied: then one large product is quickest."""
    return not processors() & _READING


@cache
def piece(length: int, area: int) -> int:
    """How many of so many columns to multiply at once by a matrix of so many numbers.

    A divisor of the length, so that one call does all pieces, where there is one that is not much too small.
    """
    most = SMALL // max(area, 1) // _EVEN * _EVEN
    if packs() or most >= length or most < LEAST:
        return length
    for pieces in range(-(-length // most), 2 * -(-length // most) + 1):
        if length % (pieces * _EVEN) == 0:
            return length // pieces
    return most


def multiply(a: Array, b: Array, out: Array, space: Workspace) -> None:
    """out = a·b: a (..., M, K), b (..., K, L), out (..., M, L), whose last axes are contiguous."""
    length = b.shape[-1]
    n = piece(length, a.shape[-2] * a.shape[-1])
    if n == length:
        space.do(np.matmul, a, b, out=out)
        return
    whole = length // n * n
    space.do(np.matmul, a[..., None, :, :], split(b[..., :whole], n), out=split(out[..., :whole], n))
    if whole < length:
        space.do(np.matmul, a, b[..., whole:], out=out[..., whole:])


def split(matrix: Array, n: int) -> Array:
    """(..., K, L) as (..., pieces, K, n), nothing copied."""
    pieces = matrix.shape[-1] // n
    return matrix.reshape(*matrix.shape[:-1], pieces, n, copy=False).swapaxes(-2, -3)
