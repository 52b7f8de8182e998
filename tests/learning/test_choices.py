"""Words with numbers are read as they are written, and what cannot be read is named."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import UsageError
from cnncalc.learning.augmentation import AUGMENTATIONS, Crop, Elastic, Flip, Rotate, Scale, Shift
from cnncalc.learning.choices import described, listed, read_all, read_one, write
from cnncalc.learning.losses import LOSSES
from cnncalc.learning.optimisers import OPTIMISERS, Adam, Momentum
from cnncalc.learning.schedules import SCHEDULES, Steps

FAMILIES = [AUGMENTATIONS, LOSSES, OPTIMISERS, SCHEDULES]


def test_a_name_may_have_its_first_number_behind_it_or_numbers_by_name() -> None:
    assert read_one("momentum", OPTIMISERS, "optimiser") == Momentum(0.9)
    assert read_one("momentum:0.5", OPTIMISERS, "optimiser") == Momentum(0.5)
    assert read_one("momentum:beta=0.5", OPTIMISERS, "optimiser") == Momentum(0.5)
    assert read_one("step:every=3,factor=0.5", SCHEDULES, "schedule") == Steps(3, 0.5)
    assert read_one("adam:0.8, beta2=0.9", OPTIMISERS, "optimiser") == Adam(0.8, 0.9)


def test_several_are_divided_by_commas_which_divide_numbers_too() -> None:
    found = read_all("shift:3,elastic:alpha=8,sigma=5,flip,rotate,scale:0.2,crop:2", AUGMENTATIONS, "")
    assert found == (Shift(3), Elastic(8, 5), Flip(), Rotate(10), Scale(0.2), Crop(2))
    assert read_all("", AUGMENTATIONS, "") == ()


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_what_is_written_is_read_again(family: dict[str, type], data: st.DataObject) -> None:
    cls = data.draw(st.sampled_from(list(family.values())))
    numbers = {}
    for part in fields(cls):
        least = max(part.metadata["minimum"], part.metadata["above"])
        value = data.draw(
            st.floats(least, min(part.metadata["below"], least + 9), exclude_max=True, exclude_min=True)
        )
        numbers[part.name] = int(value) if part.metadata["whole"] else value
    choice = cls(**numbers)
    assert read_one(write(choice), family, "choice") == choice


@pytest.mark.parametrize("family", FAMILIES)
def test_every_entry_has_a_name_of_its_own_and_says_what_it_does(family: dict[str, type]) -> None:
    assert {cls.name: cls for cls in family.values()} == family  # type: ignore[attr-defined]
    assert all(
        cls.__doc__ and cls.__doc__ not in (base.__doc__ for base in cls.__bases__) for cls in family.values()
    )


def test_a_list_names_all_with_their_numbers() -> None:
    assert listed(AUGMENTATIONS).startswith("shift (pixels=2), rotate (degrees=10), ")
    assert described(Flip) == "flip"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("adm", "optimiser 'adm' is unknown", "did you mean adam?"),
        ("", "one of its names, not ''", "known: sgd, momentum (beta=0.9)"),
        ("sgd,adam", "one of its names", "known"),
        ("momentum:beta=x", "optimiser momentum: beta is 'x', which is not a number", ""),
        ("momentum:gamma=0.5", "momentum does not take 'gamma=0.5'", "momentum (beta=0.9)"),
        ("momentum:0.5,beta=0.6", "does not take 'beta=0.6'", "momentum (beta=0.9)"),
        ("sgd:0.5", "sgd does not take '0.5'", "it is written sgd"),
        ("momentum:1", "beta is 1", "at least 0 and below 1"),
        ("momentum:-0.1", "beta is -0.1", "at least 0 and below 1"),
        ("momentum:nan", "beta is nan", "at least 0 and below 1"),
        ("adam:epsilon=0", "epsilon is 0", "above 0"),
        ("adam:epsilon=inf", "epsilon is inf", "above 0"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_one(text, OPTIMISERS, "optimiser")
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_whole_number_is_not_a_fraction() -> None:
    with pytest.raises(UsageError) as caught:
        read_all("crop:1.5", AUGMENTATIONS, "augmentation")
    assert "whole number" in caught.value.hint
