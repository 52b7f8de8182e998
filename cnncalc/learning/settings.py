"""How to train, in one record: the options of the command, the JSON and the run's file are all made from it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any

from cnncalc.errors import UsageError
from cnncalc.learning.augmentation import AUGMENTATIONS, Augmentation
from cnncalc.learning.choices import listed, read_all, read_one, write
from cnncalc.learning.losses import LOSSES, Loss
from cnncalc.learning.optimisers import OPTIMISERS, Optimiser
from cnncalc.learning.schedules import SCHEDULES, Schedule

HELD_OUT = 12  # one picture in so many is validated on, where nothing else is asked for
WHOLE = 0  # the batch that is the whole training set
KEEP = ("best", "last")


def setting(
    default: Any,
    help: str,  # noqa: A002 - what it becomes in --help
    *,
    minimum: float | None = None,
    form: str = "",
) -> Any:
    """A field of the settings: what --help says of it, its least value, how it is written."""
    return field(default=default, metadata={"help": help, "minimum": minimum, "form": form})


@dataclass(frozen=True)
class Settings:
    """Raises UsageError where a value makes no sense."""

    epochs: int = setting(3, "How often every picture is seen.", minimum=1)
    batch: int = setting(
        128, "Pictures per step: a number, or all of them by slices (all; 0 in JSON).", form="N|all"
    )
    rate: float | None = setting(
        None, "Highest learning rate; each optimiser has one that suits it.", minimum=0
    )
    loss: str = setting("cross-entropy", f"What is made small: {listed(LOSSES)}.")
    l2: float = setting(
        0.0, "λ of the penalty ½λ‖W‖² on weights; not on biases, nor on scales and shifts.", minimum=0
    )
    optimiser: str = setting("adam", f"{listed(OPTIMISERS)}; numbers as in momentum:beta=0.8.")
    decay: float | None = setting(
        None, "λ of decoupled weight decay, W ← W − ηλW; 0, but 0.01 with adamw.", minimum=0
    )
    schedule: str = setting(
        "",
        f"How the rate runs: {listed(SCHEDULES)}; written step:every=10,factor=0.1. "
        "By default cyclic; constant with --batch all.",
    )
    warmup: float = setting(0.0, "Epochs in which the rate climbs from 0 to its schedule.", minimum=0)
    clip: float = setting(0.0, "Longest gradient, as the norm over all parameters; 0 is any.", minimum=0)
    average: float = setting(
        0.0,
        "β of an exponential moving average of the weights, which is tested and saved; 0 is none.",
        minimum=0,
    )
    augment: str = setting(
        "", f"Changes to each picture each time: {listed(AUGMENTATIONS)}; written shift:2,rotate:10,flip."
    )
    validation: int | None = setting(
        None,
        "Pictures held out of training to choose by; by default a twelfth (5,000 of MNIST's 60,000).",
        minimum=0,
    )
    examples: int | None = setting(
        None, "Learn from so many pictures only, as many of each class; by default from all.", minimum=1
    )
    freeze: int = setting(
        0,
        "With --from: how many of the first layers stay as they are; cnncalc shape numbers them.",
        minimum=0,
    )
    keep: str = setting(
        "best", "Which epoch's network is tested and saved: best on validation pictures, or last."
    )

    def __post_init__(self) -> None:
        for part in fields(self):
            value, least = getattr(self, part.name), part.metadata["minimum"] or 0
            if isinstance(value, float | int) and not least <= value < math.inf:
                raise UsageError(f"--{part.name} {value:g} makes no sense", f"it is at least {least:g}")
        if self.average >= 1:
            raise UsageError(
                f"--average {self.average:g} would never move", "give a number below 1, such as 0.999"
            )
        if self.keep not in KEEP:
            raise UsageError(f"--keep {self.keep} is unknown", f"known: {', '.join(KEEP)}")
        _ = self.chosen_loss, self.chosen_optimiser, self.chosen_schedule, self.chosen_augmentations

    @cached_property
    def chosen_loss(self) -> Loss:
        return read_one(self.loss, LOSSES, "loss")

    @cached_property
    def chosen_optimiser(self) -> Optimiser:
        return read_one(self.optimiser, OPTIMISERS, "optimiser")

    @cached_property
    def chosen_schedule(self) -> Schedule:
        plain = "constant" if self.batch == WHOLE else "cyclic"
        return read_one(self.schedule or plain, SCHEDULES, "schedule")

    @cached_property
    def chosen_augmentations(self) -> tuple[Augmentation, ...]:
        return read_all(self.augment, AUGMENTATIONS, "augmentation")

    def facts(self) -> dict[str, Any]:
        """The settings for JSON and for the run's file, with what was left to defaults written out."""
        return {
            **asdict(self),
            "rate": self.peak,
            "decay": self.shrink,
            "optimiser": write(self.chosen_optimiser),
            "schedule": write(self.chosen_schedule),
            "augment": ",".join(map(write, self.chosen_augmentations)),
        }

    @property
    def peak(self) -> float:
        """The highest learning rate."""
        return self.chosen_optimiser.rate if self.rate is None else self.rate

    @property
    def shrink(self) -> float:
        """λ of decoupled weight decay."""
        return self.chosen_optimiser.decay if self.decay is None else self.decay

    def batch_size(self, examples: int) -> int:
        """Pictures per step where so many are learned from."""
        return min(self.batch or examples, examples)

    def held_out(self, examples: int) -> int:
        """Pictures to validate on, of so many that could be learned from."""
        return examples // HELD_OUT if self.validation is None else self.validation

    def rate_at(self, done: float, step: float) -> float:
        """The learning rate of a step of so many epochs, after so many epochs.

        During the warm-up it is the schedule's, times the share of the warm-up that is over at the end of the step.
        """
        warm = min(1.0, (done + step) / self.warmup) if self.warmup else 1.0
        return self.peak * self.chosen_schedule.share(done, self.epochs) * warm
