"""From names to jobs, and jobs side by side: no clash goes unsaid, one failure stops nothing."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cnncalc.errors import CnncalcError, FileError, UsageError
from cnncalc.imaging import jobs as module
from cnncalc.imaging.jobs import (
    ALONE,
    MANY,
    STDIO,
    Done,
    Failed,
    Job,
    exit_code,
    make_folders,
    plan_jobs,
    run_jobs,
)
from cnncalc.imaging.pictures import Picture, read, write
from cnncalc.shipped import sample

GRAY = Picture(np.zeros((2, 3), np.uint8))
COLOUR = Picture(np.zeros((2, 3, 3), np.uint8))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current folder, with pictures: a.png and b.jpg, sub/a.png, sub/c.bmp, and what is none."""
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    for name in ("a.png", "b.jpg", "sub/a.png", "sub/c.bmp"):
        write(Path(name), GRAY)
    for name in ("notes.txt", ".hidden.png", "sub/list.csv"):
        Path(name).write_text("no picture")
    Path("folder.png").mkdir()


def targets(*sources, **settings):
    return [job.target.as_posix() for job in plan_jobs(sources, label="sharpen", **settings)]


@pytest.mark.parametrize(
    ("sources", "settings", "expected"),
    [
        (["a.png"], {}, ["a-sharpen.png"]),
        (["sub/a.png"], {}, ["sub/a-sharpen.png"]),
        (["a.png"], {"out": "x.jpg"}, ["x.jpg"]),
        (["a.png"], {"out": "sub", "suffix": "_x"}, ["sub/a_x.png"]),
        (["b.jpg"], {"out": "sub"}, ["sub/b.jpg"]),
        (["a.png"], {"out": "new/"}, ["new/a.png"]),
        (["a.png"], {"suffix": "_x"}, ["a_x.png"]),
        (["a.png"], {"suffix": "_x.jpg"}, ["a_x.jpg"]),
        (["a.png"], {"suffix": ".jpg"}, ["a-sharpen.jpg"]),
        (["a.png"], {"suffix": ".5"}, ["a.5.png"]),
        (["b.jpg"], {"out": "new/", "suffix": ".png"}, ["new/b.png"]),
        (["."], {}, ["a-sharpen.png", "b-sharpen.jpg"]),
        (["a.png", "b.jpg"], {"out": "new"}, ["new/a.png", "new/b.jpg"]),
        (["*.png", "sub/*"], {}, ["a-sharpen.png", "sub/a-sharpen.png", "sub/c-sharpen.bmp"]),
        (["**/a.png"], {}, ["a-sharpen.png", "sub/a-sharpen.png"]),
        (["a.png", "./a.png", "*.png"], {}, ["a-sharpen.png"]),
        (["samples/camera.png"], {}, ["camera-sharpen.png"]),
        (["-"], {}, ["-"]),
        (["-"], {"out": "x.png"}, ["x.png"]),
        (["a.png"], {"out": "-"}, ["-"]),
        (["-"], {"out": "new/"}, ["new/stdin.png"]),
    ],
)
def test_where_results_go(sources, settings, expected):
    assert targets(*sources, **settings) == expected
    assert not Path("new").exists()


def test_a_shipped_picture_is_named_as_the_user_did():
    (job,) = plan_jobs(["samples/camera.png"], label="x")
    assert (job.source, job.name) == (sample("camera.png"), "samples/camera.png")
    Path("samples").mkdir()
    write(Path("samples/camera.png"), GRAY)
    (job,) = plan_jobs(["samples/camera.png"], label="x")
    assert job.source == Path("samples/camera.png")


def test_a_file_whose_name_is_a_pattern_is_that_file():
    write(Path("a[1].png"), GRAY)
    assert targets("a[1].png") == ["a[1]-sharpen.png"]


def test_results_of_an_earlier_run_are_no_sources():
    write(Path("a-sharpen.png"), GRAY)
    assert targets(".", force=True) == ["a-sharpen.png", "b-sharpen.jpg"]
    with pytest.raises(UsageError, match=r"1 of 2 results exist already, a-sharpen\.png the first"):
        targets(".")
    assert targets("a-sharpen.png") == ["a-sharpen-sharpen.png"]  # but for one that is named


@pytest.mark.parametrize(
    ("sources", "settings", "error", "fact"),
    [
        ([], {}, UsageError, "no picture is named"),
        (["nothing/*.png"], {}, FileError, "no picture matches"),
        (["folder.png"], {}, FileError, "there is no picture in folder.png"),
        (["-", "a.png"], {}, UsageError, "standard input"),
        (["a.png", "b.jpg"], {"out": "-"}, UsageError, "standard output"),
        (["a.png", "b.jpg"], {"out": "x.png"}, UsageError, "into one file, x.png"),
        (
            ["a.png", "sub/a.png"],
            {"out": "new"},
            UsageError,
            "a.png and sub/a.png would both be written to new/a.png",
        ),
        (["a.png"], {"out": "a.png"}, UsageError, "a.png is the picture itself"),
        (["sub/a.png"], {"out": "sub"}, UsageError, "sub/a.png is the picture itself"),
        (["a.png"], {"out": "sub"}, UsageError, "sub/a.png exists"),
        (["a.png"], {"out": "b.jpg"}, UsageError, "b.jpg exists"),
        (["a.png"], {"out": "x.txt"}, UsageError, "ending .txt"),
        (["a.png"], {"out": "no/x.png"}, FileError, "no folder no"),
        (["a.png"], {"suffix": "/x"}, UsageError, "holds a folder"),
        (["samples/camrea.png"], {}, FileError, "no file samples/camrea.png"),
    ],
)
def test_a_clash_is_said_before_anything_is_read(sources, settings, error, fact):
    with pytest.raises(error) as caught:
        targets(*sources, **settings)
    assert fact in caught.value.message.replace(os.sep, "/")
    assert caught.value.hint


def test_a_missing_file_is_a_job_that_fails():
    """Among others, the rest is done."""
    planned = plan_jobs(["nothing.png", "a.png"], label="x")
    events = list(run_jobs(planned, lambda job, _: read(job.source).mode, 2))
    assert [type(event) for event in events] == [Failed, Done]
    assert "nothing.png" in events[0].error.message
    assert exit_code(events) == 3
    assert exit_code(events[1:]) == 0


@pytest.mark.parametrize(
    ("target", "settled", "result", "expected"),
    [
        ("a.png", False, COLOUR, "a.png"),
        ("a.jpg", False, Picture(GRAY.pixels, GRAY.pixels), "a.png"),
        ("a.jpg", True, Picture(GRAY.pixels, GRAY.pixels), "a.jpg"),
        ("a.gif", False, GRAY, "a.gif"),
        ("a.gif", False, COLOUR, "a.png"),
        ("a.gif", False, Picture(COLOUR.pixels, more=(COLOUR,)), "a.gif"),
        ("a.bmp", False, Picture(COLOUR.pixels, more=(COLOUR,)), "a.png"),
        ("a.png", False, Picture(GRAY.pixels.astype(float)), "a.tif"),
    ],
)
def test_a_format_that_does_not_hold_the_result_is_changed_unless_settled(target, settled, result, expected):
    assert Job(Path("x"), Path(target), "x", settled).target_for(result) == Path(expected)


def test_folders_are_made_and_one_that_cannot_be_is_said():
    make_folders([Job(Path("a.png"), Path("new/deep/a.png"), "a.png")])
    assert Path("new/deep").is_dir()
    with pytest.raises(FileError, match=r"cannot make the folder a\.png"):
        make_folders([Job(Path("a.png"), Path("a.png/a.png"), "a.png")])


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
