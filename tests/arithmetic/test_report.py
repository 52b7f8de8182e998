"""Figures of whole models: published ones, and loops that count."""

from math import prod

from hypothesis import given

from cnncalc.arithmetic.report import Row, analyse
from cnncalc.arithmetic.zoo import ZOO
from cnncalc.layers import Field, Model, parse, write
from tests.oracle import counted, seen
from tests.stacks import stacks


def rows(text: str) -> list[Row]:
    report = analyse(parse(text))
    assert report.error is None
    return report.rows


def test_the_courses_first_layer() -> None:
    # 32×32×3, ten 5×5 filters, stride 1, pad 2 → 32×32×10; 5·5·3 + 1 = 76 per filter, 760 in all
    [row] = rows("input 32x32x3; conv 10x5x5 stride 1 pad 2")
    assert (row.output, row.parameters, row.cost.macs) == ((32, 32, 10), 760, 768_000)
    assert row.field == (Field(5, 1, -2), Field(5, 1, -2))
    assert [f"{figure}: {text}" for figure, text in row.formulas] == [
        "output: (32 − 5 + 2·2)/1 + 1 = 32",
        "parameters: (5·5·3 + 1)·10 = 760",
        "MACs: 5·5·3·32·32·10 = 768,000",
    ]


def test_lenet5_as_lecun_et_al_1998_draw_it() -> None:
    report = analyse(ZOO["lenet5"].model)
    shapes = [row.output for row in report.rows if row.layer in ("conv", "avgpool", "fc")]
    assert shapes == [(28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16), (1, 1, 120), (84,), (10,)]
    assert (report.parameters, report.macs) == (61_706, 416_520)
    c1 = report.rows[0]
    assert (c1.parameters, c1.cost.connections) == (156, 122_304)  # LeCun et al. 1998, section II.B
    assert [row.cost.connections for row in report.rows if row.layer in ("conv", "fc")][2:4] == [
        48_120,
        10_164,
    ]


def test_lwls_as_lindholm_et_al_example_6_3_has_it() -> None:
    report = analyse(ZOO["lwls"].model)
    weighted = [row for row in report.rows if row.layer in ("conv", "fc")]
    assert [prod(row.output) for row in weighted] == [3136, 1568, 588, 200, 10]
    assert [row.parameters for row in weighted] == [104, 808, 1548, 117_800, 2010]


@given(stacks())
def test_figures_against_a_loop_that_counts(model: Model) -> None:
    for step, row in zip(model.leaves(), analyse(model).rows, strict=True):
        parameters, macs, connections = counted(step)
        assert row.parameters == parameters
        assert (row.cost.macs, row.cost.connections) == ((0, 0) if step.idle else (macs, connections))


@given(stacks())
def test_the_field_is_what_a_unit_really_sees(model: Model) -> None:
    """Along the first axis, each unit's set of input elements is followed through every layer and branch."""
    axis, _ = seen(model.body, [{i} for i in range(model.input[0])], model.input)
    row = analyse(model).steps[-1] if model.body.layers else None
    if row is None or not row.field:
        return
    field = row.field[0]
    exact = not any(word in write(model) for word in ("multiply", "lcn", "deconv", "concat", "residual"))
    assert field.size == max(
        last - first + 1 for first, last in map(field.span, range(max(len(field.phases), 1)))
    )
    for unit, elements in enumerate(axis):
        first, last = field.span(unit)
        assert all(first <= element <= last for element in elements)
        if exact and first >= 0 and last < model.input[0] and first <= last:
            assert {min(elements), max(elements)} == {first, last}


def test_the_field_through_branches_that_end_alike_is_exact() -> None:
    for text in (
        "residual { conv 1x3 pad 1; conv 1x5 pad 2 }",
        "concat { { conv 1x3 pad 1 dilation 2 pad 2 } { conv 1x1 } { maxpool 5 stride 1 pad 2 } }".replace(
            "pad 1 ", ""
        ),
        "maxpool 4; residual { conv 1x3 pad 1 }; deconv 1x2 stride 2; conv 1x3 pad 1; upsample 2",
        "conv 1x3 stride 2; concat { { upsample 3 } { deconv 1x3 stride 3 } }; maxpool 2",
        "conv 1x2 stride 3; upsample 2; conv 1x2 stride 3; adaptiveavgpool 3",
    ):
        model = parse(f"input 61x1; {text}")
        axis, _ = seen(model.body, [{i} for i in range(61)], model.input)
        field = analyse(model).steps[-1].field[0]
        inner = [unit for unit in range(len(axis)) if field.span(unit)[0] >= 0 and field.span(unit)[1] < 61]
        assert len(inner) > 1, text
        for unit in inner:
            assert (min(axis[unit]), max(axis[unit])) == field.span(unit), (text, unit)


@given(stacks())
def test_totals_are_sums_and_shapes_follow_on(model: Model) -> None:
    document = analyse(model).document()
    layers = document["layers"]
    for name in ("parameters", "buffers", "macs"):
        assert document["totals"][name] == sum(layer[name] for layer in layers)
    top = [row for row in (*layers, *document.get("blocks", ())) if row["path"].isdecimal()]
    top.sort(key=lambda row: int(row["path"]))
    shapes = [document["input"], *(row["output"] for row in top)]
    assert [row["input"] for row in top] == shapes[:-1]
    assert document["output"] == shapes[-1]
    assert [row["path"] for row in top] == [str(i) for i in range(len(top))]


def test_an_implied_flatten_is_a_leaf_of_its_own() -> None:
    implied = rows("input 4x4x2; relu; fc 3; fc 2")
    assert [row.path for row in implied] == ["0", "1", "2", "3"]
    assert [row.layer for row in implied] == ["relu", "flatten", "fc", "fc"]
    assert [row.output for row in rows("input 4x4x2; relu; flatten; fc 3; fc 2")] == [
        row.output for row in implied
    ]


def test_all_units_together_see_from_the_first_ones_start_to_the_last_ones_end() -> None:
    assert rows("input 9x9x1; conv 1x3x3 stride 2; fc 2")[-1].field == (Field(9, 0, 0),) * 2
    # lwls: 7 units of 15 pixels, 4 apart, from pixel −5
    assert analyse(ZOO["lwls"].model).rows[-1].field == (Field(39, 0, -5),) * 2


def test_ceil_counts_the_window_that_sticks_out() -> None:
    assert rows("input 6x6x1; maxpool 3x3 stride 2")[-1].output == (2, 2, 1)
    assert rows("input 6x6x1; maxpool 3x3 stride 2 ceil")[-1].output == (3, 3, 1)


def test_batchnorm_keeps_four_numbers_a_channel_and_trains_two() -> None:
    [row] = rows("input 8x8x5; batchnorm")
    assert (row.parameters, row.buffers) == (10, 10)
    [row] = rows("input 8x8x5; batchnorm affine no")
    assert (row.parameters, row.buffers) == (0, 10)


def test_a_misfit_keeps_the_rows_before_it() -> None:
    report = analyse(parse("input 12x12x1; conv 8x3x3; maxpool 2x2; conv 8x9x9; relu"))
    assert [row.output for row in report.rows] == [(10, 10, 8), (5, 5, 8)]
    assert report.error is not None
    assert report.error.layer == "2"


def test_a_long_stack_is_one_pass() -> None:
    report = analyse(parse("input 9x9x1\n" + "conv 1x3x3 pad 1\nrelu\n" * 2000))
    assert (len(report.rows), report.parameters) == (4000, 20_000)
    assert report.rows[-1].field == (Field(4001, 1, -2000),) * 2
