"""cnncalc pool and cnncalc lcn, as a user meets them."""

import json

import numpy as np
from PIL import Image

from cnncalc.imaging.pictures import read
from tests.cli.running import cnncalc


def photo(folder):
    x = np.random.default_rng(0).integers(0, 256, (18, 27, 3), dtype=np.uint8)
    Image.fromarray(x).save(folder / "a.png")
    return x


def test_the_largest_and_the_mean_of_nine_by_nine(tmp_path):
    blocks = photo(tmp_path).reshape(2, 9, 3, 9, 3)
    assert cnncalc("pool", "a.png", "--max", "9x9", folder=tmp_path).returncode == 0
    assert np.array_equal(read(tmp_path / "a-maxpool-size9.png").pixels, blocks.max((1, 3)))
    done = cnncalc("pool", "a.png", "--average", "9", "--json", folder=tmp_path)
    document = json.loads(done.stdout)
    assert document["output_size"] == [2, 3, 3]
    assert np.array_equal(read(tmp_path / document["output"]).pixels, np.rint(blocks.mean((1, 3))))


def test_windows_may_overlap(tmp_path):
    x = photo(tmp_path)
    done = cnncalc(
        "pool", "a.png", "--max", "2x3", "--stride", "1", "--mode", "same", "-o", "b.png", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    y = read(tmp_path / "b.png").pixels
    assert y.shape == x.shape
    assert np.array_equal(y[5, 5], x[4:6, 4:7].max((0, 1)))


def test_pooling_is_by_one_of_two(tmp_path):
    photo(tmp_path)
    for args in ((), ("--max", "2", "--average", "2")):
        done = cnncalc("pool", "a.png", *args, folder=tmp_path)
        assert done.returncode == 2
        assert "by --max or by --average" in done.stderr


def test_contrast_is_normalised(tmp_path):
    x = photo(tmp_path).astype(float)
    assert cnncalc("lcn", "a.png", "--size", "3", "-o", "r.npy", folder=tmp_path).returncode == 0
    window = x[4:7, 9:12]
    expected = (x[5, 10] - window.mean()) / window.std()
    assert np.allclose(np.load(tmp_path / "r.npy")[5, 10], expected)
    done = cnncalc("lcn", "a.png", folder=tmp_path)
    assert "normalise" in done.stdout
    (result,) = tmp_path.glob("a-lcn*.png")
    assert (read(result).pixels.min(), read(result).pixels.max()) == (0, 255)
