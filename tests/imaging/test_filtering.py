"""Chains over pictures, against plain loops: kernels, gradients, pooling, contrast, channels, alpha, rounding."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import UsageError
from cnncalc.imaging.chain import Chain, degrees
from cnncalc.imaging.filtering import filter_picture, respond_picture
from cnncalc.imaging.kernels import Bank, Kernel, find
from cnncalc.imaging.pictures import Picture
from cnncalc.imaging.responses import Way
from cnncalc.numerics.borders import Geometry


def chain(*texts, **settings):
    return Chain(tuple(map(find, texts)), **settings)


def noise(*shape, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, shape, dtype=dtype)


def looped(x, kernel):
    """Correlation at the same size, edge pixels repeated, tap by tap in floats."""
    x = np.asarray(x, float)
    y = np.zeros_like(x)
    kh, kw = kernel.size
    h, w = x.shape[:2]
    for i, row in enumerate(kernel.weights):
        for j, weight in enumerate(row):
            rows = np.clip(np.arange(h) + i - kh // 2, 0, h - 1)
            columns = np.clip(np.arange(w) + j - kw // 2, 0, w - 1)
            y += weight * x[np.ix_(rows, columns)]
    return y / kernel.divisor


def pixels(raw, most=255):
    return np.clip(np.rint(raw), 0, most)


def run(x, *texts, alpha=None, **settings):
    return filter_picture(Picture(x, alpha), chain(*texts, **settings))


def test_each_channel_is_filtered_by_itself_and_transparency_stays():
    x, alpha = noise(6, 5, 3), np.arange(30, dtype=np.uint8).reshape(6, 5)
    result = filter_picture(Picture(x, alpha, b"profile"), chain("edge-all", plain_alpha=True))
    for c in range(3):
        alone = run(np.ascontiguousarray(x[..., c]), "edge-all")
        assert np.array_equal(result.picture.pixels[..., c], alone.picture.pixels)
    assert np.array_equal(result.picture.alpha, alpha)
    assert result.picture.icc == b"profile"


def test_the_identity_changes_and_clips_nothing():
    x = noise(6, 5, dtype=np.uint16)
    result = run(x, "identity")
    assert np.array_equal(result.picture.pixels, x)
    assert result.clipped == 0


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("name", ["sharpen-more", "gaussian:sigma=0.8", "motion:length=4,angle=30", "log"])
def test_a_kernel_is_its_loop_rounded_half_to_even_and_clipped(name, dtype):
    x = noise(9, 8, 3, dtype=dtype)
    most = int(np.iinfo(dtype).max)
    raw = looped(x, find(name))
    result = run(x, name)
    assert np.array_equal(result.picture.pixels, pixels(raw, most))
    assert result.clipped == ((np.rint(raw) < 0) | (np.rint(raw) > most)).sum()
    assert result.values == x.size
    assert np.allclose(respond_picture(Picture(x), chain(name)), raw, rtol=1e-12, atol=1e-9)


def test_steps_follow_each_other_without_rounding_in_between():
    x = noise(9, 8)
    once = looped(x, find("gaussian"))
    twice = looped(once, find("sharpen"))
    assert np.array_equal(run(x, "gaussian", "sharpen").picture.pixels, pixels(twice))
    between = looped(pixels(once), find("sharpen"))
    rounded = run(x, "gaussian", "sharpen", round_between=True)
    assert np.array_equal(rounded.picture.pixels, pixels(between))
    assert not np.array_equal(pixels(twice), pixels(between))


@given(
    st.lists(
        st.sampled_from(["sharpen", "edge-pair", "box:size=2", "gaussian", "emboss"]), min_size=1, max_size=3
    )
)
def test_any_chain_is_the_composition_of_its_loops(names):
    x = noise(5, 7, 3)
    raw = x
    for name in names:
        raw = looped(raw, find(name))
    assert np.allclose(respond_picture(Picture(x), chain(*names)), raw, rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("name", ["sobel", "scharr", "roberts", "gradient"])
def test_gradients_are_length_and_angle_of_their_kernels(name):
    x = noise(8, 9)
    gx, gy = (looped(x, kernel) for kernel in find(name).kernels)
    assert np.array_equal(run(x, name).picture.pixels, pixels(np.sqrt(gx**2 + gy**2)))
    angles = respond_picture(Picture(x), chain(f"{name}:part=direction"))
    expected = np.array(
        [
            [np.degrees(np.angle(complex(a, b))) % 360 for a, b in zip(r, s, strict=True)]
            for r, s in zip(gx, gy, strict=True)
        ]
    )
    assert np.allclose(angles, expected, atol=1e-9)
    assert angles.min() >= 0
    assert angles.max() < 360


def test_the_direction_of_a_ramp_is_where_it_rises():
    ramp = np.tile(np.arange(0, 60, 10, dtype=np.uint8), (6, 1))
    for turns, angle in enumerate((0, 270, 180, 90)):  # rot90 turns counter-clockwise, y points down
        x = np.ascontiguousarray(np.rot90(ramp, turns))
        inner = respond_picture(Picture(x), chain("sobel:part=direction"))[1:-1, 1:-1]
        assert np.allclose(inner, angle)
        assert (run(x, "sobel:part=direction").picture.pixels[1:-1, 1:-1] == round(angle * 256 / 360)).all()


def test_an_angle_is_below_a_whole_turn_even_a_hair_before_it():
    assert degrees(np.array([-1e-20, 0.0, -1.0]), np.array([1.0, 0.0, 0.0])).tolist() == [0, 0, 270]


def test_a_compass_gives_the_largest_of_its_eight_responses():
    x = noise(7, 6)
    raw = np.max(
        [looped(x, find(f"kirsch:direction={d}")) for d in ("N", "NE", "E", "SE", "S", "SW", "W", "NW")], 0
    )
    assert np.array_equal(run(x, "kirsch").picture.pixels, pixels(raw))


@pytest.mark.parametrize(("size", "stride"), [((9, 9), (9, 9)), ((2, 3), (1, 2)), ((3, 3), (2, 2))])
def test_pooling_takes_every_window_that_fits(size, stride):
    x = noise(20, 21, 3)
    places = [range(0, n - k + 1, s) for n, k, s in zip(x.shape, size, stride, strict=False)]
    windows = [[x[i : i + size[0], j : j + size[1]].reshape(-1, 3) for j in places[1]] for i in places[0]]
    text = f"size={size[0]}x{size[1]},stride={stride[0]}x{stride[1]}"
    largest = np.array([[window.max(0) for window in row] for row in windows])
    means = np.array([[window.astype(float).mean(0) for window in row] for row in windows])
    assert np.array_equal(run(x, f"maxpool:{text}").picture.pixels, largest)
    assert np.array_equal(run(x, f"avgpool:{text}").picture.pixels, pixels(means))
    assert np.allclose(respond_picture(Picture(x), chain(f"avgpool:{text}")), means)


def test_means_that_are_halves_are_rounded_to_even():
    assert run(np.array([[1, 2, 3, 4]], np.uint8), "avgpool:size=1x2").picture.pixels.tolist() == [[2, 4]]


def test_pooling_around_each_pixel_keeps_the_size():
    x = noise(6, 7)
    y = run(x, "maxpool:size=3,stride=1", mode="same").picture.pixels
    for i in range(6):
        for j in range(7):
            assert y[i, j] == x[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2].max()


def test_local_contrast_is_less_the_mean_over_the_deviation_of_all_channels():
    x = noise(7, 8, 3)
    y = respond_picture(Picture(x), chain("lcn:size=3"))
    for i, j in ((3, 3), (1, 5)):
        window = x[i - 1 : i + 2, j - 1 : j + 2].astype(float)
        assert np.allclose(y[i, j], (x[i, j] - window.mean()) / window.std(), rtol=1e-9)
    flat = respond_picture(Picture(np.full((5, 5), 7, np.uint8)), chain("lcn:size=3"))
    assert np.abs(flat).max() < 1e-6
    result = run(x, "lcn:size=3").picture.pixels
    assert (result.min(), result.max()) == (0, 255)


def test_gray_is_made_first_and_rounded():
    x = noise(6, 7, 3)
    gray = np.rint(x @ np.array([0.299, 0.587, 0.114]))
    assert np.array_equal(
        run(x, "edge-all", channels="gray").picture.pixels, pixels(looped(gray, find("edge-all")))
    )


def test_luminance_is_filtered_and_the_colours_stay():
    x = noise(6, 7, 3)
    y = x @ np.array([0.299, 0.587, 0.114])
    cb, cr = (x[..., 2] - y) / 1.772, (x[..., 0] - y) / 1.402
    y = looped(y, find("gaussian"))
    r, b = y + 1.402 * cr, y + 1.772 * cb
    g = (y - 0.299 * r - 0.114 * b) / 0.587
    result = run(x, "gaussian", channels="luminance")
    assert np.array_equal(result.picture.pixels, pixels(np.stack([r, g, b], -1)))
    assert result.clipped == ((np.rint([r, g, b]) < 0) | (np.rint([r, g, b]) > 255)).sum()


def test_chosen_channels_change_and_the_others_stay():
    x = noise(6, 7, 3)
    y = run(x, "edge-all", channels=(0, 2)).picture.pixels
    assert np.array_equal(y[..., 1], x[..., 1])
    for c in (0, 2):
        assert np.array_equal(y[..., c], pixels(looped(x[..., c], find("edge-all"))))
    small = run(x, "edge-all", channels=(1,), geometry=Geometry(stride=(2, 3))).picture.pixels
    assert np.array_equal(small[..., 0], x[::2, ::3, 0])
    with pytest.raises(UsageError, match="gray picture has no channel"):
        run(noise(3, 3), "sharpen", channels=(0,))


@pytest.mark.parametrize("name", ["gaussian", "box:size=5", "sharpen", "edge-all", "sobel", "maxpool:size=3"])
def test_one_colour_stays_one_colour_whatever_its_alpha(name):
    red = np.zeros((12, 12, 3), np.uint8)
    red[3:9, 3:9] = (200, 40, 10)
    alpha = np.zeros((12, 12), np.uint8)
    alpha[3:9, 3:9] = noise(6, 6) | 1
    flat = run(np.full((12, 12, 3), (200, 40, 10), np.uint8), name).picture.pixels
    y = run(red, name, alpha=alpha).picture
    seen = y.alpha > 0
    assert np.array_equal(y.pixels[seen], flat[seen])
    halo = run(red, name, alpha=alpha, plain_alpha=True).picture.pixels
    assert np.array_equal(halo[seen], flat[seen]) == (name == "maxpool:size=3")


def test_an_average_is_weighted_by_alpha():
    x, alpha = noise(6, 7, 3), noise(6, 7, seed=1)
    share = alpha[..., None] / 255
    raw = looped(x * share, find("gaussian")) / looped(np.repeat(share, 3, 2), find("gaussian"))
    y = run(x, "gaussian", alpha=alpha).picture
    assert np.array_equal(y.pixels, pixels(raw))
    assert np.array_equal(y.alpha, alpha)


@pytest.mark.parametrize("border", ["edge", "zero", "wrap", "constant"])
@pytest.mark.parametrize(
    "name", ["gaussian", "sharpen", "sobel", "avgpool:size=3", "maxpool:size=3", "lcn:size=3"]
)
def test_what_is_opaque_is_as_without_alpha(name, border):
    x = noise(8, 9, 3)
    settings = {"geometry": Geometry(border, 99.0), "mode": "same" if "pool" in name else None}
    opaque = np.full((8, 9), 255, np.uint8)
    weighted = opaque.copy()
    weighted[0, 0] = 254  # so that alpha counts, everywhere else by nothing
    plain = respond_picture(Picture(x), chain(name, **settings))
    assert np.array_equal(respond_picture(Picture(x, opaque), chain(name, **settings)), plain)
    near = respond_picture(Picture(x, weighted), chain(name, **settings))
    assert np.allclose(near[4:6, 4:6], plain[4:6, 4:6], atol=1e-9)
    assert np.allclose(near, plain, atol=20)


def test_alpha_follows_the_pixels():
    x, alpha = noise(9, 9, 3), noise(9, 9, seed=1) | 1
    y = run(x, "sharpen", alpha=alpha, geometry=Geometry(stride=(2, 2))).picture
    assert np.array_equal(y.alpha, alpha[::2, ::2])
    assert np.array_equal(run(x, "sharpen", alpha=alpha, mode="valid").picture.alpha, alpha[1:-1, 1:-1])
    blocks = alpha.reshape(3, 3, 3, 3)
    assert np.array_equal(run(x, "maxpool:size=3", alpha=alpha).picture.alpha, blocks.max((1, 3)))
    assert np.array_equal(run(x, "avgpool:size=3", alpha=alpha).picture.alpha, np.rint(blocks.mean((1, 3))))


def test_transparent_pixels_are_no_maximum():
    x, alpha = np.full((3, 3), 9, np.uint8), np.full((3, 3), 255, np.uint8)
    x[1, 1], alpha[1, 1] = 250, 0
    assert run(x, "maxpool:size=3", alpha=alpha).picture.pixels.item() == 9
    assert run(x, "maxpool:size=3", alpha=alpha, plain_alpha=True).picture.pixels.item() == 250


@pytest.mark.parametrize("name", ["emboss", "edge-pair", "box:size=2x4"])
def test_true_convolution_lays_the_kernel_itself_at_an_impulse(name):
    kernel = find(name)
    x = np.zeros((11, 11), np.uint8)
    x[5, 5] = 1
    y = respond_picture(Picture(x), chain(name, flip=True)) * kernel.divisor
    kh, kw = kernel.size
    top, left = 5 - kh // 2, 5 - kw // 2  # its anchor on the impulse
    assert np.array_equal(y[top : top + kh, left : left + kw], np.array(kernel.weights))
    assert np.abs(y).sum() == np.abs(kernel.weights).sum()


def test_frames_are_filtered_alike():
    first, second = Picture(noise(4, 4)), Picture(noise(4, 4, seed=1))
    both = filter_picture(replace(first, more=(second,)), chain("sharpen"))
    assert np.array_equal(both.picture.more[0].pixels, run(second.pixels, "sharpen").picture.pixels)
    assert both.values == 32
    assert both.clipped == run(first.pixels, "sharpen").clipped + run(second.pixels, "sharpen").clipped


def test_filters_of_a_layer_make_a_sheet_each_stretched_by_itself():
    x = noise(5, 5, 3)
    kernels = [Kernel(str(i), ((float(i), -1.0, 0.5),)) for i in range(6)]
    bank = Bank("net", (tuple(kernels[:3]), tuple(kernels[3:])), ("filter 1", "filter 2"))
    maps = respond_picture(Picture(x), Chain((bank,)))
    for f in range(2):
        expected = sum(looped(x[..., c], kernels[3 * f + c]) for c in range(3))
        assert np.allclose(maps[..., f], expected)
    sheet = filter_picture(Picture(x), Chain((bank,))).picture.pixels
    assert sheet.shape in ((5, 12), (12, 5))
    assert (sheet[:5, :5].min(), sheet[:5, :5].max()) == (0, 255)
    alone = Bank("net", ((kernels[3],),), ("filter 1",))
    result = filter_picture(Picture(x), Chain((alone,), way=Way("clip")))
    assert result.picture.pixels.shape == (5, 5)
    assert "gray" in result.notes[0]


@pytest.mark.parametrize("border", ["zero", "edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("settings", [{}, {"flip": True}, {"channels": (0, 2)}, {"channels": "gray"}])
@pytest.mark.parametrize("threads", [1, 2])
def test_in_place_the_result_is_the_same(border, settings, threads):
    x = noise(90, 17, 3)
    there = chain("sharpen-more", geometry=Geometry(border), **settings)
    expected = filter_picture(Picture(x.copy()), there)
    got = filter_picture(Picture(x), there, threads=threads, overwrite=True)
    assert np.array_equal(got.picture.pixels, expected.picture.pixels)
    assert got.clipped == expected.clipped


@pytest.mark.parametrize("settings", [{"mode": "valid"}, {"geometry": Geometry("edge", stride=(2, 1))}])
def test_where_sizes_change_nothing_is_done_in_place(settings):
    x = noise(20, 17, 3)
    got = filter_picture(Picture(x.copy()), chain("sharpen", **settings), overwrite=True)
    assert np.array_equal(
        got.picture.pixels, filter_picture(Picture(x), chain("sharpen", **settings)).picture.pixels
    )


def test_unless_asked_the_picture_stays_as_it_was():
    x = noise(20, 17, 3)
    filter_picture(Picture(x), chain("sharpen"))
    assert np.array_equal(x, noise(20, 17, 3))
