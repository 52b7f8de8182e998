"""Worker threads, one a core, each on its part of the batch, with BLAS held to one thread in each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier, BrokenBarrierError
from types import TracebackType
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from cnncalc.numerics.workspace import Array

T = TypeVar("T")


def parts(examples: int, workers: int) -> list[slice]:
    """So many examples in a row, as evenly among the workers as goes."""
    cuts = [examples * worker // workers for worker in range(workers + 1)]
    return [slice(first, end) for first, end in pairwise(cuts)]


class Team:
    """So many workers; the caller is the first of them. To be used in a with statement.

    Multi-threaded BLAS called from several threads has returned wrong results (numpy issue 29391), so it is held to
    one thread as long as the team is there.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.pool = ThreadPoolExecutor(max(size - 1, 1))
        self.barrier = Barrier(1)
        self.parts: list[Array] = []

    def __enter__(self) -> Team:
        self.limits = threadpool_limits(1, user_api="blas")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.limits.restore_original_limits()

    def run(self, task: Callable[[int], T], workers: int) -> list[T]:
        """What task(0) to task(workers − 1) return; the first error among them is raised when all have ended."""
        self.barrier = Barrier(workers)
        self.parts = [np.zeros(0)] * workers

        def guarded(worker: int) -> T:
            try:
                return task(worker)
            except BaseException:
                self.barrier.abort()  # or the others would wait for this one in total()
                raise

        futures = [self.pool.submit(guarded, worker) for worker in range(1, workers)]
        errors: list[BaseException] = []
        results: list[T] = []
        for worker in range(workers):
            try:
                results.append(futures[worker - 1].result() if worker else guarded(0))
            except BaseException as error:
                errors.append(error)
        if errors:
            raise next((error for error in errors if not isinstance(error, BrokenBarrierError)), errors[0])
        return results

    def total(self, worker: int, part: Array) -> Array:
        """The sum of what all workers bring, the same for each; all of them must call it."""
        self.parts[worker] = part
        self.barrier.wait()
        whole = self.parts[0].copy()
        for other in self.parts[1:]:  # always in this order, so that every run adds alike
            whole += other
        self.barrier.wait()
        return whole
