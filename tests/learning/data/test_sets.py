"""Data sets as records: what fits together, what is held out, and the figures of the pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import FileError, UsageError
from cnncalc.learning.data.sets import DataSet, Split, data_set, divided, split_of, statistics
from cnncalc.numerics.workspace import Array


def numbered(labels: list[int]) -> Split:
    """One picture of one pixel for each label, which is its number."""
    return Split(np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1), np.array(labels, np.int64))


def numbers(split: Split) -> list[int]:
    return [int(n) for n in split.images[:].ravel()]


def test_of_a_shuffled_set_the_first_are_held_out() -> None:
    data = DataSet("x", numbered([0, 1, 0, 1, 1]), numbered([0]), ("a", "b"), 0.5, 0.1, shuffled=True)
    train, validation, test = data.split(2)
    assert (numbers(train), numbers(validation), numbers(test)) == ([2, 3, 4], [0, 1], [0])
    assert validation.labels.tolist() == [0, 1]
    assert np.shares_memory(train.images, data.train.images)  # type: ignore[arg-type]  # nothing is copied


def test_of_another_set_they_are_spread_over_the_classes_by_hand() -> None:
    kept, held = divided(numbered([0] * 6 + [1] * 4), 5)
    assert (numbers(kept), numbers(held)) == ([0, 2, 4, 6, 8], [1, 3, 5, 7, 9])


@given(counts=st.lists(st.integers(1, 40), min_size=1, max_size=6), data=st.data())
def test_each_class_gives_its_share_whatever_the_order(counts: list[int], data: st.DataObject) -> None:
    labels = data.draw(st.permutations([label for label, count in enumerate(counts) for _ in range(count)]))
    held = data.draw(st.integers(1, len(labels)))
    rest, out = divided(numbered(labels), held)
    assert sorted(numbers(rest) + numbers(out)) == list(range(len(labels)))
    assert len(out) == held
    for label, count in enumerate(counts):
        assert abs(int((out.labels == label).sum()) - held * count / len(labels)) <= 1
    again = divided(numbered(labels), held)
    assert numbers(again[1]) == numbers(out)


def test_a_validation_part_of_its_own_is_kept_unless_none_is_wanted() -> None:
    own = numbered([1])
    data = DataSet("x", numbered([0, 1]), numbered([0]), ("a", "b"), 0.5, 0.1, validation=own)
    assert data.split(1) == (data.train, own, data.test)
    assert len(data.split(0).validation) == 0
    assert len(data.split(0).train) == 2


@pytest.mark.parametrize("held", [-1, 2, 3])
def test_something_must_be_left_to_learn_from(held: int) -> None:
    data = DataSet("x", numbered([0, 1]), numbered([0]), ("a", "b"), 0.5, 0.1)
    with pytest.raises(UsageError, match="of the 2 training pictures") as caught:
        data.split(held)
    assert caught.value.hint == "--validation takes 0 to 1"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("fashion-mnist", "fashion-mnist"),
        ("/a/b/fashion-mnist/", "fashion-mnist"),
        ("x/my set.npz", "my-set"),
        ("a/train-images.idx3-ubyte.gz+a/labels", "train-images"),
        ("..", "data"),
        ("/", "data"),
    ],
)
def test_a_short_name_can_be_part_of_a_file_name(name: str, slug: str) -> None:
    assert DataSet(name, numbered([0]), numbered([0]), ("a",), 0.5, 0.1).slug == slug


def test_mean_and_deviation_by_hand() -> None:
    images = np.array([0, 0, 255, 255, 51, 51, 51, 51], np.uint8).reshape(2, 2, 2, 1)
    mean, deviation = statistics("x", images)
    assert mean == pytest.approx((0 + 0 + 1 + 1 + 4 * 0.2) / 8)
    assert deviation == pytest.approx(np.std([0, 0, 1, 1, 0.2, 0.2, 0.2, 0.2]))


def test_mean_and_deviation_of_many_blocks_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (101, 4, 3, 3), dtype=np.uint8)
    monkeypatch.setattr("cnncalc.learning.data.sets.CHUNK", 36 * 7)
    mean, deviation = statistics("x", images)
    assert mean == pytest.approx((images / 255).mean())
    assert deviation == pytest.approx((images / 255).std())


def test_pictures_all_alike_cannot_be_standardised() -> None:
    with pytest.raises(FileError, match="every pixel of every picture is 7"):
        statistics("x", np.full((3, 2, 2, 1), 7, np.uint8))


def test_classes_are_numbered_where_they_have_no_names() -> None:
    data = data_set("x", numbered([0, 3]), numbered([4, 0]))
    assert data.classes == ("0", "1", "2", "3", "4")
    assert data.shape == (1, 1, 1)


PICTURES = np.zeros((3, 4, 4), np.uint8)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (PICTURES.astype(np.int64) + 255, np.array([0, 1, 2], np.int32)),
        (PICTURES[..., None], np.array([[0], [1], [2]], np.uint8)),  # as Keras has CIFAR-10's labels
    ],
)
def test_numbers_that_fit_a_byte_and_labels_in_a_column_are_taken(images: Array, labels: Array) -> None:
    split = split_of("x", images, labels)
    assert (split.images.shape, split.labels.tolist()) == ((3, 4, 4, 1), [0, 1, 2])
    assert split.images[:].dtype == np.uint8
    assert int(split.images[0].max()) == int(images[0].max())


@pytest.mark.parametrize(
    ("images", "labels", "fact"),
    [
        (PICTURES / 2, np.zeros(3, int), "type float64"),
        (PICTURES.astype(int) + 256, np.zeros(3, int), "type int64"),
        (PICTURES.astype(int) - 1, np.zeros(3, int), "type int64"),
        (PICTURES[0], np.zeros(4, int), r"shape \(4, 4\)"),
        (PICTURES, np.zeros(2, int), r"labels of shape \(2,\)"),
        (PICTURES, np.zeros(3), "labels of shape .* type float64"),
        (PICTURES, np.eye(3, dtype=int), r"labels of shape \(3, 3\)"),
        (PICTURES, np.array([0, 1, 5]), "a label is outside 0 to 4"),
        (PICTURES, np.array([0, -1, 1]), "a label is outside 0 to 4"),
        (PICTURES[:0], np.zeros(0, int), "holds no pictures"),
        (PICTURES[:, :0], np.zeros(3, int), "holds no pictures"),
    ],
)
def test_what_does_not_fit_together_is_refused(images: Array, labels: Array, fact: str) -> None:
    with pytest.raises(FileError, match=fact):
        split_of("x", images, labels, 5)


def test_a_label_that_would_make_millions_of_classes_is_refused() -> None:
    with pytest.raises(FileError, match="a label is outside 0 to 65535"):
        split_of("x", PICTURES, np.array([0, 1, 2**31]))


def test_both_parts_are_of_one_size() -> None:
    with pytest.raises(FileError, match="training pictures of"):
        data_set("x", numbered([0, 1]), Split(np.ones((1, 2, 2, 1), np.uint8), np.array([0])))
