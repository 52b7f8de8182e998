"""Filtering a 12-megapixel RGB photo in process, beside OpenCV, Pillow and scipy.

    python -m tests.benchmarks.filtering [--rounds 7] [--json FILE]

The sides take turns within one run, in turned order every other time; the figures are medians over the rounds, ratios
are medians of each round's ratio. cnncalc and OpenCV get the same number of threads, the others have one. None counts
the values that it clips, which `cnncalc filter` does besides. Results are dropped at once, and cnncalc takes their
memory again; OpenCV does so where it is handed an array to write into. Pillow knows kernels of 3×3 and 5×5, and a
Gaussian only as repeated boxes; scipy correlates the three channels in one call.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import PIL
import scipy
from PIL import Image, ImageFilter
from scipy import ndimage

from cnncalc.imaging.kernels import find
from cnncalc.numerics.cores import cores
from cnncalc.numerics.patches import magnitude
from cnncalc.numerics.taps import filtered, plan

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SIGMA = 2.5


def photo() -> Any:
    """The sample photo, enlarged to 4000×3000 and given the noise of a sensor."""
    small = Image.open(Path(__file__).parents[2] / "samples" / "chelsea.png").convert("RGB")
    large = np.asarray(small.resize((4000, 3000), Image.Resampling.BICUBIC), np.float32)
    return np.clip(large + np.random.default_rng(0).normal(0, 3, large.shape), 0, 255).astype(np.uint8)


def kernels() -> Iterator[tuple[str, Any, int]]:
    """Name, weights and divisor."""
    rng = np.random.default_rng(0)
    for name in ("sharpen", "edge-laplace", "sharpen-more"):
        kernel = find(name)
        yield name, np.array(kernel.weights), kernel.divisor
    yield "dense 11×11, whole", rng.integers(-9, 10, (11, 11)), 1
    yield "dense 11×11, float", rng.normal(size=(11, 11)) / 20, 1
    bell = cv2.getGaussianKernel(15, SIGMA)
    yield "gaussian 15×15", bell @ bell.T, 1


def sides(name: str, x: Any, weights: Any, divisor: int, threads: int) -> dict[str, Callable[[], Any]]:
    """The same filter by each tool, borders repeated."""
    image, scaled, into = Image.fromarray(x), weights / divisor, np.empty_like(x)
    found: dict[str, Callable[[], Any]] = {
        "cnncalc": lambda: filtered(x, weights, divisor, threads=threads),
        "OpenCV": lambda: cv2.filter2D(x, -1, scaled, borderType=cv2.BORDER_REPLICATE),
        "OpenCV, into": lambda: cv2.filter2D(x, -1, scaled, into, borderType=cv2.BORDER_REPLICATE),
        "scipy": lambda: ndimage.correlate(x, weights[..., None] / divisor, mode="nearest"),
    }
    if name.startswith("gaussian"):
        found["OpenCV"] = lambda: cv2.GaussianBlur(x, (15, 15), SIGMA, borderType=cv2.BORDER_REPLICATE)
        found["OpenCV, into"] = lambda: cv2.GaussianBlur(
            x, (15, 15), SIGMA, into, borderType=cv2.BORDER_REPLICATE
        )
        found["Pillow"] = lambda: image.filter(ImageFilter.GaussianBlur(SIGMA))
        found["scipy"] = lambda: ndimage.gaussian_filter(x, SIGMA, mode="nearest", radius=7, axes=(0, 1))
    elif weights.size <= 25:
        kernel = ImageFilter.Kernel(weights.shape, weights.ravel().tolist(), divisor)
        found["Pillow"] = lambda: image.filter(kernel)
    return found


def gradient(x: Any, threads: int) -> dict[str, Callable[[], Any]]:
    """The magnitude of Sobel's gradient of a gray picture."""

    def opencv() -> Any:
        gx, gy = (
            cv2.Sobel(x, cv2.CV_32F, *axes, ksize=3, borderType=cv2.BORDER_REPLICATE)
            for axes in ((1, 0), (0, 1))
        )
        return cv2.convertScaleAbs(cv2.magnitude(gx, gy))

    def numpy_scipy() -> Any:
        plain = x.astype(np.float32)
        gx, gy = (ndimage.sobel(plain, axis, mode="nearest") for axis in (1, 0))
        return np.minimum(np.rint(np.hypot(gx, gy)), 255).astype(np.uint8)

    ours = lambda: magnitude(x, SOBEL, SOBEL.T, threads=threads)[0]  # noqa: E731  # one of three functions of its kind
    return {"cnncalc": ours, "OpenCV": opencv, "scipy": numpy_scipy}


def measure(found: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each side in each round, after one that warms up.

    Whoever comes after a slow one finds a cold cache and a core asleep: the order is turned around every time, and
    those that use all cores run once before they are timed.
    """
    times: dict[str, list[float]] = {side: [] for side in found}
    for turn in range(rounds + 1):
        for side, run in list(found.items())[:: 1 if turn % 2 else -1]:
            if side.startswith(("cnncalc", "OpenCV")):
                run()
            start = time.perf_counter()
            run()
            if turn:
                times[side].append(1000 * (time.perf_counter() - start))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    threads = cores()
    cv2.setNumThreads(threads)
    x = photo()
    versions = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "pillow": PIL.__version__,
        "scipy": scipy.__version__,
    }
    print(f"12 megapixels RGB, {threads} threads, median of {options.rounds} rounds; {versions}")
    cases = [
        (name, sides(name, x, weights, divisor, threads), plan(x.shape, x.dtype, weights, divisor).name)
        for name, weights, divisor in kernels()
    ]
    gray = np.ascontiguousarray(x[..., 1])
    cases.append(("Sobel magnitude, gray", gradient(gray, threads), "taps"))
    records = []
    for name, found, method in cases:
        times = measure(found, options.rounds)
        ratios = {
            side: median(a / b for a, b in zip(times["cnncalc"], taken, strict=True))
            for side, taken in times.items()
        }
        off = int(np.count_nonzero(found["cnncalc"]() != found["OpenCV"]()))
        records.append(
            {"filter": name, "method": method, "ms": times, "ratios": ratios, "unlike_opencv": off}
        )
        figures = "   ".join(
            f"{side} {median(taken):7.1f} ms" + (f" {ratios[side]:5.2f}×" if side != "cnncalc" else "")
            for side, taken in times.items()
        )
        print(f"{name:22} {method:15} {figures}   {off} values unlike OpenCV's", flush=True)
    if options.json:
        document = {"versions": versions, "threads": threads, "results": records}
        options.json.write_text(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
