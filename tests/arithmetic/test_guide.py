"""Every case of Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning" (arXiv:1603.07285)."""

from random import Random

import pytest

from cnncalc.arithmetic.report import analyse
from cnncalc.layers import parse

# i, k, s, p as the guide names them; what comes out; where it stands
DIRECT = [
    (4, 3, 1, 0, 2, "section 2.1, figure 2.1: no padding, unit strides"),
    (5, 4, 1, 2, 6, "section 2.2, figure 2.2: arbitrary padding, unit strides"),
    (5, 3, 1, 1, 5, "section 2.2.1, figure 2.3: half padding, unit strides"),
    (5, 3, 1, 2, 7, "section 2.2.2, figure 2.4: full padding, unit strides"),
    (5, 3, 2, 0, 2, "section 2.3, figure 2.5: no padding, strides"),
    (5, 3, 2, 1, 3, "section 2.4, figure 2.6: padding and strides"),
    (6, 3, 2, 1, 3, "section 2.4, figure 2.7: padding and strides, an input one larger gives the same"),
]
# i′, k, s, p of the direct convolution, a; what comes out
TRANSPOSED = [
    (2, 3, 1, 0, 0, 4, "section 4.3, figure 4.1: no padding, unit strides, transposed"),
    (6, 4, 1, 2, 0, 5, "section 4.4, figure 4.2: arbitrary padding, unit strides, transposed"),
    (5, 3, 1, 1, 0, 5, "section 4.4.1, figure 4.3: half padding, transposed"),
    (7, 3, 1, 2, 0, 5, "section 4.4.2, figure 4.4: full padding, transposed"),
    (2, 3, 2, 0, 0, 5, "section 4.5, figure 4.5: no padding, strides, transposed"),
    (3, 3, 2, 1, 0, 5, "section 4.6, figure 4.6: padding and strides, transposed"),
    (3, 3, 2, 1, 1, 6, "section 4.6, figure 4.7: the odd case, a = 1 row added at the end"),
]


def output(text: str) -> tuple[int, ...]:
    report = analyse(parse(text))
    assert report.error is None
    return report.output


@pytest.mark.parametrize(("i", "k", "s", "p", "o", "where"), DIRECT, ids=lambda value: str(value)[:23])
def test_a_direct_convolution(i: int, k: int, s: int, p: int, o: int, where: str) -> None:
    assert output(f"input {i}x{i}x1; conv 1x{k}x{k} stride {s} pad {p}") == (o, o, 1), where


@pytest.mark.parametrize(
    ("i", "k", "s", "p", "a", "o", "where"), TRANSPOSED, ids=lambda value: str(value)[:23]
)
def test_a_transposed_convolution(i: int, k: int, s: int, p: int, a: int, o: int, where: str) -> None:
    assert output(f"input {i}x{i}x1; deconv 1x{k}x{k} stride {s} pad {p} outpad {a}") == (o, o, 1), where


@pytest.mark.parametrize(
    ("text", "o", "where"),
    [
        ("conv 1x3x3 pad same", 5, "relationship 3: half (same) padding, o = i"),
        ("conv 1x3x3 pad full", 7, "relationship 4: full padding, o = i + (k − 1)"),
        ("conv 1x3x3 pad valid", 3, "relationship 1: o = (i − k) + 1"),
        ("maxpool 3x3 stride 1", 3, "section 3, figure 3.2: max pooling of 3×3 with unit strides on 5×5"),
        ("avgpool 3x3 stride 1", 3, "section 3, figure 3.1: average pooling of 3×3 with unit strides on 5×5"),
    ],
)
def test_the_special_cases_by_their_names(text: str, o: int, where: str) -> None:
    assert output(f"input 5x5x1; {text}") == (o, o, 1), where


def test_a_dilated_window() -> None:
    """Section 5.1, figure 5.1: i = 7, k = 3, d = 2, s = 1, p = 0 give 3."""
    assert output("input 7x7x1; conv 1x3x3 dilation 2") == (3, 3, 1)


@pytest.mark.parametrize(("i", "k", "s", "p", "o", "where"), DIRECT, ids=lambda value: str(value)[:23])
def test_the_transpose_leads_back_with_the_rows_that_the_stride_left_over(
    i: int, k: int, s: int, p: int, o: int, where: str
) -> None:
    """Relationship 14: o′ = s(i′ − 1) + a + k − 2p with a = (i + 2p − k) mod s."""
    a = (i + 2 * p - k) % s
    assert output(f"input {o}x{o}x1; deconv 1x{k}x{k} stride {s} pad {p} outpad {a}") == (i, i, 1), where


def test_the_transpose_leads_back_for_any_sizes() -> None:
    """Relationship 14 for sizes drawn at random, counted by laying windows on a list."""
    rng = Random(0)
    for _ in range(300):
        i, k, s = rng.randint(1, 20), rng.randint(1, 6), rng.randint(1, 5)
        p = rng.randint(0, k - 1)
        places = [start for start in range(0, i + 2 * p, s) if start + k <= i + 2 * p]
        if not places:
            continue
        left = i + 2 * p - (places[-1] + k)
        assert output(f"input {i}x1; conv 1x{k} stride {s} pad {p}") == (len(places), 1)
        assert output(f"input {len(places)}x1; deconv 1x{k} stride {s} pad {p} outpad {left}") == (i, 1)
