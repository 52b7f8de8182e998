"""Ink on paper: how much each pixel differs from the paper, and which pixels make up a mark."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]


def contrast(x: Plane) -> Plane:
    """(H, W, C) to (H, W): the difference from the paper, along the colour axis on which they differ most.

    The paper's colour is a surface of second degree in each channel, so that light may fall off to a side.
    The sign is that of brightness: ink darker than the paper is negative.
    """
    rest = np.stack([x[..., c] - surface(x[..., c]) for c in range(x.shape[2])], axis=-1)
    if rest.shape[2] == 1:
        return np.asarray(rest[..., 0])
    flat = rest.reshape(-1, rest.shape[2])
    axis = np.linalg.eigh(flat.T @ flat)[1][:, -1]
    return np.asarray(rest @ (axis if axis.sum() >= 0 else -axis))


def surface(x: Plane) -> Plane:
    """The smooth surface that most pixels of (H, W) lie on, whatever the others do.

    Least squares on a subsample, again and again with Tukey's biweight: what lies far off loses its say.
    """
    h, w = x.shape
    step = max(1, round((h * w / 20_000) ** 0.5))
    sample = x[step // 2 :: step, step // 2 :: step].astype(np.float64)
    rows = np.linspace(-1, 1, h)[step // 2 :: step]
    columns = np.linspace(-1, 1, w)[step // 2 :: step]
    terms = _terms(rows[:, None], columns[None, :]).reshape(6, -1).T
    values = sample.ravel()
    rest = values - np.median(values)
    for _ in range(20):
        reach = 4.7 * max(1.48 * float(np.median(np.abs(rest))), 0.5)
        weight = np.square(np.clip(1 - np.square(rest / reach), 0, None))
        scaled = terms * weight[:, None]
        solution = np.linalg.lstsq(scaled.T @ terms, scaled.T @ values, rcond=None)[0]
        rest = values - terms @ solution
    grid = _terms(np.linspace(-1, 1, h)[:, None], np.linspace(-1, 1, w)[None, :])
    return np.asarray(np.tensordot(solution, grid, 1), dtype=np.float32)


def _terms(v: NDArray[Any], u: NDArray[Any]) -> NDArray[Any]:
    """1, u, v, u², uv, v² over the grid."""
    one = np.ones(np.broadcast_shapes(v.shape, u.shape))
    return np.stack([one, u * one, v * one, u * u * one, u * v, v * v * one])


def noise(x: Plane) -> float:
    """The spread of most values, as the standard deviation of a normal distribution that has it."""
    return 1.48 * float(np.median(np.abs(x - np.median(x))))


def box_sum(x: NDArray[Any], radius: int) -> NDArray[Any]:
    """The sum over the (2·radius + 1)² window around each pixel, as far as it lies inside."""
    for axis in (0, 1):
        n = x.shape[axis]
        total = np.concatenate(
            [np.zeros_like(x.take([0], axis), np.float64), np.cumsum(x, axis, np.float64)], axis
        )
        at = np.arange(n)
        x = total.take(np.minimum(at + radius + 1, n), axis) - total.take(np.maximum(at - radius, 0), axis)
    return x


def grow(mask: Mask, radius: int) -> Mask:
    """The mask and everything at most radius away from it, across, down or both."""
    return np.asarray(box_sum(mask, radius) > 0.5) if radius else mask


def level(strength: Plane, floor: float) -> float:
    """The strength of full ink: of all that is above the floor, the mean of Otsu's upper class."""
    values = strength[strength > floor]
    counts, edges = np.histogram(values, 256)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    moment = np.cumsum(counts * middles)
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = moment / below - (moment[-1] - moment) / above
        between = np.nan_to_num(below * above * np.square(gap))
    cut = int(np.argmax(between))
    return (
        float(np.average(middles[cut + 1 :], weights=counts[cut + 1 :])) if above[cut] else float(middles[-1])
    )


class Mark(NamedTuple):
    """A connected mark: its number in the labels, its area, its bounding box (end exclusive)."""

    label: int
    area: int
    top: int
    left: int
    bottom: int
    right: int


def marks(mask: Mask) -> tuple[NDArray[np.int32], list[Mark]]:
    """The connected marks of a mask, diagonals included, largest first, and the labels (H, W), 0 for none.

    Runs of each row are joined with those they touch in the row above (union-find over runs, not pixels).
    """
    h, w = mask.shape
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, start = np.nonzero(edges == 1)
    end = np.nonzero(edges == -1)[1]
    parent = list(range(len(row)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first = np.searchsorted(row, np.arange(h + 1)).tolist()
    starts, ends = start.tolist(), end.tolist()
    for y in range(1, h):
        i = first[y - 1]
        for j in range(first[y], first[y + 1]):
            while i < first[y] and ends[i] < starts[j]:
                i += 1
            k = i
            while k < first[y] and starts[k] <= ends[j]:
                parent[root(k)] = root(j)
                k += 1
    names, label = np.unique([root(i) for i in range(len(row))], return_inverse=True)
    labels = np.zeros(h * w + 1, np.int32)
    np.add.at(labels, row * w + start, label + 1)
    np.add.at(labels, row * w + end, -(label + 1))
    n = len(names)
    top, left = np.full(n, h), np.full(n, w)
    bottom, right = np.zeros(n, int), np.zeros(n, int)
    area = np.bincount(label, end - start, n).astype(int)
    for ends_at, values, pick in (
        (top, row, np.minimum),
        (left, start, np.minimum),
        (bottom, row + 1, np.maximum),
        (right, end, np.maximum),
    ):
        pick.at(ends_at, label, values)
    rows = zip(range(1, n + 1), *(v.tolist() for v in (area, top, left, bottom, right)), strict=True)
    found = sorted((Mark(*facts) for facts in rows), key=lambda mark: -mark.area)
    return np.cumsum(labels[:-1], dtype=np.int32).reshape(h, w), found
