"""What a unit sees, pixel by pixel: by hand, against sets followed forward, against gradients."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnncalc.arithmetic.pixels import Seen, centre, chosen, document, look
from cnncalc.arithmetic.report import analyse
from cnncalc.errors import ShapeError, UsageError
from cnncalc.layers import Field, Layer, Model, Serial, parse
from cnncalc.layers.branching import Branches
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.pooling import AveragePooling, MaxPooling
from cnncalc.numerics.run import Run
from tests.models import models
from tests.oracle import seen as followed
from tests.stacks import stacks


def seen(text: str, unit: tuple[int, ...] | None = None, layer: str = "") -> Seen:
    report = analyse(parse(text))
    return look(report, chosen(report, layer), unit)


def drawn(mask) -> list[str]:
    return ["".join(".#"[int(pixel)] for pixel in row) for row in mask]


def test_dilation_leaves_holes() -> None:
    one = seen("input 7x9x1; conv 1x3x3 dilation 2x3", (1, 0))
    assert drawn(one.mask) == [
        ".........",
        "#..#..#..",
        ".........",
        "#..#..#..",
        ".........",
        "#..#..#..",
        ".........",
    ]
    assert (one.spans, one.rectangle, one.area, one.total) == (((1, 5), (0, 6)), ((1, 5), (0, 6)), 35, 9)
    assert (one.axes, one.is_product) == ([[1, 3, 5], [0, 3, 6]], True)


def test_two_layers_see_five_and_the_rim_sees_less() -> None:
    # course.md: width 3 in one layer, with respect to the input 5 after two
    text = "input 9x9x1; conv 1x3x3 pad 1; conv 1x3x3 pad 1"
    assert seen(text).rectangle == ((2, 6), (2, 6))
    corner = seen(text, (0, 8))
    assert (corner.spans, corner.rectangle) == (((-2, 2), (6, 10)), ((0, 2), (6, 8)))


def test_branches_are_a_union_of_products_not_a_product() -> None:
    text = "input 7x7x1; concat { { conv 1x1x5 pad 0:0x2:2 } { conv 1x5x1 pad 2:2x0:0 } }"
    one = seen(text)
    assert drawn(one.mask) == [
        ".......",
        "...#...",
        "...#...",
        ".#####.",
        "...#...",
        "...#...",
        ".......",
    ]
    assert (one.area, one.total, one.is_product) == (25, 9, False)
    assert one.document()["runs"] == [[1, 3, 3], [2, 3, 3], [3, 1, 5], [4, 3, 3], [5, 3, 3]]


def test_windows_over_a_union_overlap() -> None:
    cross = "concat { { conv 1x1x5 pad 0:0x2:2 } { conv 1x5x1 pad 2:2x0:0 } }"
    assert drawn(seen(f"input 7x7x1; conv 1x3x3 pad 1; {cross}").mask) == [
        "..###..",
        "..###..",
        "#######",
        "#######",
        "#######",
        "..###..",
        "..###..",
    ]


def test_a_gate_of_one_pixel_is_seen_by_all() -> None:
    assert seen("input 5x6x2; multiply { {} { globalavgpool; conv 2x1x1 } }", (0, 0)).total == 30


def test_a_layer_in_a_branch_is_reached_through_that_branch_alone() -> None:
    text = "input 9x1; conv 1x3 pad 1; concat { { conv 1x7 pad 3 } { conv 1x3 dilation 2 pad 2; relu } }"
    assert seen(text, (4,), "2.2.2").axes == [[1, 2, 3, 4, 5, 6, 7]]
    assert seen(text, (4,), "2.2.1").axes == seen(text, (4,), "2.2.2").axes
    assert seen(text, (4,), "2.1.1").axes == seen(text, (4,)).axes == [[*range(9)]]
    assert seen("input 9x1; aux { conv 1x5 pad 2 }; conv 1x3 pad 1", (4,)).axes == [[3, 4, 5]]
    assert seen("input 9x1; aux { conv 1x5 pad 2 }; conv 1x3 pad 1", (4,), "1.body.1").axes == [
        [2, 3, 4, 5, 6]
    ]


def test_wavenets_ten_layers_see_1024_without_a_hole() -> None:
    # van den Oord et al. 2016, figure 3: dilations 1, 2, 4, …, 512
    stack = "; ".join(f"conv 1x2 pad causal dilation {2**i}" for i in range(10))
    one = seen(f"input 3000x1; {stack}", (2500,))
    assert one.axes == [[*range(2500 - 1023, 2501)]]


def test_behind_flatten_a_unit_sees_what_all_see() -> None:
    one = seen("input 8x8x1; conv 1x3x3 stride 4; fc 3", layer="3")
    assert one.unit == ()
    assert one.axes == [[0, 1, 2, 4, 5, 6]] * 2
    assert seen("input 8x8x1; conv 1x3x3 stride 4; fc 3").row.layer == "conv"


def test_transposed_units_see_the_elements_that_reach_them() -> None:
    text = "input 4x1; deconv 1x3 stride 2"
    assert [seen(text, (unit,)).axes[0] for unit in range(9)] == [
        [0], [0], [0, 1], [1], [1, 2], [2], [2, 3], [3], [3],
    ]  # fmt: skip
    text = "input 4x1; deconv 1x2 stride 2 dilation 4"  # every second position is reached by none
    assert [seen(text, (unit,)).axes[0] for unit in range(11)] == [
        [0], [], [1], [], [0, 2], [], [1, 3], [], [2], [], [3],
    ]  # fmt: skip
    nothing = seen(text, (1,))
    assert (nothing.rectangle, nothing.area, nothing.total) == ((), 0, 0)


@given(stacks(), st.integers(0, 10**6))
def test_the_places_along_the_first_axis_are_those_of_an_oracle(model: Model, which: int) -> None:
    """The oracle follows sets of elements forward through every layer."""
    report = analyse(model)
    assume(report.steps and len(report.output) > 1)
    shape = report.output[:-1]
    unit = tuple(which % n for n in shape)
    one = look(report, report.steps[-1], unit)
    axis, _ = followed(model.body, [{i} for i in range(model.input[0])], model.input)
    if one.total or len(shape) == 1:
        assert set(one.axes[0]) <= axis[unit[0]]
        if not any(isinstance(layer, Branches) for layer in model.body.layers) or len(shape) == 1:
            assert set(one.axes[0]) == axis[unit[0]]
    for (first, last), places in zip(one.spans, one.axes, strict=True):
        assert all(first <= place <= last for place in places)


@given(models(axes=(1, 2, 2, 3)), st.integers(0, 10**6))
def test_the_pixels_are_those_of_a_one_hot_gradient(model: Model, which: int) -> None:
    """All weights one, averages instead of maxima, no functions: the gradient is not zero where a pixel counts."""
    linear = Model(model.input, Serial(tuple(filter(None, map(averaged, model.body.layers)))))
    report = analyse(linear)
    assume(report.error is None and report.steps)
    unit = tuple(which % n for n in report.output[:-1])
    one = look(report, report.steps[-1], unit)
    assert np.array_equal(one.mask, gradient(linear, unit) != 0)


def averaged(layer: Layer) -> Layer | None:
    """Convolutions and means as they are, maxima as means, nothing of the rest."""
    if isinstance(layer, MaxPooling) and set(layer.dilation) == {1}:
        return AveragePooling(layer.kernel, stride=layer.stride, padding=layer.padding, ceil=layer.ceil)
    return layer if isinstance(layer, Convolution | AveragePooling) else None


def gradient(model: Model, unit: tuple[int, ...]) -> np.ndarray:
    """Of the sum over channels of a unit, with respect to the input, summed over channels: (H, W)."""
    run = Run(train=True)
    x = np.ones((model.input[-1], *model.input[:-1], 1))
    pullbacks = []
    for step in model.steps():
        shapes = step.layer.param_shapes(step.input)
        run.key, run.reuse, run.need_dx = step.path, False, True
        x, back = step.layer.forward(x, {name: np.ones(shape) for name, shape in shapes.items()}, run)
        x = x.copy()
        pullbacks.append(back)
    dy = np.zeros_like(x)
    dy[:, *unit, 0] = 1
    for back in reversed(pullbacks):
        dy = back(dy)[0].copy()
    return dy[..., 0].sum(axis=0)


def test_a_unit_in_three_dimensions() -> None:
    one = seen("input 5x6x7x1; conv 1x1x2x3 dilation 1x2x2; maxpool 2x1x1")
    assert one.axes == [[2, 3], [2, 4], [1, 3, 5]]
    assert (one.unit, one.total, one.area) == ((1, 2, 1), 12, 30)


def test_the_middle_and_the_centre() -> None:
    assert seen("input 8x7x1; relu").unit == (4, 3)
    assert centre(Field(5, 1, -2)) == 0
    assert centre(Field(4, 2, 1)) == 2.5


def test_the_document_holds_every_layer_and_the_unit() -> None:
    report = analyse(parse("input 9x8x1; conv 2x3x3 dilation 2 pad 2; relu; fc 3"))
    facts = document(report, look(report, chosen(report), (0, 7)))
    assert [layer["path"] for layer in facts["layers"]] == ["0", "1", "2", "3"]
    assert facts["layers"][0]["field"] == {
        "size": [5, 5],
        "jump": [1, 1],
        "start": [-2, -2],
        "centre": [0, 0],
    }
    assert facts["seen"] == {
        "path": "1",
        "layer": "relu",
        "text": "relu",
        "input": [9, 8, 2],
        "output": [9, 8, 2],
        "unit": [0, 7],
        "span": [[-2, 2], [5, 9]],
        "exact": True,
        "rectangle": [[0, 2], [5, 7]],
        "area": 9,
        "pixels": 4,
        "axes": [[0, 2], [5, 7]],
        "product": True,
    }


def test_too_many_pixels_are_not_followed() -> None:
    one = seen("input 20000x20000x1; conv 1x3x3")
    assert (one.mask, one.spans) == (None, ((9999, 10001), (9999, 10001)))
    assert one.document()["exact"] is False
    assert seen("input 5000000x1; conv 1x3").mask is None


@pytest.mark.parametrize(
    ("text", "layer", "unit", "said"),
    [
        ("input 9x9x1; conv 1x3x3; relu", "3", None, "there is no layer 3"),
        ("input 9x9x1; conv 1x3x3", "0", None, "there is no layer 0"),
        ("input 9x9x1; conv 1x3x3", "", (7, 0), "there is no unit 7,0: layer 1 puts out 7×7×1"),
        ("input 9x9x1; conv 1x3x3", "", (-1, 0), "there is no unit -1,0"),
        ("input 9x9x1; conv 1x3x3", "", (3,), "a unit of 1 numbers, but layer 1 puts out 7×7×1"),
        ("input 9x9x1; fc 3", "2", (0,), "numbers without axes"),
        ("input 9; fc 3", "", None, "has no axes"),
        ("input 9x9x1; fc 3", "", None, "no layer has spatial axes"),
        ("input 9x9x1; conv 1x3x3; conv 1x9x9", "", None, "does not fit"),
    ],
)
def test_what_is_not_there_is_said(text: str, layer: str, unit: tuple[int, ...] | None, said: str) -> None:
    with pytest.raises((UsageError, ShapeError), match=said) as caught:
        seen(text, unit, layer)
    assert caught.value.hint


def test_of_maps_too_large_to_mark_the_spans_are_known() -> None:
    found = seen("input 9x9x1; conv 1x3x3 pad 2147483647")
    assert (found.mask, len(found.spans)) == (None, 2)
    assert [last - first for first, last in found.spans] == [2, 2]
