"""What an optimiser keeps, made without a training."""

from typing import Any

import numpy as np

from cnncalc.learning.optimisers import Moments, Optimiser


def moments(optimiser: Optimiser, size: int, dtype: Any) -> Moments:
    """As it is at the start."""
    return Moments({name: np.zeros(size, dtype) for name in optimiser.keeps}, np.empty(size, dtype))
