"""The drawing of a model: everything is there once, nothing overlaps, what is joined is what the model joins."""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations, pairwise
from math import prod

import pytest
from hypothesis import given, settings

from cnncalc.arithmetic.report import Report, analyse
from cnncalc.layers import Model, parse, show
from cnncalc.render.drawing import Line, Polygon, Text, draw, rounded, straightened
from cnncalc.render.drawing_folding import ENDS, closed
from cnncalc.render.drawing_items import (
    Fork,
    Gap,
    Items,
    Repeat,
    Volume,
    counted,
    inside,
    paths,
    volumes,
)
from cnncalc.render.drawing_layout import Layout, lay_out
from cnncalc.render.drawing_plan import MANY, name, plan
from cnncalc.render.film import text_width
from tests.stacks import stacks


def laid_out(text: str) -> tuple[Report, Layout]:
    report = analyse(parse(text))
    assert report.error is None
    return report, lay_out(report.input, plan(report))


def joined(layout: Layout) -> set[tuple[str, str]]:
    return {(wire.source, wire.target) for wire in layout.wires}


SMALL = "input 16x16x3; conv 8x3x3 pad 1; relu; residual { conv 8x3x3 pad 1; relu }; relu; maxpool 2x2; fc 5; softmax"


def test_layers_that_keep_the_size_go_with_the_volume_before_them() -> None:
    items = plan(analyse(parse(SMALL)))
    conv, fork, pool, flat, fc = items
    assert isinstance(conv, Volume)
    assert (conv.names, conv.shape, conv.paths) == (("conv 3×3", "relu"), (16, 16, 8), ("0", "1"))
    assert isinstance(fork, Fork)
    assert (fork.end.sign, fork.end.names, fork.end.paths) == ("+", ("relu",), ("3",))
    assert [lane and lane[0].names for lane in fork.lanes] == [("conv 3×3", "relu"), ()]
    assert [item.names for item in (pool, flat, fc)] == [("maxpool 2×2",), ("flatten",), ("fc", "softmax")]


def test_at_the_beginning_of_a_branch_they_go_with_the_next_one() -> None:
    [fork] = plan(analyse(parse("input 8x8x4; concat { {} { batchnorm; relu; conv 2x3x3 pad 1 } { relu } }")))
    assert [[item.names for item in lane] for lane in fork.lanes] == [
        [],
        [("batchnorm", "relu", "conv 3×3")],
        [("relu",)],
    ]
    assert fork.lanes[1][0].family == "convolution"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("conv 8x3x5 stride 2x1 groups 2", "conv 3×5, stride 2×1, groups 2"),
        ("conv 8x3x3 pad 1 dilation 2", "conv 3×3, dilation 2"),
        ("maxpool 3x3 stride 2", "maxpool 3×3, stride 2"),
        ("maxpool 2x2", "maxpool 2×2"),
        ("dropout 0.3", "dropout 0.3"),
        ("adaptiveavgpool 7x7", "adaptiveavgpool 7×7"),
        ("fc 10", "fc"),
        ("lcn", "lcn"),
    ],
)
def test_names_say_what_the_size_does_not(text: str, said: str) -> None:
    assert name(parse(f"input 32x32x2; {text}").body.layers[0]) == said


def test_what_is_joined() -> None:
    _, layout = laid_out(SMALL)
    assert joined(layout) == {
        ("input", "0"),
        ("0", "2.body.0"),
        ("0", "2"),  # the shortcut
        ("2.body.0", "2"),
        ("2", "4"),
        ("4", "5"),
        ("5", "6"),
    }


@settings(max_examples=100)
@given(stacks())
def test_of_random_models(model: Model) -> None:
    report = analyse(model)
    items = plan(report)
    assert sorted(paths(items)) == sorted(row.path for row in report.rows)
    layout = lay_out(report.input, items)
    check_sheet(layout)
    arriving = Counter(wire.target for wire in layout.wires)
    meeting = dict(lanes_of(items))
    for place in layout.places[1:]:
        assert arriving[place.volume.id] == meeting.get(place.volume.id, 1)
    if not any(isinstance(item, Repeat | Gap) for item in items):
        shapes = {row.path: row.output for row in report.steps} | {"input": report.input}
        for place in layout.places:
            last = place.volume.paths[-1] if place.volume.paths else place.volume.id
            assert place.volume.shape == shapes[place.volume.id] == shapes[last]
            assert sum(words.text == show(place.volume.shape) for words in layout.words) >= 1


def lanes_of(items: Items) -> Iterator[tuple[str, int]]:
    """How many branches meet in each volume in which some do."""
    for item in items:
        for row in inside(item):
            yield from lanes_of(row)
        if isinstance(item, Fork):
            yield item.end.id, len(item.lanes)


def check_sheet(layout: Layout) -> None:
    """Nothing overlaps, everything is on the sheet, wires begin and end at their volumes."""
    boxes = {place.volume.id: place.box for place in layout.places}
    assert len(boxes) == len(layout.places)
    for left, top, right, bottom in boxes.values():
        assert 0 <= left < right <= layout.width
        assert 0 <= top < bottom <= layout.height
    for a, b in combinations(boxes.values(), 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    for wire in layout.wires:
        assert all(0 <= x <= layout.width and 0 <= y <= layout.height for x, y in wire.points)
        for (x, y), (left, top, right, bottom) in (
            (wire.points[0], boxes[wire.source]),
            (wire.points[-1], boxes[wire.target]),
        ):
            assert left - 0.01 <= x <= right + 0.01
            assert top - 0.01 <= y <= bottom + 0.01
        assert all(
            a[0] == pytest.approx(b[0]) or a[1] == pytest.approx(b[1]) for a, b in pairwise(wire.points)
        )
    lines = [(words.x, words.y, text_width(words.text, words.size), words) for words in layout.words]
    for (x, y, width, one), (x2, y2, width2, two) in combinations(lines, 2):
        if one.anchor == two.anchor == "middle" and abs(y - y2) < 8:
            assert abs(x - x2) >= (width + width2) / 2 - 1, (one, two)


def test_every_edge_of_a_model_with_all_blocks() -> None:
    _, layout = laid_out(
        "input 16x16x4; relu; concat { {} { conv 4x3x3 pad 1; maxpool 2x2; residual { conv 4x3x3 pad 1; "
        "multiply { {} { globalavgpool; conv 4x1x1; sigmoid } } } shortcut { conv 4x1x1; batchnorm }; upsample 2 } };"
        " aux { globalavgpool; fc 3 }; conv 2x3x3; fc 2"
    )
    body, gate = "1.1.2.body", "1.1.2.body.1"
    ways = [
        ("input", "0", "1"),  # the branch that is empty
        ("0", "1.1.0", "1.1.1", f"{body}.0", f"{gate}.1.0", f"{gate}.1.1", gate, "1.1.2", "1.1.3", "1"),
        (f"{body}.0", gate),
        ("1.1.1", "1.1.2.shortcut.0", "1.1.2"),
        ("1", "2.body.0", "2.body.1", "2.body.2"),
        ("1", "3", "4", "5"),
    ]
    assert joined(layout) == {edge for way in ways for edge in pairwise(way)}


# ── large models ──


def test_repetitions_are_shown_once_with_their_number() -> None:
    block = "residual { conv 8x3x3 pad 1; batchnorm; relu; conv 8x3x3 pad 1; batchnorm }; relu"
    report, layout = laid_out(f"input 32x32x8; conv 8x3x3 pad 1; repeat 200 {{ {block} }}; fc 10")
    assert {place.volume.id: place.times for place in layout.places} == {
        "input": 1,
        "0": 1,
        "1.body.0": 200,
        "1.body.3": 200,
        "1": 200,
        "401": 1,
        "402": 1,
    }
    assert "× 200" in [words.text for words in layout.words]
    assert sorted(paths(plan(report))) == sorted(row.path for row in report.rows)


def test_what_repeats_with_other_sizes_says_where_it_ends() -> None:
    dense = "concat { {} { conv 4x3x3 pad 1; conv 2x3x3 pad 1 } }"
    _, layout = laid_out(f"input 8x8x3; repeat 15 {{ {dense} }}")
    assert "× 15, then 8×8×33" in [words.text for words in layout.words]


def test_blocks_are_closed_and_middles_left_out_where_even_that_is_too_much() -> None:
    layers = "; ".join(
        f"residual {{ conv {i % 9 + 1}x3x3 pad 1; relu; conv 4x3x3 pad 1 }}; conv {i % 7 + 1}x1x1; conv 4x1x1"
        for i in range(300)
    )
    report = analyse(parse(f"input 9x9x4; {layers}"))
    items = plan(report)
    assert sorted(paths(items)) == sorted(row.path for row in report.rows)
    [gap] = [item for item in items if isinstance(item, Gap)]
    shown = [volume for volume in volumes(items) if isinstance(volume, Volume)]
    assert gap.volumes + counted(items[:ENDS] + items[-ENDS:]) == 900
    assert len(shown) <= MANY
    blocks = [volume for volume in shown if volume.names[0] == "residual"]
    assert blocks[0].names == ("residual", "2 branches, 3 layers")
    check_sheet(lay_out(report.input, items))


def test_the_innermost_blocks_are_closed_first() -> None:
    items = plan(
        analyse(parse("input 8x8x4; residual { residual { conv 4x1x1; multiply { {} { sigmoid } } } }"))
    )
    [outer] = closed(items, 1)
    assert isinstance(outer, Fork)
    [inner] = outer.lanes[0]
    assert (inner.names, inner.sign) == (("residual", "2 branches, 2 layers"), "")
    [whole] = closed(items, 0)
    assert whole.names == ("residual", "2 branches, 2 layers")
    assert closed(items, 3) == items


def test_long_sizes_of_thin_volumes_do_not_overlap() -> None:
    _, layout = laid_out("input 9x9x1; " + "; ".join(["fc 100000000"] * 4))
    check_sheet(layout)


def test_a_stack_of_many_kinds_stays_small() -> None:
    sizes = [(i * i) % 61 + 1 for i in range(4000)]
    report, layout = laid_out("input 8x8x3; " + "; ".join(f"conv {n}x3x3 pad 1" for n in sizes))
    assert len(layout.places) < 2 * MANY
    assert layout.width * layout.height < 4e6
    assert sorted(paths(plan(report))) == sorted(row.path for row in report.rows)


# ── sizes ──


def test_lengths_are_square_roots_of_sizes() -> None:
    _, layout = laid_out("input 64x16x5; maxpool 2x1; conv 20x1x1; fc 1600; fc 100")
    front = {place.volume.id: place for place in layout.places}
    assert front["input"].h / front["0"].h == pytest.approx(2**0.5)
    assert front["input"].h * 0.35 / front["input"].back == pytest.approx(2)  # 64 rows, 16 columns
    assert front["1"].w / front["0"].w == pytest.approx(2)  # 20 and 5 channels
    assert front["3"].h / front["4"].h == pytest.approx(4)
    assert front["2"].back == 0


def test_three_dimensions_have_their_planes_across() -> None:
    _, layout = laid_out("input 16x4x4x1; conv 8x1x1x1")
    [first, second] = layout.places
    assert (first.w / first.h, first.w, first.h) == pytest.approx((2, second.w, second.h))


# ── marks ──


def test_a_picture_of_three_channels_has_plates_of_three_colours() -> None:
    fills = {}
    for channels in (1, 3, 4):
        _, layout = laid_out(f"input 8x8x{channels}")
        drawing = draw(layout, "title")
        fills[channels] = len([mark for mark in drawing.marks if isinstance(mark, Polygon)])
    assert fills == {1: 3, 3: 9, 4: 3}


def test_the_drawing_says_its_title_its_sizes_and_its_colours() -> None:
    _, layout = laid_out(SMALL)
    for theme in ("light", "dark"):
        drawing = draw(layout, "small: 16×16×3 → 5", theme=theme)
        texts = [mark.text for mark in drawing.marks if isinstance(mark, Text)]
        assert {"small: 16×16×3 → 5", "16×16×8", "conv 3×3", "pooling", "joined branches"} <= set(texts)
        assert "transposed convolution, upsampling" not in texts
        assert drawing.description.startswith("input 16×16×3; conv 3×3 relu 16×16×8; ")
    assert draw(layout, "").background != draw(layout, "", theme="dark").background


def test_a_line_keeps_its_ends_when_its_corners_are_rounded() -> None:
    bent = straightened(((0, 0), (5, 0), (5, 0), (10, 0), (10, 40)))
    assert bent == ((0, 0), (10, 0), (10, 40))
    curve = rounded(bent)
    assert (curve[0], curve[-1]) == ((0, 0), (10, 40))
    assert (10, 0) not in curve
    assert all(0 <= x <= 10 and 0 <= y <= 40 for x, y in curve)


def test_beside_the_main_way_lines_are_dashed() -> None:
    _, layout = laid_out("input 8x8x3; aux { fc 2 }; conv 4x3x3")
    dashed = [mark for mark in draw(layout, "").marks if isinstance(mark, Line) and mark.dashed]
    assert len(dashed) == 1
    assert joined(layout) == {("input", "0.body.0"), ("0.body.0", "0.body.1"), ("input", "1")}
    assert prod(layout.places[0].volume.shape) == 192
