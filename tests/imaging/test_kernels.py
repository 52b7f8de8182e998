"""The catalogue against the courses' printed grids."""

import pytest

from cnncalc.errors import LanguageError
from cnncalc.imaging.kernels import CATALOGUE, find

MIDDLE_ROW = [[0] * 5, [0] * 5, [-1, -1, 2, -1, -1], [0] * 5, [0] * 5]
PRINTED = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "sharpen": [[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]],
    "sharpen-more": [[-1] * 5, [-1, 2, 2, 2, -1], [-1, 2, 8, 2, -1], [-1, 2, 2, 2, -1], [-1] * 5],
    "edge-all": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "edge-cross": [[1, 0, -1], [0, 0, 0], [-1, 0, 1]],
    "edge-laplace": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "edge-horizontal": MIDDLE_ROW,
    "edge-vertical": [[0, 0, weight, 0, 0] for weight in (-1, -1, 4, -1, -1)],
    "edge-45": [[(-1, -2, 6, -2, -1)[i] * (i == j) for j in range(5)] for i in range(5)],
    "edge-pair": [[-1, 1]],
}


def test_every_kernel_is_as_printed_and_every_printed_one_is_there():
    assert {name: [list(row) for row in kernel.weights] for name, kernel in CATALOGUE.items()} == PRINTED


def test_only_sharpen_more_is_divided():
    assert {name: kernel.divisor for name, kernel in CATALOGUE.items() if kernel.divisor != 1} == {
        "sharpen-more": 8
    }


def test_flat_areas_keep_their_shade_or_turn_black():
    gains = {name: kernel.sum / kernel.divisor for name, kernel in CATALOGUE.items()}
    assert [name for name, gain in gains.items() if gain == 1] == ["identity", "sharpen", "sharpen-more"]
    assert [name for name, gain in gains.items() if gain not in (0, 1)] == ["edge-horizontal"]
    assert "−2" in CATALOGUE["edge-horizontal"].note


def test_size_is_rows_by_columns():
    assert CATALOGUE["edge-pair"].size == (1, 2)


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(LanguageError) as caught:
        find("sharpn")
    assert caught.value.hint == "did you mean sharpen?"
    assert caught.value.place is not None
    assert caught.value.place.words == "sharpn"
