"""A window's way over one axis, against windows that are really slid and numbers that are really spread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.layers.sweep import Sweep
from cnncalc.layers.window import Transposed, Window

few = st.integers(1, 5)
pads = st.tuples(st.integers(0, 4), st.integers(0, 4))


@given(few, few, pads, st.integers(1, 3), st.integers(1, 12))
def test_a_direct_sweep_visits_what_a_window_over_a_padded_list_visits(
    kernel: int, stride: int, pad: tuple[int, int], dilation: int, n: int
) -> None:
    padded = [None] * pad[0] + list(range(n)) + [None] * pad[1]
    starts = range(0, len(padded) - (kernel - 1) * dilation, stride)
    visited = [[padded[start + tap * dilation] for tap in range(kernel)] for start in starts]
    window = Window(kernel, stride, pad, dilation)
    if not visited:
        assert window.out(n) < 1
        return
    sweep = Sweep.of(window, n)
    assert sweep.length == len(padded)
    assert [[sweep.element(p) for p in sweep.taps(i)] for i in range(sweep.positions)] == visited


@given(few, few, pads, st.integers(1, 3), st.integers(1, 8), st.integers(0, 4))
def test_a_transposed_sweep_gathers_what_every_element_spreads(
    kernel: int, stride: int, pad: tuple[int, int], dilation: int, n: int, outpad: int
) -> None:
    """Element i reaches output i·stride + tap·dilation; pads are cut off, outpad comes behind."""
    outpad = min(outpad, max(stride, dilation) - 1)
    reached: dict[int, set[tuple[int, int]]] = {}
    for i in range(n):
        for tap in range(kernel):
            reached.setdefault(i * stride + tap * dilation, set()).add((i, tap))
    size = max(reached) + 1 + outpad - sum(pad)
    if size < 1:
        return
    sweep = Sweep.of(Transposed(kernel, stride, pad, dilation, outpad), n)
    assert sweep.positions == size
    for out in range(size):
        seen = {
            (element, kernel - 1 - tap)  # gathered with the kernel turned
            for tap, place in enumerate(sweep.taps(out))
            if (element := sweep.element(place)) is not None
        }
        assert seen == reached.get(out + pad[0], set())


@pytest.mark.parametrize(
    ("n", "kernel", "stride", "pad", "outpad", "out"),
    [
        (2, 3, 1, 0, 0, 4),
        (6, 4, 1, 2, 0, 5),
        (5, 3, 1, 1, 0, 5),
        (7, 3, 1, 2, 0, 5),
        (2, 3, 2, 0, 0, 5),
        (3, 3, 2, 1, 0, 5),
        (3, 3, 2, 1, 1, 6),
    ],
)
def test_the_transposed_cases_of_dumoulin_and_visins_guide(
    n: int, kernel: int, stride: int, pad: int, outpad: int, out: int
) -> None:
    """Figures 4.1 to 4.7 of arXiv:1603.07285."""
    assert Sweep.of(Transposed(kernel, stride, (pad, pad), 1, outpad), n).positions == out


def test_a_last_window_of_a_rounded_up_pooling_lies_on_the_axis() -> None:
    sweep = Sweep.of(Window(2, 2, (0, 0), 1, ceil=True), 5)
    assert (sweep.positions, sweep.length, sweep.element(5)) == (3, 6, None)
