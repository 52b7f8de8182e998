"""Numbers that are written as ?, against every value that could be put in and windows that are really slid."""

import re
import shlex
from itertools import product
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnncalc.arithmetic.report import analyse
from cnncalc.arithmetic.solving import Problem, solve
from cnncalc.errors import CnncalcError, LanguageError, UsageError
from cnncalc.layers import Model, parse, write
from cnncalc.layers.words import read_text, split_flags
from tests.arithmetic.problems import problem
from tests.stacks import stacks

few = st.integers(1, 6)


def values(text: str, **how: object) -> list[tuple[str, ...]]:
    return [one.values for one in solve(problem(text), most=10**6, **how).solutions]  # type: ignore[arg-type]


def positions(n: int, kernel: int, stride: int, before: int, after: int, dilation: int = 1) -> int:
    """How often a window can be laid on a padded list, by laying it."""
    padded = [None] * before + [*range(n)] + [None] * after
    return len(
        [start for start in range(0, len(padded), stride) if start + (kernel - 1) * dilation < len(padded)]
    )


def pad_of(value: str) -> tuple[int, int]:
    before, _, after = value.partition(":")
    return int(before), int(after or before)


def test_the_first_layer_of_the_courses_keeps_its_size_with_pad_2() -> None:
    assert values("input 32x32x3; conv 10x5x5 stride 1 pad ?; output 32x32x10")[0] == ("2",)
    assert values("input 32x32x3; conv ?x5x5 pad 2; output 32x32x10") == [("10",)]
    assert values("input 32x32x3; conv 6x?x?; output 28x28x6") == [("5",)]


def test_the_courses_window_of_three_on_seven() -> None:
    """N = 7, F = 3: stride 1 → 5, stride 2 → 3; stride 3 does not fit."""
    assert values("input 7x7x1; conv 1x3x3 stride ?; output 5x5") == [("1",)]
    found = solve(problem("input 7x7x1; conv 1x3x3 stride ?; output 3x3")).solutions
    assert [one.values for one in found] == [("2",)]
    found = solve(problem("input 7x7x1; conv 1x3x3 stride ?; output 2x2")).solutions
    assert [(one.values, bool(one.notes)) for one in found] == [(("4",), False), (("3",), True)]


def test_a_stride_of_two_halves_with_lopsided_pads_that_leave_nothing_over() -> None:
    answer = solve(problem("input 32x32x3; conv 10x5x5 stride 2 pad ?; output 16x16"))
    assert [one.values[0] for one in answer.solutions] == [
        "1:2",
        "2:1",
        "0:3",
        "3:0",
        "2",
        "1:3",
        "3:1",
        "0:4",
        "4:0",
    ]
    assert [bool(one.notes) for one in answer.solutions] == [False] * 4 + [True] * 5
    assert answer.solutions[0].command == 'cnncalc shape "input 32x32x3; conv 10x5x5 stride 2 pad 1:2"'
    assert (answer.found, answer.tried, answer.complete) == (9, 144, True)


@settings(max_examples=50)
@given(st.integers(1, 20), few, few, st.integers(1, 3), st.integers(1, 12))
def test_pads_are_all_those_that_lead_to_the_output(
    n: int, kernel: int, stride: int, dilation: int, out: int
) -> None:
    text = f"input {n}x{n}x1; conv 1x{kernel}x{kernel} stride {stride} dilation {dilation} pad ?; output {out}x{out}"
    highest = max(11, (kernel - 1) * dilation)
    expected = {
        pad
        for pad in product(range(highest + 1), repeat=2)
        if positions(n, kernel, stride, *pad, dilation) == out
    }
    assert {pad_of(value) for (value,) in values(text)} == expected


@settings(max_examples=15)
@given(st.integers(1, 30), st.integers(1, 8), few, few)
def test_several_unknowns_have_all_combinations(n: int, out: int, pool: int, kernel: int) -> None:
    text = f"input {n}x1; conv 1x{kernel} pad ?:1; maxpool {pool} stride ?; output {out}"
    answer = solve(problem(text), most=10**6)
    expected = {
        (str(before), str(step))
        for before, step in product(range(12), range(1, 65))
        if (middle := positions(n, kernel, 1, before, 1)) and positions(middle, pool, step, 0, 0) == out
    }
    assert {one.values for one in answer.solutions} == expected
    assert answer.found == len(expected)


@settings(max_examples=10)
@given(few, few, st.integers(0, 2), st.integers(1, 9))
def test_inputs_are_all_those_that_lead_to_the_output(kernel: int, stride: int, pad: int, out: int) -> None:
    text = f"input ?x?x3; conv 2x{kernel}x{kernel} stride {stride} pad {pad}; output {out}x{out}"
    expected = [n for n in range(1, 1025) if positions(n, kernel, stride, pad, pad) == out]
    assert sorted(int(value) for (value,) in values(text)) == expected


NUMBER = re.compile(r"(?<=[x: ])[0-9]+(?=[x:; }]|$)")


@settings(max_examples=15)
@given(stacks(), st.integers(0, 2**32))
def test_a_number_that_is_taken_out_of_a_random_model_is_found_again(model: Model, seed: int) -> None:
    text = write(model)
    places = [match for match in NUMBER.finditer(text) if match.start() > text.find(";") > 0]
    assume(places)
    place = Random(seed).choice(places)
    asked = text[: place.start()] + "?" + text[place.end() :]
    *_, last = [model.input, *(step.output for step in model.steps())]
    try:
        answer = solve(
            problem(f"{asked}; output {'x'.join(map(str, last))}"), each=True, most=200, budget=4000
        )
    except UsageError as error:  # such as a share of dropout
        assert "cannot be solved for" in error.message or "no number does" in error.message
        return
    except LanguageError:  # 0.? is no number
        return
    outputs = {analyse(parse(one.command.split('"')[1])).output for one in answer.solutions}
    assert outputs == {last}
    number = int(place[0])
    [unknown] = answer.unknowns
    if unknown.lowest <= number <= unknown.highest and answer.found < 200:
        assert any(str(number) in re.split("[:x]", one.values[0]) for one in answer.solutions)


def test_numbers_along_axes_are_alike_unless_only_others_solve_it() -> None:
    assert values("input 12x12x1; conv 1x?x?; output 8x8") == [("5",)]
    assert values("input 32x30x3; conv 10x?x?; output 28x28") == [("5", "3")]
    assert values("input 32x30x3; conv 8x5x3 pad ?; output 32x30", budget=4000)[0] == ("2x1",)
    assert len(values("input 8x8x1; conv 1x3x3 pad ?; output 8x8")) == 3  # 1, 0:2, 2:0
    assert len(values("input 8x8x1; conv 1x3x3 pad ?; output 8x8", each=True, budget=4000)) == 9


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("input 8x8x4; residual { conv ?x3x3 pad ?; relu }; output 8x8", ("4", "1")),
        ("input 8x8x3; concat { { conv ?x1x1 } { conv 6x3x3 pad 1 } }; output 8x8x16", ("10",)),
        ("input 8x8x1; repeat ? { conv 4x3x3 }; output 2x2", ("3",)),
        ("input 28x28x1; fc 5; fc ?; output 10", ("10",)),
        ("input 4x4x1; deconv 2x3x3 stride 2 pad 1 outpad ?; output 8x8", ("1",)),
        ("input 9x9x1; conv 1x3x3 dilation ?; output 1x1", ("4",)),
        ("input 9x9x1; zeropad ?; output 11x11", ("1",)),
        ("input 4x4x1; upsample ?; output 12x12", ("3",)),
        ("input 16x2; conv 3x? pad causal; output 16x?", ("1",)),
        ("input 8x6; depthwise 1 multiplier ?; output 8x12", ("2",)),
        ("input 6x6x6x1; conv 2x?x?x?; output 4x4x4x2", ("3",)),
        ("input 32x32x3; conv 10x5x5 stride 2 pad ?; output 16x16; fc 10", ("1:2",)),
        (
            "input 32x32x3; conv 10x5x5 stride 2 pad ? output 16x16; maxpool 2x2 stride ? output 8x8",
            ("1:2", "2"),
        ),
    ],
)
def test_a_number_may_stand_anywhere(text: str, first: tuple[str, ...]) -> None:
    assert values(text, budget=10_000)[0] == first


def test_options_name_and_spec_are_pasted_back_as_they_were_given() -> None:
    flags, _ = split_flags(
        ["--input", "32x32x3", "--conv=10x5x5", "--no-bias", "--stride", "2", "--pad", "?"]
    )
    asked = problem("", "--output", "16x16", *flags)
    assert solve(asked).solutions[0].command == (
        "cnncalc shape --input 32x32x3 --conv 10x5x5 --no-bias --stride 2 --pad 1:2"
    )
    zoo = Problem.of(
        "my nets/lenet5", read_text("input 32x32x1; conv 6x5x5"), ["--output", "14x14", "--conv", "?x1x1"]
    )
    assert zoo.demands[0].after == 1
    assert zoo.filled({id(zoo.layers[1]): ["4"]}).command() == 'cnncalc shape "my nets/lenet5" --conv 4x1x1'
    words = problem("input 9x9x1  # gray\nconv ?x3x3\nresidual { relu; conv 4x1x1 }\n", "--output", "7x7x4")
    [found] = solve(words).solutions
    assert found.command == 'cnncalc shape "input 9x9x1; conv 4x3x3; residual { relu; conv 4x1x1 }"'
    assert write(parse(shlex.split(found.command)[2])) == write(
        parse("input 9x9x1; conv 4x3x3; residual { relu; conv 4x1x1 }")
    )


def test_pads_reach_over_a_large_window() -> None:
    assert values("input 8x8x3; conv 4x31x31 pad ?; output 8x8")[0] == ("15",)


def test_even_pads_come_before_lopsided_ones() -> None:
    found = values("input 8x1; conv 1x? pad ?; output 8", budget=10_000)
    assert found[:6] == [("1", "0"), ("3", "1"), ("5", "2"), ("7", "3"), ("9", "4"), ("11", "5")]


def test_pads_that_hold_a_whole_window_come_last() -> None:
    found = values("input 5x1; conv 1x? pad ?; output 7", budget=10_000)
    assert found[0] == ("3", "2")
    assert found.index(("1", "1")) > found.index(("5", "3"))  # the window of one would see padding alone


# ── where there is none ──


@pytest.mark.parametrize(
    ("text", "because", "nearest"),
    [
        ("input 7x7x1; conv 1x3x3 stride ?; output 4x4", "rows go from 3 to 5, past 4; columns go from 3 to 5, past 4",
         [("1",), ("2",), ("4",)]),
        ("input 7x7x1; conv 1x3x3 pad ?; output 40x40", "rows are at most 27, not 40; columns are at most 27, not 40",
         [("11",), ("10:11",), ("10",)]),
        ("input 7x7x1; conv 1x3x3 pad ?; output 7x7x2", "channels are 1 whatever ? is, not 2", [("1",), ("0:1",), ("1:2",)]),  # noqa: E501
        ("input 7x7x1; conv 1x9x9 stride ?; output 1x1",
         "no value fits conv 1x9x9 stride ?: a 9×9 window does not fit in 7×7 (padding 0)", []),
        ("input 7x7x1; conv 1x3x3 pad ?; fc 10; output 7x7", "what comes out has 1 sizes, such as 10; 7×7 has 2", []),
    ],
)  # fmt: skip
def test_where_there_is_none_it_says_why_and_what_comes_nearest(
    text: str, because: str, nearest: list[tuple[str, ...]]
) -> None:
    answer = solve(problem(text))
    assert (answer.solutions, answer.found) == ([], 0)
    assert answer.because == because
    assert [one.values for one in answer.nearest] == nearest


@settings(max_examples=30)
@given(st.integers(3, 20), few, st.integers(1, 30))
def test_nothing_comes_nearer_than_the_nearest(n: int, stride: int, out: int) -> None:
    answer = solve(problem(f"input {n}x1; conv 1x3 stride {stride} pad ?; output {out}"))
    reached = {positions(n, 3, stride, *pad) for pad in product(range(12), repeat=2)} - {0}
    if out in reached:
        assert answer.solutions
        assert not answer.because
    else:
        assert abs(answer.nearest[0].report.output[0] - out) == min(abs(size - out) for size in reached)


# ── much to try ──


def test_many_unknowns_are_tried_in_bounded_work_and_all_are_counted() -> None:
    text = "input 32x32x3; conv 16x?x? stride ? pad ?; maxpool ?x? stride ?; conv 10x3x3 pad ?; output 5x5x10"
    answer = solve(problem(text), most=3, budget=4000)
    assert not answer.complete
    assert (len(answer.solutions), answer.found > 100) == (3, True)
    assert all(one.report.output == (5, 5, 10) for one in answer.solutions)


def test_none_among_much_is_said_with_care() -> None:
    text = "input ?x?x3; conv ?x?x? stride ? pad ?; conv 4x3x3 stride 7 pad ?; output 500x500"
    answer = solve(problem(text), budget=500)
    assert not answer.complete
    assert answer.because.startswith("among what was tried, ")


def test_too_many_unknowns_in_one_block_are_an_error() -> None:
    branches = " ".join("{ conv 2x3x3 pad ? }" for _ in range(9))
    with pytest.raises(UsageError, match="9 unknowns in one layer or block"):
        solve(problem(f"input 9x9x3; concat {{ {branches} }}; output 9x9"), budget=500)


def test_what_is_counted_is_what_a_loop_counts() -> None:
    text = "input 12x1; conv 1x5 stride ? pad 0:1; conv 1x? pad ?:0; output 4"
    answer = solve(problem(text), most=1)
    stride, second, pad = (range(one.lowest, one.highest + 1) for one in answer.unknowns)
    assert answer.found == sum(
        positions(middle, k, 1, p, 0) == 4
        for s in stride
        if (middle := positions(12, 5, s, 0, 1))
        for k, p in product(second, pad)
    )


def test_a_demanded_number_of_filters_is_tried_however_large() -> None:
    assert values("input 8x8x1; conv ?x3x3; output 6x6x5000") == [("5000",)]
    assert ("64", "3", "1", "1") in values(
        "input 32x32x3; conv ?x?x? stride ? pad ?; output 32x32x64", budget=8000
    )


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("input 8x8x1; conv 2x3x3; output 6x6", UsageError, "nothing is written as ?"),
        ("input 8x8x1; conv ?x3x3", UsageError, "nothing is demanded"),
        ("input 8x8x1; conv ?x3x3; output 6y6", UsageError, "an output of 6y6 is no size"),
        ("input 8x8x1; conv ?x3x3; output", UsageError, "output needs a size"),
        ("conv ?x3x3; output 6x6", LanguageError, "the model names no input"),
        ("input 8x8x1; con? 2x3x3; output 6x6", LanguageError, "unknown layer con?"),
        ("input 8x8x1; conv 2x3x3 pad ?,?; output 6x6", UsageError, "pad ?,? is no pad"),
        ("input 8x8x1; conv 2x3x3 pad ?:?:?; output 6x6", LanguageError, "more than a before and an after"),
        ("input 8x8x1; dropout ?; output 6x6", LanguageError, "dropout does not take ?"),
        ("input 8x8x1; conv 2x3x3 pad 1 pad ?; output 6x6", LanguageError, "pad is given twice"),
        ("input 8x8x4; channels ?:4; output 8x8x2", UsageError, "channels range cannot be solved for"),
        ("input 8x8x4; conv 2x3x3 ?; output 8x8x2", LanguageError, "conv does not take ?"),
    ],
)
def test_what_cannot_be_solved_is_an_error(text: str, kind: type[CnncalcError], said: str) -> None:
    with pytest.raises(kind) as caught:
        solve(problem(text))
    assert said in caught.value.message
    assert caught.value.hint
