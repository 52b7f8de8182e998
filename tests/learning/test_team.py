"""Workers give what one alone would give, and their errors come out."""

from functools import partial

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from cnncalc.layers import parse
from cnncalc.learning.losses import CrossEntropy
from cnncalc.learning.network import Network
from cnncalc.learning.team import Team
from cnncalc.numerics.run import Run
from cnncalc.numerics.workspace import Array


def test_every_worker_gets_the_sum_of_all() -> None:
    with Team(3) as team:
        for _ in range(50):
            sums = team.run(lambda worker: team.total(worker, np.array([worker, 10.0 * worker])), 3)
            assert [list(part) for part in sums] == [[3, 30]] * 3


def test_an_error_in_one_worker_ends_all_and_is_raised() -> None:
    def task(worker: int) -> Array:
        if worker == 1:
            raise ValueError("worker 1")
        return team.total(worker, np.zeros(1))

    with Team(3) as team:
        with pytest.raises(ValueError, match="worker 1"):
            team.run(task, 3)
        assert team.run(lambda worker: worker, 3) == [0, 1, 2]


def test_blas_is_held_to_one_thread_and_let_go() -> None:
    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    with threadpool_limits(2, user_api="blas"):
        before = threads()
        with Team(2):
            assert threads() <= {1}
        assert threads() == before


@pytest.mark.parametrize("workers", [2, 3])
def test_the_gradient_of_a_shared_batch_is_that_of_the_whole(workers: int) -> None:
    """Also through batch normalisation, whose statistics are those of the whole batch."""
    rng = np.random.default_rng(0)
    model = parse("input 6x6x2; conv 4x3x3; batchnorm; relu; maxpool 2x2; fc 5; batchnorm; fc 3")
    x, labels = rng.normal(size=(2, 6, 6, 7)), rng.integers(0, 3, 7)

    def gradient(size: int) -> tuple[Array, dict[str, Array]]:
        network = Network(model, dtype=np.float64)
        network.initialise(np.random.default_rng(1))
        found = [network.parameters.like() for _ in range(size)]
        cuts = np.linspace(0, 7, size + 1).astype(int)
        with Team(size) as team:
            runs = [Run(train=True, reduce=partial(team.total, worker)) for worker in range(size)]

            def share(worker: int) -> None:
                part = slice(cuts[worker], cuts[worker + 1])
                logits, backward = network.forward(x[..., part].copy(), runs[worker])
                _, dlogits = CrossEntropy().score(logits, labels[part], 7, runs[worker].space, softmax=True)
                backward(dlogits, found[worker])

            team.run(share, size)
        return sum(each.vector for each in found), runs[0].kept

    alone, kept = gradient(1)
    shared, kept_by_first = gradient(workers)
    assert shared == pytest.approx(alone, abs=1e-12)
    for name in kept:
        assert kept_by_first[name] == pytest.approx(kept[name])
