"""Work in processes of their own: where a part takes a few milliseconds, threads would wait for Python's lock."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from traceback import format_exc
from typing import IO, Generic, TypeVar, cast

S = TypeVar("S")
T = TypeVar("T")

READY = b"ready"
# -P: nothing is imported from the current folder but what this process would import from there
_CODE = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from cnncalc.imaging.helpers import serve; serve()"
)
_START = ("-P", "-c", _CODE)


class Helper(Generic[S, T]):
    """A process that does the work on parts, in calls from one thread at a time.

    work: what is done with a part; both can be pickled, and so can the results. lost: the result for a part at which
    the process died; another process goes on with the next. Where none can be started, the work is done here.
    """

    def __init__(self, work: Callable[[S], T], lost: Callable[[S], T]) -> None:
        self.work, self.lost = work, lost
        self.greeting = pickle.dumps(sys.path) + pickle.dumps(work)
        self.greeted = False
        self.process = _started()

    def __call__(self, parts: Sequence[S]) -> list[T]:
        """The results for the parts, in order; what the work raised."""
        results: list[T | _Fault] = []
        while left := parts[len(results) :]:
            if not self._is_ready():
                results += map(self.work, left)
                break
            try:
                self._send(pickle.dumps(left))
                for _ in left:
                    results.append(pickle.load(self._answers))  # kept, if the next one never comes
            except (EOFError, OSError, pickle.UnpicklingError):
                self.close()
                results.append(self.lost(parts[len(results)]))
                self.process = _started()
        for result in results:
            if isinstance(result, _Fault):
                raise result.error
        return cast("list[T]", results)

    def close(self) -> None:
        """Lets the process end."""
        if self.process is None:
            return
        for stream in (self.process.stdin, self._answers):
            with suppress(OSError):
                cast("IO[bytes]", stream).close()
        self.process.wait()
        self.process, self.greeted = None, False

    def _is_ready(self) -> bool:
        """Whether there is a process that answers."""
        if self.process is not None and not self.greeted:
            with suppress(OSError):
                self._send(self.greeting)
                self.greeted = self._answers.read(len(READY)) == READY
            if not self.greeted:
                self.close()
        return self.process is not None

    def _send(self, message: bytes) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(message)
        self.process.stdin.flush()

    @property
    def _answers(self) -> IO[bytes]:
        assert self.process is not None
        assert self.process.stdout is not None
        return self.process.stdout


def _started() -> subprocess.Popen[bytes] | None:
    """A process that will serve; Ctrl-C does not reach it, as it is this one that stops it."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
    try:
        return subprocess.Popen(
            [sys.executable, *_START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            creationflags=flags,
            start_new_session=True,
        )
    except OSError:
        return None


class _Fault:
    """What the work raised."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def serve() -> None:
    """The other end: takes the work from standard input, and then parts, until there are no more."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever is printed is no answer
    with suppress(EOFError, OSError):  # the process that asked is gone, or needs no more
        work = pickle.load(requests)
        answers.write(READY)
        answers.flush()
        while True:
            for part in pickle.load(requests):
                answers.write(_answer(work, part))
                answers.flush()
    os._exit(0)  # nothing is left to be done, and tidying up takes as long as several pictures


def _answer(work: Callable[[S], T], part: S) -> bytes:
    """The result or the fault, pickled."""
    try:
        return pickle.dumps(work(part))
    except Exception as error:  # it is raised where it can be seen
        error.add_note(format_exc())
        try:
            pickle.loads(fault := pickle.dumps(_Fault(error)))  # some can be written and not read
        except Exception:
            return pickle.dumps(_Fault(RuntimeError(format_exc())))
        return fault
