"""Random convolutions as large as those that are trained, beside PyTorch in double precision.

Large enough for every way in which the engine calculates one: with products that are moved and added, or with the
columns of all rows of outputs or of some at a time; with products whole or in pieces; with the gradient of the image
from turned filters or from added columns; and each as on both kinds of processors between which the engine tells.
Run by hand, where PyTorch is installed: pytest -m bench. RUNS=1000 compares so many convolutions.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from math import gcd, prod
from os import environ
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from cnncalc.errors import ShapeError
from cnncalc.layers import Layer, Shape, show, write_layer
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.depthwise import Depthwise, Separable
from cnncalc.layers.transposed import TransposedConvolution
from cnncalc.learning.parameters import Parameters
from cnncalc.numerics import columns, correlation, correlation_back, paired, products, shifted
from cnncalc.numerics.run import Run
from cnncalc.numerics.workspace import Array
from tests.models import sizes
from tests.numerics.engine_cases import PACKS, READS, processor

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.bench

from tests.benchmarks.compared import MismatchError, first, same  # noqa: E402 - they import torch
from tests.benchmarks.peers import module  # noqa: E402 - likewise

RUNS = int(environ.get("RUNS", "60"))
FIRST = int(environ.get("FIRST", "0"))  # seed
SEEDS = [
    *range(FIRST, FIRST + RUNS),
    197,  # along one axis, with its outputs turned for the gradient of the weight
    279,  # of stride 2×1 and so padded that its size alone would have it turned
]
MOST = 200_000_000  # multiply-adds of a batch
NUMBERS = 3_000_000  # in a batch, before and behind the layer
LONGEST = (0, 300, 36, 12)  # axis, by how many there are
WAYS = {
    "columns of some rows at a time": (columns, "_rows_at_once", lambda n, _, s, __: n < s.oh),
    "products in pieces": (products, "piece", lambda n, length, _: n < length),
    "pieces and a rest": (products, "piece", lambda n, length, _: length % n > 0),
    "weight gradient in pieces": (correlation_back, "split", lambda *_: True),
    "outputs turned": (correlation_back, "turned", lambda lying, *_: lying is not None),
    "filters turned around": (correlation, "gathers_back", lambda yes, *_: yes),
    "added columns": (correlation, "added", lambda *_: True),
    "two rows of outputs at a time": (paired, "twice", lambda *_: True),
    "moved products": (shifted, "_one_column_after_the_other", lambda *_: True),
    "moved products of all columns": (shifted, "_all_columns", lambda *_: True),
    "weight gradient of moved products": (shifted, "weight_gradient", lambda *_: True),
}
FLAT = [way for way in WAYS if "moved" in way]  # not along three axes
ROWS = [way for way in WAYS if "rows" in way]  # not along one axis


@contextmanager
def watched() -> Iterator[Counter[str]]:
    """How often each way has been gone."""
    met = Counter[str]()

    def watch(way: str, real: Callable[..., Any], judge: Callable[..., bool]) -> Callable[..., Any]:
        def told(*given: Any) -> Any:
            result = real(*given)
            met[way] += bool(judge(result, *given))
            return result

        return told

    with ExitStack() as stack:
        for way, (where, name, judge) in WAYS.items():
            stack.enter_context(patch.object(where, name, watch(way, getattr(where, name), judge)))
        yield met


def layer_for(rng: Random, x: Shape) -> Layer:
    """With every stride, pad, dilation and number of groups, of which most networks leave most as they are."""
    axes, channels = len(x) - 1, x[-1]
    kernel = sizes(rng, axes, (0, 9, 6, 4)[axes])
    far = tuple((rng.randint(0, k + 2), rng.randint(0, k + 2)) for k in kernel)
    how = {
        "stride": sizes(rng, axes, 3) if rng.random() < 0.4 else (1,) * axes,
        "padding": rng.choice(["same", "same", "full", ((0, 0),), ((1, 1),), far]),
        "dilation": sizes(rng, axes, 3) if rng.random() < 0.4 else (1,) * axes,
        "bias": rng.random() < 0.7,
    }
    filters, kind = rng.choice([8, 12, 16, 24, 32, 48, 64]), rng.random()
    shared = [n for n in range(1, 65) if gcd(channels, filters) % n == 0]
    groups = rng.choice(shared) if rng.random() < 0.3 else 1
    if kind < 0.75:
        return Convolution(filters, kernel, groups=groups, **how)
    if kind < 0.8:
        table = [tuple(rng.sample(range(channels), rng.randint(1, channels))) for _ in range(filters)]
        return Convolution(filters, kernel, table=tuple(table), **how)
    if kind < 0.9:
        return TransposedConvolution(filters, kernel, groups=groups, **how)
    return rng.choice([Depthwise(kernel, **how), Separable(filters, kernel, **how)])


def drawn(seed: int) -> tuple[Shape, Layer, int]:
    """The shape of a picture, a layer that fits, and how many pictures there are."""
    rng = Random(seed)
    while True:
        axes = rng.choice((1, 2, 2, 2, 3))
        x = (*(rng.randint(1, LONGEST[axes]) for _ in range(axes)), rng.choice([8, 12, 16, 24, 32, 48, 64]))
        layer, batch = layer_for(rng, x), rng.randint(100, 500)
        try:
            y = layer.out_shape(x)
        except ShapeError:
            continue
        work = layer.cost(x).macs * batch
        if MOST // 20 < work < MOST and max(prod(x), prod(y)) * batch < NUMBERS:
            return x, layer, batch


def compare(x: Shape, layer: Layer, batch: int, seed: int) -> None:
    """Two batches after each other in the same memory, the second smaller. Raises MismatchError."""
    rng, run = np.random.default_rng(seed), Run(train=True)
    params = Parameters(layer.param_shapes(x), np.dtype(np.float64)).views
    for value in params.values():
        value[...] = rng.normal(size=value.shape)
    peer = module(layer, x).double()
    peer.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in params.items()})
    for n in (batch, batch - seed % 50):
        pictures: Array = rng.normal(size=(x[-1], *x[:-1], n))
        if seed % 2:  # as they lie behind another layer
            pictures, plain = run.space.image("pictures", pictures.shape, pictures.dtype), pictures
            pictures[...] = plain
        y, back = layer.forward(pictures, params, run)
        image = first(pictures).requires_grad_()
        expected = peer(image)
        same("output", y, np.moveaxis(expected.detach().numpy(), 0, -1))
        dy = rng.normal(size=y.shape)
        expected.backward(first(dy))
        dx, gradients = back(dy)
        assert dx is not None
        assert image.grad is not None
        same("gradient of the input", dx, np.moveaxis(image.grad.numpy(), 0, -1))
        for name, value in peer.named_parameters():
            same(f"gradient of {name}", gradients[name], value.grad.numpy())
        peer.zero_grad()


def test_large_convolutions_agree_in_value_and_gradient() -> None:
    used, wrong = Counter[str](), []
    for seed, name in product(SEEDS, (READS, PACKS)):
        x, layer, batch = drawn(seed)
        try:
            with processor(name), watched() as met:
                compare(x, layer, batch, seed)
        except MismatchError as error:
            wrong.append(f"{seed} on {name}: {batch} of {show(x)}: {write_layer(layer)}: {error}")
            continue
        ways = [way for way in WAYS if met[way]]
        used.update([f"{len(x) - 1}-D", layer.word, *ways, *(f"{len(x) - 1}-D {way}" for way in ways)])
    print(f"{2 * len(SEEDS) - len(wrong)} of {2 * len(SEEDS)} convolutions agree:", dict(used.most_common()))
    assert not wrong, min(wrong, key=len)
    if RUNS >= 60:
        ways = {f"{axes}-D {way}" for axes in (2, 3) for way in WAYS}
        assert ways - {f"3-D {way}" for way in FLAT} <= set(used)
        assert {f"1-D {way}" for way in WAYS if way not in ROWS} <= set(used)
