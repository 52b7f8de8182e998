"""Random pictures through the command line, beside scipy, PyTorch and OpenCV: python -m pytest -m bench."""

import contextlib
import io
import sys
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from numpy.typing import NDArray

from cnncalc.cli.main import main
from cnncalc.numerics.borders import Geometry
from cnncalc.numerics.taps import correlate

Array = NDArray[Any]
SCIPYS = {"zero": "constant", "edge": "nearest", "reflect": "mirror", "symmetric": "reflect", "wrap": "wrap"}
SIZES = ((1, 1), (1, 9), (8, 1), (5, 7), (13, 11), (30, 24))

pytestmark = pytest.mark.bench


def command(x: Array, folder: Any, *words: str) -> Array:
    """What cnncalc writes for the picture, as raw numbers."""
    source, target = folder / "x.npy", folder / "y.npy"
    np.save(source, x)
    argv = ["cnncalc", words[0], str(source), *words[1:], "--out", str(target), "--force"]
    quiet = contextlib.redirect_stdout(io.StringIO())
    with patch.object(sys, "argv", argv), quiet, pytest.raises(SystemExit) as left:
        main()
    assert not left.value.code, argv
    return np.load(target)


def picture(rng: Any, dtype: Any = np.uint8) -> Array:
    size = SIZES[rng.integers(len(SIZES))]
    return rng.integers(0, np.iinfo(dtype).max + 1, (*size, 3)[: rng.integers(2, 4)], dtype=dtype)


def kernel(rng: Any, whole: bool) -> Array:
    size = rng.integers(1, 10, 2)
    return rng.integers(-9, 10, size) if whole else rng.normal(size=size)


def inline(weights: Array) -> str:
    return ";".join(" ".join(repr(w) for w in row) for row in weights.tolist())


def planes(x: Array) -> Array:
    return x.reshape(*x.shape[:2], -1).astype(float)


@pytest.mark.parametrize("seed", range(6))
def test_filter_is_scipys_correlation(tmp_path: Any, seed: int) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    rng = np.random.default_rng(seed)
    for _ in range(60):
        x, weights = picture(rng), kernel(rng, rng.random() < 0.5)
        border = str(rng.choice(list(SCIPYS)))
        flip = bool(rng.integers(2))
        words = ["--kernel=" + inline(weights), "--border", border, *(["--convolve"] if flip else [])]
        y = command(x, tmp_path, "filter", *words)
        laid = ndimage.convolve if flip else ndimage.correlate
        expected = np.stack(
            [
                laid(plane, weights.astype(float), mode=SCIPYS[border])
                for plane in np.moveaxis(planes(x), 2, 0)
            ],
            axis=2,
        )
        scale = np.abs(weights).sum() * 255
        assert np.abs(planes(y) - expected).max() <= 1e-12 * scale, (
            seed,
            x.shape,
            weights.shape,
            border,
            flip,
        )


@pytest.mark.parametrize("seed", range(4))
def test_filter_with_mode_stride_and_dilation_is_pytorchs(tmp_path: Any, seed: int) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(100 + seed)
    for _ in range(50):
        x, weights = picture(rng), kernel(rng, rng.random() < 0.5)
        stride, dilation = rng.integers(1, 4, 2).tolist(), rng.integers(1, 3, 2).tolist()
        reach = [d * (k - 1) for d, k in zip(dilation, weights.shape, strict=True)]
        mode = str(rng.choice(["valid", "full"]))
        if mode == "valid" and any(r >= n for r, n in zip(reach, x.shape, strict=False)):
            mode = "full"
        pad = reach if mode == "full" else [0, 0]
        words = ["--kernel=" + inline(weights), "--mode", mode, "--border", "zero"]
        words += ["--stride", "x".join(map(str, stride)), "--dilation", "x".join(map(str, dilation))]
        y = planes(command(x, tmp_path, "filter", *words))
        expected = torch.nn.functional.conv2d(
            torch.from_numpy(np.moveaxis(planes(x), 2, 0).copy())[:, None],
            torch.from_numpy(weights.astype(float))[None, None],
            stride=stride,
            padding=pad,
            dilation=dilation,
        ).numpy()[:, 0]
        assert y.shape == np.moveaxis(expected, 0, 2).shape
        scale = np.abs(weights).sum() * 255
        assert np.abs(y - np.moveaxis(expected, 0, 2)).max() <= 1e-12 * scale


@pytest.mark.parametrize("how", ["max", "average"])
def test_pool_is_pytorchs(tmp_path: Any, how: str) -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(7)
    for _ in range(60):
        x = picture(rng)
        window = [int(rng.integers(1, n + 1)) for n in x.shape[:2]]
        stride = rng.integers(1, 4, 2).tolist()
        words = [f"--{how}", f"{window[0]}x{window[1]}", "--stride", f"{stride[0]}x{stride[1]}"]
        y = planes(command(x, tmp_path, "pool", *words))
        pool = torch.nn.functional.max_pool2d if how == "max" else torch.nn.functional.avg_pool2d
        expected = pool(torch.from_numpy(np.moveaxis(planes(x), 2, 0).copy())[None], window, stride)[
            0
        ].numpy()
        assert np.allclose(y, np.moveaxis(expected, 0, 2), rtol=1e-12, atol=1e-12)


def test_whole_kernels_on_bytes_are_opencvs_to_the_bit() -> None:
    cv2 = pytest.importorskip("cv2")
    borders = {
        "zero": cv2.BORDER_CONSTANT,
        "edge": cv2.BORDER_REPLICATE,
        "reflect": cv2.BORDER_REFLECT_101,
        "symmetric": cv2.BORDER_REFLECT,
    }
    rng = np.random.default_rng(11)
    for _ in range(1500):
        x = picture(rng)
        weights = rng.integers(-9, 10, rng.integers(1, 16, 2))
        border = str(rng.choice(list(borders)))
        if border == "reflect" and min(x.shape[:2]) == 1:  # OpenCV has no such mirror of one pixel
            border = "edge"
        anchor = tuple(int(rng.integers(k)) for k in weights.shape)
        y, _ = correlate(
            x, weights, geometry=Geometry(border, anchor=anchor), threads=int(rng.integers(1, 3))
        )
        expected = cv2.filter2D(x, -1, weights.astype(float), anchor=anchor[::-1], borderType=borders[border])
        assert np.array_equal(y, expected.reshape(x.shape)), (x.shape, weights.shape, border, anchor)


@pytest.mark.parametrize("part", ["magnitude", "direction"])
def test_gradients_are_scipys(tmp_path: Any, part: str) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    rng = np.random.default_rng(13)
    for _ in range(40):
        x = picture(rng)
        border = str(rng.choice(list(SCIPYS)))
        words = ["--kernel", f"sobel:part={part}", "--response", "raw", "--border", border]
        y = planes(command(x, tmp_path, "filter", *words))
        apart = np.moveaxis(planes(x), 2, 0)  # scipy would smooth across the channels too
        gx, gy = (
            np.stack([ndimage.sobel(plane, axis, mode=SCIPYS[border]) for plane in apart], axis=2)
            for axis in (1, 0)
        )
        if part == "magnitude":
            assert np.allclose(y, np.hypot(gx, gy), rtol=1e-12, atol=1e-9)
        else:
            assert np.allclose(y, np.degrees(np.arctan2(gy, gx)) % 360, atol=1e-9)


def test_lcn_is_the_window_less_its_mean_over_its_deviation(tmp_path: Any) -> None:
    rng = np.random.default_rng(17)
    for _ in range(40):
        x, size = picture(rng), int(2 * rng.integers(1, 4) + 1)
        y = planes(command(x, tmp_path, "lcn", "--size", str(size), "--response", "raw"))
        p = planes(x)
        pad = np.pad(p, ((size // 2,) * 2, (size // 2,) * 2, (0, 0)), mode="edge")
        under = np.lib.stride_tricks.sliding_window_view(pad, (size, size), axis=(0, 1))
        mean, deviation = under.mean(axis=(2, 3, 4)), under.std(axis=(2, 3, 4))
        expected = (p - mean[..., None]) / np.maximum(deviation, 1e-5)[..., None]
        assert np.allclose(y, expected, rtol=1e-9, atol=1e-6)
