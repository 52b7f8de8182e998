"""Workers that are processes: no interpreter's lock is shared, only memory, through which they also talk.

Messages are short; a worker that waits for one looks for it without pause for about a millisecond, and then ever
more seldom. Whoever writes something for another raises a flag behind it; a lock taken in between keeps the
processor from turning the two around.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cnncalc.errors import CnncalcError
from cnncalc.learning.memory import Memory, Shapes, bytes_of

if TYPE_CHECKING:
    from cnncalc.numerics.workspace import Array

MESSAGE = 1 << 22  # bytes of the longest message; what is not used takes no memory
PART = 1 << 16  # bytes that a worker can bring to a total at once
SPINS = 200  # looks at a flag without pause, each of LOOKS
LOOKS = 50
SHORTEST, LONGEST = 20e-6, 20e-3  # seconds between looks at a flag later on, about a tenth of the wait so far
TOLD, DONE, ARRIVED, FAILED = range(4)  # the flags of a worker
FLAGS = 8  # numbers in a cache line

Reduce = Callable[["Array"], "Array"]


class Plan(Protocol):
    """What a worker is made from, by its number, arrays that all see, and a way to add up arrays over all workers."""

    def __call__(self, worker: int, arrays: dict[str, Array], reduce: Reduce) -> Any: ...


class BrokenError(Exception):
    """Another worker has failed, so that this one waits in vain."""


class Board:
    """Where the workers of a team leave flags and messages for each other; the memory's first region."""

    def __init__(self, memory: Memory, size: int) -> None:
        shapes: Shapes = {
            "flags": ((4 * size * FLAGS,), np.int64),
            "lengths": ((size, FLAGS), np.int64),
            "messages": ((size, MESSAGE), np.uint8),
            "parts": ((2, size, PART), np.uint8),
        }
        region = (0, bytes_of(shapes))
        if not memory.size:
            memory.add(region[1])
        arrays = memory.arrays(shapes, region)
        self.size = size
        self.flags = arrays["flags"].data
        self.lengths, self.messages, self.parts = (arrays[name] for name in ("lengths", "messages", "parts"))
        self.lock = threading.Lock()
        self.ticket = 0  # the number of the task
        self.workers = 1  # who take part in it
        self.rounds = 0  # totals in it so far

    def raised(self, flag: int, worker: int) -> int:
        return self.flags[(flag * self.size + worker) * FLAGS]

    def fence(self) -> None:
        """All that was written before is to be seen before all that is written after; so for what is read."""
        with self.lock:
            pass

    def tell(self, flag: int, worker: int, number: int) -> None:
        self.fence()
        self.flags[(flag * self.size + worker) * FLAGS] = number

    def wait(self, flag: int, worker: int, number: int, check: Callable[[], None]) -> None:
        """Until the flag has reached a number; now and then it is checked whether that can still come."""
        at = (flag * self.size + worker) * FLAGS
        flags = self.flags
        for _ in range(SPINS):
            for _ in range(LOOKS):
                if flags[at] >= number:
                    return self.fence()
            time.sleep(0)  # the other threads of this process may go on
        nap = SHORTEST
        while flags[at] < number:
            check()
            time.sleep(nap)
            nap = min(nap * 1.1, LONGEST)
        return self.fence()

    def write(self, worker: int, what: Any) -> None:
        data = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
        if len(data) > MESSAGE:
            raise CnncalcError(
                f"{len(data):,} bytes are too much to tell a worker at once", "--threads 1 needs no workers"
            )
        self.messages[worker, : len(data)] = np.frombuffer(data, np.uint8)
        self.lengths[worker, 0] = len(data)

    def read(self, worker: int) -> Any:
        return pickle.loads(self.messages[worker, : self.lengths[worker, 0]].tobytes())

    def check(self) -> None:
        if any(self.raised(FAILED, worker) == self.ticket for worker in range(self.size)):
            raise BrokenError

    def total(self, worker: int, check: Callable[[], None], part: Array) -> Array:
        """The sum of what all workers of this task bring, the same for each; all of them must call it."""
        if part.nbytes > PART:
            flat = part.reshape(-1)
            cut = PART // part.itemsize
            pieces = [self.total(worker, check, flat[i : i + cut]) for i in range(0, flat.size, cut)]
            return np.concatenate(pieces).reshape(part.shape)
        # nobody is more than one round ahead, as that takes the flags of all: two sets of places are enough
        self.rounds += 1
        places = self.parts[self.rounds % 2, :, : part.nbytes]
        places[worker].view(part.dtype)[...] = part.reshape(-1)
        number = (self.ticket << 32) + self.rounds
        self.tell(ARRIVED, worker, number)
        for other in range(self.workers):
            if other != worker:
                self.wait(ARRIVED, other, number, check)
        whole: Array = places[0].view(part.dtype).copy()
        for other in range(1, self.workers):  # always in this order, so that every run adds alike
            whole += places[other].view(part.dtype)
        return whole.reshape(part.shape)


class Processes:
    """So many workers, of which the caller is the first and the others are processes of their own."""

    def __init__(self, size: int) -> None:
        self.memory = Memory()
        self.board = Board(self.memory, size)
        self.hired: list[Any] = []  # the first worker's object of every plan
        self.others = [self.started(worker) for worker in range(1, size)]

    def started(self, worker: int) -> subprocess.Popen[bytes]:
        """A process that waits for what to do, and ends when this one does."""
        handle = self.memory.handle
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; from cnncalc.learning.processes import serve; "
            f"serve({worker}, {self.board.size}, {handle!r})"
        )
        group: dict[str, Any] = {"pass_fds": (handle,), "process_group": 0}  # Ctrl-C is for the first worker
        if sys.platform == "win32":
            group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        command = [sys.executable, "-c", code]
        return subprocess.Popen[bytes](command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, **group)

    def close(self) -> None:
        """Ends the other workers, who have nothing to lose, wherever they are."""
        for process in self.others:
            process.kill()
        for process in self.others:
            process.communicate()  # and closes the pipe
        self.memory.close()

    def hire(self, plan: Plan, shapes: Shapes) -> tuple[int, dict[str, Array]]:
        """Has every worker make an object; returns its number and the arrays that all of them see."""
        number, size = len(self.hired), self.board.size
        region = self.memory.add(bytes_of(shapes))
        arrays = self.memory.arrays(shapes, region)

        def mine() -> None:
            self.hired.append(plan(0, arrays, partial(self.board.total, 0, self.check)))

        self.tasks([("hire", plan, shapes, region)] * size, mine)
        return number, arrays

    def run(self, number: int, method: str, arguments: list[tuple[Any, ...]]) -> list[Any]:
        """What a method of the objects with this number returns for each worker's arguments."""
        mine = partial(getattr(self.hired[number], method), *arguments[0])
        return self.tasks([("call", number, method, each) for each in arguments], mine)

    def tasks(self, messages: list[Any], mine: Callable[[], Any]) -> list[Any]:
        """Sends out messages, does the first one's part here, and gathers what they come to."""
        board, workers = self.board, len(messages)
        for worker in range(1, board.size):  # one that an error has left behind comes to its end first
            board.wait(DONE, worker, board.raised(TOLD, worker), self.alive)
        board.ticket, board.workers, board.rounds = board.ticket + 1, workers, 0
        for worker in range(1, workers):
            board.write(worker, (workers, messages[worker]))
            board.tell(TOLD, worker, board.ticket)
        try:
            try:
                answers = [(True, mine())]
            except BrokenError as error:  # another worker tells why
                answers = [(False, error)]
            for worker in range(1, workers):
                board.wait(DONE, worker, board.ticket, self.alive)
                answers.append(board.read(worker))
        except BaseException:
            board.tell(FAILED, 0, board.ticket)  # or the others might wait for this one
            raise
        errors = [answer for good, answer in answers if not good]
        if errors:
            raise next((error for error in errors if not isinstance(error, BrokenError)), errors[0])
        return [answer for _, answer in answers]

    def check(self) -> None:
        self.board.check()
        self.alive()

    def alive(self) -> None:
        """Raises CnncalcError if a worker is not."""
        for worker, process in enumerate(self.others, 1):
            code = process.poll()
            if code is not None:
                raise CnncalcError(
                    f"worker {worker} of the training has ended before its work (exit code {code})",
                    "if memory ran short, a smaller --batch needs less; --threads 1 needs no workers",
                )


def serve(worker: int, size: int, handle: int | str) -> None:
    """The life of a worker in a process of its own."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # which may be sent to all; the first worker sees to them
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=end_with_the_first, daemon=True).start()
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")
    memory = Memory(handle)
    memory.size = 1  # not new
    board = Board(memory, size)
    hired: list[Any] = []

    def answer(message: Any) -> Any:
        match message:
            case "hire", plan, shapes, region:
                arrays = memory.arrays(shapes, region)
                hired.append(plan(worker, arrays, partial(board.total, worker, board.check)))
                return None
            case _, number, method, arguments:
                return getattr(hired[number], method)(*arguments)

    while True:
        board.wait(TOLD, worker, board.ticket + 1, lambda: None)
        board.ticket, board.rounds = board.raised(TOLD, worker), 0
        board.workers, message = board.read(worker)
        try:
            board.write(worker, (True, answer(message)))
        except Exception as error:
            board.tell(FAILED, worker, board.ticket)
            board.write(worker, (False, error))
        board.tell(DONE, worker, board.ticket)


def end_with_the_first() -> None:
    """Its end of the pipe closes when it ends, however that comes about."""
    sys.stdin.buffer.read()
    os._exit(0)
