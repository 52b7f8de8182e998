"""`cnncalc shape --json` against what JAX returns, whose SAME is TensorFlow's and whose pads may be uneven.

Run with -m bench. The receptive field comes with it: where a unit's gradient begins tells which side is padded more.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest

from tests.benchmarks.running import shape

jax = pytest.importorskip("jax")
np = pytest.importorskip("numpy")
lax = jax.lax
pytestmark = pytest.mark.bench

RUNS = int(os.environ.get("RUNS", "300"))
SPATIAL = {1: "H", 2: "HW", 3: "DHW"}


def words(values: list[int]) -> str:
    return "x".join(map(str, values))


def written(pads: Any) -> str:
    return pads.lower() if isinstance(pads, str) else "x".join(f"{a}:{b}" for a, b in pads)


def draw(rng: Random, axes: int) -> tuple[list[int], list[int], list[int], list[int]]:
    """Input, kernel, stride, dilation, one an axis."""
    size = [rng.randint(1, (0, 30, 13, 7)[axes]) for _ in range(axes)]
    return size, *([rng.randint(1, high) for _ in range(axes)] for high in (4, 3, 3))


def compared(size: list[int], channels: int, text: str, f: Any) -> None:
    """The shape that f returns, and where the gradients of the first and the last unit along each axis lie."""
    x = np.zeros((1, channels, *size))
    code, document = shape(f"input {words([*size, channels])}; {text}")
    try:
        y = f(x)
        empty = 0 in y.shape
    except (TypeError, ValueError):
        empty = True
    if empty:
        assert code == 2, (size, text, document)
        return
    assert code == 0, (size, text, document)
    [row] = document["layers"]
    assert row["output"] == [*y.shape[2:], y.shape[1]], (size, text, row)
    if not all(isinstance(jump, int) for jump in row["field"]["jump"]):
        return
    rng = Random(text)
    for _ in range(2):
        unit = tuple(rng.randrange(n) for n in y.shape[2:])
        gradient = np.asarray(jax.grad(lambda x: f(x)[(0, slice(None), *unit)].sum())(x))[0].sum(0)  # noqa: B023
        for axis, n in enumerate(size):
            seen = np.flatnonzero(np.abs(gradient).sum(tuple(a for a in range(gradient.ndim) if a != axis)))
            if not seen.size:
                continue
            low = row["field"]["start"][axis] + unit[axis] * row["field"]["jump"][axis]
            high = low + row["field"]["size"][axis] - 1
            assert low <= seen[0] <= seen[-1] <= high, (size, text, row, unit, seen)
            if low >= 0 and high < n and "deconv" not in text:
                assert (seen[0], seen[-1]) == (low, high), (size, text, row, unit, seen)


@pytest.mark.parametrize("seed", range(RUNS))
def test_convolutions(seed: int) -> None:
    rng = Random(seed)
    axes = rng.choice((1, 2, 3))
    size, kernel, stride, dilation = draw(rng, axes)
    groups, wide, filters = rng.randint(1, 2), rng.randint(1, 2), rng.randint(1, 2)
    pads = rng.choice(
        ("SAME", "SAME", "VALID", [(rng.randint(0, 3), rng.randint(0, 3)) for _ in range(axes)])
    )
    letters = SPATIAL[axes]
    w = np.ones((groups * filters, wide, *kernel))
    text = (
        f"conv {words([groups * filters, *kernel])} stride {words(stride)} dilation {words(dilation)} "
        f"pad {written(pads)} groups {groups}"
    )
    compared(
        size,
        groups * wide,
        text,
        lambda x: lax.conv_general_dilated(
            x,
            w,
            stride,
            pads,
            rhs_dilation=dilation,
            feature_group_count=groups,
            dimension_numbers=("NC" + letters, "OI" + letters, "NC" + letters),
        ),
    )


@pytest.mark.parametrize("seed", range(RUNS))
def test_poolings(seed: int) -> None:
    rng = Random(seed)
    axes = rng.choice((1, 2, 3))
    size, kernel, stride, dilation = draw(rng, axes)
    word = rng.choice(("maxpool", "avgpool"))
    if word == "avgpool":
        dilation = [1] * axes
    pads = rng.choice(("SAME", "VALID", [(rng.randint(0, k // 2), rng.randint(0, k // 2)) for k in kernel]))
    text = f"{word} {words(kernel)} stride {words(stride)} pad {written(pads)}"
    text += f" dilation {words(dilation)}" if word == "maxpool" else ""
    around = pads if isinstance(pads, str) else [(0, 0), (0, 0), *pads]
    compared(
        size,
        2,
        text,
        lambda x: lax.reduce_window(
            x, 0.0, lax.add, (1, 1, *kernel), (1, 1, *stride), around, window_dilation=(1, 1, *dilation)
        ),
    )


@pytest.mark.parametrize("seed", range(RUNS))
def test_transposed_convolutions(seed: int) -> None:
    rng = Random(seed)
    axes = rng.choice((1, 2, 3))
    size, kernel, stride, dilation = draw(rng, axes)
    letters = SPATIAL[axes]
    w = np.ones((2, 1, *kernel))
    if rng.random() < 0.5:
        pad, pads = "same", "SAME"
    else:
        reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        cut = [(rng.randint(0, r), rng.randint(0, r)) for r in reach]
        pad, pads = written(cut), [(r - a, r - b) for r, (a, b) in zip(reach, cut, strict=True)]
    text = f"deconv {words([2, *kernel])} stride {words(stride)} dilation {words(dilation)} pad {pad}"
    compared(
        size,
        1,
        text,
        lambda x: lax.conv_transpose(
            x,
            w,
            stride,
            pads,
            rhs_dilation=dilation,
            dimension_numbers=("NC" + letters, "OI" + letters, "NC" + letters),
        ),
    )
