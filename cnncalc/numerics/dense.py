"""The fully connected layer."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeAlias

import numpy as np

from cnncalc.numerics.channels import channel_sum
from cnncalc.numerics.workspace import Array, Workspace

Gradients: TypeAlias = tuple[Array | None, Array, Array | None]


def dense(
    x: Array, weight: Array, bias: Array | None, space: Workspace, key: Hashable, *, need_dx: bool = True
) -> tuple[Array, Callable[[Array], Gradients]]:
    """Every output is a weighted sum of all inputs.

    x (F, N), weight (O, F), bias (O,); y (O, N). The pullback gives (dx or None, dweight, dbias or None).
    """
    y = np.matmul(weight, x, out=space.array((key, "y"), (weight.shape[0], x.shape[1]), x.dtype))
    if bias is not None:
        np.add(y, bias[:, None], out=y)

    def pullback(dy: Array) -> Gradients:
        dweight = np.matmul(dy, x.T, out=space.array((key, "dweight"), weight.shape, x.dtype))
        dbias = None if bias is None else channel_sum(dy)
        if not need_dx:
            return None, dweight, dbias
        dx = np.matmul(weight.T, dy, out=space.array((key, "dx"), x.shape, x.dtype))
        return dx, dweight, dbias

    return y, pullback


def squared_distances(
    x: Array, templates: Array, space: Workspace, key: Hashable
) -> tuple[Array, Callable[[Array], Array]]:
    """Σ (x − w)² for each template w: x (F, N), templates (O, F), y (O, N). The pullback gives dx."""
    y = np.matmul(templates, x, out=space.array((key, "y"), (templates.shape[0], x.shape[1]), x.dtype))
    np.multiply(y, x.dtype.type(-2), out=y)
    np.add(y, np.square(templates).sum(axis=1)[:, None], out=y)
    np.add(y, np.square(x).sum(axis=0), out=y)

    def pullback(dy: Array) -> Array:
        dx = np.matmul(templates.T, dy, out=space.array((key, "dx"), x.shape, x.dtype))
        np.subtract(x * dy.sum(axis=0), dx, out=dx)
        np.multiply(dx, x.dtype.type(2), out=dx)
        return dx

    return y, pullback


def flatten(x: Array, space: Workspace, key: Hashable) -> tuple[Array, Callable[[Array], Array]]:
    """All pixels of all channels in one axis, channel by channel: (C, *spatial, N) to (F, N)."""
    y = space.array((key, "y"), (x[..., 0].size, x.shape[-1]), x.dtype)
    np.copyto(y.reshape(x.shape), x)

    def pullback(dy: Array) -> Array:
        dx = space.image((key, "dx"), x.shape, x.dtype)
        np.copyto(dx, dy.reshape(x.shape))
        return dx

    return y, pullback
