"""Memory of pictures: taken again, but never while somebody looks at it."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cnncalc.numerics import results
from cnncalc.numerics.taps import filtered

SHAPE = (1200, 1200, 3)


def address(x):
    return x.__array_interface__["data"][0]


@pytest.fixture(autouse=True)
def _nothing_kept():
    results._kept.clear()
    yield
    results._kept.clear()


def test_memory_is_taken_again_when_nobody_looks_at_it():
    first = results.empty(SHAPE, np.uint8)
    there = address(first)
    del first
    gc.collect()
    again = results.empty(SHAPE, np.uint8)
    assert address(again) == there
    assert again.shape == SHAPE
    assert again.flags.writeable
    assert again.flags.c_contiguous


def test_a_view_keeps_it():
    first = results.empty(SHAPE, np.uint16)
    part = first[::2, 5:7, 0].T
    part[...] = 7
    there = address(first)
    del first
    gc.collect()
    second = results.empty(SHAPE, np.uint16)
    assert address(second) != there
    second[...] = 0
    assert (part == 7).all()


def test_one_piece_is_kept_and_none_of_another_size_or_too_large():
    pieces = [results.empty(SHAPE, np.uint8) for _ in range(3)]
    pieces.clear()
    gc.collect()
    assert [piece.size for piece in results._kept] == [1200 * 1200 * 3]
    other = results.empty((2400, 1200, 3), np.uint8)
    assert other.nbytes == 2 * 1200 * 1200 * 3
    large = results.empty((results.MOST + 1,), np.uint8)
    del large
    gc.collect()
    assert not results._kept


def test_pictures_made_side_by_side_are_their_own():
    """Whoever takes memory again may not get that of a picture that somebody else still has."""
    x = np.random.default_rng(0).integers(0, 256, SHAPE, np.uint8)

    def made(i):
        kept = []
        for k in range(12):
            kept = [*kept[-1:], (k, filtered(x, [[0, k % 3 + i, 0]], 5))]
            assert all((y == np.rint(x * ((k % 3 + i) / 5))).all() for k, y in kept)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(made, range(3)))
