"""Strips of a chain give the numbers of the whole picture, to the bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.errors import UsageError
from cnncalc.imaging import chain as chains
from cnncalc.imaging.chain import Chain, Strips, run_chain
from cnncalc.imaging.channels import take
from cnncalc.imaging.filtering import filter_picture, respond_picture
from cnncalc.imaging.kernels import find
from cnncalc.imaging.kernels.records import Contrast, Kernel
from cnncalc.imaging.pictures import Picture
from cnncalc.imaging.responses import Way, mapped
from cnncalc.numerics.borders import BORDERS, Geometry

DENSE = Kernel("dense", tuple(tuple(row) for row in np.random.default_rng(3).normal(size=(9, 8)).tolist()))
STEPS = (
    *map(find, ("sharpen", "gaussian:sigma=0.7", "gaussian:sigma=2.5", "edge-pair", "box:size=2", "sobel")),
    *map(
        find, ("roberts:part=direction", "kirsch", "maxpool:size=2", "avgpool:size=3,stride=1", "lcn:size=3")
    ),
    DENSE,
    Contrast("jarrett", (5, 3), "jarrett"),
)

geometries = st.builds(
    Geometry,
    border=st.sampled_from([border.name for border in BORDERS]),
    value=st.sampled_from([7.0, -2.5]),
    stride=st.sampled_from([(1, 1), (1, 1), (2, 1), (3, 2)]),
    dilation=st.sampled_from([(1, 1), (1, 1), (2, 3)]),
    mode=st.just("same"),  # what is not said here would be made up
    anchor=st.none(),
    part=st.none(),
)
chain_of = st.builds(
    Chain,
    st.lists(st.sampled_from(STEPS), min_size=1, max_size=3).map(tuple),
    geometry=geometries,
    mode=st.sampled_from([None, "same", "full", "valid"]),
    flip=st.booleans(),
    channels=st.sampled_from(["each", "gray", "luminance", (0, 2)]),
    plain_alpha=st.booleans(),
    round_between=st.booleans(),
)


@st.composite
def pictures(draw):
    h, w = draw(st.sampled_from([(1, 1), (1, 6), (7, 1), (9, 4), (26, 5), (40, 3)]))
    dtype = draw(st.sampled_from([np.uint8, np.uint16, np.float64]))
    rng = np.random.default_rng(draw(st.integers(0, 9)))

    def values(*shape):
        return rng.random(shape) if dtype is np.float64 else rng.integers(0, 256, shape).astype(dtype)

    alpha = draw(st.sampled_from([None, "some", "full"]))
    full = np.ones((h, w)) if dtype is np.float64 else np.full((h, w), np.iinfo(dtype).max, dtype)
    return Picture(values(h, w, 3), {None: None, "some": values(h, w), "full": full}[alpha])


def whole(picture, chain):
    plane = take(picture, chain.channels, plain_alpha=chain.plain_alpha)
    return run_chain(plane, chain, 1, dtype=picture.pixels.dtype)


@settings(max_examples=60, deadline=None)
@given(pictures(), chain_of, st.data())
def test_any_rows_of_any_chain_are_those_of_the_whole(picture, chain, data):
    try:
        expected = whole(picture, chain)
    except UsageError as error:  # a kernel does not fit: no strip may fit either
        with pytest.raises(UsageError) as raised:
            filter_picture(picture, chain)
        assert str(raised.value) == str(error)
        return
    height = len(expected.x)
    top = data.draw(st.integers(0, height - 1))
    rows = range(top, data.draw(st.integers(top + 1, height)))
    found = Strips(picture, chain).responses(rows)
    for a, b in zip(found[:3], expected[:3], strict=True):  # values, alpha, kept channels
        assert (a is None) == (b is None)
        if b is not None:
            assert np.array_equal(a, b[rows.start : rows.stop], equal_nan=True)


@pytest.mark.parametrize(
    "texts", [("gaussian:sigma=3", "sobel"), ("gaussian:sigma=1,size=3", "lcn:size=9"), ("log",)]
)
@pytest.mark.parametrize("way", [Way("abs"), Way("offset", 10), Way("normalise"), Way("clip")])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_result_in_many_strips_is_that_of_one(monkeypatch, texts, way, threads):
    picture = Picture(np.random.default_rng(1).integers(0, 256, (203, 17, 3), dtype=np.uint8))
    chain = Chain(tuple(map(find, texts)), way=way)
    expected = mapped(whole(picture, chain).x, picture.pixels.dtype, way)
    monkeypatch.setattr(chains, "BLOCK", 1)
    assert len(Strips(picture, chain).ranges(threads)) > 2
    found = filter_picture(picture, chain, threads=threads)
    assert np.array_equal(found.picture.pixels, expected.pixels)
    assert (found.clipped, found.low, found.high) == (expected.clipped, expected.low, expected.high)
    assert np.array_equal(respond_picture(picture, chain, threads=threads), whole(picture, chain).x)


def test_signed_is_white_at_zero_in_every_strip(monkeypatch):
    picture = Picture(np.random.default_rng(1).integers(0, 256, (99, 9), dtype=np.uint8))
    chain = Chain((find("edge-laplace"),), way=Way("signed"))
    expected = mapped(whole(picture, chain).x, picture.pixels.dtype, chain.way)
    monkeypatch.setattr(chains, "BLOCK", 1)
    found = filter_picture(picture, chain, threads=2)
    assert np.array_equal(found.picture.pixels, expected.pixels)
    assert (found.low, found.high) == (expected.low, expected.high)


def test_a_strip_needs_few_rows_beyond_its_own():
    picture = Picture(np.zeros((1000, 4), np.uint8))
    strips = Strips(picture, Chain((find("box:size=5"), find("sobel"))))
    assert strips._needed(range(500, 510)).tolist() == list(range(493 + 4, 513))


def test_the_picture_is_overwritten_only_where_that_is_allowed():
    x = np.random.default_rng(0).integers(0, 256, (9, 8, 3), dtype=np.uint8)
    expected = filter_picture(Picture(x.copy()), Chain((find("sharpen"),))).picture.pixels
    kept = x.copy()
    assert np.array_equal(filter_picture(Picture(x), Chain((find("sharpen"),))).picture.pixels, expected)
    assert np.array_equal(x, kept)
    result = filter_picture(Picture(x), Chain((find("sharpen"),)), overwrite=True).picture.pixels
    assert result is x
    assert np.array_equal(x, expected)
    small = filter_picture(Picture(kept), Chain((find("maxpool:size=2"),)), overwrite=True).picture.pixels
    assert small.shape == (4, 4, 3)
