"""cnncalc filter: wishes that do not go together, and those that do although they look as if they did not."""

import numpy as np
import pytest

from cnncalc.imaging.pictures import read
from tests.cli.running import run_here


@pytest.mark.parametrize(
    ("options", "fact", "remedy"),
    [
        ("--out x.npy --compare", "x.npy holds the numbers themselves", ".tif, or leave out --compare"),
        ("--suffix .npy --show", "a-sobel.npy holds the numbers themselves", "or leave out --show"),
        ("--response raw --out x.tif --compare", "x.tif holds the numbers", "leave out --response raw"),
        ("--response raw --out x.tif --show", "x.tif holds the numbers", "leave out --response raw"),
        ("--response raw", "the ending .png holds no raw response", ".npy or .tif"),
        ("--response raw --out -", "a name without ending holds no raw response", ".npy or .tif"),
        ("--explain 1,1 --compare", "--compare is for the result", "give --out a name"),
        ("--gif x.gif --show", "--show is for the result", "give --out a name"),
        ("--out x.png --suffix _b", "--suffix would, too", "leave one of them out"),
    ],
)
def test_wishes_that_do_not_go_together_are_refused_before_any_work(tmp_path, options, fact, remedy):
    (tmp_path / "a.png").write_bytes(b"is not even read")
    done = run_here("filter", "a.png", "-k", "sobel", *options.split(), folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert fact in done.stderr
    assert remedy in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_pictures_of_floats_are_put_side_by_side_as_floats(tmp_path):
    pixels = np.random.default_rng(1).random((6, 8))
    np.save(tmp_path / "a.npy", pixels)
    done = run_here("filter", "a.npy", "-k", "identity", "--compare", "--out", "both.tif", folder=tmp_path)
    assert done.returncode == 0
    both = read(tmp_path / "both.tif").pixels
    assert both.shape == (6, 8 + 8 + 8)
    assert np.array_equal(both[:, :8], pixels.astype(np.float32))
    assert np.array_equal(both[:, :8], both[:, 16:])


def test_the_folder_of_the_samples_alone_is_not_there_and_what_is_there_is_named(tmp_path):
    done = run_here("filter", "samples", "-k", "sobel", folder=tmp_path)
    assert done.returncode == 3
    assert "there is no folder samples" in done.stderr
    assert "samples/chelsea.png" in done.stderr


def test_pooling_is_by_one_of_two(tmp_path):
    for words, fact in (((), "or by --average\n"), (("--max", "2", "--average", "2"), "not by both")):
        done = run_here("pool", "samples/camera.png", *words, folder=tmp_path)
        assert done.returncode == 2
        assert fact in done.stderr
