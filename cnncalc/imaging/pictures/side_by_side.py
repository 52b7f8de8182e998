"""Work on the parts of one thing, side by side and bounded, with the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

AHEAD = 2  # parts that are under way or wait to be taken, for each thread

S = TypeVar("S")
T = TypeVar("T")


def in_order(work: Callable[[S], T], parts: Iterable[S], threads: int, ahead: int = AHEAD) -> Iterator[T]:
    """What the work makes of each part; at most ahead · threads results are held at a time."""
    if threads <= 1:
        yield from map(work, parts)
        return
    pool = ThreadPoolExecutor(threads)
    waiting: deque[Future[T]] = deque()
    try:
        for part in parts:
            waiting.append(pool.submit(work, part))
            if len(waiting) >= ahead * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:  # what is under way comes to its end, so that nothing is left half done
        pool.shutdown(cancel_futures=True)
