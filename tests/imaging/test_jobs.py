"""From names to jobs: no clash goes unsaid."""

import os
from pathlib import Path

import numpy as np
import pytest

from cnncalc.errors import FileError, UsageError
from cnncalc.imaging.jobs import Job, make_folders, plan_jobs
from cnncalc.imaging.pictures import Picture, read, write
from cnncalc.imaging.working import Done, Failed, exit_code, run_jobs
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
