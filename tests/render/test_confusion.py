"""The matrix, the classes and the mistakes in the terminal; where there are too many classes, the pairs."""

import io
import re

import numpy as np
import pytest
from rich.console import Console

from cnncalc.learning.assessment import Assessment, Mistake
from cnncalc.learning.data import DataSet, Split
from cnncalc.render.confusion import MOST_CLASSES, mistakes_sheet, show_assessment


def made(classes: int, channels: int = 1) -> tuple[Assessment, DataSet]:
    """Of each class ten pictures, of which the last is taken for the next class."""
    names = tuple(f"class number {k}" for k in range(classes))
    matrix = [[0] * classes for _ in names]
    for k in range(classes):
        matrix[k][k], matrix[k][(k + 1) % classes] = 9 + k, 1 + (k == 1)
    mistakes = tuple(Mistake(k, k, (k + 1) % classes, 9.0 - k / 100, 0.9, 0.1) for k in range(classes))
    images = np.random.default_rng(0).integers(0, 256, (classes, 12, 20, channels), dtype=np.uint8)
    split = Split(images, np.arange(classes))
    data = DataSet("some", split, split, names, 0.5, 0.5)
    return Assessment(names, tuple(map(tuple, matrix)), 0.25, "mse", mistakes), data


def shown(classes: int, width: int, *, worst: int = 0, channels: int = 1) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)
    show_assessment(*made(classes, channels), 1234.5, worst, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_the_matrix_stands_with_the_classes_in_its_rows() -> None:
    lines = shown(3, 60)
    at = lines.index("class, and what it was taken for")
    assert [line.split() for line in lines[at + 1 : at + 5]] == [
        ["0", "1", "2"],  # the names are longer than the columns are wide
        ["class", "numbe…", "0", "9", "1", "."],
        ["class", "numbe…", "1", ".", "10", "2"],
        ["class", "numbe…", "2", "1", ".", "11"],
    ]


def test_where_there_is_room_both_tables_stand_side_by_side() -> None:
    lines = shown(3, 120)
    assert any("what it was taken for" in line and "one by one" in line for line in lines)
    assert max(map(len, lines[2:])) <= 120


def test_of_many_classes_the_pairs_most_often_mixed_up_are_shown() -> None:
    lines = shown(50, 80)
    head = next(i for i, line in enumerate(lines) if "taken for" in line and "pictures" in line)
    assert re.split(r"  +", lines[head + 1].strip()) == ["class number 1", "class number 2", "2"]
    assert any(f"and {50 - MOST_CLASSES} more" in line for line in lines)
    assert max(map(len, lines[2:])) <= 80


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_mistakes_are_pictures_under_what_they_are(channels: int) -> None:
    lines = shown(7, 80, worst=5, channels=channels)
    at = lines.index("the worst mistakes")
    assert lines[at + 1].split() == ["picture", "0", "picture", "1", "picture", "2", "picture", "3"]
    assert sum(line.startswith("picture") for line in lines) == 2
    assert "90.0%, loss 8.99" in lines[at + 3]
    assert max(map(len, lines[2:])) <= 80


@pytest.mark.parametrize("channels", [1, 3])
def test_the_sheet_has_a_place_for_each_mistake(channels: int) -> None:
    found, data = made(8, channels)
    assert mistakes_sheet(found.mistakes, found.classes, data).shape == (2 * 207 + 16, 6 * 156 + 16, 3)
    assert mistakes_sheet((), found.classes, data).ndim == 3
