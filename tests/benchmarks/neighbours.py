"""Seconds to find the nearest neighbours of MNIST's test digits among its training digits, beside scikit-learn.

    python -m tests.benchmarks.neighbours [--limit 2000] [--rounds 3] [--k 1] [--json FILE]

Both sides compare every test digit to all 60,000 and take turns within one run; scikit-learn's brute force gets its
pictures as float32 and as float64 beforehand, and the faster of the two counts.
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
import sklearn
from sklearn.neighbors import NearestNeighbors

from cnncalc.learning.data import load
from cnncalc.learning.neighbours import search
from cnncalc.learning.team import Team
from cnncalc.numerics.cores import cores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit", type=int, default=10_000, help="test digits")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--k", type=int, default=1)
    parser.add_argument("--metric", choices=["l1", "l2"], default="l2")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    data, threads = load("mnist"), cores()
    queries = data.test.images[: options.limit]

    def ours() -> Any:
        with Team(threads) as team:
            found = search(queries, data.train.images, options.k, options.metric, team)
            return np.concatenate([part.distances for part in found])

    def peer(dtype: Any) -> Callable[[], Any]:
        metric = {"l1": "manhattan", "l2": "sqeuclidean"}[options.metric]
        pictures = data.train.images.reshape(len(data.train), -1).astype(dtype)
        model = NearestNeighbors(n_neighbors=options.k, algorithm="brute", metric=metric).fit(pictures)
        asked = queries.reshape(len(queries), -1).astype(dtype)
        return lambda: model.kneighbors(asked)[0]

    sides = {
        "cnncalc": ours,
        "scikit-learn float32": peer(np.float32),
        "scikit-learn float64": peer(np.float64),
    }
    seconds: dict[str, list[float]] = {label: [] for label in sides}
    for _ in range(options.rounds):
        found = []
        for label, side in sides.items():
            start = time.perf_counter()
            found.append(side())
            seconds[label].append(time.perf_counter() - start)
        assert all(np.allclose(found[0], other) for other in found[1:])
    peers = [label for label in sides if label != "cnncalc"]
    fastest = min(peers, key=lambda label: median(seconds[label]))
    ratio = median(a / b for a, b in zip(seconds["cnncalc"], seconds[fastest], strict=True))
    versions = {"python": platform.python_version(), "numpy": np.__version__, "sklearn": sklearn.__version__}
    print(
        f"{len(queries):,} in {len(data.train):,}, {options.metric}, k = {options.k}, {threads} threads; {versions}"
    )
    for label, times in seconds.items():
        print(f"{label:22} {median(times):6.2f} s")
    print(f"cnncalc takes {ratio:.2f}× the time of {fastest}")
    if options.json:
        record = {"versions": versions, "threads": threads, "seconds": seconds, "ratio": ratio}
        options.json.write_text(json.dumps(record, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
