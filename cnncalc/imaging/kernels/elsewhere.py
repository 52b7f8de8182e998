"""What OpenCV, ImageMagick, PyTorch and scipy call a step, and where their conventions differ from those here.

The calls do what `cnncalc filter` does by default: correlation, the same size, edge pixels repeated.
"""

from __future__ import annotations

from functools import singledispatch
from typing import NamedTuple

from cnncalc.imaging.kernels.parameters import split
from cnncalc.imaging.kernels.records import (
    Bank,
    Compass,
    Contrast,
    Gradient,
    Kernel,
    Number,
    Pool,
    Step,
    Weights,
)

WRITTEN = 49  # weights that are written out in a call; more are called k
REPLICATE = "borderType=cv2.BORDER_REPLICATE"


class Call(NamedTuple):
    """A tool, the call, and what is different there."""

    tool: str
    call: str
    differs: str = ""


CONVENTIONS = {
    "OpenCV": "correlates, has its anchor at size // 2 and rounds halves to even, all as here; "
    "its default border is BORDER_REFLECT_101 (reflect here)",
    "ImageMagick": "-morphology Convolve turns the kernel by 180° and -convolve divides by the sum of the weights; "
    "an even kernel's origin is (size − 1) // 2 unless it is given (+1+0); fractions are cut off (6.9)",
    "PyTorch": "conv2d correlates; padding= adds zeros, (size − 1) // 2 of them before, so that even kernels "
    "lie a pixel further right and down; results are floats",
    "scipy": "correlate has its anchor at size // 2 as here, convolve turns kernel and anchor; its default mode "
    "'reflect' is symmetric here; whole pixels would be cut off, not rounded, and wrap around",
}


def calls(step: Step) -> tuple[Call, ...]:
    """The calls, one a tool that can do the step at all."""
    return tuple(Call(tool, call, CONVENTIONS.get(tool, "")) for tool, call in _calls(step))


@singledispatch
def _calls(step: Step) -> list[tuple[str, str]]:
    raise TypeError(f"{step!r} is no step")


@_calls.register
def _(step: Kernel) -> list[tuple[str, str]]:
    kh, kw = step.size
    pads = f"({kw // 2}, {(kw - 1) // 2}, {kh // 2}, {(kh - 1) // 2})"
    named = _named(step)
    return [
        ("OpenCV", named.get("OpenCV", f"cv2.filter2D(x, -1, {_array(step)}, {REPLICATE})")),
        ("ImageMagick", f"magick in.png {_morphology(step)} out.png"),
        (
            "PyTorch",
            f"F.conv2d(F.pad(x, {pads}, mode='replicate'), torch.tensor({_list(step)})[None, None]{_over(step)})",
        ),
        (
            "scipy",
            named.get("scipy", f"scipy.ndimage.correlate(x.astype(float), {_array(step)}, mode='nearest')"),
        ),
    ]


def _named(step: Kernel) -> dict[str, str]:
    """Functions that have a name of their own for the kernel."""
    name, pairs = split(step.name) if step.name else (None, [])
    given = {key.text: value.text for key, value in pairs}
    kh, kw = step.size
    base = name.text if name else ""
    if base == "box":
        return {
            "OpenCV": f"cv2.blur(x, ({kw}, {kh}), {REPLICATE})",
            "scipy": f"scipy.ndimage.uniform_filter(x.astype(float), ({kh}, {kw}), mode='nearest')",
        }
    if base == "gaussian":
        sigma = float(given.get("sigma", "1"))
        sides = f"radius=({kh // 2}, {kw // 2})"
        return {
            "OpenCV": f"cv2.GaussianBlur(x.astype(float), ({kw}, {kh}), {sigma:g}, {REPLICATE})",
            "scipy": f"scipy.ndimage.gaussian_filter(x.astype(float), {sigma:g}, mode='nearest', {sides})",
        }
    part = given.get("part")
    if part in ("x", "y") and base in ("sobel", "scharr", "prewitt"):
        order = "1, 0" if part == "x" else "0, 1"
        axis = 1 if part == "x" else 0
        opencv = {
            "sobel": f"cv2.Sobel(x, cv2.CV_64F, {order}, ksize=3, {REPLICATE})",
            "scharr": f"cv2.Scharr(x, cv2.CV_64F, {order}, {REPLICATE})",
        }
        scipy = {"OpenCV": opencv[base]} if base in opencv else {}
        if base != "scharr":
            scipy["scipy"] = f"scipy.ndimage.{base}(x.astype(float), axis={axis}, mode='nearest')"
        return scipy
    if step.weights == ((0, 1, 0), (1, -4, 1), (0, 1, 0)):
        return {
            "OpenCV": f"cv2.Laplacian(x, cv2.CV_64F, ksize=1, {REPLICATE})",
            "scipy": "scipy.ndimage.laplace(x.astype(float), mode='nearest')",
        }
    return {}


@_calls.register
def _(step: Gradient) -> list[tuple[str, str]]:
    per_tool = [dict(_calls(kernel)) for kernel in step.kernels]
    kernels = ", ".join(_list(kernel) for kernel in step.kernels)
    over = _over(step.x)
    base = step.name.partition(":")[0]
    named = [
        _named(Kernel(f"{base}:part={part}", kernel.weights))
        for part, kernel in zip("xy", step.kernels, strict=True)
    ]
    opencv = [
        each.get("OpenCV", plain["OpenCV"].replace("-1, ", "cv2.CV_64F, ", 1))
        for each, plain in zip(named, per_tool, strict=True)
    ]
    scipy = [each.get("scipy", plain["scipy"]) for each, plain in zip(named, per_tool, strict=True)]
    kh, kw = step.x.size
    pads = f"({kw // 2}, {(kw - 1) // 2}, {kh // 2}, {(kh - 1) // 2})"
    both = f"F.conv2d(F.pad(x, {pads}, mode='replicate'), torch.tensor([{kernels}])[:, None]{over})"
    if step.part == "magnitude":
        return [
            ("OpenCV", f"cv2.magnitude({', '.join(opencv)})"),
            ("PyTorch", f"{both}.norm(dim=1)"),
            ("scipy", f"np.hypot({', '.join(scipy)})"),
        ]
    return [
        ("OpenCV", f"cv2.phase({', '.join(opencv)}, angleInDegrees=True)"),
        ("PyTorch", f"gx, gy = {both}[0]; torch.rad2deg(torch.atan2(gy, gx)) % 360"),
        ("scipy", f"np.degrees(np.arctan2({', '.join(reversed(scipy))})) % 360"),
    ]


@_calls.register
def _(step: Compass) -> list[tuple[str, str]]:
    kernels = ", ".join(_list(kernel) for kernel in step.kernels)
    return [
        (
            "OpenCV",
            f"np.max([cv2.filter2D(x, cv2.CV_64F, np.array(k, float), {REPLICATE}) for k in ({kernels})], axis=0)",
        ),
        (
            "PyTorch",
            f"F.conv2d(F.pad(x, (1, 1, 1, 1), mode='replicate'), torch.tensor([{kernels}])[:, None]).amax(dim=1)",
        ),
        (
            "scipy",
            f"np.max([scipy.ndimage.correlate(x.astype(float), k, mode='nearest') for k in ({kernels})], axis=0)",
        ),
    ]


@_calls.register
def _(step: Pool) -> list[tuple[str, str]]:
    (kh, kw), (sy, sx) = step.size, step.stride
    # the centre of each window; what is cut off at the end would look beyond the border
    picks = f"[{kh // 2}:h - {(kh - 1) // 2}:{sy}, {kw // 2}:w - {(kw - 1) // 2}:{sx}]"
    if step.how == "max":
        opencv, torch, scipy = f"cv2.dilate(x, np.ones(({kh}, {kw})))", "max_pool2d", "maximum_filter(x"
    else:
        opencv, torch, scipy = f"cv2.blur(x, ({kw}, {kh}))", "avg_pool2d", "uniform_filter(x.astype(float)"
    return [
        ("OpenCV", opencv + picks),
        ("PyTorch", f"F.{torch}(x, ({kh}, {kw}), ({sy}, {sx}))"),
        ("scipy", f"scipy.ndimage.{scipy}, ({kh}, {kw})){picks}"),
    ]


@_calls.register
def _(step: Contrast) -> list[tuple[str, str]]:  # noqa: ARG001  # one signature for all
    return []


@_calls.register
def _(step: Bank) -> list[tuple[str, str]]:
    return [("PyTorch", f"the weight of a Conv2d({step.channels}, {len(step.filters)}, {step.size})")]


def _list(kernel: Kernel) -> str:
    """The weights as a nested list, of floats for torch."""
    if kernel.size[0] * kernel.size[1] > WRITTEN:
        return "k"
    return (
        str([[float(weight) for weight in row] for row in kernel.weights])
        .replace(".0,", ".,")
        .replace(".0]", ".]")
    )


def _array(kernel: Kernel) -> str:
    """The weights as an array of floats, divided."""
    if kernel.size[0] * kernel.size[1] > WRITTEN:
        return "k"
    return f"np.array({_rows(kernel.weights)}, float)" + _over(kernel)


def _rows(weights: Weights) -> str:
    return "[" + ", ".join("[" + ", ".join(map(_number, row)) + "]" for row in weights) + "]"


def _number(weight: Number) -> str:
    return str(weight) if isinstance(weight, int) else f"{weight:.17g}"


def _over(kernel: Kernel) -> str:
    return f" / {kernel.divisor}" if kernel.divisor != 1 and _fits(kernel) else ""


def _fits(kernel: Kernel) -> bool:
    return kernel.size[0] * kernel.size[1] <= WRITTEN


def _morphology(kernel: Kernel) -> str:
    """ImageMagick's words for the kernel; the origin has to be said where a side is even."""
    kh, kw = kernel.size
    origin = f"+{kw // 2}+{kh // 2}" if kh % 2 == 0 or kw % 2 == 0 else ""
    scale = f"-define convolve:scale={1 / kernel.divisor:.17g} " if kernel.divisor != 1 else ""
    rows = " ".join(",".join(map(_number, row)) for row in kernel.weights) if _fits(kernel) else "…"
    return f"{scale}-virtual-pixel edge -morphology Correlate '{kw}x{kh}{origin}: {rows}'"
