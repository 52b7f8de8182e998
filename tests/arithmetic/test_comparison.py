"""Models side by side: the way through, the alignment of layers, and what differs."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cnncalc.arithmetic import comparison
from cnncalc.arithmetic.comparison import Comparison, Totals, common, depth, differences, last_field
from cnncalc.arithmetic.report import Report, analyse
from cnncalc.layers import Model, parse
from tests.stacks import stacks


def report(text: str) -> Report:
    return analyse(parse(text))


def words(found: list[comparison.Difference]) -> list[tuple[str | None, str | None]]:
    return [(a and a.text, b and b.text) for a, b in found]


@given(st.lists(st.sampled_from("abc"), max_size=9), st.lists(st.sampled_from("abc"), max_size=9))
def test_the_common_words_are_as_many_as_can_be(first: list[str], second: list[str]) -> None:
    """Against the textbook's table of lengths (Wagner & Fischer 1974)."""
    lengths = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            best = max(lengths[i][j + 1], lengths[i + 1][j])
            lengths[i + 1][j + 1] = lengths[i][j] + 1 if a == b else best
    found = common(first, second)
    assert all(first[i] == second[j] for i, j in found)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(found))
    assert len(found) == lengths[-1][-1]


def test_stretches_too_long_to_align_are_set_against_each_other(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(comparison, "LARGEST_TABLE", 3)
    assert common("xabcy", "xbcay") == [(0, 0), (4, 4)]
    first, second = (report(f"input 8x8x1; {text}").rows for text in ("relu; tanh; relu", "tanh; relu; tanh"))
    assert len(differences(first, second)) == 6


def test_what_differs_is_paired_by_kind() -> None:
    first = report("input 8x8x1; conv 2x3x3; relu; maxpool 2x2; conv 4x3x3; fc 2")
    second = report("input 8x8x1; conv 3x3x3; batchnorm; relu; maxpool 2x2; conv 4x3x3; tanh; fc 2")
    assert words(differences(first.rows, second.rows)) == [
        ("conv 2x3x3 stride 1", "conv 3x3x3 stride 1"),
        (None, "batchnorm"),
        ("relu", "relu"),  # the same words, but of 6×6×2 and 6×6×3
        ("maxpool 2x2", "maxpool 2x2"),
        ("conv 4x3x3 stride 1", "conv 4x3x3 stride 1"),  # 76 parameters against 112
        (None, "tanh"),
    ]


@given(stacks(), stacks())
def test_without_what_differs_both_are_the_same(a: Model, b: Model) -> None:
    """What is left of either model, its differing layers taken out, is the same list of figures."""
    first, second = analyse(a).rows, analyse(b).rows
    found = differences(first, second)
    gone = [{id(pair[side]) for pair in found if pair[side]} for side in (0, 1)]
    left = [
        [(row.text, row.output, row.parameters, row.cost.macs) for row in rows if id(row) not in out]
        for rows, out in zip((first, second), gone, strict=True)
    ]
    assert left[0] == left[1]
    assert not differences(first, first)
    for side, rows in enumerate((first, second)):
        shown = [pair[side] for pair in found if pair[side]]
        assert shown == [row for row in rows if id(row) in gone[side]]


def test_the_longest_way_counts() -> None:
    # 1 + max(0, 2, 1) + max(1 body, 0) of the residual + 2 of the separable + 1 dense; aux and rbf count nothing
    text = """
    input 8x8x2; conv 2x1x1
    concat { { } { conv 2x1x1; conv 2x1x1 } { conv 2x1x1 } }
    residual { conv 6x1x1 } shortcut { identity }
    aux { fc 3; fc 3; fc 3; fc 3 }
    separable 2x3x3; fc 4; rbf 2
    """
    assert depth(report(text)) == 1 + 2 + 1 + 2 + 1
    # blocks inside blocks: 1 + (1 + max(1, 1 + 1) + 1)
    nested = "concat { { } { conv 1x1; residual { conv 1x1 } shortcut { conv 1x1; conv 1x1 }; conv 1x1 } }"
    assert depth(report(f"input 9x1; conv 1x1; {nested}")) == 5
    assert depth(report("input 9x1")) == 0


def test_the_field_is_that_of_the_last_map() -> None:
    assert last_field(report("input 32x32x1; conv 2x3x3; maxpool 2x2; globalavgpool; fc 2")) == (4, 4)
    assert last_field(report("input 9; fc 2")) == ()


def test_totals_and_ratios_to_the_first() -> None:
    found = Comparison.of(
        ["a", "b"], [report("input 4x4x1; conv 2x3x3"), report("input 4x4x1; conv 6x3x3; fc 5")]
    )
    # conv: (9 + 1)·2 = 20, 9·2·2·2 = 72 MACs; memory 16 + 8. conv: 60, 216; flattened 24: 120 MACs, 125 parameters
    assert found.totals[0] == Totals(20, 20, 72, 1, (3, 3), 24, 24)
    assert found.totals[1] == Totals(185, 185, 336, 2, (3, 3), 40, 45)
    assert found.totals[1].ratios(found.totals[0]) == {
        "parameters": 185 / 20,
        "trainable": 185 / 20,
        "macs": 336 / 72,
        "depth": 2.0,
        "peak": 40 / 24,
        "kept": 45 / 24,
    }
    nothing = Totals.of(report("input 4x4x1; relu"))
    assert found.totals[0].ratios(nothing)["macs"] is None
