"""Counts of well-known tools, as they print them for single layers.

Measured with thop 0.1.1, torchinfo 1.8.0, fvcore 0.1.5, ptflops 0.7.5 (backend aten) and the FlopCounterMode of
PyTorch 2.13.0.
"""

import pytest

from cnncalc.arithmetic.conventions import CONVENTIONS
from cnncalc.arithmetic.report import analyse
from cnncalc.layers import parse

TOOLS = ("thop", "torchinfo", "fvcore", "ptflops", "flops")
MEASURED = [
    ("input 32x32x3; conv 10x5x5 pad 2", (768_000, 778_240, 768_000, 778_240, 1_536_000)),
    ("input 32x32x3; conv 10x5x5 pad 2 bias no", (768_000, 768_000, 768_000, 768_000, 1_536_000)),
    ("input 16x16x4; conv 8x3x3 groups 2", (28_224, 29_792, 28_224, 29_792, 56_448)),
    ("input 16x4; conv 8x3", (1_344, 1_456, 1_344, 1_456, 2_688)),
    ("input 100; fc 10", (1_000, 1_010, 1_000, 1_010, 2_000)),
    ("input 32x32x3; deconv 10x4x4 stride 2 pad 1", (1_966_080, 2_007_040, 491_520, 532_480, 983_040)),
    ("input 16x16x4; deconv 8x3x3 groups 2", (46_656, 49_248, 36_864, 39_456, 73_728)),
    ("input 32x32x10; batchnorm", (40_960, 20, 20_480, 0, 0)),
    ("input 32x32x10; batchnorm affine no", (20_480, 0, 10_240, 0, 0)),
    ("input 32x32x10; avgpool 2x2", (2_560, 0, 0, 0, 0)),
    ("input 32x32x10; globalavgpool", (10_250, 0, 10_240, 0, 0)),
    ("input 32x32x10; adaptiveavgpool 7x7", (10_730, 0, 10_240, 0, 0)),
    ("input 32x32x10; softmax", (29_696, 0, 0, 0, 0)),
    ("input 32x32x10; upsample 2", (40_960, 0, 40_960, 0, 0)),
    ("input 32x32x10; relu; maxpool 2x2; dropout; tanh; lrn 5", (0, 0, 0, 0, 0)),
]


@pytest.mark.parametrize(("text", "counted"), MEASURED)
def test_counts_are_those_that_the_tools_print(text: str, counted: tuple[int, ...]) -> None:
    report = analyse(parse(text))
    for tool, count in zip(TOOLS, counted, strict=True):
        assert sum(CONVENTIONS[tool].counts(row) for row in report.steps) == count, tool


def test_macs_are_those_of_the_report() -> None:
    report = analyse(parse("input 9x9x2; conv 3x3x3; aux training { conv 9x3x3 }; fc 4"))
    assert sum(CONVENTIONS["macs"].counts(row) for row in report.steps) == report.macs
