"""The learning rate at named points, and as a whole."""

import numpy as np
import pytest

from cnncalc.learning.schedules import SCHEDULES, Constant, Cosine, Cyclic, Decay, OneCycle, Schedule, Steps
from cnncalc.learning.settings import Settings

POINTS = [
    (Constant(), 4, {0: 1, 2.5: 1, 4: 1}),
    (Steps(2, 0.1), 6, {0: 1, 1.99: 1, 2: 0.1, 3.5: 0.1, 4: 0.01, 5.9: 0.01}),
    (Decay(0.5), 4, {0: 1, 0.9: 1, 1: 0.5, 3.2: 0.125}),
    (Cosine(), 4, {0: 1, 1: 0.8535533905932737, 2: 0.5, 4: 0}),
    (OneCycle(0.25, 0.2), 8, {0: 0.2, 1: 0.6, 2: 1, 5: 0.5, 8: 0}),
    (Cyclic(0.5, 0.2), 2, {0: 0.2, 0.25: 0.6, 0.5: 1, 0.75: 0.5, 1: 0.1, 1.5: 0.5, 2: 0}),
]


def test_all_are_checked() -> None:
    assert sorted(schedule.name for schedule, _, _ in POINTS) == sorted(SCHEDULES)


@pytest.mark.parametrize(
    ("schedule", "epochs", "points"), POINTS, ids=lambda value: getattr(value, "name", "")
)
def test_the_rate_at_named_points(schedule: Schedule, epochs: int, points: dict[float, float]) -> None:
    for done, share in points.items():
        assert schedule.share(done, epochs) == pytest.approx(share, abs=1e-12), done


@pytest.mark.parametrize("cls", SCHEDULES.values())
def test_the_rate_is_never_above_the_highest_nor_below_nothing(cls: type[Schedule]) -> None:
    for epochs in (1, 3):
        shares = [cls().share(done, epochs) for done in np.linspace(0, epochs, 301)]
        assert min(shares) >= 0
        assert max(shares) == pytest.approx(1, abs=1e-3)


def test_the_default_climbs_and_falls_in_each_epoch_and_peaks_lower_every_time() -> None:
    rates = np.array([Cyclic().share(done, 4) for done in np.linspace(0, 4, 4001)])
    peaks = [rates[1000 * epoch : 1000 * (epoch + 1)].max() for epoch in range(4)]
    assert peaks == pytest.approx([1, 0.75, 0.5, 0.25])
    assert rates[[999, 1999, 2999, 4000]] == pytest.approx(0, abs=1e-4)
    assert rates[0] == pytest.approx(0.04)
    assert np.abs(np.diff(rates[:1000])).max() < 0.011  # no jumps within an epoch


def test_a_warm_up_climbs_from_the_first_step_to_the_schedule() -> None:
    settings = Settings(epochs=4, rate=0.8, schedule="constant", warmup=0.5)
    rates = [settings.rate_at(step / 10, 1 / 10) for step in range(10)]
    assert rates == pytest.approx([0.16, 0.32, 0.48, 0.64, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8])
    falling = Settings(epochs=4, rate=0.8, schedule="cosine", warmup=2)
    assert falling.rate_at(1, 0) == pytest.approx(0.8 * 0.8535533905932737 / 2)
    assert falling.rate_at(3, 0) == pytest.approx(0.8 * 0.1464466094067262)
