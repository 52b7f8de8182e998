"""What the settings refuse, what they stand for, and that they can be read again."""

import pytest

from cnncalc.errors import UsageError
from cnncalc.learning.augmentation import Flip, Shift
from cnncalc.learning.optimisers import AdamW, Momentum
from cnncalc.learning.schedules import Constant, Cyclic
from cnncalc.learning.settings import WHOLE, Settings


def test_defaults_follow_the_optimiser_and_the_batch() -> None:
    plain = Settings()
    assert (plain.peak, plain.shrink, plain.chosen_schedule) == (0.005, 0.0, Cyclic())
    assert Settings(optimiser="momentum:0.8").chosen_optimiser == Momentum(0.8)
    assert (Settings(optimiser="sgd").peak, Settings(optimiser="sgd", rate=0.3).peak) == (0.1, 0.3)
    assert (Settings(optimiser="adamw").shrink, Settings(optimiser="adamw", decay=0.0).shrink) == (0.01, 0.0)
    assert Settings(batch=WHOLE).chosen_schedule == Constant()


def test_batches_are_no_larger_than_the_set() -> None:
    assert [Settings(batch=batch).batch_size(300) for batch in (WHOLE, 1, 128, 1000)] == [300, 1, 128, 300]


def test_a_twelfth_is_held_out_where_nothing_is_said() -> None:
    assert Settings().held_out(60_000) == 5_000
    assert [Settings(validation=n).held_out(60_000) for n in (0, 7)] == [0, 7]


def test_what_is_written_down_stands_for_the_same_training() -> None:
    settings = Settings(
        epochs=5, batch=WHOLE, optimiser="adamw", augment="shift:3,flip", loss="mse", clip=1.5
    )
    facts = settings.facts()
    assert facts["optimiser"] == "adamw:beta1=0.9,beta2=0.99,epsilon=1e-08"
    assert facts["augment"] == "shift:pixels=3.0,flip"
    assert (facts["rate"], facts["decay"], facts["schedule"]) == (0.005, 0.01, "constant")
    again = Settings(**facts)
    assert again.facts() == facts
    assert again.chosen_optimiser == AdamW()
    assert again.chosen_augmentations == (Shift(3), Flip())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epochs": 0}, "--epochs 0 makes no sense"),
        ({"batch": -1}, "--batch -1 makes no sense"),
        ({"rate": float("nan")}, "--rate nan makes no sense"),
        ({"rate": float("inf")}, "--rate inf makes no sense"),
        ({"l2": -0.1}, "--l2 -0.1 makes no sense"),
        ({"warmup": float("inf")}, "--warmup inf makes no sense"),
        ({"validation": -1}, "--validation -1 makes no sense"),
        ({"average": 1.0}, "--average 1 would never move"),
        ({"keep": "first"}, "--keep first is unknown"),
        ({"loss": "hinge"}, "loss 'hinge' is unknown"),
        ({"optimiser": "lion"}, "optimiser 'lion' is unknown"),
        ({"schedule": "random"}, "schedule 'random' is unknown"),
        ({"augment": "shift:2,blur"}, "augmentation 'blur' is unknown"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Settings(**given)  # type: ignore[arg-type]
    assert message in caught.value.message
    assert caught.value.hint
