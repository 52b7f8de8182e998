"""Training and inference beside PyTorch on the same CPU: same network, same batches, same optimiser.

    python -m tests.benchmarks.training [--networks lenet5,default,…] [--rounds 5] [--seconds 1] [--no-compile]
                                        [--no-process] [--json FILE]

The sides take turns within one run; figures are medians over the rounds, ratios (cnncalc over PyTorch) the median of
the ratios of each round. PyTorch gets its pictures standardised beforehand; cnncalc does that in every
step. The share of the peak is that of a product of two matrices of 2,048 × 2,048 by BLAS in the same round.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from cnncalc.arithmetic.zoo import ZOO
from cnncalc.layers.normalisation import Dropout
from cnncalc.learning.data import DataSet, load
from cnncalc.learning.evaluation import inputs_for
from cnncalc.learning.network import Network
from cnncalc.learning.team import Team
from cnncalc.learning.trainer import Trainer
from cnncalc.numerics.cores import cores
from cnncalc.numerics.workspace import Workspace
from tests.benchmarks.peers import Peer

BATCH = 128
NETWORKS = "lenet5,default,small-vgg,small-resnet"
PICTURES = 10_000  # to train on, again and again
SIDE = 2048  # of the matrices that give the peak
GOAL = 99.0  # percent of the validation pictures

Sides = dict[str, Callable[[], int]]  # what each side does again and again; gives how many pictures it took


class Contest:
    """A network on all sides."""

    def __init__(self, name: str, data: DataSet, team: Team, *, compiled: bool) -> None:
        self.rng = np.random.default_rng(0)
        self.data = data
        network = Network(ZOO[name].model)
        network.initialise(self.rng)
        inputs = inputs_for(network, data)
        self.trainer = Trainer(network, inputs, team, self.rng)
        self.flops = flops(network)

        def ready(images: Any) -> Any:
            return inputs.batch(images, Workspace(), network.dtype).transpose(3, 0, 1, 2).copy()

        pictures, self.tested = ready(data.train.images[:PICTURES]), ready(data.test.images)
        kinds: dict[str, dict[str, bool]] = {"PyTorch": {}, "PyTorch channels last": {"channels_last": True}}
        if compiled:
            kinds["PyTorch compiled"] = {"compiled": True}
        self.peers = {
            label: Peer(ZOO[name].model, pictures, data.train.labels[:PICTURES], **kind)
            for label, kind in kinds.items()
        }
        for peer in self.peers.values():
            peer.load({key: np.array(value) for key, value in network.tensors().items()})
        steps = [self.step, *(peer.step for peer in self.peers.values())]
        if any(isinstance(step.layer, Dropout) for step in network.steps):  # then no two runs agree
            return
        agree([[step(np.arange(BATCH * i, BATCH * (i + 1))) for i in range(3)] for step in steps])

    def step(self, rows: Any) -> float:
        images, labels = self.data.train.images[rows], self.data.train.labels[rows]
        return self.trainer.step(images, labels, 0.001).loss / BATCH

    def training(self) -> Sides:
        def stepping(step: Callable[[Any], float]) -> Callable[[], int]:
            def once() -> int:
                step(self.rng.integers(0, PICTURES, BATCH))
                return BATCH

            return once

        return {
            "cnncalc": stepping(self.step),
            **{label: stepping(peer.step) for label, peer in self.peers.items()},
        }

    def inference(self) -> Sides:
        """Batch after batch of the test pictures, whole ones only; cnncalc starts from bytes."""
        images, labels = self.data.test.images, np.array(self.data.test.labels)
        whole = len(labels) // BATCH * BATCH
        batches = [slice(first, first + BATCH) for first in range(0, whole, BATCH)]

        def ours() -> int:
            for batch in batches:
                self.trainer.shares.score(images[batch], labels[batch])
            return whole

        def theirs(peer: Peer) -> Callable[[], int]:
            def once() -> int:
                peer.right(self.tested[:whole], labels[:whole], BATCH)
                return whole

            return once

        return {"cnncalc": ours, **{label: theirs(peer) for label, peer in self.peers.items()}}


def flops(network: Network) -> int:
    """Floating-point operations of a training step for one picture: two for each multiply-add.

    Forward, to the weights, and to the inputs, which the first layer does without.
    """
    macs = [step.layer.cost(step.input).macs for step in network.steps]
    first = next(n for n in macs if n)
    return 2 * (3 * sum(macs) - first)


def agree(losses: list[list[float]]) -> None:
    """All sides do the same work: from the same start, the first batches have the same losses."""
    for other in losses[1:]:
        assert np.allclose(losses[0], other, rtol=5e-3), losses


def speeds(sides: Sides, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Pictures a second of each side in each round, in turn."""
    found: dict[str, list[float]] = {label: [] for label in sides}
    for once in sides.values():
        once()
    for _ in range(rounds):
        for label, once in sides.items():
            done, start = 0, time.perf_counter()
            while time.perf_counter() - start < seconds:
                done += once()
            found[label].append(done / (time.perf_counter() - start))
    return found


def compared(found: dict[str, list[float]]) -> dict[str, Any]:
    """By how much cnncalc is faster than each kind of PyTorch."""
    own = found["cnncalc"]
    ratios = {
        label: median(a / b for a, b in zip(own, each, strict=True))
        for label, each in found.items()
        if label != "cnncalc"
    }
    return {"images_per_second": found, "ratios": ratios}


def peak() -> float:
    """GFLOP/s of BLAS with all its threads, in a process that leaves it those."""
    code = (
        f"import numpy as np, time; a = np.ones(({SIDE}, {SIDE}), np.float32); a @ a; s = time.perf_counter(); "
        f"[a @ a for _ in range(8)]; print(8 * 2 * {SIDE}**3 / (time.perf_counter() - s) / 1e9)"
    )
    return float(
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    )


def watched(command: list[str], folder: str, *, until_goal: bool) -> dict[str, Any]:
    """Seconds to the first epoch whose validation reaches the goal, and the memory after each epoch.

    The memory is the sum of the peaks of the process and of those it has started, in megabytes, on Linux.
    """
    start = time.perf_counter()
    record: dict[str, Any] = {"seconds": None, "accuracies": [], "megabytes": []}
    with subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as run:
        assert run.stderr
        for line in run.stderr:
            if not line.startswith("epoch") or "validation" not in line:
                continue
            record["accuracies"].append(float(line.split("validation")[1].split("%")[0]))
            record["megabytes"].append(family_peak(run.pid))
            if record["seconds"] is None and record["accuracies"][-1] >= GOAL:
                record["seconds"] = time.perf_counter() - start
                if until_goal:
                    run.kill()
                    break
    return record


def family_peak(pid: int) -> float:
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        except OSError:  # it has just ended
            continue
        if int(lines["Pid"]) == pid or int(lines["PPid"]) == pid:
            total += int(lines.get("VmHWM", "0 kB").split()[0]) / 1024
    return total


def processes(*, compiled: bool) -> dict[str, Any]:
    """The whole command beside a script, from the start of the process to the first 99 %."""
    here = Path(__file__).resolve()
    mnist = here.parents[2] / "samples" / "mnist.npz"
    script = [sys.executable, str(here.with_name("recipe.py")), str(mnist)]
    commands = {"cnncalc": [sys.executable, "-m", "cnncalc", "train", "mnist"], "PyTorch": script}
    if compiled:
        commands["PyTorch compiled"] = [*script, "--compile"]
    with tempfile.TemporaryDirectory() as folder:
        return {
            label: watched(command, folder, until_goal=label != "cnncalc")
            for label, command in commands.items()
        }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", default=NETWORKS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each side in each round")
    parser.add_argument("--no-compile", action="store_true", help="without torch.compile")
    parser.add_argument("--no-process", action="store_true", help="without the whole processes")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    options = parser.parse_args()
    threads, compiled = cores(), not options.no_compile
    torch.set_num_threads(threads)
    data = load("mnist")
    versions = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}
    print(f"batch {BATCH}, {threads} threads, medians of {options.rounds} rounds; {versions}")
    record: dict[str, Any] = {"versions": versions, "threads": threads, "networks": {}}
    for name in options.networks.split(","):
        with Team(threads, processes=True) as team:
            contest = Contest(name, data, team, compiled=compiled)
            training = compared(speeds(contest.training(), options.rounds, options.seconds))
            best = peak()
            inference = compared(speeds(contest.inference(), options.rounds, options.seconds))
        training["gflops"] = contest.flops * median(training["images_per_second"]["cnncalc"]) / 1e9
        training["share_of_peak"] = training["gflops"] / best
        record["networks"][name] = {"training": training, "inference": inference, "peak_gflops": best}
        show(name, record["networks"][name])
    if not options.no_process:
        record["processes"] = processes(compiled=compiled)
        for label, found in record["processes"].items():
            memory = ", ".join(f"{size:.0f}" for size in found["megabytes"])
            seconds = "never" if found["seconds"] is None else f"{found['seconds']:.1f} s"
            print(f"to {GOAL:g} %: {label:18} {seconds:>8}   {found['accuracies']} %   {memory} MB by epoch")
    if options.json:
        options.json.write_text(json.dumps(record, indent=2), encoding="utf-8")


def show(name: str, found: dict[str, Any]) -> None:
    for what in ("training", "inference"):
        part = found[what]
        for label, each in part["images_per_second"].items():
            ratio = f"{part['ratios'][label]:.2f}×" if label in part["ratios"] else ""
            print(f"{name:13} {what:10} {label:22} {median(each):9,.0f} images/s  {ratio}")
    part = found["training"]
    print(
        f"{name:13} training   {part['gflops']:.0f} of {found['peak_gflops']:.0f} GFLOP/s, {part['share_of_peak']:.0%}"
    )


if __name__ == "__main__":
    main()
