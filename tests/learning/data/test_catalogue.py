"""The catalogue against what is published, and against the bytes that ship."""

import re

import pytest

from cnncalc.learning.data import DATASETS, load
from cnncalc.learning.data.catalogue import Entry
from cnncalc.learning.data.places import Sources, check, find
from cnncalc.learning.data.sets import statistics

# bytes to be fetched: the sums of the sizes in TensorFlow Datasets' checksum files
SIZES = {"mnist": 11_594_722, "fashion-mnist": 30_878_645, "kmnist": 21_240_888, "cifar10": 170_052_171}


def test_the_sizes_are_those_of_the_checksum_files() -> None:
    assert {name: entry.size for name, entry in DATASETS.items()} == SIZES


@pytest.mark.parametrize("entry", DATASETS.values(), ids=DATASETS)
def test_an_entry_is_complete(entry: Entry) -> None:
    hashes = [archive.sha256 for archive in entry.archives]
    hashes += [part.sha256 for part in entry.parts if entry.name != "kmnist"]
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in hashes)
    assert len(set(hashes)) == len(hashes)
    height, width, channels = entry.shape
    labels = 0 if not entry.records else entry.train + entry.test
    pictures = [part.size for part in entry.parts if "labels" not in part.name]
    headers = 0 if entry.records else 16 * len(pictures)
    assert sum(pictures) == (entry.train + entry.test) * height * width * channels + headers + labels
    assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in entry.mirrors)
    assert len(entry.mirrors) >= 2
    assert len(set(entry.classes)) == 10
    assert all(archive.most >= archive.size for archive in entry.archives)


def test_mnist_is_bit_for_bit_what_was_published() -> None:
    entry = DATASETS["mnist"]
    (found,) = find(entry, Sources())
    assert [part.genuine for part in check(entry, found)] == [True] * 4
    data = load("mnist")
    assert (data.shape, len(data.train), len(data.test)) == ((28, 28, 1), 60_000, 10_000)
    assert [len(part) for part in data.split(5000)] == [55_000, 5_000, 10_000]
    assert data.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]  # as everybody knows them
    assert data.split(5000).validation.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


def test_mean_and_deviation_are_those_of_the_training_pictures() -> None:
    data = load("mnist")
    assert statistics("mnist", data.train.images) == pytest.approx((data.mean, data.deviation), abs=5e-5)
