"""Losses, each with its gradient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cnncalc.numerics.workspace import Array


class Score(NamedTuple):
    """Sum of the loss in nats, and how many examples were classified rightly."""

    loss: float
    right: int


def softmax_cross_entropy(logits: Array, labels: Array, examples: int) -> tuple[Score, Array]:
    """−Σ log softmax(logits)[label], and its gradient divided by the number of examples of the whole batch.

    logits (K, N), labels (N,) in 0…K−1; the gradient (K, N) is the one of the mean over `examples`.
    """
    columns = np.arange(labels.size)
    right = int(np.count_nonzero(logits.argmax(axis=0) == labels))
    shifted = logits - logits.max(axis=0)
    dlogits = np.exp(shifted)
    total = dlogits.sum(axis=0)
    loss = float((np.log(total) - shifted[labels, columns]).sum(dtype=np.float64))
    dlogits /= total
    dlogits[labels, columns] -= 1
    dlogits /= examples
    return Score(loss, right), dlogits
