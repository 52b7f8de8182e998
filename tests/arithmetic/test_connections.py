"""Fully connected, locally connected, convolutional: the figures of the textbooks, and wires counted one by one."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.arithmetic.connections import SIZES, Reach, five_to_five, wirings
from cnncalc.arithmetic.report import analyse
from cnncalc.errors import ShapeError
from cnncalc.layers import parse


def test_units_that_see_all_of_an_input() -> None:
    # 3×3: 9n; 32×32: 1,024n; 224×224: 50,176n; 1000×1000: 10⁶n
    assert [Reach.of(x, (3, 3), None).fully for x in SIZES] == [9, 1024, 50_176, 10**6]
    reach = Reach.of((32, 32), (5, 5), 100)
    assert (reach.fully, reach.locally, reach.shared) == (102_400, 2_500, 25)
    colour = Reach.of((32, 32, 3), (5, 5), 10)  # a window sees all channels
    assert (colour.fully, colour.locally, colour.shared) == (30_720, 750, 75)
    with pytest.raises(ShapeError, match="5×5 window does not fit in 3×3"):
        Reach.of((3, 3), (5, 5), None)


def test_five_to_five() -> None:
    # dense 5·5 + 5, windows of three with weights of their own 5·3 + 5, convolution 3 + 1
    found = five_to_five()
    assert [(way.weights, way.biases) for way in found.ways] == [(25, 5), (15, 5), (3, 1)]
    assert [way.parameters for way in found.ways] == [30, 20, 4]


@given(
    n=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    k=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.integers(1, 2),
    pad=st.integers(0, 1),
    channels=st.sampled_from((2, 4)),
    groups=st.sampled_from((1, 2)),
    bias=st.booleans(),
)
def test_wires_counted_one_by_one(
    n: tuple[int, int],
    k: tuple[int, int],
    stride: int,
    pad: int,
    channels: int,
    groups: int,
    bias: bool,
) -> None:
    text = f"input {n[0]}x{n[1]}x{channels}; conv 2x{k[0]}x{k[1]} stride {stride} pad {pad} groups {groups}"
    report = analyse(parse(text + ("" if bias else " bias no")))
    if report.error:
        return
    [found] = wirings(report)
    units, inputs, own, shared = 0, 0, set(), set()
    height, width = (
        len(range(0, size + 2 * pad - span + 1, stride)) for size, span in zip(n, k, strict=True)
    )
    inputs = sum(1 for _ in product(range(n[0]), range(n[1]), range(channels)))
    for unit in product(range(height), range(width), range(2)):
        units += 1
        for tap in product(range(k[0]), range(k[1]), range(channels)):
            if groups == 1 or tap[2] * 2 // channels == unit[2]:
                own.add((unit, tap))
                shared.add((unit[2], tap))
    assert [(way.connections, way.weights, way.biases) for way in found.ways] == [
        (units * inputs, units * inputs, units * bias),
        (len(own), len(own), units * bias),
        (len(own), len(shared), 2 * bias),
    ]


def test_dense_layers_and_pooling_are_left_out() -> None:
    report = analyse(parse("input 8x8x1; conv 2x3x3; maxpool 2x2; depthwise 3x3; fc 2"))
    assert [found.row.layer for found in wirings(report)] == ["conv", "depthwise"]
