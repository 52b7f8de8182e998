"""Messages say all that the program has to say, and of what a file holds no more than can be read."""

import pytest

from cnncalc.errors import LONGEST, CnncalcError
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
