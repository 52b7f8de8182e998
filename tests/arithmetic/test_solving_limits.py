"""The largest number below a limit: it keeps below, and one more does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.arithmetic.columns import Setting
from cnncalc.arithmetic.solving import Answer, Limit, largest, solve
from cnncalc.errors import UsageError
from cnncalc.layers import parse
from tests.arithmetic.problems import problem
from tests.oracle import counted, most_alive


def under(text: str, *limits: Limit, batch: bool = False, setting: Setting | None = None) -> Answer:
    return largest(problem(text), list(limits), setting or Setting(), batch=batch)


def oracle_parameters(text: str) -> int:
    return sum(counted(step)[0] for step in parse(text).leaves())


def oracle_macs(text: str) -> int:
    return sum(counted(step)[1] for step in parse(text).leaves())


@settings(max_examples=8)
@given(st.integers(10, 3000), st.integers(1, 4))
def test_the_largest_filters_keep_below_and_one_more_does_not(most: int, groups: int) -> None:
    text = f"input 6x6x4; conv ?x3x3; relu; conv {4 * groups}x1x1; conv ?x1x1 groups {groups}"
    answer = under(text, Limit("parameters", most))
    fitting = [n for n in range(1, 60) if n % groups == 0]
    below = [n for n in fitting if oracle_parameters(text.replace("?", str(n))) <= most]
    if not below:
        assert answer.because.startswith(f"? = {groups} is over the limit already")
        return
    assert answer.solutions[0].values == (str(below[-1]),)
    assert answer.nearest[0].values == (str(below[-1] + groups),)
    assert answer.solutions[0].figures == (oracle_parameters(text.replace("?", str(below[-1]))),)


@settings(max_examples=15)
@given(st.integers(80, 5000))
def test_the_largest_input_keeps_below_and_one_more_does_not(most: int) -> None:
    text = "input ?x?x1; conv 2x3x3 stride 2; maxpool 2x2; globalavgpool; fc 3"
    below = [n for n in range(5, 40) if oracle_macs(text.replace("?", str(n))) <= most]
    answer = under(text, Limit("macs", most))
    assert answer.solutions[0].values == (str(below[-1]),)
    assert answer.nearest[0].values == (str(below[-1] + 1),)


@settings(max_examples=15)
@given(st.integers(200, 20_000), st.sampled_from([("float32", 4), ("float64", 8)]), st.booleans())
def test_the_largest_batch_keeps_its_memory_below(most: int, dtype: tuple[str, int], training: bool) -> None:
    text = "input 4x4x1; conv 2x3x3; relu; fc 3"
    model = parse(text)
    numbers = sum(counted(step)[0] for step in model.leaves())
    # 16 in; 8, 8, and 3 out: flatten renames
    each = 16 + 8 + 8 + 3 if training else most_alive(model)
    expected = (most // dtype[1] - numbers) // each
    answer = under(text, Limit("memory", most, training), batch=True, setting=Setting(1, dtype[0]))
    if expected < 1:
        assert "over the limit already" in answer.because
    else:
        assert answer.solutions[0].values == (str(expected),)
        assert f"--batch {expected}" in answer.solutions[0].command or expected == 1


def test_what_is_exactly_the_limit_keeps_below_it() -> None:
    answer = under("input 6x6x1; conv ?x3x3", Limit("parameters", 30))  # ten each
    assert (answer.solutions[0].values, answer.solutions[0].figures) == (("3",), (30,))
    assert (answer.nearest[0].values, answer.nearest[0].figures) == (("4",), (40,))


def test_kernels_are_all_looked_at_since_their_work_falls_again() -> None:
    text = "input 9x9x1; conv 2x?x?; fc 3"
    below = [k for k in range(1, 10) if oracle_macs(text.replace("?", str(k))) <= 700]
    assert below == [1, 8, 9]
    assert under(text, Limit("macs", 700)).solutions[0].values == ("9",)


def test_several_limits_hold_together() -> None:
    text = "input 8x8x3; conv ?x3x3; fc 10"
    wide, narrow = Limit("parameters", 100_000), Limit("macs", 20_000)
    assert under(text, wide, narrow).solutions[0].values == under(text, narrow).solutions[0].values
    found = solve(problem(f"{text}; output 10"), limits=[Limit("parameters", 2000)]).solutions
    assert {one.values for one in found} == {(str(n),) for n in range(1, 6)}  # 28n + 360n + 10 ≤ 2,000
    none = solve(problem(f"{text}; output 10"), limits=[Limit("parameters", 20)])
    assert none.because == "at best 398 is over the limit of 20 for parameters"


def test_where_nothing_limits_it_that_is_said() -> None:
    answer = under("input ?x?x1; conv 2x3x3; globalavgpool", Limit("parameters", 100))
    assert answer.because == "parameters: under the limit however large ? is"
    assert under("input 8x8x1; conv ?x9x9", Limit("macs", 100)).because == (
        "no value fits the model: a 9×9 window does not fit in 8×8 (padding 0)"
    )


# ── what cannot be asked ──


def test_a_stride_has_no_largest() -> None:
    with pytest.raises(UsageError, match="there is no largest stride under a limit"):
        under("input 8x8x1; conv 2x3x3 stride ?", Limit("macs", 10))
    with pytest.raises(UsageError, match="both written as"):
        under("input 8x8x1; conv ?x3x3", Limit("macs", 10), batch=True)
