"""The batches of an epoch: every picture once, in an order and with changes that depend on the seed alone."""

import threading
from itertools import islice
from typing import Any, ClassVar

import numpy as np
import pytest

from cnncalc.learning.augmentation import Flip, Shift
from cnncalc.learning.batches import Batch, Batches, in_order
from cnncalc.learning.data import Split

PICTURES = np.arange(23, dtype=np.uint8)[:, None, None, None] * np.ones((23, 6, 5, 1), np.uint8)
DATA = Split(PICTURES, np.arange(23))


def batches(
    augmentations: tuple[Shift | Flip, ...] = (), threads: int = 1, seed: int = 7, size: int = 5
) -> Batches:
    return Batches(DATA, size, augmentations, seed, threads)


def as_bytes(epoch: object) -> list[tuple[bytes, bytes]]:
    return [(images.tobytes(), labels.tobytes()) for images, labels in epoch]  # type: ignore[attr-defined]


@pytest.mark.parametrize("augmentations", [(), (Shift(0),)])
def test_every_picture_comes_once_with_its_label(augmentations: tuple[Shift, ...]) -> None:
    made = batches(augmentations)
    epoch = list(made.epoch(1))
    assert [len(batch.labels) for batch in epoch] == [5, 5, 5, 5, 3]
    assert len(made) == 5
    labels = np.concatenate([batch.labels for batch in epoch])
    assert sorted(labels) == list(range(23))
    assert labels.tolist() != sorted(labels)
    for images, labels in epoch:
        assert (images == labels[:, None, None, None]).all()


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    orders = [as_bytes(batches(seed=seed).epoch(epoch)) for seed, epoch in ((7, 1), (7, 2), (8, 1))]
    assert len({tuple(order) for order in orders}) == 3


@pytest.mark.parametrize("augmentations", [(), (Shift(2), Flip())])
def test_neither_threads_nor_where_one_begins_change_anything(
    augmentations: tuple[Shift | Flip, ...],
) -> None:
    whole = as_bytes(batches(augmentations).epoch(3))
    for threads in (1, 2, 4):
        made = batches(augmentations, threads)
        assert as_bytes(made.epoch(3)) == whole
        for first in range(6):
            assert as_bytes(made.epoch(3, first)) == whole[first:]


def test_each_batch_is_changed_in_a_way_of_its_own() -> None:
    alike = Split(
        np.random.default_rng(0).integers(0, 256, (1, 9, 9, 1), np.uint8).repeat(12, axis=0), np.zeros(12)
    )
    made = Batches(alike, 4, (Shift(3),), seed=1, threads=1)
    changed = [images.tobytes() for epoch in (1, 2) for images, _ in made.epoch(epoch)]
    assert len(set(changed)) == 6


def test_batches_are_made_ahead_in_threads_of_their_own_and_no_more_than_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cnncalc.learning import batches as module

    made: list[str] = []

    def note(images: object, *_: object) -> object:
        made.append(threading.current_thread().name)
        return images

    monkeypatch.setattr(module, "augment", note)
    epoch = batches((Flip(),), size=1).epoch(1)
    first = list(islice(epoch, 2))
    assert all(isinstance(batch, Batch) for batch in first)
    epoch.close()  # type: ignore[attr-defined]  # as when a training is given up
    assert 2 <= len(made) <= 2 + module.AHEAD
    assert all(name.startswith("ahead") for name in made)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


def test_an_error_beside_the_training_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.learning import batches as module

    def fail(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(module, "augment", fail)
    with pytest.raises(MemoryError, match="no room"):
        list(batches((Flip(),)).epoch(1))


class OnDisk:
    """Pictures that are read when they are asked for, by whichever thread asks."""

    shape = PICTURES.shape
    readers: ClassVar[set[str]] = set()

    def __len__(self) -> int:
        return len(PICTURES)

    def __getitem__(self, rows: Any) -> Any:
        self.readers.add(threading.current_thread().name)
        return PICTURES[rows]


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("size", [1, 5, 23, 100])
def test_pictures_in_order_are_the_same_whether_they_lie_in_memory_or_are_read_ahead(
    size: int, threads: int
) -> None:
    read = as_bytes(in_order(Split(OnDisk(), DATA.labels), size, threads))
    assert read == as_bytes(in_order(DATA, size, threads))
    assert b"".join(images for images, _ in read) == PICTURES.tobytes()
    assert all(name.startswith("ahead") for name in OnDisk.readers)
