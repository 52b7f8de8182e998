"""Convolution on paper: the courses' cases, then every setting against loops that only add and multiply."""

from fractions import Fraction
from itertools import product
from math import tanh

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError, LanguageError, ShapeError, UsageError
from cnncalc.imaging.convolution import convolve
from cnncalc.imaging.convolved import Convolved, Settings
from cnncalc.imaging.matrices import Matrix, parse_matrix
from cnncalc.imaging.toeplitz import toeplitz

BINARY = "1 1 1 0 0; 0 1 1 1 0; 0 0 1 1 1; 0 0 1 1 0; 0 1 1 0 0"
CROSS = "1 0 1; 0 1 0; 1 0 1"
SIGNED = "1 −1 0 2 0; −1 −2 2 3 1; 1 2 −2 1 0; 0 −1 −1 −3 2; 2 0 0 1 −1"
KERNEL = "−1 1 2; 1 −1 3; 0 −1 −2"


def paper(x: str, k: str, **settings: object) -> Convolved:
    if "bias" in settings:
        settings["bias"] = parse_matrix(str(settings["bias"]))
    return convolve(parse_matrix(x), parse_matrix(k), Settings(**settings))  # type: ignore[arg-type]


def test_the_courses_binary_image() -> None:
    assert paper(BINARY, CROSS).output == (((4, 3, 4), (2, 4, 3), (2, 3, 4)),)


def test_the_courses_signed_matrix() -> None:
    assert paper(SIGNED, KERNEL).output == (((7, 10, 3), (-1, 24, -1), (-5, -13, 12)),)


@pytest.mark.parametrize(
    ("kernel", "stride", "maps"),
    [
        ("1 -1", "1", ((-1, 2, -4, 1, 4),)),
        ("1 -1", "2", ((-1, -4, 4),)),
        ("1 -1 | 1 1", "1", ((-1, 2, -4, 1, 4), (5, 4, 6, 9, 4))),
        ("1 -1 | 1 1", "2", ((-1, -4, 4), (5, 6, 4))),
        ("1 0 | 0 1 | 1 -1 | 2 1", "2", ((2, 1, 4), (3, 5, 0), (-1, -4, 4), (7, 7, 8))),
    ],
)
def test_signals_with_one_two_and_four_filters_of_size_two(
    kernel: str, stride: str, maps: tuple[tuple[int, ...], ...]
) -> None:
    assert paper("2 3 1 5 4 0", kernel, stride=stride).output == tuple((row,) for row in maps)


def test_true_convolution_turns_the_kernel() -> None:
    impulse = "0 0 0 0 0; 0 0 0 0 0; 0 0 1 0 0; 0 0 0 0 0; 0 0 0 0 0"
    assert paper(impulse, "1 2 3; 4 5 6; 7 8 9", flip=True).output == (((1, 2, 3), (4, 5, 6), (7, 8, 9)),)
    assert paper(impulse, "1 2 3; 4 5 6; 7 8 9").output == (((9, 8, 7), (6, 5, 4), (3, 2, 1)),)


def test_convolution_multiplies_polynomials() -> None:
    assert paper("1 2 3", "1 -1 4", flip=True, pad="full").output == (((1, 1, 5, 5, 12),),)


def test_fractions_stay_exact() -> None:
    done = paper("1/3 0.1; 2 1", "1 1; 1 1 /7", bias="1/2")
    assert done.output == (((Fraction(1, 2) + Fraction(103, 30) / 7,),),)
    assert paper("1/2 1/2", "1 1").output == (((1,),),)
    assert type(paper("1/2 1/2", "1 1").output[0][0][0]) is int


def test_whole_numbers_have_no_limit() -> None:
    assert paper("99999999999999999999 1", "99999999999999999999 1").output == (
        ((99999999999999999999**2 + 1,),),
    )


def test_biases_and_activations() -> None:
    done = paper("1 -2 3", "1 | -1", bias="1 -1", activation="relu")
    assert done.result == (((2, -1, 4),), ((-2, 1, -4),))
    assert done.output == (((2, 0, 4),), ((0, 1, 0),))
    assert all(type(value) is int for plane in done.output for row in plane for value in row)
    assert paper("1 -2", "1", bias="1").result == (((2, -1),),)
    assert paper("1 0", "1", activation="tanh").output == (((pytest.approx(tanh(1)), 0),),)
    assert paper("-2 4", "1", activation="leakyrelu 0.5").output == (((-1, 4),),)
    softmax = paper("3 0", "1 | 1", activation="softmax").output
    assert softmax == (((0.5, 0.5),), ((0.5, 0.5),))


def test_a_row_and_a_column_go_with_a_signal() -> None:
    assert paper("1; 2; 3", "1 1").output == (((3, 5),),)
    assert paper("1 2 3", "1 1;").axes == 2
    assert paper("1 2; 3 4", "1 1").output == (((3,), (7,)),)


# ── against loops ──


def loops(x: np.ndarray, k: np.ndarray, stride: tuple, pads: tuple, dilation: tuple) -> np.ndarray:
    """Correlation of (C, H, W) with (K, C, kh, kw) by its definition."""
    padded = np.pad(x, ((0, 0), *pads))
    extent = [(n - 1) * d + 1 for n, d in zip(k.shape[2:], dilation, strict=True)]
    found = []
    for weights in k:
        rows = []
        for top in range(0, padded.shape[1] - extent[0] + 1, stride[0]):
            row = []
            for left in range(0, padded.shape[2] - extent[1] + 1, stride[1]):
                total = 0
                for c, i, j in product(*map(range, weights.shape)):
                    total += padded[c, top + i * dilation[0], left + j * dilation[1]] * weights[c, i, j]
                row.append(total)
            rows.append(row)
        found.append(rows)
    return np.array(found)


def spreading(
    y: np.ndarray, k: np.ndarray, stride: tuple, pads: tuple, dilation: tuple, outpad: tuple
) -> np.ndarray:
    """Transposed correlation of (C, H, W) with (K, C, kh, kw): every number spreads the kernel."""
    size = [
        (n - 1) * s + (f - 1) * d + 1 + o
        for n, s, f, d, o in zip(y.shape[1:], stride, k.shape[2:], dilation, outpad, strict=True)
    ]
    full = np.zeros((len(k), *size), int)
    for f, c, i, j in product(*map(range, k.shape)):
        for a, b in product(*map(range, y.shape[1:])):
            full[f, a * stride[0] + i * dilation[0], b * stride[1] + j * dilation[1]] += (
                y[c, a, b] * k[f, c, i, j]
            )
    return full[:, pads[0][0] : size[0] - pads[0][1], pads[1][0] : size[1] - pads[1][1]]


def matrix(array: np.ndarray) -> Matrix:
    return Matrix(
        tuple(tuple(tuple(tuple(row) for row in plane) for plane in planes) for planes in array.tolist())
    )


sides = st.tuples(st.integers(1, 3), st.integers(1, 3))
pairs = st.tuples(st.integers(0, 2), st.integers(0, 2))


@st.composite
def cases(draw: st.DrawFn) -> tuple:
    channels, filters = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    size = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    whole = st.integers(-9, 9)
    x = np.array(
        draw(st.lists(whole, min_size=channels * size[0] * size[1], max_size=channels * size[0] * size[1]))
    )
    kernel = draw(sides)
    count = filters * channels * kernel[0] * kernel[1]
    k = np.array(draw(st.lists(whole, min_size=count, max_size=count)))
    return (
        x.reshape(channels, *size),
        k.reshape(filters, channels, *kernel),
        draw(sides),
        (draw(pairs), draw(pairs)),
        draw(sides),
        draw(st.booleans()),
    )


def words(sizes: tuple) -> str:
    return "x".join(str(size) if isinstance(size, int) else f"{size[0]}:{size[1]}" for size in sizes)


@given(cases())
def test_every_setting_gives_what_loops_give(case: tuple) -> None:
    x, k, stride, pads, dilation, flip = case
    settings = Settings(flip=flip, stride=words(stride), pad=words(pads), dilation=words(dilation))
    expected = loops(x, k[..., ::-1, ::-1] if flip else k, stride, pads, dilation)
    try:
        done = convolve(matrix(x[None]), matrix(k), settings)
    except ShapeError:
        assert expected.size == 0
        return
    assert np.array_equal(np.array(done.output), expected)
    for at in done.positions:
        assert sum(term.x * term.weight for term in done.products(at)) == expected[at]
    equal = toeplitz(done)
    dense = np.array([[entry or 0 for entry in row] for row in equal.rows])
    assert np.array_equal(dense @ x.ravel(), expected.ravel())
    assert equal.outputs == tuple(expected.ravel().tolist())


@given(cases(), st.tuples(st.integers(0, 2), st.integers(0, 2)))
def test_a_transposed_one_gives_what_spreading_gives(case: tuple, outpad: tuple[int, int]) -> None:
    y, k, stride, pads, dilation, flip = case
    assume(all(o < max(s, d) for o, s, d in zip(outpad, stride, dilation, strict=True)))
    settings = Settings(
        flip=flip,
        stride=words(stride),
        pad=words(pads),
        dilation=words(dilation),
        transposed=True,
        outpad=words(outpad),
    )
    expected = spreading(y, k[..., ::-1, ::-1] if flip else k, stride, pads, dilation, outpad)
    try:
        done = convolve(matrix(y[None]), matrix(k), settings)
    except ShapeError as error:
        assert "cuts all of the result" in error.message
        assert expected.size == 0
        return
    assert np.array_equal(np.array(done.output), expected)


@pytest.mark.parametrize("pad", ["same", "full", "valid", "causal"])
def test_words_of_padding_on_a_signal(pad: str) -> None:
    expected = {"same": (3, 6, 9, 7), "full": (1, 3, 6, 9, 7, 4), "valid": (6, 9), "causal": (1, 3, 6, 9)}
    assert paper("1 2 3 4", "1 1 1", pad=pad).output == ((expected[pad],),)


def test_same_has_the_extra_zero_at_the_end() -> None:
    assert paper("1 2 3", "1 10", pad="same").output == (((21, 32, 3),),)


# ── the equivalent matrix ──


def test_a_convolution_of_width_three_is_a_banded_matrix() -> None:
    """The courses' comparison: 5·5 + 5 parameters of a dense layer, 3 + 1 of the convolution."""
    equal = toeplitz(paper("1 2 3 4 5", "7 8 9", pad="same"))
    assert equal.rows == (
        (8, 9, None, None, None),
        (7, 8, 9, None, None),
        (None, 7, 8, 9, None),
        (None, None, 7, 8, 9),
        (None, None, None, 7, 8),
    )
    assert (equal.entries + 5, equal.weights + 1, equal.connections) == (30, 4, 13)
    assert equal.outputs == (26, 50, 74, 98, 68)


def test_a_weight_of_zero_is_a_weight_too() -> None:
    assert toeplitz(paper("1 2 3", "0 1")).connections == 4


def test_the_matrix_of_the_transposed_one_is_the_transpose() -> None:
    direct = toeplitz(paper(BINARY, KERNEL, stride="2", pad="1"))
    back = toeplitz(paper("1 2 3; 4 5 6; 7 8 9", KERNEL, stride="2", pad="1", transposed=True))
    assert back.rows == tuple(zip(*direct.rows, strict=True))


def test_divisor_and_bias_come_after_the_matrix() -> None:
    equal = toeplitz(paper("1 2 3", "1 2 /3", bias="1"))
    assert (equal.rows[0], equal.divisor, equal.bias) == ((1, 2, None), 3, (1, 1))
    assert equal.outputs == (Fraction(8, 3), Fraction(11, 3))
    assert toeplitz(paper("1 2", "1 | 2", bias="10 20")).outputs == (11, 12, 22, 24)


# ── what is refused ──


@pytest.mark.parametrize(
    ("x", "k", "settings", "kind", "message", "words"),
    [
        (
            "1 2; 3 4",
            "1 2 3; 4 5 6; 7 8 9",
            {},
            ShapeError,
            "a 3×3 window does not fit in 2×2",
            "1 2 3; 4 5 6; 7 8 9",
        ),
        ("1 2 | 3 4", "1 | 2 | 3", {}, ShapeError, "a filter of 3 planes does not fit it", "1 | 2 | 3"),
        ("1 2", "1 | 2 || 3 | 4", {}, ShapeError, "1 channel, a filter of 2 planes", None),
        ("1 2", "1", {"stride": "0"}, LanguageError, "stride 0 is too small", "0"),
        ("1 2", "1", {"stride": "2x1"}, LanguageError, "stride 2x1 has 2 axes", "2x1"),
        ("1 2", "1", {"stride": "x"}, LanguageError, "is not a whole number", "x"),
        ("1 2", "1", {"pad": "some"}, LanguageError, "some is neither a number", "some"),
        ("1 2", "1", {"dilation": "-1"}, LanguageError, "-1 is not a whole number", "-1"),
        ("1 2", "1", {"activation": "rely"}, LanguageError, "'rely' is no activation", "rely"),
        ("1 2", "1", {"activation": "relu; tanh"}, LanguageError, "is no activation", None),
        ("1 2", "1", {"activation": "leakyrelu 2"}, LanguageError, "slope 2.0 is too large", "2"),
        ("1 2", "1", {"bias": "1 2"}, UsageError, "2 biases for 1 filter", None),
        ("1 2", "1 2", {"transposed": True, "pad": "causal"}, ShapeError, "causal pads a convolution", None),
        (
            "1 2",
            "1 2",
            {"transposed": True, "outpad": "1"},
            ShapeError,
            "outpad 1 is not below the stride",
            None,
        ),
        ("1 2", "1 2", {"transposed": True, "outpad": "a"}, LanguageError, "a is not a whole number", "a"),
        ("1 2", "1 2", {"transposed": True, "outpad": "0x1"}, LanguageError, "outpad 0x1 has 2 axes", "0x1"),
        (
            "1 2",
            "1 2",
            {"transposed": True, "pad": "2"},
            ShapeError,
            "the padding cuts all of the result",
            None,
        ),
        ("1 2", "1 2", {"outpad": "0"}, LanguageError, "conv does not take outpad", "--outpad"),
        ("1 2", "1 2", {"pad": "2000000000"}, UsageError, "too many to be worked out", None),
        (
            "1 2",
            "1 2",
            {"transposed": True, "stride": "2000000000"},
            UsageError,
            "too many to be worked out",
            None,
        ),
    ],
)
def test_what_cannot_be_is_refused(
    x: str, k: str, settings: dict, kind: type[CnncalcError], message: str, words: str | None
) -> None:
    with pytest.raises(kind, match=message) as caught:
        paper(x, k, **settings)
    assert caught.value.hint
    if words is not None:
        assert caught.value.place is not None
        assert caught.value.place.words == words


def test_a_matrix_that_is_too_large_is_not_written_out() -> None:
    with pytest.raises(UsageError, match=r"1,000×1,000, 1,000,000 entries"):
        toeplitz(paper("1 " * 1000, "1"))
