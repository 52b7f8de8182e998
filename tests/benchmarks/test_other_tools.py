"""The calls that `cnncalc kernels NAME` gives for other tools do what cnncalc does. Run with -m bench."""

import numpy as np
import pytest

from cnncalc.imaging.chain import Chain
from cnncalc.imaging.filtering import respond_picture
from cnncalc.imaging.kernels import CATALOGUE, Kernel, find
from cnncalc.imaging.kernels.elsewhere import calls
from cnncalc.imaging.pictures import Picture

pytestmark = pytest.mark.bench
TEXTS = [
    *CATALOGUE,
    "sobel:part=x",
    "sobel:part=y",
    "sobel:part=direction",
    "scharr:part=x",
    "prewitt:part=y",
    "kirsch:direction=NE",
    "laplacian:neighbours=8",
    "box:size=4",
    "gradient:part=x",
    "gaussian:sigma=2",
    "motion:angle=30",
    "maxpool:size=9x5,stride=3",
    "avgpool:size=9",
]


@pytest.fixture
def torch():
    """PyTorch in double precision, for this test alone."""
    found = pytest.importorskip("torch")
    found.set_default_dtype(found.float64)
    yield found
    found.set_default_dtype(found.float32)


@pytest.mark.parametrize("text", TEXTS)
def test_the_call_gives_the_same(text, torch):
    cv2, scipy = (pytest.importorskip(name) for name in ("cv2", "scipy.ndimage"))
    x = np.random.default_rng(0).integers(0, 256, (40, 33), dtype=np.uint8)
    step = find(text)
    mine = respond_picture(Picture(x), Chain((step,)))
    known = {"np": np, "cv2": cv2, "torch": torch, "F": torch.nn.functional, "h": 40, "w": 33}
    known["scipy"] = __import__("scipy")
    assert scipy
    k = np.array(step.weights) / step.divisor if isinstance(step, Kernel) else None
    for tool, call, _ in calls(step):
        if tool == "ImageMagick":
            continue
        names = {**known, "x": x.astype(float), "k": k}
        if tool == "PyTorch":
            names |= {"x": torch.tensor(x.astype(float))[None, None], "k": None if k is None else k.tolist()}
        first, _, then = call.rpartition("; ")
        exec(first, names)
        y = np.asarray(eval(then, names)).squeeze()
        off = np.abs(y - mine)
        if text.endswith("direction"):
            off = np.minimum(off, 360 - off)
        assert off.max() < (0.02 if "phase" in call else 1e-9), (tool, call)
