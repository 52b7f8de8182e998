import numpy as np

from cnncalc.imaging.filtering import filter_picture
from cnncalc.imaging.kernels import find
from cnncalc.imaging.pictures import Picture


def test_each_channel_is_filtered_by_itself_and_transparency_stays():
    pixels = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    alpha = np.arange(30, dtype=np.uint8).reshape(6, 5)
    result = filter_picture(Picture(pixels, alpha, b"profile"), find("edge-all"))
    for c in range(3):
        alone = filter_picture(Picture(np.ascontiguousarray(pixels[..., c])), find("edge-all"))
        assert np.array_equal(result.picture.pixels[..., c], alone.picture.pixels)
    assert np.array_equal(result.picture.alpha, alpha)
    assert result.picture.icc == b"profile"


def test_the_identity_changes_and_clips_nothing():
    pixels = np.random.default_rng(0).integers(0, 65_536, (6, 5), dtype=np.uint16)
    result = filter_picture(Picture(pixels), find("identity"))
    assert np.array_equal(result.picture.pixels, pixels)
    assert result.clipped == 0
