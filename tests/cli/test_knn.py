"""Nearest neighbours as a user asks for them."""

import json

from tests.cli.running import cnncalc


def test_it_counts_votes_and_lists_what_was_wrong_first() -> None:
    done = cnncalc("knn", "mnist", "--limit", "120", "--k", "3", "--show", "3", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    record = json.loads(done.stdout)
    assert (record["pictures"], record["neighbours_among"]) == (120, 60_000)
    assert (record["metric"], record["k"]) == ("l2", 3)
    assert record["wrong"] == [65, 115]  # two 4s that look like a 9
    assert record["right"] == 118
    assert record["accuracy"] == 118 / 120
    assert [case["index"] for case in record["shown"]] == [65, 115, 0]
    wrong, _, seven = record["shown"]
    assert [near["label"] for near in wrong["neighbours"]] == ["4", "9", "9"]
    assert (wrong["label"], wrong["taken_for"]) == ("4", "9")
    assert [near["label"] for near in seven["neighbours"]] == ["7", "7", "7"]
    assert seven["neighbours"][0]["distance"] == 457_766**0.5


def test_it_shows_a_picture_beside_its_neighbours() -> None:
    done = cnncalc("knn", "mnist", "--limit", "3", "--metric", "l1", "--show", "1")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "test picture 0: 7, taken for 7; nearest: 7 at 5,244"
    assert len(lines) == 1 + 14 + 2
    assert lines[-2] == (
        "100.00% of 3 test pictures of mnist classified rightly by the nearest neighbour of 60,000 (L1)"
    )
