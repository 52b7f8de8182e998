"""The geometry of a window against windows that are really slid."""

from itertools import count
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import ShapeError
from cnncalc.layers import Field, parse
from cnncalc.layers.window import Window

numbers = st.integers(1, 20)


def starts(window: Window, n: int, before: int, after: int) -> list[int]:
    """The first element of every window, by sliding it: input is 0…n−1, padding lies around it."""
    last = n + after - 1
    span = max(tap * window.dilation for tap in range(window.kernel))
    found: list[int] = []
    for start in count(-before, window.stride):
        # ceil: one more window as long as the one before leaves something, if it begins in the input
        one_more = start - window.stride + span < last and start < n
        fits = one_more if window.ceil else start + span <= last
        if not fits:
            return found
        found.append(start)
    raise AssertionError


@given(
    st.builds(
        Window,
        numbers,
        numbers,
        st.tuples(numbers, numbers) | st.just((0, 0)),
        st.integers(1, 4),
        ceil=st.just(False),
    ),
    numbers,
)
def test_out_counts_the_windows_that_fit(window: Window, n: int) -> None:
    found = starts(window, n, *window.pads(n))
    assert max(window.out(n), 0) == len(found)
    if found:
        reach = found[-1] + (window.kernel - 1) * window.dilation
        assert window.unused(n) == n + window.pads(n)[1] - 1 - reach


@given(
    st.integers(1, 7), numbers, st.tuples(st.integers(0, 3), st.integers(0, 3)), st.integers(1, 3), numbers
)
def test_ceil_adds_the_window_that_begins_in_the_input(
    kernel: int, stride: int, pads: tuple[int, int], dilation: int, n: int
) -> None:
    window = Window(kernel, stride, pads, dilation, ceil=True)
    if (
        max(pads) <= kernel // 2
    ):  # as pooling has it; beyond that PyTorch's rule would keep windows outside the input
        assert max(window.out(n), 0) == len(starts(window, n, *pads))


@given(numbers, numbers, st.integers(1, 4), numbers)
def test_same_keeps_one_output_per_stride_with_the_fewest_zeros(
    kernel: int, stride: int, dilation: int, n: int
) -> None:
    window = Window(kernel, stride, "same", dilation)
    before, after = window.pads(n)
    assert window.out(n) == ceil(n / stride)
    assert 0 <= after - before <= 1  # the extra zero comes last, as in TensorFlow
    fewer = max(before + after - 1, 0)
    assert fewer == 0 or len(starts(window, n, 0, fewer)) < ceil(n / stride) or stride > window.extent


def test_ceil_takes_a_window_larger_than_its_input_as_pytorch_does() -> None:
    assert Window(3, 2, (0, 0), 1, ceil=True).out(2) == 1
    assert Window(3, 2, (0, 0), 1).out(2) == 0


def test_words_of_padding() -> None:
    assert Window(4, 1, "same", 1).pads(7) == (1, 2)
    assert Window(3, 1, "full", 2).pads(9) == (4, 4)
    assert Window(3, 1, "causal", 2).pads(9) == (4, 0)


@pytest.mark.parametrize(
    ("n", "kernel", "stride", "pad", "out"),
    [
        (4, 3, 1, 0, 2),
        (5, 4, 1, 2, 6),
        (5, 3, 1, 1, 5),
        (5, 3, 1, 2, 7),
        (5, 3, 2, 0, 2),
        (5, 3, 2, 1, 3),
        (6, 3, 2, 1, 3),
    ],
)
def test_the_direct_cases_of_dumoulin_and_visins_guide(
    n: int, kernel: int, stride: int, pad: int, out: int
) -> None:
    """Figures 2.1 to 2.7 of arXiv:1603.07285."""
    assert Window(kernel, stride, (pad, pad), 1).out(n) == out


@pytest.mark.parametrize(
    ("n", "kernel", "stride", "pad", "formula"),
    [
        (32, 5, 1, 2, "(32 − 5 + 2·2)/1 + 1 = 32"),
        (7, 3, 1, 0, "(7 − 3)/1 + 1 = 5"),
        (7, 3, 2, 0, "(7 − 3)/2 + 1 = 3"),
        (7, 3, 3, 0, "(7 − 3)/3 + 1 = 2.33 → 2"),
    ],
)
def test_the_courses_sizes_are_written_out(n: int, kernel: int, stride: int, pad: int, formula: str) -> None:
    assert Window(kernel, stride, (pad, pad), 1).formula(n) == formula


def test_a_stride_that_does_not_tile_is_pointed_out() -> None:
    [step] = parse("input 7x7x1; conv 1x3x3 stride 3").steps()
    assert step.layer.notes(step.input) == [
        "(7 − 3)/3 + 1 = 2.33 → 2, 1 row and column unused; nearest exact: stride 1, 2 or 4, pad 1 (→ 3)"
    ]
    [step] = parse("input 7x8x1; conv 1x3x3 stride 3").steps()
    assert [note.split(",")[1].split(";")[0] for note in step.layer.notes(step.input)] == [
        " 1 row unused",
        " 2 columns unused",
    ]
    [step] = parse("input 7x7x1; conv 1x3x3 stride 2").steps()
    assert step.layer.notes(step.input) == []


@pytest.mark.parametrize(
    ("text", "message", "hint", "label"),
    [
        (
            "input 12x12x1; conv 8x3x3; maxpool 2x2; conv 8x9x9",
            "a 9×9 window does not fit in 5×5 (padding 0)",
            "pad 2 makes it fit (output 1×1×8); or use a kernel of at most 5×5",
            "layer 3 sees 5×5×8",
        ),
        (
            "input 12x12x3; conv 8x3x3 groups 2",
            "2 groups do not divide 3 channels and 8 filters",
            "groups 1 would",
            "layer 1 sees 12×12×3",
        ),
        (
            "input 12x12x9; conv 8x3x3 groups 3",
            "3 groups do not divide 9 channels and 8 filters",
            "groups 1 would",
            "layer 1 sees 12×12×9",
        ),
        (
            "input 12x12x3; fc 10; maxpool 2x2",
            "maxpool slides a window over a volume, but 10 numbers without axes reach it",
            "put maxpool before flatten and fc",
            "layer 3 sees 10",
        ),
        (
            "input 12x3; conv 4x3x3",
            "a 2-D window (3x3) does not slide over a 1-D input (12×3)",
            "write its window as 3",
            "layer 1 sees 12×3",
        ),
        (
            "input 12x12x3; maxpool 3x3 pad 2",
            "padding 2 is more than half of a window of 3: a window could see padding alone",
            "pad 1 is the most",
            "layer 1 sees 12×12×3",
        ),
    ],
)
def test_a_layer_that_does_not_fit(text: str, message: str, hint: str, label: str) -> None:
    with pytest.raises(ShapeError) as caught:
        list(parse(text).steps())
    error = caught.value
    assert (error.message, error.hint, error.label) == (message, hint, label)
    assert error.place is not None
    assert error.place.words == text.split("; ")[-1]


def test_the_hint_of_a_window_that_does_not_fit_makes_it_fit() -> None:
    for text in (
        "input 5x9x2; conv 3x8x8 stride 2",
        "input 4x3; conv 2x7 dilation 2",
        "input 3x3x3x1; maxpool 5x5x5",
    ):
        with pytest.raises(ShapeError) as caught:
            list(parse(text).steps())
        pad = caught.value.hint.split()[1]
        promised = caught.value.hint.split("output ")[1].split(")")[0]
        try:
            *_, last = parse(f"{text} pad {pad}").steps()
            assert "×".join(map(str, last.output)) == promised
        except ShapeError as error:  # pooling pads at most half its window
            assert "more than half" in error.message


def test_same_pads_a_dilated_pooling_as_far_as_it_reaches() -> None:
    # jax.lax.reduce_window with SAME; 3 is more than half of the window
    for n in (20, 3):
        [step] = parse(f"input {n}x1; maxpool 4 stride 2 dilation 2 pad same").steps()
        assert step.output == (-(-n // 2), 1)
    with pytest.raises(ShapeError, match="padding 3 is more than half"):
        list(parse("input 20x1; maxpool 4 stride 2 dilation 2 pad 3").steps())


def test_a_window_widens_the_field_as_the_course_has_it() -> None:
    twice = Window(3, 1, (0, 0), 1)
    assert twice.field(twice.field(Field(1, 1, 0), 9), 7) == Field(5, 1, 0)
