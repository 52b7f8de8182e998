"""Random networks of batch normalisations with a relu behind them beside PyTorch, in double precision.

The two are computed in one go wherever they stand together: in training, without it, in blocks, and where what is
frozen ends between them. Run by hand, where PyTorch is installed: pytest -m bench. RUNS=500 compares so many networks.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from os import environ
from random import Random
from unittest.mock import patch

import numpy as np
import pytest

from cnncalc.errors import ShapeError
from cnncalc.layers import Model, parse, write
from cnncalc.layers.normalisation import RectifiedBatchNorm

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.bench

from tests.benchmarks.compared import MismatchError, check_outputs, check_training, drawn_network  # noqa: E402 - they import torch

RUNS = int(environ.get("RUNS", "150"))
FIRST = int(environ.get("FIRST", "0"))  # seed
BATCH = 4

PIECES = (  # c: channels that come in, k: that go out; 1, 2, 3: windows in as many axes as there are
    "{bn}",
    "conv {k}x{3} pad 1; {bn}",
    "conv {k}x{3} pad 1 bias no; {bn}; {bn}",
    "{bn}; conv {k}x{3} pad same stride 2",
    "{bn}; conv {k}x{1}; relu; {bn}",
    "conv {k}x{3} pad 1; maxpool {2}; {bn}",
    "conv {k}x{3} pad 1; {bn}; maxpool {2}",
    "conv {k}x{3} pad 1; maxpool {3} stride 2 pad 1; {bn}; maxpool {2} stride 1",
    "{bn}; avgpool {2}; {bn}",
    "{bn}; dropout 0.2; maxpool {3} stride 1 pad 1",
    "residual {{ {bn} }} shortcut {{ {bn} }}; maxpool {3} stride 2 pad 1",
    "concat {{ {{ {bn} }} {{ conv {k}x{1} }} }}; maxpool {3} stride 2 pad 1",
    "residual {{ {bn} }}",
    "residual {{ {bn}; conv {c}x{3} pad 1; {bn}; conv {c}x{3} pad 1 }}",
    "residual {{ conv {c}x{3} pad 1; {bn}; conv {c}x{3} pad 1; batchnorm }}; relu",
    "residual {{ conv {k}x{3} pad 1; {bn} }} shortcut {{ conv {k}x{1}; {bn} }}",
    "residual {{ conv {k}x{3} pad 1 stride 2; {bn} }} shortcut {{ {bn}; conv {k}x{1} stride 2 }}; {bn}",
    "residual {{ {bn} }} shortcut {{ {bn}; maxpool {3} stride 1 pad 1 }}",
    "concat {{ {{ {bn} }} {{ conv {k}x{3} pad 1; {bn} }} {{ {bn}; conv {k}x{1}; {bn} }} }}",
    "multiply {{ {{ {bn} }} {{ globalavgpool; conv {c}x{1}; {bn} }} }}; {bn}",
)


def drawn(seed: int) -> Model:
    """A classifier in one to three dimensions."""
    rng = Random(seed)
    axes = rng.choice((1, 2, 2, 3))
    size, channels = [rng.randint(1, (0, 24, 11, 6)[axes]) for _ in range(axes)], rng.randint(1, 6)
    windows = ["x".join([str(n)] * axes) for n in range(4)]
    text = f"input {'x'.join(map(str, [*size, channels]))}"
    shape, pieces = (*size, channels), rng.randint(1, 5)
    while pieces:
        bn = rng.choice(["batchnorm", "batchnorm", "batchnorm affine no"]) + "; relu"
        piece = rng.choice(PIECES).format(*windows, bn=bn, c=shape[-1], k=rng.randint(1, 6))
        try:
            *_, last = parse(f"{text}; {piece}").steps()
        except ShapeError:
            continue
        text, shape, pieces = f"{text}; {piece}", last.output, pieces - 1
    middle = rng.choice(["", "; fc 6; batchnorm; relu", "; globalavgpool; batchnorm; relu; fc 5"])
    return parse(f"{text}{middle}; fc 4")


def places(model: Model) -> tuple[list[int], list[int]]:
    """How many layers can be frozen so that something learns; and so that a relu does, but not its batchnorm."""
    steps = [step for step in model.steps() if "." not in step.path]
    apart = [int(b.path) for a, b in pairwise(steps) if (a.layer.word, b.layer.word) == ("batchnorm", "relu")]
    return [int(step.path) for step in steps], apart


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How many steps the merged layer took, in training and without."""
    took, real = Counter[str](), RectifiedBatchNorm.forward

    def told(self, x, params, run):  # type: ignore[no-untyped-def]  # as the layer's
        took["in training" if run.train else "without"] += 1
        return real(self, x, params, run)

    with patch.object(RectifiedBatchNorm, "forward", told):
        yield took


def test_random_networks_with_rectified_batchnorms_agree() -> None:
    found, wrong = Counter[str](), []
    for seed in range(FIRST, FIRST + RUNS):
        model, rng = drawn(seed), np.random.default_rng(seed)
        everywhere, apart = places(model)
        x, dy = rng.normal(size=(model.input[-1], *model.input[:-1], BATCH)), rng.normal(size=(4, BATCH))
        for frozen in {0, *apart, int(rng.choice(everywhere))}:
            network = drawn_network(model, seed, frozen)
            try:
                with counted() as took:
                    comparable = check_outputs(network, x) and check_training(network, x, dy)
            except MismatchError as error:
                wrong.append(f"{seed}: {write(model)}, {frozen} frozen: {error}")
                continue
            if not comparable:
                found["constant"] += 1
                continue
            found.update(f"merged {how}" for how in took)
            found.update(["agree", *(["frozen"] * (frozen > 0)), *(["cut between"] * (frozen in apart))])
    print(f"{RUNS} models:", dict(found))
    assert not wrong, min(wrong, key=len)
    assert found["constant"] <= 0.05 * found["agree"]
    if RUNS >= 150:
        assert {"frozen", "cut between", "merged in training", "merged without"} <= set(found)
