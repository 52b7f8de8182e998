"""Jobs side by side: in order, and one failure stops nothing."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cnncalc.errors import CnncalcError, FileError
from cnncalc.imaging import working as module
from cnncalc.imaging.jobs import STDIO, Job
from cnncalc.imaging.pictures import Picture
from cnncalc.imaging.working import ALONE, MANY, Done, Failed, exit_code, run_jobs

GRAY = Picture(np.zeros((2, 3), np.uint8))


def planned(count):
    return [Job(Path(f"{i}"), Path(f"{i}.png"), f"{i}") for i in range(count)]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_events_come_in_order_and_failures_between_them(threads):
    def work(job, _):
        number = int(job.name)
        time.sleep(0.002 * (number % 3))
        if number % 5 == 0:
            raise FileError(f"{number} is broken")
        if number == 7:
            raise MemoryError
        return number

    events = list(run_jobs(planned(20), work, threads))
    assert [event.job.name for event in events] == [str(i) for i in range(20)]
    assert [event.record for event in events if isinstance(event, Done)] == [
        i for i in range(20) if i % 5 and i != 7
    ]
    assert [event.error.message for event in events if isinstance(event, Failed)] == [
        "0 is broken",
        "5 is broken",
        "7 does not fit into memory",
        "10 is broken",
        "15 is broken",
    ]


def test_small_pictures_share_the_threads_and_large_ones_have_them_all(monkeypatch):
    monkeypatch.setattr(module, "_pixels", lambda job: ALONE if int(job.name) % 4 == 3 else 0)
    busy = 0
    lock = threading.Lock()
    most = 0

    def work(_, threads):
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
            alone = busy == 1
        time.sleep(0.01)
        with lock:
            alone = alone and busy == 1
            busy -= 1
        return threads, alone

    events = list(run_jobs(planned(12), work, 2))
    assert most == 2
    for event in events:
        large = int(event.job.name) % 4 == 3
        assert event.record == ((2, True) if large else (1, event.record[1]))


def test_not_all_is_begun_before_the_first_is_taken():
    begun = []
    events = run_jobs(planned(100), lambda job, _: begun.append(job.name), 2)
    next(iter(events))
    time.sleep(0.05)
    assert len(begun) <= 8
    events.close()
    time.sleep(0.02)
    assert len(begun) <= 8  # nothing goes on after the end


def test_a_fault_of_ours_is_not_taken_for_one_of_the_picture():
    def work(_job, _threads):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(run_jobs(planned(3), work, 2))
    assert not issubclass(ZeroDivisionError, CnncalcError)


def test_standard_input_is_no_large_picture():
    assert [
        type(event) for event in run_jobs([Job(STDIO, STDIO, "standard input")] * 2, lambda *_: 0, 2)
    ] == [Done] * 2


def number_and_process(job, threads):
    """Work that can be pickled; for this number, none."""
    if job.name == "30":
        raise FileError("30 is broken", "a remedy")
    if job.name == "31":
        raise MemoryError
    return int(job.name), threads, os.getpid()


def test_of_many_pictures_some_are_worked_on_in_other_processes_and_all_come_in_order(monkeypatch):
    """The records and failures are those of threads; a large picture stays with this process and its threads."""
    monkeypatch.setattr(module, "_pixels", lambda job: ALONE if job.name == "40" else 0)
    monkeypatch.setattr(module, "MANY", 60)
    alike, apart = (list(run_jobs(planned(60), number_and_process, 2, processes=p)) for p in (False, True))
    assert [event.job.name for event in apart] == [str(i) for i in range(60)]
    assert [type(event) for event in apart] == [type(event) for event in alike]
    assert [event.record[:2] for event in apart if isinstance(event, Done)] == [
        event.record[:2] for event in alike if isinstance(event, Done)
    ]
    assert [event.error.document() for event in apart if isinstance(event, Failed)] == [
        event.error.document() for event in alike if isinstance(event, Failed)
    ]
    processes = {event.record[2] for event in apart if isinstance(event, Done)}
    assert len(processes) == 2
    assert os.getpid() in processes
    assert apart[40].record == (40, 2, os.getpid())
    assert {event.record[2] for event in alike if isinstance(event, Done)} == {os.getpid()}


def test_a_few_pictures_start_no_process():
    events = run_jobs(planned(MANY - 1), number_and_process, 2, processes=True)
    assert {event.record[2] for event in events if isinstance(event, Done)} == {os.getpid()}


def dies(job, _):
    if job.name == "20":
        os._exit(1)


def test_a_picture_at_which_a_process_dies_is_named_and_the_rest_is_done(monkeypatch):
    """The second batch is the process's own."""
    monkeypatch.setattr(module, "MANY", 40)
    monkeypatch.setattr(module, "BATCH", 20)
    events = list(run_jobs(planned(40), dies, 2, processes=True))
    (failed,) = [event for event in events if isinstance(event, Failed)]
    assert failed.job.name == "20"
    assert "20 ended" in failed.error.message
    assert exit_code(events) == 3


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [([1] * 5, [2, 2, 1]), ([ALONE // 2] * 3, [2, 1]), ([1, ALONE, 1, 1], [2, 2]), ([], [])],
)
def test_batches_end_at_a_number_of_pictures_or_of_pixels(pixels, expected):
    sized = list(zip(planned(len(pixels)), pixels, strict=True))
    batches = list(module._batches(sized, 2))
    assert [len(batch) for batch in batches] == expected
    assert [job for batch in batches for job in batch] == [job for job, _ in sized]


def test_a_batch_of_many_pixels_is_a_short_one():
    sized = list(zip(planned(6), [ALONE // 3 + 1] * 6, strict=True))
    assert [len(batch) for batch in module._batches(sized, 16)] == [3, 3]
