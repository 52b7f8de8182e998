"""Pooling layers hand their settings on to the numerics."""

import numpy as np
import pytest

from cnncalc.layers.pooling import AveragePooling, MaxPooling
from cnncalc.numerics.run import Run


def test_padding_counts_in_an_average_or_not() -> None:
    ones = np.ones((1, 4, 4, 1))
    counted, _ = AveragePooling((3, 3), stride=(1, 1), padding=((1, 1),)).forward(ones, {}, Run(train=False))
    assert counted[0, 0, :, 0] == pytest.approx(np.array([4, 6, 6, 4]) / 9)
    left_out = AveragePooling((3, 3), stride=(1, 1), padding=((1, 1),), countpad=False)
    assert left_out.forward(ones, {}, Run(train=False))[0] == pytest.approx(ones)


def test_padding_never_wins_a_maximum() -> None:
    below = -np.ones((1, 4, 4, 1))
    y, _ = MaxPooling((3, 3), stride=(1, 1), padding=((1, 1),)).forward(below, {}, Run(train=False))
    assert (y == -1).all()
