"""`cnncalc shape --json` of random stacks, in every spelling, against what PyTorch returns. Run with -m bench.

Shapes and parameters are those of real tensors, multiply-adds those of PyTorch's own counter, the receptive field
that of gradients; where PyTorch raises there must be an error with place and remedy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import prod
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.benchmarks import written
from tests.benchmarks.running import shape
from tests.benchmarks.written import POOLS, Written

torch = pytest.importorskip("torch")
flop_counter = pytest.importorskip("torch.utils.flop_counter")
F = torch.nn.functional
pytestmark = [
    pytest.mark.bench,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths"),  # only slower
]

RUNS = int(os.environ.get("RUNS", "400"))  # of each test
FIRST = int(os.environ.get("FIRST", "0"))  # seed
Leaf = tuple[Written, Any, int, int]  # what it puts out (N, C, *spatial), parameters, multiply-adds


def spelled(rng: Random, size: list[int], layers: list[Written], folder: Path) -> list[str]:
    """The arguments of a stack: options, a text, a file, or a text with options behind it."""
    given = "x".join(map(str, size))
    plain = not any(layer.branches for layer in layers)
    kind = rng.random()
    if kind < 0.4 and plain:
        return ["--input", given, *(word for layer in layers for word in written.options(rng, layer))]
    if kind < 0.5 and plain:
        last = written.options(rng, layers[-1])
        return [f"input {given}; {written.inside(rng, layers[:-1])}", *last]
    if kind < 0.8:
        return ["; ".join([f"input {given}", *(written.statement(rng, layer) for layer in layers)])]
    lines = [f"Input {given} # one example", "", *(f"  {written.statement(rng, layer)}" for layer in layers)]
    path = folder / "stack.cnn"
    path.write_text(rng.choice(("\n", "\r\n", " ;\n")).join(lines), encoding="utf-8")
    return [str(path)]


# ── PyTorch ──


def run(layers: list[Written], x: Any) -> Iterator[Leaf]:
    """Every leaf in order with what PyTorch makes of it; the last item of a block is the block."""
    for layer in layers:
        if layer.branches:
            ends = []
            for branch in layer.branches:
                y = x
                for leaf in run(branch, x):
                    yield leaf
                    y = leaf[1]
                ends.append(y)
            if layer.word == "residual" and ends[0].shape != ends[1].shape:
                raise RuntimeError("would be broadcast")
            x = ends[0] + ends[1] if layer.word == "residual" else torch.cat(ends, 1)
            yield layer, x, 0, 0
            continue
        if layer.word == "fc" and x.ndim > 2:
            x = x.flatten(1)
            yield Written("flatten"), x, 0, 0
        with flop_counter.FlopCounterMode(display=False) as counter:
            x, parameters = apply(layer, x)
        yield layer, x, parameters, counter.get_total_flops() // 2


def weights(*size: int) -> Any:
    return 0.5 + torch.rand(size, dtype=torch.float64)


def padded(layer: Written, x: Any) -> tuple[Any, Any]:
    """The input and the padding to give to PyTorch: uneven pads are put around the input before."""
    if isinstance(layer.pad, str):
        reach = [d * (k - 1) for k, d in zip(layer.kernel, layer.spacing, strict=True)]
        match layer.pad:
            case "valid":
                return x, 0
            case "same":
                return x, "same"
            case "full":
                return x, reach
        return F.pad(x, (reach[0], 0)), 0  # causal
    if all(before == after for before, after in layer.ends):
        return x, [before for before, _ in layer.ends]
    low = -torch.inf if layer.word == "maxpool" else 0.0
    return F.pad(x, [n for pair in reversed(layer.ends) for n in pair], value=low), 0


def apply(layer: Written, x: Any) -> tuple[Any, int]:
    """The output of one layer and how many parameters it took."""
    word, channels, axes = layer.word.partition(" ")[0], x.shape[1], x.ndim - 2
    conv = getattr(F, f"conv{axes}d", None)
    if word in ("conv", "depthwise", "separable"):
        groups = layer.groups if word == "conv" else channels
        filters = layer.filters if word == "conv" else channels * layer.multiplier
        x, padding = padded(layer, x)
        if groups < 1 or filters % groups or channels % groups:
            raise RuntimeError("groups")
        w = weights(filters, channels // groups, *layer.kernel)
        b = weights(filters) if layer.bias and word != "separable" else None
        y = conv(x, w, b, layer.steps, padding, layer.spacing, groups)
        counted = [w, b]
        if word == "separable":
            w = weights(layer.filters, filters, *[1] * axes)
            b = weights(layer.filters) if layer.bias else None
            y = conv(y, w, b)
            counted += [w, b]
        return y, sum(part.numel() for part in counted if part is not None)
    if word == "deconv":
        x, padding = padded(layer, x)
        if layer.filters % layer.groups:
            raise RuntimeError("groups")
        w = weights(channels, layer.filters // layer.groups, *layer.kernel)
        b = weights(layer.filters) if layer.bias else None
        transposed = getattr(F, f"conv_transpose{axes}d")
        y = transposed(x, w, b, layer.steps, padding, layer.outpad or 0, layer.groups, layer.spacing)
        return y, w.numel() + (b.numel() if b is not None else 0)
    if word in POOLS:
        x, padding = padded(layer, x)
        if word == "maxpool":
            pool = getattr(F, f"max_pool{axes}d")
            return pool(x, layer.kernel, layer.steps, padding, layer.spacing, layer.ceil), 0
        return getattr(F, f"avg_pool{axes}d")(x, layer.kernel, layer.steps, padding, layer.ceil), 0
    return others(word, layer, x)


def others(word: str, layer: Written, x: Any) -> tuple[Any, int]:
    channels, axes = x.shape[1], x.ndim - 2
    spatial = list(x.shape[2:])
    if word == "fc":
        w, b = weights(layer.filters, channels), weights(layer.filters) if layer.bias else None
        return F.linear(x, w, b), w.numel() + (layer.filters if layer.bias else 0)
    if word == "upsample":
        return torch.nn.Upsample(scale_factor=tuple(layer.kernel))(x), 0
    if word in ("zeropad", "crop"):
        sign = 1 if word == "zeropad" else -1
        y = F.pad(x, [sign * n for pair in reversed(layer.pad) for n in pair])
        if 0 in y.shape:
            raise RuntimeError("nothing is left")
        return y, 0
    if word.startswith("adaptive"):
        kind = "max" if "max" in word else "avg"
        return getattr(F, f"adaptive_{kind}_pool{axes}d")(x, layer.kernel), 0
    if word.startswith("global"):
        return x.mean(dim=tuple(range(2, x.ndim)), keepdim=True), 0
    if word == "channelshuffle":
        return torch.nn.ChannelShuffle(layer.groups)(
            x.reshape(*x.shape[:2], *spatial, *[1] * (2 - axes))
        ).reshape(x.shape), 0
    if word == "padchannels":
        before, after = layer.pad[0]
        return F.pad(x, [0, 0] * axes + [before, after]), 0
    if word == "channels":
        first, end = layer.pad[0]
        return x[:, first:end], 0
    if word in ("batchnorm", "layernorm"):
        return 2 * x, 2 * channels
    return x + 0, 0


# ── comparisons ──


def stack(rng: Random, axes: int, size: list[int], count: int, sloppy: float) -> list[Written]:
    """Layers, each drawn for the channels that reach it."""
    layers: list[Written] = []
    x = torch.ones(1, size[-1], *size[:-1], dtype=torch.float64)
    for _ in range(count):
        if x.ndim == 2 or rng.random() < 0.07:
            more = Written("fc", rng.randint(1, 5), bias=rng.random() < 0.7)
        else:
            more = written.layer(rng, axes, x.shape[1], sloppy=sloppy)
        layers.append(more)
        try:
            *_, (_, y, _, _) = run([more], x)
        except (RuntimeError, ValueError, TypeError):
            if rng.random() < 0.5 * (sloppy > 0):
                break
            layers.pop()
            continue
        if y.numel() > 60_000:
            layers.pop()
            continue
        x = y
    return layers or [Written("relu")]


def leaves(found: list[Leaf]) -> list[Leaf]:
    return [leaf for leaf in found if not leaf[0].branches]


def drawn(seed: int, sloppy: float) -> tuple[Random, list[int], list[Written]]:
    rng = Random(seed)
    axes = rng.choice((1, 2, 2, 3))
    size = [*(rng.randint(1, (0, 40, 16, 8)[axes]) for _ in range(axes)), rng.randint(1, 6)]
    return rng, size, stack(rng, axes, size, rng.randint(1, 6), sloppy)


def fails(layers: list[Written], size: list[int]) -> tuple[list[Leaf], str]:
    """What PyTorch makes of the stack up to where it raises, and what it says there."""
    found: list[Leaf] = []
    try:
        for leaf in run(layers, torch.ones(1, size[-1], *size[:-1], dtype=torch.float64)):
            found.append(leaf)
    except (RuntimeError, ValueError, TypeError) as error:
        return found, f"{error} "
    return found, ""


@pytest.mark.parametrize("seed", range(FIRST, FIRST + RUNS))
@pytest.mark.parametrize("sloppy", [0.0, 0.6])
def test_shapes_parameters_and_multiply_adds(seed: int, sloppy: float, tmp_path: Path) -> None:
    rng, size, layers = drawn(seed, sloppy)
    found, raised = fails(layers, size)
    args = spelled(rng, size, layers, tmp_path)
    code, document = shape(*args)
    if "smaller than kernel size" in raised:
        return  # avg_pool3d alone refuses a window larger than the input without its padding
    if raised:
        assert code == 2, (args, raised, document)
        error = document["error"]
        assert error["message"], (args, raised)
        assert error["hint"], (args, raised)
        assert error["span"], (args, raised)
        return
    assert code == 0, (args, document)
    rows = document["layers"]
    expected = [([*y.shape[2:], y.shape[1]], parameters, macs) for _, y, parameters, macs in leaves(found)]
    assert [(row["output"], row["parameters"], row["macs"]) for row in rows] == expected, args
    assert document["output"] == [*found[-1][1].shape[2:], found[-1][1].shape[1]]
    assert document["totals"]["parameters"] == sum(parameters for _, parameters, _ in expected)
    assert document["totals"]["macs"] == sum(macs for _, _, macs in expected)
    assert document["totals"]["activations"] == sum(prod(output) for output, _, _ in expected)


# ── receptive field ──


def linear(layers: list[Written], x: Any) -> Iterator[Any]:
    """The leaves with every window as a sum with positive weights, so that a gradient shows all that is seen."""
    for layer in layers:
        if layer.branches:
            ends = []
            for branch in layer.branches:
                y = x
                for y in linear(branch, x):
                    yield y
                ends.append(y)
            x = ends[0] + ends[1] if layer.word == "residual" else torch.cat(ends, 1)
            continue
        if layer.word == "fc" and x.ndim > 2:
            x = x.flatten(1)
            yield x
        real, _ = apply(layer, x)
        if layer.word in POOLS:
            reach = [
                d * (k - 1) + s for k, d, s in zip(layer.kernel, layer.spacing, layer.steps, strict=True)
            ]
            ends_ = [(0, 0)] * len(reach) if layer.pad == "valid" else layer.ends
            around = [n for (a, b), r in reversed([*zip(ends_, reach, strict=True)]) for n in (a, b + r)]
            conv = getattr(F, f"conv{x.ndim - 2}d")
            w = weights(x.shape[1], 1, *layer.kernel)
            y = conv(F.pad(x, around), w, None, layer.steps, 0, layer.spacing, x.shape[1])
            real = y[(slice(None), slice(None), *(slice(n) for n in real.shape[2:]))]
        elif layer.word.startswith("adaptive"):
            real = getattr(F, f"adaptive_avg_pool{x.ndim - 2}d")(x, layer.kernel)
        x = real
        yield x


def extents(x: Any, y: Any, unit: tuple[int, ...]) -> list[tuple[int, int]] | None:
    """First and last pixel along each axis with a gradient of a unit, all its channels together."""
    place = (0, slice(None), *unit) if y.ndim > 2 else (0, slice(None))
    (gradient,) = torch.autograd.grad(y[place].sum(), x, retain_graph=True)
    seen = gradient[0].abs().sum(0) > 0
    if not seen.any():
        return None
    found = []
    for axis in range(seen.ndim):
        rest = tuple(a for a in range(seen.ndim) if a != axis)
        line = (seen.any(dim=rest) if rest else seen).nonzero().flatten().tolist()
        found.append((line[0], line[-1]))
    return found


@pytest.mark.parametrize("seed", range(FIRST, FIRST + RUNS))
def test_the_receptive_field_is_where_gradients_are(seed: int, tmp_path: Path) -> None:
    rng = Random(seed)
    axes = rng.choice((1, 1, 2, 3))
    size = [*(rng.randint(*((0, 0), (60, 160), (24, 40), (12, 18))[axes]) for _ in range(axes)), 1]
    layers = [
        layer
        for layer in stack(rng, axes, size, rng.randint(1, 5), 0.0)
        if layer.word not in ("channels", "channelshuffle", "crop", "layernorm") and layer.groups == 1
    ]
    code, document = shape(*spelled(rng, size, layers or [Written("relu")], tmp_path))
    if code:
        return  # without a layer the rest need not fit
    x = torch.ones(1, 1, *size[:-1], dtype=torch.float64, requires_grad=True)
    for row, y in zip(document["layers"], linear(layers or [Written("relu")], x), strict=True):
        field = row["field"]
        output = y.shape[2:] or [1] * axes
        even = all(float(jump).is_integer() for jump in field["jump"])
        middle = tuple(n // 2 for n in output)
        units = {middle, tuple(0 for _ in output), tuple(n - 1 for n in output)}
        units |= {tuple(rng.randrange(n) for n in output) for _ in range(3)}
        for unit in units:
            seen = extents(x, y, unit)
            if seen is None:
                continue
            for axis, (first, last) in enumerate(seen):
                extent, jump, start = (field[name][axis] for name in ("size", "jump", "start"))
                n = size[axis]
                assert last - first + 1 <= extent, (row, unit, seen, layers)
                enlarged = any(
                    layer.word in ("deconv", "upsample", "adaptiveavgpool", "adaptivemaxpool")
                    for layer in layers
                )
                if enlarged or not even:
                    continue
                low = start + unit[axis] * jump
                assert low <= first <= last <= low + extent - 1, (row, unit, seen, layers)
                if low >= extent and low + extent - 1 < n - extent:
                    assert (first, last) == (low, low + extent - 1), (row, unit, seen, layers)
