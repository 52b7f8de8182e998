"""The catalogue against printed grids and formulas worked out independently."""

from math import exp, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError, LanguageError
from cnncalc.imaging.kernels import CATALOGUE, Compass, Gradient, Kernel, Pool, find
from cnncalc.imaging.kernels.course import COURSE
from cnncalc.imaging.kernels.own import read_step, split_run
from cnncalc.imaging.kernels.records import label

MIDDLE_ROW = [[0] * 5, [0] * 5, [-1, -1, 2, -1, -1], [0] * 5, [0] * 5]
PRINTED = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "sharpen": [[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]],
    "sharpen-more": [[-1] * 5, [-1, 2, 2, 2, -1], [-1, 2, 8, 2, -1], [-1, 2, 2, 2, -1], [-1] * 5],
    "edge-all": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "edge-cross": [[1, 0, -1], [0, 0, 0], [-1, 0, 1]],
    "edge-laplace": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "edge-horizontal": MIDDLE_ROW,
    "edge-vertical": [[0, 0, weight, 0, 0] for weight in (-1, -1, 4, -1, -1)],
    "edge-45": [[(-1, -2, 6, -2, -1)[i] * (i == j) for j in range(5)] for i in range(5)],
    "edge-pair": [[-1, 1]],
}
# Sobel & Feldman 1968, Prewitt 1970, OpenCV's Scharr, Roberts 1963: across, down
GRADIENTS = {
    "sobel": ([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "prewitt": ([[-1, 0, 1]] * 3, [[-1] * 3, [0] * 3, [1] * 3]),
    "scharr": ([[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]], [[-3, -10, -3], [0, 0, 0], [3, 10, 3]]),
    "roberts": ([[1, 0], [0, -1]], [[0, 1], [-1, 0]]),
    "gradient": ([[0, 0, 0], [-1, 0, 1], [0, 0, 0]], [[0, -1, 0], [0, 0, 0], [0, 1, 0]]),
}
# Kirsch 1971, Robinson 1977: north and north-east
COMPASSES = {
    "kirsch": ([[5, 5, 5], [-3, 0, -3], [-3, -3, -3]], [[-3, 5, 5], [-3, 0, 5], [-3, -3, -3]]),
    "prewitt-compass": ([[1, 1, 1], [1, -2, 1], [-1, -1, -1]], [[1, 1, 1], [-1, -2, 1], [-1, -1, 1]]),
    "robinson3": ([[1, 1, 1], [0, 0, 0], [-1, -1, -1]], [[0, 1, 1], [-1, 0, 1], [-1, -1, 0]]),
    "robinson5": ([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]]),
}


def rows(step):
    return [list(row) for row in step.weights]


def values(text):
    step = find(text)
    return np.array(step.weights, float) / step.divisor


def test_every_kernel_of_the_courses_is_as_printed_and_every_printed_one_is_there():
    assert {family.name: rows(family.default) for family in COURSE} == PRINTED


def test_of_the_courses_only_sharpen_more_is_divided():
    assert {family.name: family.default.divisor for family in COURSE if family.default.divisor != 1} == {
        "sharpen-more": 8
    }


def test_flat_areas_keep_their_shade_or_turn_black():
    gains = {family.name: family.default.sum / family.default.divisor for family in COURSE}
    assert [name for name, gain in gains.items() if gain == 1] == ["identity", "sharpen", "sharpen-more"]
    assert [name for name, gain in gains.items() if gain not in (0, 1)] == ["edge-horizontal"]
    assert "−2" in find("edge-horizontal").note


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_as_published(name):
    across, down = GRADIENTS[name]
    assert rows(find(f"{name}:part=x")) == across
    assert rows(find(f"{name}:part=y")) == down
    for part in ("magnitude", "direction"):
        step = find(f"{name}:part={part}")
        assert isinstance(step, Gradient)
        assert step.part == part
        assert [rows(kernel) for kernel in step.kernels] == [across, down]
    assert find(name).part == "magnitude"
    assert find(name).x.divisor == (2 if name == "gradient" else 1)


@pytest.mark.parametrize("name", COMPASSES)
def test_compass_sets_are_as_published_and_turn_in_eighths(name):
    north, north_east = COMPASSES[name]
    assert rows(find(f"{name}:direction=N")) == north
    assert rows(find(f"{name}:direction=ne")) == north_east
    quarter = np.array(north)
    for direction in ("W", "S", "E"):
        quarter = np.rot90(quarter)  # counter-clockwise
        assert rows(find(f"{name}:direction={direction}")) == quarter.tolist()
    every = find(name)
    assert isinstance(every, Compass)
    assert [kernel.name for kernel in every.kernels] == ["N", "NE", "E", "SE", "S", "SW", "W", "NW"]
    assert all(rows(kernel) == rows(find(f"{name}:direction={kernel.name}")) for kernel in every.kernels)


def test_laplacians_and_emboss_are_as_published():
    assert rows(find("laplacian")) == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    assert rows(find("laplacian:neighbours=8")) == [[1, 1, 1], [1, -8, 1], [1, 1, 1]]
    assert rows(find("emboss")) == [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    assert rows(find("emboss:light=SE")) == [[2, 1, 0], [1, 1, -1], [0, -1, -2]]


def test_means_of_whole_weights():
    assert (rows(find("box:size=2x3")), find("box:size=2x3").divisor) == ([[1, 1, 1]] * 2, 6)
    assert rows(find("binomial")) == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
    assert rows(find("binomial:size=1x5")) == [[1, 4, 6, 4, 1]]
    assert find("binomial:size=5").divisor == 256


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.3])
def test_the_gaussian_is_its_formula_over_its_sum(sigma):
    weights = values(f"gaussian:sigma={sigma}")
    reach = len(weights) // 2
    assert reach == int(np.ceil(3 * sigma))
    formula = [
        [exp(-(x * x + y * y) / (2 * sigma**2)) / (2 * pi * sigma**2) for x in range(-reach, reach + 1)]
        for y in range(-reach, reach + 1)
    ]
    assert np.allclose(weights, formula / np.sum(formula), rtol=1e-13)
    assert find(f"gaussian:sigma={sigma},size=3x5").size == (3, 5)


def test_a_line_moves_as_in_fspecial():
    assert values("motion").tolist() == [[1 / 9] * 9]
    assert np.array_equal(values("motion:angle=90"), np.full((9, 1), 1 / 9))
    # fspecial("motion", 4, 0): half a pixel at the ends
    assert np.allclose(values("motion:length=4"), [[0.125, 0.25, 0.25, 0.25, 0.125]])
    rising = values("motion:angle=45")
    assert rising[0, -1] > 0
    assert rising[0, 0] == 0
    # fspecial("motion", 9, 45), as MATLAB's and Octave's documentation print it
    assert np.allclose(rising[0, -2:], [0.0292, 0.0755], atol=5e-5)
    assert np.allclose(rising[3, 2:5], [0.0292, 0.0997, 0.0292], atol=5e-5)


def test_unsharp_adds_what_the_blur_takes():
    blur, sharp = values("gaussian:sigma=1.5"), values("unsharp:sigma=1.5,amount=2")
    impulse = np.zeros_like(blur)
    impulse[5, 5] = 1
    assert np.allclose(sharp, impulse + 2 * (impulse - blur), atol=1e-15)


def test_the_laplacian_of_gaussian_is_the_second_derivative_of_the_gaussian():
    sigma, step = 2.0, 1e-3
    weights = values(f"log:sigma={sigma}")

    def g(x, y):
        return exp(-(x * x + y * y) / (2 * sigma**2))

    for x, y in ((0, 0), (2, 1), (0, 5)):
        laplace = (g(x + step, y) + g(x - step, y) + g(x, y + step) + g(x, y - step) - 4 * g(x, y)) / step**2
        mine = (weights[6 + y, 6 + x] - weights[0, 0]) / (weights[6, 6] - weights[0, 0])
        corner = (2 * 36 - 2 * sigma**2) / sigma**4 * g(6, 6)
        assert mine == pytest.approx((laplace - corner) / (-2 / sigma**2 - corner), rel=1e-4)
    assert abs(weights.sum()) < 1e-15


def test_the_difference_of_gaussians_is_one():
    narrow, wide = values("gaussian:sigma=1,size=11"), values("gaussian:sigma=1.6,size=11")
    assert np.allclose(values("dog"), narrow - wide, atol=1e-16)


def test_steps_that_are_not_kernels():
    assert find("maxpool:size=9") == Pool("maxpool:size=9", "max", (9, 9), (9, 9), find("maxpool").does)
    assert find("avgpool:size=3x2,stride=1").stride == (1, 1)
    assert (find("lcn").size, find("lcn:floor=2").floor, find("lcn:method=jarrett").method) == (
        (9, 9),
        2,
        "jarrett",
    )


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_says_what_it_does_and_whose_it_is(name):
    step = CATALOGUE[name].default
    assert step.name == name
    assert step.does
    assert CATALOGUE[name].source
    assert all(parameter.help for parameter in CATALOGUE[name].parameters)


kernels = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(-9, 9), min_size=width, max_size=width), min_size=1, max_size=4
    )
)


@given(kernels)
def test_rank_factors_sum_and_taps_are_those_of_the_matrix(weights):
    kernel = Kernel("", tuple(map(tuple, weights)))
    matrix = np.array(weights)
    assert kernel.rank == np.linalg.matrix_rank(matrix)
    assert kernel.sum == matrix.sum()
    assert kernel.taps == np.count_nonzero(matrix)
    assert (kernel.factors is not None) == (kernel.rank == 1)
    if kernel.factors:
        column, row = kernel.factors
        assert np.array_equal(np.outer(column, row), matrix)
        assert all(isinstance(value, int) for value in (*column, *row))
        assert np.gcd.reduce(np.array(row)) == 1


def test_factors_of_floats_reproduce_them():
    column, row = find("gaussian:sigma=2").factors
    assert np.allclose(np.outer(column, row), values("gaussian:sigma=2"), rtol=1e-13)
    assert sum(row) == pytest.approx(1)
    assert find("log").factors is None
    assert find("unsharp").rank == 2
    assert Kernel("", ((0.0, 0.0),)).factors is None


def test_flipping_turns_by_half():
    assert find("emboss").flipped().weights == ((2, 1, 0), (1, 1, -1), (0, -1, -2))


def test_names_are_written_as_they_are_read():
    for text in ("gaussian:sigma=2.5,size=9", "box:size=3x5", "kirsch:direction=SW", "dog:ratio=2", "sobel"):
        assert find(text).name == text
        assert find(find(text).name) == find(text)
    assert find("gaussian:sigma=1").name == "gaussian"
    assert find(" Gaussian : sigma = 2 ").name == "gaussian:sigma=2"


def test_labels_are_names_of_files_everywhere():
    assert label(find("gaussian:sigma=2,size=9")) == "gaussian-sigma2-size9"
    assert label(find("sobel:part=x")) == "sobel-x"
    assert label(Kernel('a/b:c*"<>|?', ((1,),))) == "a_b-c_"


@pytest.mark.parametrize(
    ("text", "culprit", "hint"),
    [
        ("sharpn", "sharpn", "did you mean sharpen?"),
        ("gausian:sigma=2", "gausian", "did you mean gaussian?"),
        ("gaussian:sigm=2", "sigm", "did you mean sigma?"),
        ("sharpen:size=3", "size", "write sharpen alone"),
        ("gaussian:sigma=x", "x", "sigma: the standard deviation in pixels"),
        ("gaussian:sigma=0", "0", None),
        ("gaussian:sigma=1e9", "1e9", None),
        ("gaussian:sigma=nan", "nan", None),
        ("gaussian:size=4", "4", None),
        ("box:size=3x3x3", "3x3x3", None),
        ("box:size=0", "0", None),
        ("box:size=99999", "99999", None),
        ("box:size=", "size", None),
        ("box:size", "size", None),
        ("box:", ":", None),
        ("box:size=3,size=5", "size", "leave one of them out"),
        ("sobel:part=z", "z", None),
        ("dog:sigma=150,ratio=99", "dog:sigma=150,ratio=99", None),
    ],
)
def test_what_is_wrong_is_underlined(text, culprit, hint):
    with pytest.raises(LanguageError) as caught:
        read_step(text)
    assert caught.value.place.words == culprit
    if hint is not None:
        assert caught.value.hint == hint


@given(st.text(max_size=40) | st.from_regex(r"\A(gaussian|box|sobel)[:=,a-z0-9.x]{0,20}\Z"))
def test_any_words_are_a_step_or_an_error(text):
    try:
        step = read_step(text)
    except CnncalcError as error:
        assert error.exit_code in (2, 3)
    else:
        assert step.name


def test_kernels_of_your_own_are_exact(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_step("0 -1 0; -1 5 -1; 0 -1 0") == Kernel("own", ((0, -1, 0), (-1, 5, -1), (0, -1, 0)))
    tenth = read_step("1 2 1 /4")
    assert (tenth.weights, tenth.divisor) == (((1, 2, 1),), 4)
    assert (read_step("0.1 0.2").weights, read_step("0.1 0.2").divisor) == (((1, 2),), 10)
    (tmp_path / "mine.csv").write_text("1,2\n3,4\n")
    assert read_step("mine.csv") == Kernel("mine", ((1, 2), (3, 4)))
    np.save(tmp_path / "third.npy", np.full((1, 3), 1 / 3))
    assert read_step("third.npy").weights == ((1 / 3,) * 3,)
    (tmp_path / "sharpen").write_text("5")
    assert read_step("sharpen").size == (3, 3)  # the catalogue comes first
    assert read_step("./sharpen").weights == ((5,),)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("runs/mnist-1:layer=1", ("runs/mnist-1", 1, None)),
        ("runs/mnist-1:layer=2,filter=3", ("runs/mnist-1", 2, 3)),
        ("runs/a:filter=3", ("runs/a", None, 3)),
        ("net.safetensors", ("net.safetensors", None, None)),
        ("sharpen", None),
        ("gaussian:sigma=2", None),
        ("1 2; 3 4", None),
    ],
)
def test_runs_are_told_from_kernels(text, found):
    run = split_run(text)
    assert (run and (run[0].as_posix(), *run[1:])) == found


@pytest.mark.parametrize(
    ("text", "culprit"), [("r:layer=0", "0"), ("r:layer=1.5", "layer=1.5"), ("r:layer=1,fitler=1", "fitler")]
)
def test_a_run_takes_layer_and_filter(text, culprit):
    with pytest.raises(LanguageError) as caught:
        split_run(text)
    assert caught.value.place.words == culprit
