"""What the last bits depend on is written down, and what of it has changed is said."""

import platform

import numpy as np

from cnncalc.learning.surroundings import changes, surroundings


def test_numpy_blas_and_the_machine_are_named() -> None:
    now = surroundings()
    assert set(now) == {"numpy", "BLAS", "machine"}
    assert now["numpy"] == np.__version__
    assert platform.machine() in now["machine"]
    assert surroundings() == now


def test_only_what_is_known_to_have_changed_is_said() -> None:
    now = {"numpy": "2.4", "BLAS": "openblas", "machine": "x"}
    assert list(changes(now, now)) == []
    assert list(changes({}, now)) == []
    assert list(changes({**now, "BLAS": "mkl"}, now)) == ["BLAS was mkl, is openblas"]
