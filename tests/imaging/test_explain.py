"""What is explained is what is written."""

import numpy as np
import pytest

from cnncalc.errors import UsageError
from cnncalc.imaging.chain import Chain
from cnncalc.imaging.explain import explain
from cnncalc.imaging.filtering import filter_picture, respond_picture
from cnncalc.imaging.kernels import find
from cnncalc.imaging.pictures import Picture
from cnncalc.imaging.responses import Way
from cnncalc.numerics.borders import Geometry


def chain(*texts, **settings):
    return Chain(tuple(map(find, texts)), **settings)


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


CHAINS = {
    "integer": chain("sharpen-more"),
    "float": chain("gaussian:sigma=0.7"),
    "abs": chain("edge-all", way=Way("abs")),
    "offset": chain("emboss", way=Way("offset")),
    "normalise": chain("log:sigma=0.5", way=Way("normalise")),
    "zero": chain("sharpen", geometry=Geometry("zero")),
    "constant": chain("sharpen", geometry=Geometry("constant", 77.0)),
    "reflect": chain("box:size=5", geometry=Geometry("reflect")),
    "wrap": chain("emboss", geometry=Geometry("wrap")),
    "stride and dilation": chain("sharpen", geometry=Geometry(stride=(2, 1), dilation=(1, 2))),
    "anchor": chain("box:size=2x4", geometry=Geometry(anchor=(0, 3))),
    "flip": chain("edge-pair", flip=True),
    "valid": chain("sharpen", mode="valid"),
    "full": chain("sharpen", mode="full"),
    "magnitude": chain("sobel"),
    "direction": chain("sobel:part=direction"),
    "compass": chain("kirsch"),
    "maximum": chain("maxpool:size=2"),
    "mean": chain("avgpool:size=2x3,stride=1"),
    "contrast": chain("lcn:size=3"),
    "chain": chain("gaussian", "sharpen"),
    "rounded chain": chain("gaussian", "sharpen", round_between=True),
    "gray": chain("sharpen", channels="gray"),
    "luminance": chain("sharpen", channels="luminance"),
    "one channel": chain("sharpen", channels=(1,)),
}


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("name", CHAINS)
def test_the_pixel_explained_is_the_pixel_written(name, alpha):
    if alpha and name == "contrast":
        pytest.skip("refused, see below")
    picture = Picture(noise(6, 7, 3), noise(6, 7, seed=1) if alpha else None)
    written = filter_picture(picture, CHAINS[name]).picture.pixels
    raw = respond_picture(picture, CHAINS[name])
    for x, y in ((0, 0), (written.shape[1] - 1, written.shape[0] - 1), (1, 1)):
        told = explain(picture, CHAINS[name], x, y)
        assert np.allclose([account.response for account in told.channels], np.ravel(raw[y, x]), atol=1e-9)
        values = [value for account in told.channels for value in account.pixel]
        chosen = written[y, x, 1] if name == "one channel" else written[y, x]
        assert values == np.ravel(chosen).tolist()


def test_the_products_add_up():
    told = explain(Picture(noise(6, 7)), chain("sharpen-more"), 3, 2)
    (account,) = told.channels
    (window,) = account.windows
    products = np.array(window.weights) * np.array(window.values)
    assert products.sum() == window.total
    assert account.response == window.total / 8
    assert account.channel == "gray"
    assert np.array_equal(np.array(window.values), noise(6, 7)[0:5, 1:6])
    assert not np.any(window.beyond)


def test_what_lies_beyond_is_marked():
    (account,) = explain(
        Picture(noise(6, 7)), chain("sharpen", geometry=Geometry("constant", 9.0)), 0, 1
    ).channels
    assert account.windows[0].beyond == ((True, False, False),) * 3
    assert [row[0] for row in account.windows[0].values] == [9, 9, 9]


def test_rounding_and_clipping_are_said():
    x = np.array([[0, 0, 255]], np.uint8)
    (account,) = explain(Picture(x), chain("edge-pair"), 0, 0).channels
    assert account.lines == ()
    half = explain(Picture(np.array([[1, 2]], np.uint8)), chain("box:size=1x2"), 1, 0).channels[0]
    assert half.lines == ("3 ÷ 2 = 1.5", "rounded, halves to even: 1.5 → 2")
    below = explain(Picture(x), chain("edge-all"), 1, 0).channels[0]
    assert below.lines == ("clipped to 0 … 255: −765 → 0",)


def test_an_earlier_step_is_explained_unrounded():
    picture, both = Picture(noise(6, 7)), chain("gaussian", "sharpen")
    told = explain(picture, both, 2, 3, 1)
    assert told.channels[0].pixel is None
    assert told.channels[0].response == pytest.approx(respond_picture(picture, chain("gaussian"))[3, 2])


@pytest.mark.parametrize(
    ("settings", "message"),
    [((7, 0, None), "column 7"), ((0, 6, None), "row 6"), ((0, 0, 3), "no step 3"), ((0, 0, 0), "no step 0")],
)
def test_what_is_not_there_is_not_explained(settings, message):
    with pytest.raises(UsageError, match=message):
        explain(Picture(noise(6, 7)), chain("gaussian", "sharpen"), *settings)


def test_contrast_with_transparency_is_refused():
    with pytest.raises(UsageError, match="without transparency"):
        explain(Picture(noise(6, 7), noise(6, 7)), chain("lcn"), 0, 0)
