"""Nearest neighbours against a plain search over all pairs in whole numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import UsageError
from cnncalc.learning import neighbours as module
from cnncalc.learning.data import DataSet, Split, load
from cnncalc.learning.neighbours import METRICS, Neighbour, classified, search, vote
from cnncalc.learning.team import Team
from cnncalc.numerics.workspace import Array

# the course's worked example of the L1 distance
FIRST = np.array([[56, 32, 10, 18], [90, 23, 128, 133], [24, 26, 178, 200], [2, 0, 255, 220]], np.uint8)
SECOND = np.array([[10, 20, 24, 17], [8, 10, 89, 100], [12, 16, 178, 170], [4, 32, 233, 112]], np.uint8)


def found(queries: Array, pictures: Array, k: int, metric: str, threads: int = 2) -> tuple[Array, Array]:
    with Team(threads) as team:
        parts = list(search(queries, pictures, k, metric, team))
    assert [part.first for part in parts] == list(np.cumsum([0, *(len(part.indices) for part in parts)])[:-1])
    return np.concatenate([part.indices for part in parts]), np.concatenate(
        [part.distances for part in parts]
    )


def plainly(queries: Array, pictures: Array, k: int, metric: str) -> tuple[Array, Array]:
    """All distances in Python's own whole numbers; of equals the first."""
    indices, distances = [], []
    for query in queries.reshape(len(queries), -1).astype(int).tolist():
        apart = []
        for i, picture in enumerate(pictures.reshape(len(pictures), -1).astype(int).tolist()):
            differences = [abs(a - b) for a, b in zip(query, picture, strict=True)]
            apart.append((sum(differences) if metric == "l1" else sum(d * d for d in differences), i))
        nearest = sorted(apart)[:k]
        distances.append([distance for distance, _ in nearest])
        indices.append([i for _, i in nearest])
    return np.array(indices), np.array(distances)


def test_the_example_of_the_course_is_456_apart() -> None:
    _, distances = found(FIRST[None, ..., None], SECOND[None, ..., None], 1, "l1")
    assert distances.tolist() == [[456]]


@pytest.mark.parametrize("metric", METRICS)
@given(data=st.data())
def test_the_nearest_are_those_of_a_plain_search(metric: str, data: st.DataObject) -> None:
    """Few grey levels, so that there are many ties; blocks so small that there are many of them."""
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    queries, pictures = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 30))
    levels = np.array(data.draw(st.sampled_from([[0, 255], [0, 1, 2], list(range(256))])), np.uint8)
    shape = data.draw(st.sampled_from([(1, 1, 1), (2, 3, 1), (4, 4, 3)]))
    a, b = (rng.choice(levels, (n, *shape)) for n in (queries, pictures))
    k = data.draw(st.integers(1, pictures))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("QUERIES", 4), ("BLOCK", 7), ("EXACT", 5), ("PAIRS", 6), ("GUESSES", 2)):
            patch.setattr(module, name, value)
        indices, distances = found(a, b, k, metric, threads=data.draw(st.integers(1, 3)))
    expected_indices, expected_distances = plainly(a, b, k, metric)
    assert np.array_equal(distances, expected_distances)
    assert np.array_equal(indices, expected_indices)


@pytest.mark.parametrize("metric", METRICS)
def test_distances_beyond_the_whole_numbers_of_float32_are_exact(metric: str) -> None:
    """More than 2²⁴ apart, and 1 from one another."""
    query = np.zeros((1, 64, 64, 3), np.uint8)
    pictures = np.full((3, 64, 64, 3), 255, np.uint8)
    pictures[0, 0, 0, 0], pictures[1, 0, 0, :2], pictures[2, 5, 5, 1] = 254, 254, 253
    assert 64 * 64 * 3 * 255**2 > 2**24
    indices, distances = found(query, pictures, 3, metric)
    expected = plainly(query, pictures, 3, metric)
    assert np.array_equal(indices, expected[0])
    assert np.array_equal(distances, expected[1])


@pytest.mark.parametrize("metric", METRICS)
def test_digits_have_the_neighbours_of_a_plain_search(metric: str) -> None:
    """A few of MNIST's, against sums of whole numbers in numpy."""
    data = load("mnist")
    queries, pictures = data.test.images[:6], data.train.images[:4000]
    _, distances = found(queries, pictures, 4, metric)
    for query, near in zip(queries.astype(np.int64), distances, strict=True):
        apart = np.abs(pictures - query).reshape(4000, -1)
        sums = apart.sum(axis=1) if metric == "l1" else (apart**2).sum(axis=1)
        assert near.tolist() == np.sort(sums)[:4].tolist()


def test_most_votes_win_and_among_equals_the_first_class() -> None:
    labels = np.array([[2, 1, 1], [2, 0, 1], [1, 2, 0], [2, 2, 0], [1, 0, 0]])
    assert vote(labels, 3).tolist() == [1, 0, 0, 2, 0]
    assert vote(labels[:, :1], 3).tolist() == [2, 2, 1, 2, 1]


def test_cases_say_what_a_picture_is_taken_for_and_by_which_neighbours() -> None:
    images = np.array([0, 10, 100], np.uint8)[:, None, None, None]
    data = DataSet(
        "three",
        Split(images, np.array([0, 1, 2])),
        Split(images + 4, np.array([0, 1, 1])),
        ("a", "b", "c"),
        0.5,
        0.5,
    )
    with Team(1) as team:
        cases = classified(search(data.test.images[:], data.train.images[:], 2, "l2", team), data, "l2")
    assert [(case.index, case.label, case.taken_for, case.right) for case in cases] == [
        (0, "a", "a", True),
        (1, "b", "a", False),  # one vote each
        (2, "b", "b", True),
    ]
    assert cases[0].neighbours == [Neighbour(0, "a", 4.0), Neighbour(1, "b", 6.0)]


def test_what_cannot_be_searched_is_refused() -> None:
    images = np.zeros((3, 2, 2, 1), np.uint8)
    for k, metric, message in (
        (4, "l2", "4 of 3 pictures"),
        (0, "l2", "0 of 3"),
        (1, "cosine", "cosine is unknown"),
    ):
        with pytest.raises(UsageError, match=message) as caught:
            found(images, images, k, metric)
        assert caught.value.hint


@pytest.mark.slow
@pytest.mark.parametrize(("metric", "k", "right"), [("l2", 1, 9691), ("l2", 3, 9705), ("l1", 1, 9631)])
def test_all_of_mnist(metric: str, k: int, right: int) -> None:
    """The published errors: 3.09 % for L2 with one neighbour, 2.95 % with three, 3.69 % for L1."""
    data = load("mnist")
    indices, _ = found(data.test.images[:], data.train.images[:], k, metric)
    assert (vote(data.train.labels[indices], 10) == data.test.labels).sum() == right
