"""Correlation of each channel with filters of its own: scaled shifts of the image that are added, no products.

A few channels at a time, so that what is added to stays in the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeAlias

import numpy as np

from cnncalc.numerics.channels import channel_sum
from cnncalc.numerics.windows import Axis, last_axes, taps
from cnncalc.numerics.workspace import Array, Workspace

Gradients: TypeAlias = tuple[Array | None, Array, Array | None]

_PART = 1 << 16  # numbers that pass through at once


def correlate_channels(
    x: Array,
    weight: Array,
    bias: Array | None,
    axes: tuple[Axis, ...],
    out: tuple[int, ...],
    space: Workspace,
    key: Hashable,
    *,
    need_dx: bool = True,
) -> tuple[Array, Callable[[Array], Gradients]]:
    """Slide every filter over its own channel: filter f belongs to channel f // M where there are M a channel.

    x (C, *spatial, N), weight (C·M, 1, *kernel), bias (C·M,); y (C·M, *out, N), out as many as windows fit.
    The pullback gives (dx or None, dweight, dbias or None) and leaves dy as it is.
    """
    channels, filters, n = x.shape[0], weight.shape[0], x.shape[-1]
    many = filters // channels
    places = taps(axes, x.shape[1:-1], out)
    factors = weight.reshape(channels, many, *weight.shape[2:])
    y = space.image((key, "y"), (filters, *out, n), x.dtype)
    by_channel = y.reshape(channels, many, *out, n)
    for part in _parts(x, y):
        into = by_channel[part]
        if bias is None:
            into.fill(0)
        else:
            into[...] = bias.reshape(channels, many, *(1 for _ in axes), 1)[part]
        for tap in places:
            there = last_axes(into, tap.outputs)
            product = space.array(("depthwise", "product"), there.shape, x.dtype)
            seen = last_axes(x[part, None], tap.inputs)
            np.multiply(seen, _of_tap(factors, tap.offset)[part], out=product)
            np.add(there, product, out=there)

    def pullback(dy: Array) -> Gradients:
        dweight = np.empty(factors.shape, dy.dtype)
        dys = dy.reshape(channels, many, *out, n)
        dx = space.image((key, "dx"), x.shape, dy.dtype) if need_dx else None
        for part in _parts(x, y):
            if dx is not None:
                dx[part] = 0
            for tap in places:
                handed = last_axes(dys[part], tap.outputs)
                product = space.array(("depthwise", "product"), handed.shape, dy.dtype)
                seen = last_axes(x[part, None], tap.inputs)
                np.multiply(handed, seen, out=product)
                at: tuple[Any, ...] = (part, slice(None), *tap.offset)
                dweight[at] = product.sum(axis=tuple(range(2, product.ndim)))
                if dx is None:
                    continue
                np.multiply(handed, _of_tap(factors, tap.offset)[part], out=product)
                there = last_axes(dx[part], tap.inputs)
                for own in range(many):
                    np.add(there, product[:, own], out=there)
        dbias = None if bias is None else channel_sum(dy)
        return dx, dweight.reshape(weight.shape), dbias

    return y, pullback


def _parts(x: Array, y: Array) -> Iterator[slice]:
    """Some channels at a time, few enough for the cache."""
    channels = len(x)
    some = max(1, _PART * channels // max(x.size, y.size))
    return (slice(first, min(first + some, channels)) for first in range(0, channels, some))


def _of_tap(factors: Array, offset: tuple[int, ...]) -> Array:
    """The weights (C, M, *kernel) at one place of the window, to stand beside (C, M, *out, N)."""
    at: tuple[Any, ...] = (slice(None), slice(None), *offset)
    there: Array = factors[at]
    return there.reshape(*there.shape, *(1 for _ in offset), 1)
