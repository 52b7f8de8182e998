"""Products in pieces are the products."""

from __future__ import annotations

import numpy as np
import pytest

from cnncalc.numerics.products import SMALL, multiply, piece
from cnncalc.numerics.workspace import Workspace
from tests.numerics.engine_cases import PACKS, READS, processor


@pytest.mark.parametrize(
    ("m", "k", "length", "pieces"),
    [
        (16, 144, 1792, 7),
        (16, 144, 1793, None),
        (64, 576, 448, 1),
        (2, 3, 5, 1),
        (32, 288, 896, 14),
        (3, 2, 0, 1),
    ],
)
def test_a_product_in_pieces_is_the_product(m: int, k: int, length: int, pieces: int | None) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 1, m, k)), rng.standard_normal((2, 3, k, length))
    out = np.full((2, 3, m, length), np.nan)
    with processor(READS):
        multiply(a, b, out, Workspace())
        n = piece(length, m * k)
    np.testing.assert_allclose(out, a @ b, atol=1e-11)
    assert n == length or m * k * n <= SMALL
    assert pieces is None or n * pieces == length


def test_where_all_matrices_are_packed_a_product_is_done_whole() -> None:
    with processor(PACKS):
        assert piece(1792, 16 * 144) == 1792
