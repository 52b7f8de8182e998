"""A correlation that is pooled row by row against one that is pooled when all of it is there."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.numerics import columns, max_pooling, pooled
from cnncalc.numerics.correlation import correlate
from cnncalc.numerics.max_pooling import max_pool
from cnncalc.numerics.pooled import Geometry, correlate_and_pool
from cnncalc.numerics.windows import Axis
from cnncalc.numerics.workspace import Array, Workspace
from tests.numerics.engine_cases import fitting, geometries

pytestmark = pytest.mark.usefixtures("each_processor")


@st.composite
def filters_and_pools(draw: st.DrawFn) -> tuple[tuple[int, ...], Geometry, Geometry]:
    """The sizes of an image, filters for it, and pools for what they find."""
    axes, sizes = zip(*draw(geometries), strict=True)
    out = fitting(axes, sizes)
    pools = tuple(
        Axis(draw(st.integers(1, min(3, n))), draw(st.integers(1, 3)), draw(st.integers(0, 1)) * (n > 3))
        for n in out
    )
    return sizes, (axes, out), (pools, fitting(pools, out))


def in_two_steps(
    x: Array, weight: Array, filters: Geometry, pools: Geometry, groups: int, dy: Array
) -> list[Array]:
    """The largest results, and the gradients of image and weight."""
    found, back = correlate(x, weight, None, *filters, groups, Workspace(), "one")
    y, spread = max_pool(found, *pools, Workspace(), "two")
    dx, dweight, _ = back(spread(dy.copy()))
    assert dx is not None
    return [y, dx, dweight]


@settings(max_examples=200, deadline=None)
@given(
    filters_and_pools(),
    st.integers(1, 2),
    st.integers(1, 2),
    st.integers(1, 3),
    st.sampled_from([1, 40]),
    st.integers(0, 99),
)
def test_pooled_row_by_row_it_is_what_it_is_in_two_steps(case, groups, wide, n, strip, seed):
    sizes, filters, pools = case
    rng = np.random.default_rng(seed)
    weight = rng.standard_normal((3 * groups, wide, *(axis.kernel for axis in filters[0])))
    space = Workspace()
    with mock.patch.object(
        max_pooling, "_STRIP", strip
    ):  # as small as these are, all rows pass at once otherwise
        for train in (True, False, True, False, True):  # what is done is found out once, then done again
            x = space.image("x", (wide * groups, *sizes, n), np.float64)
            x[...] = rng.standard_normal(x.shape)
            how = (x, weight, filters, pools, groups)
            y, back = correlate_and_pool(*how, space, "both", train=train)
            dy = rng.standard_normal(y.shape)
            want = in_two_steps(*how, dy)
            np.testing.assert_array_equal(y, want[0])
            if train:
                for found, each in zip(back(dy), want[1:], strict=True):
                    np.testing.assert_array_equal(found, each)


@pytest.mark.parametrize(
    ("height", "pool", "together"),
    [(8, Axis(2, 2), True), (9, Axis(2, 2), True), (8, Axis(3, 2), False), (8, Axis(2, 2, 1, 1), False)],
    ids=["rows by two", "a row over", "windows overlap", "windows reach beyond"],
)
def test_windows_that_share_no_row_are_pooled_while_the_results_are_near(height, pool, together):
    rng = np.random.default_rng(0)
    filters = (Axis(3, 1, 1, 1),) * 2, (height, height)
    pools = (pool,) * 2, fitting((pool,) * 2, filters[1])
    x, weight = rng.standard_normal((1, height, height, 4)), rng.standard_normal((13, 1, 3, 3))
    with mock.patch.object(pooled, "correlate", wraps=correlate) as whole:
        y, back = correlate_and_pool(x, weight, filters, pools, 1, Workspace(), "", train=True, need_dx=False)
    assert whole.called is not together
    assert back(y)[0] is None


def test_what_is_gathered_for_some_rows_at_a_time_is_pooled_when_all_of_it_is_there():
    rng = np.random.default_rng(0)
    filters, pools = ((Axis(3),) * 2, (6, 6)), ((Axis(2, 2),) * 2, (3, 3))
    x, weight = rng.standard_normal((1, 8, 8, 4)), rng.standard_normal((13, 1, 3, 3))
    y, _ = correlate_and_pool(x, weight, filters, pools, 1, Workspace(), "at once", train=False)
    with (
        mock.patch.object(columns, "_NEAR", 1),
        mock.patch.object(pooled, "correlate", wraps=correlate) as whole,
    ):
        other, _ = correlate_and_pool(x, weight, filters, pools, 1, Workspace(), "in parts", train=False)
    assert whole.called
    np.testing.assert_array_equal(other, y)
