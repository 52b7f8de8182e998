"""What sliding a kernel over a picture means, pixel by pixel: the oracle, which shares nothing with the engine."""

import numpy as np
from hypothesis import strategies as st

from cnncalc.numerics.borders import BORDERS, Geometry


def photo(*shape, dtype=np.uint8, seed=0):
    """Pixels drawn from the whole range of the dtype."""
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)


def shown(border, i, n):
    """The pixel of an axis that place i shows, walking back from border to border; None is the number beyond."""
    while not 0 <= i < n:
        if border in ("zero", "constant"):
            return None
        if border == "edge":
            return 0 if i < 0 else n - 1
        if border == "wrap":
            i += n if i < 0 else -n
        elif border == "symmetric":
            i = -1 - i if i < 0 else 2 * n - 1 - i
        elif n == 1:
            return 0
        else:
            i = -i if i < 0 else 2 * n - 2 - i
    return i


def windows(x, size, geometry):
    """For every result, row by row, the (kh, kw, C) pixels under the kernel as float64; NaN where nothing is."""
    x = x.reshape(*x.shape[:2], -1)
    axes = []
    for n, k, s, d, a in zip(
        x.shape, size, geometry.stride, geometry.dilation, geometry.anchor or (None, None), strict=False
    ):
        a = k // 2 if a is None else a
        first, last = {
            "same": (-a * d, n - 1 - a * d),
            "valid": (0, n - 1 - d * (k - 1)),
            "full": (-d * (k - 1), n - 1),
        }[geometry.mode]
        axes.append(
            [[shown(geometry.border, p + t * d, n) for t in range(k)] for p in range(first, last + 1, s)]
        )
    beyond = {"zero": 0.0, "constant": geometry.value}.get(geometry.border)
    for rows in axes[0]:
        line = []
        for columns in axes[1]:
            window = np.full((*size, x.shape[2]), np.nan if beyond is None else beyond, np.float64)
            for i, row in enumerate(rows):
                for j, column in enumerate(columns):
                    if row is not None and column is not None:
                        window[i, j] = x[row, column]
            line.append(window)
        yield line


def responses(x, weights, divisor, geometry):
    """Σ weight · pixel / divisor and Σ |weight · pixel / divisor|, by a loop in double precision."""
    weights = np.asarray(weights, np.float64)
    sums, sizes = [], []
    for line in windows(x, weights.shape, geometry):
        products = [weights[..., None] * window for window in line]
        sums.append([sum(p.reshape(-1, p.shape[-1])) for p in products])
        sizes.append([np.abs(p).sum(axis=(0, 1)) for p in products])
    shape = (len(sums), len(sums[0]), *x.shape[2:])
    return (np.reshape(sums, shape) / divisor), np.reshape(sizes, shape) / abs(divisor)


sides = st.integers(1, 7)


@st.composite
def pictures(draw, dtypes=(np.uint8, np.uint16)):
    """A picture of up to 7×7, one pixel, rows and columns among them, gray or with channels."""
    shape = draw(st.tuples(sides, sides)) + draw(st.sampled_from([(), (1,), (3,)]))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    if dtype.kind == "f":
        return rng.normal(size=shape).astype(dtype)
    return rng.integers(0, draw(st.sampled_from([2, np.iinfo(dtype).max + 1])), shape).astype(dtype)


@st.composite
def kernels(draw):
    """Whole and fractional, dense, separable and of nested rectangles, larger than the picture too."""
    h, w = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    kind = draw(st.sampled_from(["dense", "sparse", "product", "boxes", "float", "bell", "zero"]))
    if kind == "dense":
        return rng.integers(-9, 10, (h, w))
    if kind == "sparse":
        return rng.integers(-1, 2, (h, w)) * (rng.random((h, w)) < 0.3)
    if kind == "product":
        return np.multiply.outer(rng.integers(-4, 5, h), rng.integers(-4, 5, w))
    if kind == "boxes":
        k = np.full((h, w), -1)
        k[1:-1, 1:-1] += 3
        k[h // 2, w // 2] += 6
        return k
    if kind == "zero":
        return np.zeros((h, w), np.int64)
    k = rng.normal(size=(h, w)) if kind == "float" else np.multiply.outer(rng.random(h), rng.random(w))
    return k + k[:, ::-1]


@st.composite
def geometries(draw, kernel):
    mode = draw(st.sampled_from(["valid", "same", "full"]))
    anchor = (
        draw(st.none() | st.tuples(*(st.integers(0, k - 1) for k in kernel.shape)))
        if mode == "same"
        else None
    )
    pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
    return Geometry(
        draw(st.sampled_from([border.name for border in BORDERS])),
        draw(st.sampled_from([0, 17, 255, -3, 700, 2.5])),
        mode,
        draw(st.just((1, 1)) | pairs),
        draw(st.just((1, 1)) | pairs),
        anchor,
    )
