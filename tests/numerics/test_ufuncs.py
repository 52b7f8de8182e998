"""What numpy is told while we calculate, and for how long."""

from __future__ import annotations

import warnings
from threading import Thread

import numpy as np
import pytest

from cnncalc.numerics.ufuncs import ufunc_settings


def test_inside_the_buffer_is_short_and_numbers_out_of_range_are_no_news():
    before = np.getbufsize(), np.geterr()
    with warnings.catch_warnings(), ufunc_settings():
        warnings.simplefilter("error")
        assert np.getbufsize() < before[0]
        assert np.isinf(np.float32(3e38) * np.float32(10))
    assert (np.getbufsize(), np.geterr()) == before


@ufunc_settings()
def failing(seen: list[int]) -> None:
    thread = Thread(target=lambda: seen.append(np.getbufsize()))
    thread.start()
    thread.join()
    raise ZeroDivisionError


def test_an_error_ends_it_and_other_threads_have_their_own():
    before = np.getbufsize()
    seen: list[int] = []
    with pytest.raises(ZeroDivisionError):
        failing(seen)
    assert [np.getbufsize(), *seen] == [before, before]


def test_rows_that_are_apart_give_the_same_numbers():
    rng = np.random.default_rng(0)
    for length in (100, 511, 512, 513, 1023, 1024, 2000):
        a, b = rng.standard_normal((2, 7, length + 3), dtype=np.float32)[..., 3:]
        want = (a + b) * np.float32(2)
        with ufunc_settings():
            np.testing.assert_array_equal((a + b) * np.float32(2), want)
