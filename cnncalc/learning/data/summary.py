"""What a data set holds: how many pictures of each class, how bright they are, and what they look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnncalc.layers import Shape
from cnncalc.learning.data.sets import DataSet, Split
from cnncalc.numerics.workspace import Array


@dataclass(frozen=True)
class Summary:
    """The figures of a data set; counts are by part, then by class."""

    name: str
    origin: str
    shape: Shape
    classes: tuple[str, ...]
    counts: dict[str, list[int]]
    mean: float
    deviation: float


def summary(data: DataSet) -> Summary:
    """Counts the pictures of each class in each part."""
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    counts = {
        name: np.bincount(part.labels, minlength=len(data.classes)).tolist()
        for name, part in parts.items()
        if part
    }
    return Summary(data.name, data.origin, data.shape, data.classes, counts, data.mean, data.deviation)


def examples(split: Split, label: int, number: int) -> Array:
    """Pictures (n, H, W, C) of a class, evenly spread over those there are."""
    rows = np.flatnonzero(split.labels == label)
    number = min(number, len(rows))
    chosen: Array = split.images[rows[np.arange(number) * len(rows) // max(1, number)]]
    return chosen
