"""Work on many pictures side by side: in order, and on after one that is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, groupby
from queue import SimpleQueue
from typing import Generic, TypeVar

from cnncalc.errors import CnncalcError, FileError
from cnncalc.imaging import pictures
from cnncalc.imaging.helpers import Helper
from cnncalc.imaging.jobs import Job
from cnncalc.imaging.pictures.side_by_side import AHEAD, in_order

ALONE = 4_000_000  # pixels from which a picture is worked on alone, by all threads
MANY = 150  # pictures for which it is worth the time to start processes: each saves one or two milliseconds
BATCH = 16  # pictures that a process is given at a time
BATCHES = 8  # batches that are under way or wait to be taken, for each thread: until all processes are ready

T = TypeVar("T")


@dataclass(frozen=True)
class Done(Generic[T]):
    """A picture that was worked on, and what the work returned."""

    job: Job
    record: T


@dataclass(frozen=True, eq=False)
class Failed:
    """A picture that could not be worked on, and why."""

    job: Job
    error: CnncalcError


Work = Callable[[Job, int], T]  # the second argument: how many threads the work may use


def run_jobs(
    jobs: Sequence[Job], work: Work[T], threads: int, *, processes: bool = False
) -> Iterator[Done[T] | Failed]:
    """Works on every job and yields what came of it, in order; a job that fails does not stop the others.

    Small pictures are worked on side by side, one thread each; one of ALONE pixels or more alone, with all
    threads. Few results wait to be yielded at a time. processes: whether the work, and what it returns, can be
    pickled; of MANY pictures all threads but one then work in processes of their own.
    """
    if threads <= 1 or len(jobs) == 1:
        return (_outcome(job, work, threads) for job in jobs)
    return _side_by_side(jobs, work, threads, threads - 1 if processes and len(jobs) >= MANY else 0)


def exit_code(events: Iterable[Done[T] | Failed]) -> int:
    """0, or the highest code among the failures: 3 where a file was at fault."""
    return max((event.error.exit_code for event in events if isinstance(event, Failed)), default=0)


def _side_by_side(
    jobs: Sequence[Job], work: Work[T], threads: int, helpers: int
) -> Iterator[Done[T] | Failed]:
    """Runs of small pictures in turn with large ones; so many of the threads have a process that helps."""
    here: Callable[[Job], Done[T] | Failed] = partial(_outcome, work=work, threads=1)
    helping = [Helper(here, _lost) for _ in range(helpers)]
    hands: SimpleQueue[Callable[[Sequence[Job]], list[Done[T] | Failed]]] = SimpleQueue()
    for _ in range(threads - helpers):
        hands.put(lambda batch: [here(job) for job in batch])
    for helper in helping:  # last, as they take a moment to be ready
        hands.put(helper)

    def outcomes(batch: Sequence[Job]) -> list[Done[T] | Failed]:
        hand = hands.get()
        try:
            return hand(batch)
        finally:
            hands.put(hand)

    most, ahead = (BATCH, BATCHES) if helpers else (1, AHEAD)
    try:
        for large, some in groupby(((job, _pixels(job)) for job in jobs), key=_is_large):
            if large:
                yield from (_outcome(job, work, threads) for job, _ in some)
            else:
                yield from chain.from_iterable(in_order(outcomes, _batches(some, most), threads, ahead))
    finally:
        for helper in helping:
            helper.close()


def _batches(some: Iterable[tuple[Job, int]], most: int) -> Iterator[list[Job]]:
    """So many jobs at a time, or fewer where their pixels are as many as those of a large picture."""
    batch: list[Job] = []
    total = 0
    for job, pixels in some:
        batch.append(job)
        total += pixels
        if len(batch) == most or total >= ALONE:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def _outcome(job: Job, work: Work[T], threads: int) -> Done[T] | Failed:
    try:
        return Done(job, work(job, threads))
    except CnncalcError as error:
        return Failed(job, error)
    except MemoryError:
        return Failed(job, FileError(f"{job.name} does not fit into memory", "scale it down"))


def _lost(job: Job) -> Failed:
    fact = f"the process that worked on {job.name} ended before the picture was done"
    return Failed(job, FileError(fact, "it may need too much memory: scale it down, or try it alone"))


def _is_large(sized: tuple[Job, int]) -> bool:
    return sized[1] >= ALONE


def _pixels(job: Job) -> int:
    return pictures.count_pixels(job.source)
