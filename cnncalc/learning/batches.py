"""The batches of an epoch, shuffled; threads of their own read and augment them beside the training."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from cnncalc.learning.augmentation import Augmentation, augment
from cnncalc.learning.data import Split
from cnncalc.numerics.workspace import Array

AHEAD = 3  # batches that lie ready for each thread


class Batch(NamedTuple):
    """Pictures (N, H, W, C), uint8, and their classes (N,)."""

    images: Array
    labels: Array


class Batches:
    """What each epoch learns from, in which order.

    Order and augmentation depend on nothing but the seed, the epoch and the number of the batch: not on how many
    threads there are, nor on where the training was taken up.
    """

    def __init__(
        self, data: Split, size: int, augmentations: tuple[Augmentation, ...], seed: int, threads: int
    ) -> None:
        self.data = data
        self.size = size
        self.augmentations = augmentations
        self.seed = seed
        self.threads = threads

    def __len__(self) -> int:
        """Batches in an epoch; the last one may be smaller."""
        return -(-len(self.data) // self.size)

    def generator(self, *place: int) -> np.random.Generator:
        """Random numbers that belong to an epoch, or to a batch in it."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=place))

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from the first wanted one on."""
        order = self.generator(number).permutation(len(self.data))

        def batch(index: int) -> Batch:
            rows = order[index * self.size : (index + 1) * self.size]
            images = self.data.images[rows]
            if self.augmentations:
                images = augment(images, self.augmentations, self.generator(number, index))
            return Batch(images, self.data.labels[rows])

        indices = iter(range(first, len(self)))
        if not self.augmentations and isinstance(self.data.images, np.ndarray):
            yield from map(batch, indices)
            return
        yield from ahead(batch, indices, self.threads)


def ahead(batch: Callable[[int], Batch], indices: Iterator[int], threads: int) -> Iterator[Batch]:
    """The batches of these numbers in order, made by threads of their own before they are asked for."""
    waiting: deque[Future[Batch]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="ahead")
    try:
        for index in indices:
            waiting.append(pool.submit(batch, index))
            if len(waiting) > AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_order(data: Split, size: int, threads: int) -> Iterator[Batch]:
    """The pictures as they come; those that are yet to be read are read ahead."""

    def batch(first: int) -> Batch:
        part = slice(first, first + size)
        return Batch(data.images[part], data.labels[part])

    firsts = iter(range(0, len(data), size))
    return map(batch, firsts) if isinstance(data.images, np.ndarray) else ahead(batch, firsts, threads)
