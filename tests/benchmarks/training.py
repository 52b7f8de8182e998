"""Images a second in training, beside PyTorch on the same CPU: same network, same batches, same optimiser.

    python -m tests.benchmarks.training [--compile] [--rounds 7] [--json FILE]

The sides take turns within one run; the figures are medians over the rounds, and the ratio is the median of the
ratios of each round. PyTorch gets its pictures standardised beforehand; cnncalc does that in every step.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from cnncalc.arithmetic.zoo import ZOO
from cnncalc.learning.data import DataSet, load
from cnncalc.learning.evaluation import inputs_for
from cnncalc.learning.network import Network
from cnncalc.learning.team import Team
from cnncalc.learning.trainer import Trainer
from cnncalc.numerics.cores import cores
from cnncalc.numerics.workspace import Workspace
from tests.benchmarks.peers import Peer

BATCH = 128
NETWORKS = ("lenet5", "default")


def measure(
    name: str, data: DataSet, team: Team, rounds: int, seconds: float, compiled: bool
) -> dict[str, Any]:
    """The sides' images a second in each round, in turn."""
    rng = np.random.default_rng(0)
    network = Network(ZOO[name].model)
    network.initialise(rng)
    inputs = inputs_for(network, data)
    trainer = Trainer(network, inputs, team, rng)
    examples = len(data.train)
    ready = inputs.batch(data.train.images, Workspace(), network.dtype).transpose(3, 0, 1, 2).copy()

    def ours(rows: Any) -> float:
        return trainer.step(data.train.images[rows], data.train.labels[rows], 0.001).loss / BATCH

    sides: dict[str, Callable[[Any], float]] = {"cnncalc": ours}
    kinds: dict[str, dict[str, bool]] = {"PyTorch": {}, "PyTorch channels last": {"channels_last": True}}
    if compiled:
        kinds["PyTorch compiled"] = {"compiled": True}
    for label, kind in kinds.items():
        peer = Peer(ZOO[name].model, ready, data.train.labels, **kind)
        peer.load({key: np.ascontiguousarray(value) for key, value in network.tensors().items()})
        sides[label] = peer.step
    agree([[step(np.arange(BATCH * i, BATCH * (i + 1))) for i in range(5)] for step in sides.values()])
    speeds: dict[str, list[float]] = {label: [] for label in sides}
    for _ in range(rounds):
        for label, step in sides.items():
            done, start = 0, time.perf_counter()
            while time.perf_counter() - start < seconds:
                step(rng.integers(0, examples, BATCH))
                done += BATCH
            speeds[label].append(done / (time.perf_counter() - start))
    return {"network": name, "parameters": network.parameters.vector.size, "images_per_second": speeds}


def agree(losses: list[list[float]]) -> None:
    """Both sides do the same work: from the same start, five batches have the same losses."""
    for other in losses[1:]:
        assert np.allclose(losses[0], other, rtol=2e-3), losses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each side in each round")
    parser.add_argument("--compile", action="store_true", help="torch.compile too")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    threads = cores()
    torch.set_num_threads(threads)
    data = load("mnist")
    versions = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}
    print(f"batch {BATCH}, {threads} threads, median of {options.rounds} rounds; {versions}")
    found = []
    with Team(threads) as team:
        for name in NETWORKS:
            record = measure(name, data, team, options.rounds, options.seconds, options.compile)
            speeds = record["images_per_second"]
            record["ratios"] = {
                label: median(a / b for a, b in zip(speeds["cnncalc"], speed, strict=True))
                for label, speed in speeds.items()
            }
            found.append(record)
            for label, speed in speeds.items():
                print(f"{name:8} {label:22} {median(speed):8,.0f} images/s   {record['ratios'][label]:.2f}×")
    if options.json:
        options.json.write_text(
            json.dumps({"versions": versions, "threads": threads, "results": found}, indent=2)
        )


if __name__ == "__main__":
    main()
