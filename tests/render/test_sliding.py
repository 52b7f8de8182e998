"""The sliding window as it is drawn: which cells lie under it, which are padding, how many frames there are."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import ShapeError, UsageError
from cnncalc.imaging.convolution import convolve
from cnncalc.imaging.convolved import Settings
from cnncalc.imaging.matrices import parse_matrix
from cnncalc.layers import Layer, parse
from cnncalc.render import sliding
from cnncalc.render.convolution_film import convolution_film
from cnncalc.render.film import Film, Label, Rectangle
from cnncalc.render.sliding import layer_frames


def layer(text: str) -> tuple[Layer, tuple[int, ...]]:
    model = parse(text)
    return model.body.layers[0], model.input


def film(text: str) -> Film:
    return layer_frames(*layer(text))


def squares(film: Film, frame: int, *fills: str) -> list[tuple[int, int]]:
    """Row and column, in cells from the first, of the squares that are seen with these fills."""
    cells = [s for s in film.shapes(frame) if isinstance(s, Rectangle) and s.width == s.height and s.fill]
    side = cells[0].width
    left, top = min(s.x for s in cells), min(s.y for s in cells)
    return sorted(((s.y - top) // side, (s.x - left) // side) for s in cells if s.fill in fills)


def test_a_frame_of_a_plain_convolution() -> None:
    """Figure 2.1 of Dumoulin & Visin: 3×3 over 4×4."""
    shown = film("input 4x4x1; conv 1x3x3")
    assert shown.frames == 4
    assert len(squares(shown, 0, sliding.INPUT)) == 16
    assert squares(shown, 3, sliding.INPUT_UNDER) == [(y, x) for y in (1, 2, 3) for x in (1, 2, 3)]
    assert squares(shown, 0, sliding.PADDING, sliding.PADDING_UNDER) == []
    colours = [Counter(s.fill for s in shown.shapes(t) if isinstance(s, Rectangle)) for t in range(4)]
    assert [c[sliding.OUTPUT_NOW] for c in colours] == [1, 1, 1, 1]
    assert [c[sliding.OUTPUT] for c in colours] == [0, 1, 2, 3]


def test_padding_is_dashed_and_dilation_leaves_gaps() -> None:
    shown = film("input 5x5x1; conv 1x2x2 pad 1 dilation 2")
    assert len(squares(shown, 0, sliding.PADDING)) == 24
    assert all(s.dashed for s in shown.shapes(0) if isinstance(s, Rectangle) and s.fill == sliding.PADDING)
    assert squares(shown, 0, sliding.PADDING_UNDER) == [(0, 0), (0, 2), (2, 0)]
    assert squares(shown, 0, sliding.INPUT_UNDER) == [(2, 2)]
    under = [
        s
        for s in shown.shapes(0)
        if isinstance(s, Rectangle) and s.fill in (sliding.PADDING_UNDER, sliding.INPUT_UNDER)
    ]
    assert {s.fill: s.dashed for s in under} == {sliding.PADDING_UNDER: True, sliding.INPUT_UNDER: False}


def test_a_pooling_moves_by_its_own_size() -> None:
    shown = film("input 4x6x3; maxpool 2x2")
    assert shown.frames == 6
    assert squares(shown, 4, sliding.INPUT_UNDER) == [(2, 2), (2, 3), (3, 2), (3, 3)]
    assert shown.title == "maxpool 2x2: 4×6×3 → 2×3×3"


def test_a_signal_has_its_output_below() -> None:
    shown = film("input 6x1; conv 1x3 pad causal")
    assert shown.frames == 6
    assert squares(shown, 0, sliding.PADDING, sliding.PADDING_UNDER) == [(0, 0), (0, 0), (0, 1), (0, 1)]
    assert {s.x for s in shown.shapes(0) if isinstance(s, Rectangle) and s.fill == sliding.OUTPUT_NOW} == {
        sliding.MARGIN
    }


def test_a_transposed_convolution_has_zeros_between_its_inputs() -> None:
    """Figure 4.5 of Dumoulin & Visin: 2×2 to 5×5 with a 3×3 kernel and stride 2."""
    shown = film("input 2x2x1; deconv 1x3x3 stride 2")
    assert shown.frames == 25
    assert squares(shown, 0, sliding.INPUT) == [(2, 2), (2, 4), (4, 2), (4, 4)]
    assert len(squares(shown, 0, sliding.PADDING)) == 45
    assert squares(shown, 12, sliding.INPUT_UNDER) == [(2, 2), (2, 4), (4, 2), (4, 4)]
    assert film("input 4x1; deconv 1x3 stride 2 pad 1 outpad 1").frames == 8


def test_layers_that_enlarge_are_drawn_as_transposed() -> None:
    shown = film("input 3x3x1; deconv 1x3x3 stride 2 pad 1 outpad 1")
    assert shown.frames == 36
    assert squares(shown, 0, sliding.INPUT)[:2] == [(1, 1), (1, 3)]
    assert squares(shown, 0, sliding.INPUT_UNDER) == [(1, 1)]
    assert film("input 2x3x1; upsample 2").frames == 24


@given(
    st.tuples(st.integers(1, 7), st.integers(1, 7)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.integers(1, 2),
)
def test_the_window_lies_where_a_loop_puts_it(
    size: tuple, kernel: tuple, stride: tuple, pad: tuple, dilation: int
) -> None:
    text = (
        f"input {size[0]}x{size[1]}x1; conv 1x{kernel[0]}x{kernel[1]} stride {stride[0]}x{stride[1]} "
        f"pad {pad[0]}x{pad[1]} dilation {dilation}"
    )
    starts = [
        range(0, n + 2 * p - (k - 1) * dilation, s)
        for n, k, s, p in zip(size, kernel, stride, pad, strict=True)
    ]
    if not all(starts):
        with pytest.raises(ShapeError):
            film(text)
        return
    shown = film(text)
    places = [(y, x) for y in starts[0] for x in starts[1]]
    assert shown.frames == len(places)
    for t, (top, left) in enumerate(places):
        under = [
            (top + i * dilation, left + j * dilation) for i in range(kernel[0]) for j in range(kernel[1])
        ]
        assert squares(shown, t, sliding.INPUT_UNDER, sliding.PADDING_UNDER) == under
        assert all(s.x >= 0 and s.x + getattr(s, "width", 0) <= shown.width for s in shown.shapes(t))
        assert all(s.y >= 0 and s.y + getattr(s, "height", 0) <= shown.height for s in shown.shapes(t))


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("input 32x32x3; conv 10x5x5", UsageError, "784 positions is too long"),
        ("input 100000x100000x3; conv 10x5x5 stride 10000", UsageError, "is too (long|large)"),
        ("input 8x8x8x1; conv 1x3x3x3", UsageError, "cannot be drawn flat"),
        ("input 8x8x1; relu", UsageError, "relu has no window"),
        ("input 8x8x1; conv 1x9x9", ShapeError, "does not fit"),
    ],
)
def test_what_cannot_be_drawn_is_refused(text: str, kind: type, message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        film(text)
    assert caught.value.hint


def test_the_smaller_input_of_the_hint_can_be_drawn() -> None:
    for text in (
        "input 32x32x3; conv 10x5x5",
        "input 400x1; conv 1x3",
        "input 300x40x2; maxpool 2x2 stride 1",
    ):
        with pytest.raises(UsageError) as caught:
            film(text)
        size = caught.value.hint.split()[-1]
        assert film(f"input {size}; {text.split('; ')[1]}").frames > 1


# ── with numbers ──


def texts(film: Film, frame: int) -> list[str]:
    return [shape.text for shape in film.shapes(frame) if isinstance(shape, Label)]


def test_numbers_stand_in_the_cells_and_the_sum_below() -> None:
    done = convolve(parse_matrix("1 2; 3 -4"), parse_matrix("5 6; 7 8"), Settings())
    shown = convolution_film(done)
    assert shown.frames == 1
    words = texts(shown, 0)
    assert words[-3:] == ["1·5 + 2·6", "+ 3·7 + (−4)·8", "= 6"]
    assert {"×5", "×6", "×7", "×8", "−4", "6", "input", "kernel", "output"} <= set(words)


def test_every_result_appears_with_its_window_and_stays() -> None:
    done = convolve(
        parse_matrix("1 2 3 | 4 5 6"), parse_matrix("10 100 | 0 0 || 0 0 | 7 70"), Settings(pad="1")
    )
    shown = convolution_film(done)
    results = [str(value) for plane in done.output for value in plane[0]]
    assert shown.frames == len(results) == 8
    for t in range(8):
        words = Counter(texts(shown, t))
        assert all(words[result] for result in results[: t + 1])
        assert not any(words[result] for result in results[t + 1 :] if result not in results[: t + 1])


def test_long_sums_and_long_films() -> None:
    ones = ";".join(["1 " * 8] * 8)
    done = convolve(parse_matrix(ones), parse_matrix(ones), Settings())
    assert texts(convolution_film(done), 0)[-1] == "= 64"
    assert not any("1·1" in text for text in texts(convolution_film(done), 0))
    large = np.array2string(np.ones(300, int), threshold=1000, max_line_width=10_000)
    with pytest.raises(UsageError, match="300 positions is too long"):
        convolution_film(convolve(parse_matrix(large), parse_matrix("1"), Settings()))
