"""Workers, one a core, each on its part of the work, with BLAS held to one thread in each.

Threads run a function over data that are at hand. What they call takes the interpreter's lock between two operations
of numpy; where these are short, as in training, a third of the time is lost to it. So members that are hired for
longer may live in processes of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from threading import Barrier, BrokenBarrierError
from types import TracebackType
from typing import Any, Protocol, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from cnncalc.learning.memory import Shapes, bytes_of, laid_out
from cnncalc.learning.processes import Plan, Processes
from cnncalc.numerics.workspace import Array

T = TypeVar("T")


def parts(examples: int, workers: int) -> list[slice]:
    """So many examples in a row, as evenly among the workers as goes."""
    cuts = [examples * worker // workers for worker in range(workers + 1)]
    return [slice(first, end) for first, end in pairwise(cuts)]


class Members(Protocol):
    """The objects that the workers of a team have made after one plan."""

    arrays: dict[str, Array]  # which all of them see

    def run(self, method: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """What the method returns for each worker's arguments; for fewer arguments, fewer work."""
        ...


class Team:
    """So many workers; the caller is the first of them. To be used in a with statement.

    Multi-threaded BLAS called from several threads has returned wrong results (numpy issue 29391), so it is held to
    one thread as long as the team is there.
    """

    def __init__(self, size: int, *, processes: bool = False) -> None:
        self.size = size
        self.apart = processes and size > 1
        self.barrier = Barrier(1)
        self.parts: list[Array] = []

    def __enter__(self) -> Team:
        self.limits = threadpool_limits(1, user_api="blas")
        self.pool = ThreadPoolExecutor(max(self.size - 1, 1))
        self.processes = Processes(self.size) if self.apart else None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.processes:
            self.processes.close()
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.limits.restore_original_limits()

    def hire(self, plan: Plan, shapes: Shapes) -> Members:
        """Has every worker make an object of its own, and keep it; arrays of these shapes are seen by all."""
        if self.processes:
            return Apart(self.processes, plan, shapes)
        return Together(self, plan, shapes)

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


class Together:
    """Members that are threads."""

    def __init__(self, team: Team, plan: Plan, shapes: Shapes) -> None:
        self.team = team
        self.arrays = laid_out(shapes, np.zeros(bytes_of(shapes), np.uint8))
        self.objects = [plan(worker, self.arrays, partial(team.total, worker)) for worker in range(team.size)]

    def run(self, method: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        return self.team.run(
            lambda worker: getattr(self.objects[worker], method)(*arguments[worker]), len(arguments)
        )


class Apart:
    """Members that are processes, but for the first, who is the caller."""

    def __init__(self, processes: Processes, plan: Plan, shapes: Shapes) -> None:
        self.processes = processes
        self.number, self.arrays = processes.hire(plan, shapes)

    def run(self, method: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        return self.processes.run(self.number, method, list(arguments))
