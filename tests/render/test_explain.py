"""The arithmetic of one pixel, printed."""

import io

import numpy as np
import pytest
from rich.console import Console

from cnncalc.imaging.chain import Chain
from cnncalc.imaging.explain import explain
from cnncalc.imaging.kernels import own
from cnncalc.imaging.pictures import Picture
from cnncalc.render.explain import show_explanation


def printed(kernel, columns):
    file = io.StringIO()
    picture = Picture(np.array([[101, 102, 103]], np.uint8))
    explanation = explain(picture, Chain((own.read_step(kernel),)), 1, 0)
    show_explanation(Console(file=file, width=columns, color_system=None), explanation)
    return file.getvalue()


def test_pixels_weights_and_products_stand_side_by_side():
    lines = printed("2 0 -1", 60).splitlines()
    assert lines[3].split() == ["pixels", "weights", "products"]
    assert lines[4].split() == ["101", "102", "103", "2", "0", "−1", "202", "0", "−103"]


@pytest.mark.parametrize("columns", [10, 40])
def test_where_that_is_too_wide_they_stand_one_under_another_and_no_number_is_cut(columns):
    lines = [line.split() for line in printed("2 0 -1", columns).splitlines()]
    at = lines.index(["pixels"])
    grids = ["101 102 103", "2 0 −1", "202 0 −103"]
    assert lines[at : at + 6] == [
        line.split() for pair in zip(["pixels", "weights", "products"], grids, strict=True) for line in pair
    ]
