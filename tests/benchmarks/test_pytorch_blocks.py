"""Whole random networks with blocks beside PyTorch, in double precision: outputs and all gradients.

Run by hand, where PyTorch is installed: pytest -m bench. RUNS=1000 compares so many networks.
"""

from collections import Counter
from os import environ
from random import Random

import numpy as np
import pytest

from cnncalc.layers import Layer, Model, write
from tests.stacks import stack

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.bench

from tests.benchmarks.compared import MismatchError, check_outputs, check_training, classifier, drawn_network  # noqa: E402 - they import torch

RUNS = int(environ.get("RUNS", "400"))
FIRST = int(environ.get("FIRST", "0"))  # seed
BATCH = 3


def drawn(seed: int) -> Model:
    """A classifier with blocks in one to three dimensions."""
    rng = Random(seed)
    axes = rng.choice((1, 1, 2, 2, 3))
    shape = (*(rng.randint(1, (0, 20, 9, 5)[axes]) for _ in range(axes)), rng.randint(1, 6))
    return classifier(Model(shape, stack(rng, shape, 2)))


def words(model: Model) -> set[str]:
    return {step.layer.word for step in model.steps()}


def test_random_networks_with_blocks_agree_in_value_and_gradient() -> None:
    used, compared, wrong = Counter[str](), 0, []
    for seed in range(FIRST, FIRST + RUNS):
        model = drawn(seed)
        network, rng = drawn_network(model, seed), np.random.default_rng(seed)
        x = rng.normal(size=(model.input[-1], *model.input[:-1], BATCH))  # whose means have no ties
        try:
            # a dilated window can meet padding alone, which is −∞
            if not (check_outputs(network, x) and check_training(network, x, rng.normal(size=(4, BATCH)))):
                continue
        except MismatchError as error:
            wrong.append(f"seed {seed}: {write(model)}: {error}")
            continue
        compared += 1
        used.update(words(model))
    print(f"{compared} of {RUNS} networks agree; words in how many:", dict(used.most_common()))
    assert not wrong, min(wrong, key=len)
    assert compared >= 0.95 * RUNS
    if RUNS >= 400:
        assert {cls.word for cls in Layer.known.values()} == set(used)
