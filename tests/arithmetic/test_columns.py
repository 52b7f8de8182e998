"""Columns of a report, and how it is written in other forms."""

from hypothesis import given

from cnncalc.arithmetic.columns import COLUMNS, Cell, Setting, amount, chosen, usual
from cnncalc.arithmetic.explain import explained
from cnncalc.arithmetic.report import Report, analyse
from cnncalc.layers import Model, parse
from tests.arithmetic.formulas import worked_out
from tests.oracle import most_alive
from tests.stacks import stacks


def report(text: str) -> Report:
    made = analyse(parse(text))
    assert made.error is None
    return made


def figures(text: str, column: str, setting: Setting = Setting()) -> list[object]:  # noqa: B008 - it is frozen
    made = report(text)
    return [COLUMNS[column].value(Cell(row, made, setting)) for row in made.steps]


def test_windows_are_shown_resolved() -> None:
    text = "input 9x8x1; conv 2x3x5 stride 2x1 pad same; maxpool 2x2; globalavgpool; deconv 1x2x2 stride 2 pad 0:1x0"
    assert figures(text, "kernel") == [[3, 5], [2, 2], [2, 4], [2, 2]]
    assert figures(text, "stride") == [[2, 1], [2, 2], [2, 4], [2, 2]]
    assert figures(text, "pad") == [[(1, 1), (2, 2)], [(0, 0)] * 2, [(0, 0)] * 2, [(0, 1), (0, 0)]]


def test_work_counts_examples_and_memory_their_bytes() -> None:
    text = "input 4x4x1; conv 2x3x3; flatten; fc 3"
    assert figures(text, "MACs", Setting(5)) == [5 * 72, 0, 5 * 24]
    assert figures(text, "FLOPs", Setting(5)) == [10 * 72, 0, 10 * 24]
    assert figures(text, "connections", Setting(2)) == [2 * (72 + 8), 0, 2 * (24 + 3)]
    assert figures(text, "memory", Setting(5, "float16")) == [5 * 8 * 2, 0, 5 * 3 * 2]
    # 144 FLOPs; 16 + 8 numbers and 20 parameters of 4 bytes
    assert figures(text, "intensity")[0] == 144 / (44 * 4)
    assert figures(text, "%") == [100 * 20 / 47, 0, 100 * 27 / 47]


def test_columns_are_chosen_by_name_once_each() -> None:
    assert [column.name for column in chosen("macs, OUTPUT,macs")] == ["#", "layer", "MACs", "output"]
    assert [column.name for column in chosen("all")] == list(COLUMNS)
    assert {column.name for column in usual()} < set(COLUMNS)


def test_amounts_of_memory() -> None:
    assert [amount(n) for n in (0, 1, 1023, 1024, 1536, 3 * 2**20, 5 * 2**60)] == [
        "", "1 B", "1023 B", "1.0 KiB", "1.5 KiB", "3.0 MiB", "5120.0 PiB",
    ]  # fmt: skip


def test_the_most_that_is_in_memory_worked_out_by_hand() -> None:
    # 16 in, 32 behind the convolution, 8 behind the pooling
    assert report("input 4x4x1; conv 2x1x1; maxpool 2x2").peak == 16 + 32
    # the second convolution has 16 in and 16 out, and 16 wait for the sum
    assert report("input 4x4x1; residual { conv 1x1x1; conv 1x1x1 }").peak == 48
    # while the second branch is computed, what the first put out waits; at the end both and the result: 32 + 48 + 80
    assert report("input 4x4x1; concat { { conv 2x1x1 } { conv 3x1x1 } }").peak == 160
    # nothing but names: the input alone
    assert report("input 4x4x1; identity; flatten").peak == 16
    assert report("input 4x4x1; identity; conv 2x1x1; flatten").kept == 16 + 32


@given(stacks())
def test_the_most_that_is_in_memory_is_that_of_tensors_that_live_until_their_last_use(model: Model) -> None:
    assert analyse(model).peak == most_alive(model)


@given(stacks())
def test_every_formula_of_every_figure_holds(model: Model) -> None:
    made = analyse(model)
    for row in made.steps:
        for figure, text in explained(Cell(row, made, Setting(3, "float16"))):
            assert worked_out(text), (figure, text)


def test_a_layer_is_explained_figure_by_figure() -> None:
    made = report("input 9x9x3; maxpool 2x2 stride 1; conv 4x3x3 stride 2 pad 1")
    lines = dict(explained(Cell(made.steps[1], made, Setting(2))))
    assert lines == {
        "output": "(8 − 3 + 2·1)/2 + 1 = 4.50 → 4",
        "parameters": "(3·3·3 + 1)·4 = 112",
        "MACs": "3·3·3·4·4·4 = 1,728",
        "connections": "1728 + 64 = 1,792",
        "MACs of a batch": "1728·2 = 3,456",
        "FLOPs": "2·3456 = 6,912",
        "memory": "4·4·4·2·4 = 512",
        "field": "2 + (3 − 1)·1 = 4",
        "jump": "1·2 = 2",
        "start": "0 − 1·1 = −1",
        "intensity": "6912/((2·(192 + 64) + 112)·4) = 2.77",
    }
