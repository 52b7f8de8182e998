"""Which memory a workspace hands out."""

from __future__ import annotations

import numpy as np

from cnncalc.numerics.workspace import Arena, Workspace, rows, spare


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
