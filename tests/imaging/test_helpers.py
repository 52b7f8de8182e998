"""Work in processes of their own: the results of the work, its faults, and what happens where a process dies."""

import os
import subprocess
import sys
from functools import partial

import pytest

from cnncalc.errors import FileError
from cnncalc.imaging import helpers
from cnncalc.imaging.helpers import Helper


@pytest.fixture
def helped():
    """Makes helpers, and closes them."""
    made = []

    def make(work, lost="lost {}".format):
        made.append(Helper(work, lost))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_the_work_is_done_in_another_process_and_in_order(helped):
    helper = helped(partial(divmod, 7))
    assert helper([3, 2]) == [(2, 1), (3, 1)]
    assert helper([5]) == [(1, 2)]
    (other,) = helped(eval)(["__import__('os').getpid()"])
    assert other != os.getpid()


def test_what_the_work_raises_is_raised_here_with_where_it_was(helped):
    helper = helped(partial(divmod, 7))
    with pytest.raises(ZeroDivisionError) as caught:
        helper([1, 0, 2])
    assert "helpers.py" in caught.value.__notes__[0]
    assert helper([7]) == [(1, 0)]  # it can still work


def test_a_fault_that_cannot_be_handed_over_is_told_in_words(helped):
    source = "type('Odd', (Exception,), {})('so it was')"
    with pytest.raises(RuntimeError, match="so it was"):
        helped(exec)([f"raise {source}"])


class Demanding(Exception):  # noqa: N818  # it is none of ours
    """Python can write it down, and not read it."""

    def __init__(self, said, more):
        super().__init__(said + more)


def demand(part):
    raise Demanding(part, " and not otherwise")


def test_a_fault_that_could_not_be_read_here_is_told_in_words(helped):
    with pytest.raises(RuntimeError, match="so it was and not otherwise"):
        helped(demand)(["so it was"])


def test_only_the_part_at_which_a_process_died_is_lost(helped):
    dying = "__import__('os')._exit(1)"
    helper = helped(eval)
    assert helper(["1", "2", dying, "4", dying, "6"]) == [1, 2, f"lost {dying}", 4, f"lost {dying}", 6]
    assert helper([dying, "8"]) == [f"lost {dying}", 8]


def test_a_process_that_died_between_two_calls_is_replaced(helped):
    helper = helped(eval)
    assert helper(["1"]) == [1]
    helper.process.kill()
    helper.process.wait()
    assert helper(["2", "3"])[1] == 3


def test_where_no_process_can_be_started_the_work_is_done_here(helped, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    assert helped(eval)(["__import__('os').getpid()"]) == [os.getpid()]


def test_where_a_process_does_not_answer_the_work_is_done_here(helped, monkeypatch):
    monkeypatch.setattr(helpers, "_START", ("-c", "print('something else')"))
    assert helped(eval)(["__import__('os').getpid()"]) == [os.getpid()]


def test_what_the_work_prints_is_no_answer(helped, capfd):
    assert helped(eval)(["print('hello', flush=True)", "2"]) == [None, 2]
    assert capfd.readouterr().out == ""


def test_errors_of_the_user_come_back_whole(helped):
    (error,) = helped(eval)(["__import__('cnncalc.errors').errors.FileError('a fact', 'a remedy')"])
    assert isinstance(error, FileError)
    assert (error.message, error.hint, error.exit_code) == ("a fact", "a remedy", 3)


def test_a_file_in_the_current_folder_is_not_taken_for_a_module(helped, monkeypatch, tmp_path):
    (tmp_path / "pickle.py").write_text("raise SystemExit('not this one')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert helped(eval)(["__import__('os').getpid()"]) != [os.getpid()]


SUDDEN_END = """
import os
from cnncalc.imaging.helpers import Helper
helper = Helper(eval, str)
print(helper(["1"]), flush=True)
os._exit(0)
"""


def test_a_process_ends_with_the_one_that_started_it():
    """stderr, which both have, is only at its end once both are."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SUDDEN_END]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=20)
    assert (done.stdout, done.stderr) == ("[1]\n", "")
