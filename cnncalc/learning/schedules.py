"""How the learning rate runs through a training. A new schedule is one class and one word in SCHEDULES."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cnncalc.learning.choices import Choice, family, number


@dataclass(frozen=True)
class Schedule(Choice):
    """The share of the highest learning rate, after so many epochs of so many."""

    def share(self, done: float, epochs: int) -> float:
        """A number from 0 to 1; `done` is in epochs, and need not be whole."""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Schedule):
    """The same from beginning to end."""

    name = "constant"

    def share(self, done: float, epochs: int) -> float:  # noqa: ARG002 - all schedules are asked alike
        return 1.0


@dataclass(frozen=True)
class Steps(Schedule):
    """Times `factor` after every `every` epochs."""

    name = "step"

    every: float = number(10, above=0)
    factor: float = number(0.1, below=1)

    def share(self, done: float, epochs: int) -> float:  # noqa: ARG002
        return self.factor ** math.floor(done / self.every)


@dataclass(frozen=True)
class Decay(Schedule):
    """Times `factor` after every epoch."""

    name = "decay"

    factor: float = number(0.95, below=1)

    def share(self, done: float, epochs: int) -> float:  # noqa: ARG002
        return self.factor ** math.floor(done)


@dataclass(frozen=True)
class Cosine(Schedule):
    """½(1 + cos πt) over the whole training (Loshchilov & Hutter 2017, without restarts)."""

    name = "cosine"

    def share(self, done: float, epochs: int) -> float:
        return fall(done / epochs)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Along a cosine from `start` up to 1 in the first `rise` of the training, then down to nothing.

    Smith & Topin 2018, Super-convergence; with cosines in place of lines.
    """

    name = "onecycle"

    rise: float = number(0.3, above=0, below=1)
    start: float = number(0.04, below=1)

    def share(self, done: float, epochs: int) -> float:
        return self.cycle(done / epochs)

    def cycle(self, t: float) -> float:
        """One cycle, t from 0 to 1."""
        if t < self.rise:
            return self.start + (1 - self.start) * (1 - fall(t / self.rise))
        return fall((t - self.rise) / (1 - self.rise))


@dataclass(frozen=True)
class Cyclic(OneCycle):
    """One cycle in each epoch, each with a lower peak than the last, so that the network is good after every epoch.

    The cycle of Smith & Topin 2018, restarted as by Loshchilov & Hutter 2017.
    """

    name = "cyclic"

    rise: float = number(0.15, above=0, below=1)

    def share(self, done: float, epochs: int) -> float:
        epoch = min(int(done), epochs - 1)
        return (1 - epoch / epochs) * self.cycle(done - epoch)


def fall(t: float) -> float:
    """From 1 to 0 along half a cosine, t from 0 to 1."""
    return (1 + math.cos(math.pi * t)) / 2


SCHEDULES = family(Constant, Steps, Cosine, OneCycle, Decay, Cyclic)
