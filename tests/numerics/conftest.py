"""What all tests of the primitives have in common."""

from collections.abc import Iterator

import numpy as np
import pytest

from cnncalc.numerics.workspace import Arena, Array
from tests.numerics.engine_cases import PACKS, READS, processor


@pytest.fixture(autouse=True, scope="module")
def _used_memory() -> Iterator[None]:
    """Memory is handed out with what was in it: here, what would spoil every sum."""
    arrays = Arena.array

    def dirty(arena: Arena, shape: tuple[int, ...], dtype: type) -> Array:
        array = arrays(arena, shape, dtype)
        array.view(np.uint8)[:] = 255  # no number, −1, or the largest
        return array

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Arena, "array", dirty)
        yield


@pytest.fixture(params=[READS, PACKS])
def each_processor(request: pytest.FixtureRequest) -> Iterator[None]:
    """Of the two kinds between which the engine tells."""
    with processor(request.param):
        yield
