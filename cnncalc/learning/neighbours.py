"""Nearest neighbours: which pictures are most like a picture, and the class that most of them have.

Distances are exact whole numbers. Pixels less 128 are at most 128 in size, so that a product over 1,024 of them is at
most 2²⁴ and every sum on the way to it is a whole number that float32 holds exactly, in whatever order BLAS adds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from cnncalc.errors import UsageError
from cnncalc.learning.data import DataSet
from cnncalc.learning.team import Team
from cnncalc.numerics.workspace import Array

QUERIES = 500  # pictures that a worker looks up at once
BLOCK = 500  # pictures that they are compared to at once, so that the distances stay in a cache
EXACT = 1024  # pixels whose product float32 holds exactly
PAIRS = 4096  # pairs of pictures whose pixels are subtracted at once
GUESSES = 8  # more neighbours by L2 than are wanted by L1, to know early how far there is to look


@dataclass(frozen=True)
class Neighbour:
    """A picture of the training set, and how far it is."""

    index: int
    label: str
    distance: float


@dataclass(frozen=True)
class Case:
    """A test picture, what it is taken for, and by which neighbours."""

    index: int
    label: str
    taken_for: str
    neighbours: list[Neighbour]

    @property
    def right(self) -> bool:
        return self.label == self.taken_for


class Found(NamedTuple):
    """The neighbours of some pictures in a row, nearest first; of equals the one with the smaller index is nearer."""

    first: int  # of the pictures
    indices: Array  # (n, k), int64
    distances: Array  # (n, k), int64: Σ|a − b| for l1, Σ(a − b)² for l2


def search(queries: Array, pictures: Array, k: int, metric: str, team: Team) -> Iterator[Found]:
    """The k nearest of the pictures (M, H, W, C) for each query (N, H, W, C), uint8; raises UsageError.

    They are found block by block, and come in order.
    """
    if metric not in METRICS:
        raise UsageError(f"metric {metric} is unknown", f"known: {', '.join(METRICS)}")
    if not 1 <= k <= len(pictures):
        raise UsageError(
            f"{k} of {len(pictures):,} pictures cannot be nearest", "give another number with --k"
        )
    flat = pictures.reshape(len(pictures), -1)
    asked = queries.reshape(len(queries), -1)
    at_once = max(1, min(QUERIES, -(-len(asked) // team.size)))

    def look_up(first: int, worker: int) -> Found:
        start = first + worker * at_once
        return Found(start, *METRICS[metric](asked[start : start + at_once], flat, k))

    for first in range(0, len(asked), at_once * team.size):
        workers = min(team.size, -(-(len(asked) - first) // at_once))
        yield from team.run(partial(look_up, first), workers)


def nearest_squared(queries: Array, pictures: Array, k: int) -> tuple[Array, Array]:
    """By Σ(a − b)²: indices and distances, (N, k); queries (N, D) and pictures (M, D), uint8."""
    places, rest = smallest(partial(apart, queries, pictures), len(queries), len(pictures), k)
    return places, rest + norms(queries)[:, None]


def nearest_absolute(queries: Array, pictures: Array, k: int) -> tuple[Array, Array]:
    """By Σ|a − b|, likewise.

    No difference is more than 255, so Σ(a − b)² ≤ 255·Σ|a − b|: what is too far off by the one, which is a product
    of matrices, need not be looked at for the other.
    """
    guesses, _ = nearest_squared(queries, pictures, min(k + GUESSES, len(pictures)))
    rows = np.arange(len(queries)).repeat(guesses.shape[1])
    known = absolute(queries, pictures, rows, guesses.ravel()).reshape(guesses.shape)
    reach = 255 * np.sort(known, axis=1)[:, k - 1 : k] - norms(queries)[:, None]

    def within_reach(part: slice) -> Array:
        distances = apart(queries, pictures, part)
        rows, columns = np.nonzero(distances <= reach)
        distances.fill(np.inf)
        distances[rows, columns] = absolute(queries, pictures, rows, columns + part.start)
        return distances

    return smallest(within_reach, len(queries), len(pictures), k)


METRICS: dict[str, Callable[[Array, Array, int], tuple[Array, Array]]] = {
    "l1": nearest_absolute,
    "l2": nearest_squared,
}


def smallest(distances: Callable[[slice], Array], rows: int, columns: int, k: int) -> tuple[Array, Array]:
    """Where in each row the k smallest of so many columns stand, and they themselves, in order, as int64.

    distances(part) gives those columns as float64, and may be written to.
    """
    best = np.full((rows, k), np.inf)
    places = np.zeros((rows, k), np.int64)
    for start in range(0, columns, BLOCK):
        block = distances(slice(start, min(start + BLOCK, columns)))
        open_rows = np.arange(rows)  # those in which the block may have more of the smallest
        for _ in range(min(k, block.shape[1])):
            left = block if len(open_rows) == rows else block[open_rows]
            at = left.argmin(axis=1)
            found = left[np.arange(len(at)), at]
            better = found < best[open_rows, -1]
            open_rows, at, found = open_rows[better], at[better], found[better]
            if not len(open_rows):
                break
            block[open_rows, at] = np.inf
            values = np.column_stack([best[open_rows], found])
            indices = np.column_stack([places[open_rows], at + start])
            order = values.argsort(axis=1, kind="stable")[:, :k]  # equals keep their order, by index
            best[open_rows] = np.take_along_axis(values, order, axis=1)
            places[open_rows] = np.take_along_axis(indices, order, axis=1)
    return places, best.astype(np.int64)


def apart(queries: Array, pictures: Array, part: slice) -> Array:
    """Σ(a − b)² − ‖a‖² = ‖b‖² − 2a·b, exactly, for queries a (N, D) and a part of the pictures b: (N, n) float64.

    What is left out, norms(queries), is the same for all pictures.
    """
    block = pictures[part]
    total = np.zeros(len(block))
    for first in range(0, queries.shape[1], EXACT):
        a, b = (centred(side[:, first : first + EXACT]) for side in (queries, block))
        total = total + np.vecdot(b, b)
        a *= -2
        total = total + a @ b.T
    return total


def norms(queries: Array) -> Array:
    """‖a‖² of centred queries (N, D): (N,) int64."""
    squares: Array = np.square(queries.astype(np.int64) - 128).sum(axis=1)
    return squares


def centred(pixels: Array) -> Array:
    """Bytes as float32 from −128 to 127."""
    numbers = pixels.astype(np.float32)
    numbers -= 128
    return numbers


def absolute(queries: Array, pictures: Array, rows: Array, columns: Array) -> Array:
    """Σ|a − b| for pairs of a query and a picture, given by their indices."""
    total = np.empty(len(rows), np.int64)
    for first in range(0, len(rows), PAIRS):
        pairs = slice(first, first + PAIRS)
        a, b = queries[rows[pairs]], pictures[columns[pairs]]
        np.sum(np.maximum(a, b) - np.minimum(a, b), axis=1, dtype=np.int64, out=total[pairs])
    return total


def classified(found: Iterable[Found], data: DataSet, metric: str) -> list[Case]:
    """The test pictures whose neighbours in the training set were found, with their classes by vote."""
    cases = []
    for first, indices, distances in found:
        labels = data.train.labels[indices]
        real = np.sqrt(distances) if metric == "l2" else distances
        for i, taken_for in enumerate(vote(labels, len(data.classes)).tolist()):
            near = zip(indices[i].tolist(), labels[i].tolist(), real[i].tolist(), strict=True)
            neighbours = [Neighbour(index, data.classes[label], distance) for index, label, distance in near]
            label = data.classes[data.test.labels[first + i]]
            cases.append(Case(first + i, label, data.classes[taken_for], neighbours))
    return cases


def vote(labels: Array, classes: int) -> Array:
    """The class that most neighbours have, (N,), of labels (N, k), nearest first.

    Where several classes have most, the first of them, as in scikit-learn.
    """
    votes = np.zeros((len(labels), classes), np.int64)
    for rank in labels.T:
        votes[np.arange(len(labels)), rank] += 1
    winner: Array = votes.argmax(axis=1)
    return winner
