"""A small data set that is learned in seconds: where in the picture a bright bar lies."""

import numpy as np

from cnncalc.learning.data import DataSet, Split


def bars(train: int = 300, test: int = 100) -> DataSet:
    """8×8 pictures with one bright row of four, and noise."""
    rng = np.random.default_rng(0)

    def split(size: int) -> Split:
        labels = rng.integers(0, 4, size)
        images = rng.integers(0, 60, (size, 8, 8, 1), dtype=np.uint8)
        images[np.arange(size), 2 * labels] = 220
        return Split(images, labels)

    return DataSet("bars", split(train), split(test), ("0", "1", "2", "3"), 0.2, 0.3)
