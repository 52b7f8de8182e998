"""One thread for BLAS while several threads of ours call it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController


class _Limit:
    """How many are inside, and what the last of them undoes."""

    lock = Lock()
    inside = 0
    limits: Any = None


@lru_cache
def _pools() -> ThreadpoolController:
    """Those of the libraries that are loaded, numpy's BLAS among them: to find them takes a millisecond."""
    return ThreadpoolController()


def processors() -> set[str]:
    """What the BLAS libraries at hand call the processors whose code they run, as OpenBLAS's "Haswell"."""
    return {str(pool["architecture"]) for pool in _pools().info() if "architecture" in pool}


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it BLAS has one thread, until the last of all threads that are within leaves.

    OpenBLAS with threads of its own, called by several threads at once, has given wrong results (numpy issue 29391).
    """
    with _Limit.lock:
        if not _Limit.inside:
            _Limit.limits = _pools().limit(limits=1, user_api="blas")
        _Limit.inside += 1
    try:
        yield
    finally:
        with _Limit.lock:
            _Limit.inside -= 1
            if not _Limit.inside:
                _Limit.limits.restore_original_limits()
