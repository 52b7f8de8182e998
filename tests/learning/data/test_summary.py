"""What a data set holds, counted by hand."""

import numpy as np

from cnncalc.learning.data.sets import DataSet, Split
from cnncalc.learning.data.summary import examples, summary


def part(labels: list[int]) -> Split:
    return Split(np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1), np.array(labels))


def test_pictures_are_counted_by_part_and_class() -> None:
    data = DataSet(
        "x", part([0, 2, 2]), part([1]), ("a", "b", "c"), 0.5, 0.1, validation=part([2]), origin="here"
    )
    record = summary(data)
    assert record.counts == {"train": [1, 0, 2], "validation": [0, 0, 1], "test": [0, 1, 0]}
    assert (record.shape, record.mean, record.deviation, record.origin) == ((1, 1, 1), 0.5, 0.1, "here")


def test_examples_are_spread_over_the_class() -> None:
    split = part([0, 1] * 6)
    assert examples(split, 1, 3).ravel().tolist() == [1, 5, 9]
    assert examples(split, 0, 99).ravel().tolist() == [0, 2, 4, 6, 8, 10]
    assert len(examples(split, 2, 3)) == 0
