"""Messages say all that the program has to say, and of what a file holds no more than can be read."""

import os
from pathlib import Path

import pytest

from cnncalc.errors import LONGEST, CnncalcError, shown, visible
from cnncalc.learning.data.catalogue import DATASETS
from tests.cli.running import cnncalc


def test_a_word_of_megabytes_is_shown_by_its_beginning_and_its_end() -> None:
    error = CnncalcError("a" * 5_000_000 + "b", "c" * LONGEST)
    assert error.message == "a" * 300 + " … " + "a" * 299 + "b"
    assert error.hint == "c" * LONGEST


def test_many_lines_are_kept_each_as_long_as_it_may_be() -> None:
    lines = [f"{number} {'x' * 200}" for number in range(20)]
    assert CnncalcError("no", "\n".join(lines)).hint.split("\n") == lines


@pytest.mark.parametrize("name", ["fashion-mnist", "kmnist", "cifar10"])
def test_without_a_network_every_file_and_hash_is_named(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("home")
    done = cnncalc(
        *("data", "fetch", name),
        folder=folder,
        CNNCALC_OFFLINE="1",
        CNNCALC_CACHE=str(folder),
        HOME=str(folder),
    )
    entry = DATASETS[name]
    if done.returncode == 0:
        pytest.skip("it is installed here for all")
    assert done.returncode == 3
    for archive in entry.archives:
        assert archive.sha256 in done.stderr


@pytest.mark.parametrize(
    ("sign", "written"),
    [
        ("\n", r"\n"),
        ("\r", r"\r"),
        ("\t", r"\t"),
        ("\a", r"\x07"),
        ("\x1b", r"\x1b"),
        ("\x7f", r"\x7f"),
        ("\x9b", r"\x9b"),  # ESC [ in one byte
        ("\u2028", r"\u2028"),
        ("\u202e", r"\u202e"),  # what follows is read from the right
        ("\ud800", r"\ud800"),
    ],
)
def test_a_sign_that_acts_on_a_terminal_is_written_out(sign: str, written: str) -> None:
    assert visible(f"a{sign}b") == f"a{written}b"
    error = CnncalcError(f"a{sign}b is broken", f"mend\na{sign}b")
    assert error.message == f"a{written}b is broken"
    assert error.hint == f"mend\na{sign if sign == chr(10) else written}b"


def test_what_can_be_seen_stays() -> None:
    text = "Zoë’s 图片\u3000(1) 👩‍🔬\u00a0—\\n"
    assert visible(text) == shown(text) == text


def test_a_name_that_is_not_utf8_can_be_shown() -> None:
    assert shown(Path(os.fsdecode(b"caf\xe9\n.png"))) == "caf\ufffd\\n.png"
