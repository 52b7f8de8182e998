"""Which memory a workspace hands out."""

from __future__ import annotations

import numpy as np
import pytest

from cnncalc.numerics import workspace
from cnncalc.numerics.workspace import Arena, Array, Workspace, portion, rows, spare


def test_the_same_name_and_shape_is_the_same_memory_again():
    space = Workspace()
    assert space.array("a", (2, 3), np.float32) is space.array("a", (2, 3), np.float32)


def test_other_names_and_types_are_other_memory():
    space = Workspace()
    first = space.array("a", (2, 3), np.float32)
    assert not np.shares_memory(first, space.array("b", (2, 3), np.float32))
    assert not np.shares_memory(first, space.array("a", (2, 3), np.float64))


def test_a_smaller_batch_takes_the_front_of_the_block_and_a_larger_one_a_new_block():
    space = Workspace()
    full = space.array("a", (2, 8), np.float32)
    small = space.array("a", (2, 3), np.float32)
    assert small.flags.c_contiguous
    assert np.shares_memory(full, small)
    large = space.array("a", (4, 8), np.float32)
    assert large.shape == (4, 8)
    assert np.shares_memory(large, space.array("a", (2, 8), np.float32))


def test_no_two_arrays_share_memory_and_all_begin_at_a_cache_line():
    space = Workspace()
    sizes = [
        1,
        3,
        1000,
        1024,
        5_000_000,
        4_000_000,
        4_000_000,
        4_000_000,
        4_000_000,
        7,
        4_000_000,
        2048,
        6_000_000,
    ]
    arrays = [space.array(i, (size,), np.float32) for i, size in enumerate(sizes)]
    for i, array in enumerate(arrays):
        array.fill(i)
    for i, array in enumerate(arrays):
        assert array.size == sizes[i]
        assert (array == i).all()
    assert [array.ctypes.data % 64 for array in arrays if array.nbytes < 1 << 20] == [0] * 6


def test_an_image_has_its_first_spatial_axis_outermost_in_memory():
    image = Workspace().image("x", (3, 5, 4, 2), np.float32)
    assert image.shape == (3, 5, 4, 2)
    assert rows(image).shape == (5, 3, 4, 2)
    assert rows(image).flags.c_contiguous


def test_an_arena_hands_out_no_memory_twice_until_it_is_cleared():
    arena = Arena()
    first, second = arena.array((3, 5), np.int16), arena.array((7,), np.float64)
    assert (first.shape, second.shape) == ((3, 5), (7,))
    assert not np.shares_memory(first, second)
    arena.clear()
    assert np.shares_memory(first, arena.array((3, 5), np.int16))


def test_a_spare_arena_is_somebody_elses_only_when_he_is_through():
    with spare() as one:
        with spare() as other:
            assert one is not other
            array = other.array((3,), np.int16)
        with spare() as again:
            assert np.shares_memory(array, again.array((3,), np.int16))


class Doubling:
    """Doubles x into y through a workspace, and counts how often it is asked how."""

    def __init__(self) -> None:
        self.space, self.asked = Workspace(), 0

    def __call__(self, x: Array, y: Array) -> None:
        def steps() -> None:
            self.asked += 1
            self.space.do(np.multiply, x[:], 2, out=y[:])

        self.space.replay("double", (x, y), steps)


def test_what_is_replayed_is_found_out_once_and_done_every_time():
    double, x, y = Doubling(), np.arange(3.0), np.zeros(3)
    for n in range(3):
        x[0] = n
        double(x, y)
        assert y.tolist() == [2 * n, 2, 4]
    double(x[:], y)  # the same memory
    assert double.asked == 1


def test_what_is_replayed_belongs_to_these_arrays():
    double = Doubling()
    given, found = np.arange(300.0).reshape(100, 3), np.zeros((100, 3))
    for n in range(100):  # views that come and go, with the identity of the one before
        double(given[n], found[n])
    assert (found == 2 * given).all()
    whole, y = np.arange(6.0), np.zeros(3)
    for part in (whole[:3], whole[3:], whole[::2], whole[1::2]):
        double(part, y)
        assert y.tolist() == (2 * part).tolist()


def test_memory_that_has_been_given_up_is_not_replayed():
    double = Doubling()
    x = double.space.array("x", (3,), np.float64)
    y = np.zeros(3)
    x[:] = 1
    double(x, y)
    double.space.array("x", (30,), np.float64)
    double(x, y)
    assert double.asked == 2


def test_memory_that_is_given_up_while_a_replay_is_found_out_takes_the_older_ones_with_it():
    space, asked = Workspace(), list[int]()

    def replay(x: Array) -> None:
        def steps() -> None:
            asked.append(len(x))
            space.do(x.fill, space.array("a", (len(x),), np.float64).size)

        space.replay("fill", (x,), steps)

    short, long = np.zeros(2), np.zeros(5)
    for x in (short, long, long, short, short):
        replay(x)
        assert x.tolist() == [len(x)] * len(x)
    assert asked == [2, 5, 2]


def test_a_replay_that_fails_leaves_the_workspace_as_it_was():
    space, y = Workspace(), np.zeros(2)

    def steps() -> None:
        space.do(np.add, y, 1, out=y)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        space.replay("fail", (y,), steps)
    space.do(np.add, y, 5, out=y)
    assert y.tolist() == [5, 5]
    space.replay("fail", (y,), lambda: space.do(np.add, y, 1, out=y))
    assert y.tolist() == [6, 6]


def test_a_workspace_forgets_replays_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workspace, "_MANY", 4)
    double, y = Doubling(), np.zeros(3)
    kept = [np.full(3, n) for n in range(8)]
    for x in (*kept, *kept):
        double(x, y)
        assert y.tolist() == (2 * x).tolist()
    assert double.asked == 16


def test_portions_are_about_equal_and_none_is_too_large():
    assert [portion(14, 13), portion(14, 14), portion(28, 9), portion(5, 0), portion(0, 3)] == [
        7,
        14,
        7,
        1,
        1,
    ]
