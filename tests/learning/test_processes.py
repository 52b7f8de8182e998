"""Workers that are processes do what threads do, to the bit; they do not outlive the first one, nor keep it waiting."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cnncalc.errors import CnncalcError, UsageError
from cnncalc.layers import parse
from cnncalc.learning.averaging import contents
from cnncalc.learning.memory import Memory, bytes_of
from cnncalc.learning.network import Network
from cnncalc.learning.processes import PART, Reduce
from cnncalc.learning.settings import Settings
from cnncalc.learning.team import Members, Team
from cnncalc.learning.training import Training
from cnncalc.numerics.workspace import Array
from tests.learning.sets import bars

SMALL = """input 8x8x1; conv 6x3x3; relu; maxpool 2x2; batchnorm; dropout 0.1; residual { conv 6x3x3 pad 1; batchnorm };
           fc 4; softmax"""


class Counter:
    """Something to hire: it writes to an array that all see, adds up, and fails."""

    def __init__(self, worker: int, arrays: dict[str, Array], reduce: Reduce) -> None:
        self.worker = worker
        self.seen = arrays["seen"]
        self.reduce = reduce

    def note(self, number: float) -> int:
        self.seen[self.worker] = number
        return self.worker

    def total(self, *shape: int) -> Array:
        return self.reduce(np.full(shape, 10.0**self.worker))

    def fail(self, culprit: int) -> Array:
        if self.worker == culprit:
            raise UsageError(f"worker {culprit} fails", "on purpose")
        return self.reduce(np.zeros(1))

    def pid(self) -> int:
        return os.getpid()

    def sleep(self, seconds: float) -> None:
        if self.worker:
            time.sleep(seconds)


@pytest.fixture(scope="module")
def team() -> Iterator[Team]:
    with Team(3, processes=True) as team:
        yield team


@pytest.fixture(scope="module")
def members(team: Team) -> Members:
    return team.hire(Counter, {"seen": ((3,), np.float64)})


def test_workers_are_processes_and_see_the_same_arrays(members: Members) -> None:
    pids = members.run("pid", [()] * 3)
    assert pids[0] == os.getpid()
    assert len(set(pids)) == 3
    for start in (5, 50):
        assert members.run("note", [(start + i,) for i in range(3)]) == [0, 1, 2]
        assert list(members.arrays["seen"]) == [start, start + 1, start + 2]


def test_fewer_may_take_part(members: Members) -> None:
    members.run("note", [(7,)] * 3)
    assert members.run("note", [(1,), (2,)]) == [0, 1]
    assert list(members.arrays["seen"]) == [1, 2, 7]
    assert [list(total) for total in members.run("total", [(1,)] * 2)] == [[11]] * 2


@pytest.mark.parametrize("shape", [(1,), (3, 5), (PART // 8 + 1,), (4, PART // 8)])
def test_every_worker_gets_the_sum_of_all_however_long_it_is(
    members: Members, shape: tuple[int, ...]
) -> None:
    for _ in range(20):
        for total in members.run("total", [shape] * 3):
            assert total.shape == shape
            assert (total == 111).all()


@pytest.mark.parametrize("culprit", [0, 1, 2])
def test_an_error_in_one_worker_ends_all_and_is_raised(members: Members, culprit: int) -> None:
    with pytest.raises(UsageError, match=f"worker {culprit} fails") as caught:
        members.run("fail", [(culprit,)] * 3)
    assert caught.value.hint == "on purpose"
    assert members.run("note", [(1,)] * 3) == [0, 1, 2]


def test_several_may_be_hired_by_one_team(team: Team, members: Members) -> None:
    others = team.hire(Counter, {"seen": ((3,), np.float64)})
    members.run("note", [(1,)] * 3)
    others.run("note", [(2,)] * 3)
    assert list(members.arrays["seen"]) == [1] * 3
    assert list(others.arrays["seen"]) == [2] * 3


@pytest.mark.parametrize(("size", "text"), [(2, SMALL), (3, SMALL), (2, "input 8x8x1; fc 9; tanh; rbf 4")])
def test_a_training_by_processes_is_that_by_threads_to_the_bit(size: int, text: str) -> None:
    """Also batch normalisation, dropout, blocks, what is not trained, and where the random numbers stand."""
    settings = Settings(epochs=2, batch=31, average=0.9, augment="shift:1", clip=1.0, l2=1e-3)
    outcomes = []
    for processes in (False, True):
        rng = np.random.default_rng(0)
        network = Network(parse(text))
        network.initialise(rng)
        with Team(size, processes=processes) as team:
            training = Training(network, bars(), settings, team, rng)
            list(training.run())
            arrays = {name: value.tobytes() for name, value in training.arrays().items()}
            facts = training.facts()["trainer"]
        values = {name: value.tobytes() for name, value in contents(network).items()}
        assert len(facts["generators"]) == size
        outcomes.append((values, arrays, facts, training.result))
    assert outcomes[0] == outcomes[1]


def test_a_training_by_processes_is_taken_up_by_others_to_the_bit() -> None:
    settings = Settings(epochs=2, batch=40)

    def begun(seed: int) -> Training:
        rng = np.random.default_rng(seed)
        network = Network(parse(SMALL))
        network.initialise(rng)
        return Training(network, bars(), settings, team, rng)

    with Team(2, processes=True) as team:
        first = begun(0)
        events = first.run()
        for _ in range(5):
            next(events)
        arrays = {name: value.copy() for name, value in first.arrays().items()}
        facts = first.facts()
        list(events)
    with Team(2, processes=True) as team:
        second = begun(99)
        second.restore(arrays, facts)
        list(second.run())
    for name, value in contents(first.network).items():
        assert np.array_equal(value, contents(second.network)[name]), name


def test_a_worker_that_is_dead_is_an_error_with_a_remedy() -> None:
    with Team(2, processes=True) as team:
        members = team.hire(Counter, {"seen": ((2,), np.float64)})
        victim = members.run("pid", [()] * 2)[1]
        os.kill(
            victim, getattr(signal, "SIGKILL", signal.SIGTERM)
        )  # Windows has but the one, which ends it there
        with pytest.raises(CnncalcError, match="worker 1 of the training has ended") as caught:
            members.run("total", [(1,)] * 2)
        assert "--threads 1" in caught.value.hint


def test_a_team_that_is_left_in_the_midst_of_its_work_does_not_wait_for_the_others() -> None:
    start = time.monotonic()
    with Team(2, processes=True) as team:
        members = team.hire(Counter, {"seen": ((2,), np.float64)})
        members.run("pid", [()] * 2)
        threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            members.run("sleep", [(60,)] * 2)
    assert time.monotonic() - start < 30


posix = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


@posix
def test_ctrl_c_is_for_the_first_worker_alone(members: Members) -> None:
    pids = members.run("pid", [()] * 3)
    assert all(os.getpgid(pid) != os.getpgid(0) for pid in pids[1:])
    for pid in pids[1:]:
        os.kill(pid, signal.SIGINT)
    assert members.run("note", [(1,)] * 3) == [0, 1, 2]


@posix
@pytest.mark.parametrize("at_work", [False, True])
def test_workers_end_with_the_first_one_even_when_it_is_killed_and_leave_nothing(at_work: bool) -> None:
    script = f"""
        import time
        import numpy as np
        from cnncalc.learning.team import Team
        from tests.learning.test_processes import Counter
        with Team(2, processes=True) as team:
            members = team.hire(Counter, {{"seen": ((2,), np.float64)}})
            print(members.run("pid", [()] * 2)[1], flush=True)
            members.run("sleep", [(60,)] * 2) if {at_work} else time.sleep(60)
    """
    before = leavings()
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout
        worker = int(process.stdout.readline())
        assert alive(worker)
        process.kill()
        _, noise = process.communicate(timeout=30)  # whose end comes when the worker, too, has closed it
    deadline = time.monotonic() + 10
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(worker)
    assert noise == b""
    assert leavings() <= before


def alive(pid: int) -> bool:
    """Whether a process is at work; one that has ended and waits for its parent's notice is not."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        if Path("/proc").exists():
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def leavings() -> set[str]:
    """What shared memory by a name would leave behind."""
    folder = Path("/dev/shm")
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def test_arrays_of_a_region_are_the_same_memory_wherever_they_are_opened() -> None:
    shapes = {"a": ((3, 5), np.dtype(np.float32)), "b": ((7,), np.dtype(np.int64))}
    memory = Memory()
    memory.add(100)
    region = memory.add(bytes_of(shapes))
    here, there = (memory.arrays(shapes, region) for _ in range(2))
    here["a"][...] = 3
    here["b"][...] = np.arange(7)
    memory.close()
    assert (there["a"] == 3).all()
    assert list(there["b"]) == list(range(7))
    assert all(array.ctypes.data % 64 == 0 for array in there.values())


def test_memory_that_is_not_to_be_had_is_an_error_with_a_remedy() -> None:
    memory = Memory()
    with pytest.raises(CnncalcError, match="not to be had") as caught:
        memory.open(*memory.add(1 << 62))
    assert "--threads 1" in caught.value.hint
    memory.close()
