"""evaluate, runs and report as a user calls them, on trainings of a small data set."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from tests.cli.running import run_here
from tests.learning.sets import bars
from tests.learning.test_runs import saved

SMALL = ["train", "bars.npz", "--conv", "3x3x3", "--relu", "--fc", "4", "--rate", "0.02", "--threads", "1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set, and the runs bars-1, finished, and bars-2, of one epoch."""
    folder = tmp_path_factory.mktemp("seeing")
    data = bars()
    parts = {"train": data.train, "test": data.test}
    arrays = {f"x_{name}": part.images[:, :, :, 0] for name, part in parts.items()}
    np.savez(folder / "bars.npz", **arrays, **{f"y_{name}": part.labels for name, part in parts.items()})
    for epochs in ("4", "1"):
        done = run_here(*SMALL, "--epochs", epochs, "--batch", "32", folder=folder)
        assert done.returncode == 0, done.stderr
    return folder


def test_evaluate_shows_matrix_classes_and_worst_mistakes(folder: Path) -> None:
    record = json.loads(run_here("evaluate", "runs/bars-2", "--json", folder=folder).stdout)
    done = run_here("evaluate", "runs/bars-2", "--worst", "2", folder=folder)
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{record['accuracy']:.2%} of 100 test pictures of bars.npz")
    rows = [re.findall(r"\S+", line) for line in lines]
    for label, row in enumerate(record["confusion"]):
        assert any(words[:5] == [str(label), *(str(n) if n else "." for n in row)] for words in rows), label
    assert sum(map(sum, record["confusion"])) == record["pictures"] == 100
    assert len(record["mistakes"]) == min(8, 100 - record["right"]) > 2
    assert done.stdout.count("picture ") == 2, "two of them were asked for"
    first = record["mistakes"][0]
    assert f"{first['label']}, not {first['guess']}" in done.stdout
    for figures in record["classes"]:
        named = (figures["precision"], figures["recall"], figures["f1"])
        shown = [figures["name"], *("–" if part is None else f"{part:.2%}" for part in named)]
        assert any(words[-5:] == [*shown, str(figures["support"])] for words in rows)


def test_the_worst_mistakes_are_written_as_a_picture_and_nothing_is_overwritten(folder: Path) -> None:
    words = ["evaluate", "runs/bars-2", "--sheet", "worst.png", "--worst", "3"]
    done = run_here(*words, folder=folder)
    assert "wrote worst.png" in done.stdout
    with Image.open(folder / "worst.png") as image:
        assert image.size == (3 * 156 + 16, 140 + 3 * 17 + 16 + 16)
    again = run_here(*words, folder=folder)
    assert (again.returncode, "exists" in again.stderr) == (2, True)
    assert run_here(*words, "--force", folder=folder).returncode == 0


def without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    blocked: Callable[..., object] = lambda name, *rest: None if name == "matplotlib" else find(name, *rest)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", blocked)


def test_without_matplotlib_a_plot_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_matplotlib(monkeypatch)
    for command in (["evaluate", "runs/bars-1"], ["runs"]):
        done = run_here(*command, "--plot", "plot.svg", folder=folder)
        assert done.returncode == 2
        assert 'pip install "cnncalc[plot]"' in done.stderr
    done = run_here("runs", "--plot", "plot.gif", folder=folder)
    assert (done.returncode, "does not end in .svg or .png" in done.stderr) == (2, True)
    assert not list(folder.glob("plot.*"))


def test_plots_are_svg_and_png(folder: Path) -> None:
    pytest.importorskip("matplotlib", exc_type=ImportError)
    done = run_here("evaluate", "runs/bars-1", "--plot", "drawn.png", folder=folder)
    assert done.returncode == 0, done.stderr
    with Image.open(folder / "drawn.png") as image:
        assert min(image.size) > 300
    done = run_here("runs", "runs/bars-1", "runs/bars-2", "--plot", "drawn.svg", folder=folder)
    assert done.returncode == 0, done.stderr
    text = (folder / "drawn.svg").read_text(encoding="utf-8")
    assert {"validation loss", "bars-1", "bars-2"} <= set(re.findall(r">([^<>]+)</text>", text))


def test_nothing_but_a_plot_imports_matplotlib(folder: Path) -> None:
    code = (
        "import sys; from cnncalc.cli.main import app; sys.argv = ['cnncalc', 'runs', '--compare']\n"
        "try: app()\nexcept SystemExit: pass\nassert 'matplotlib' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_runs_are_listed_sorted_and_compared(folder: Path) -> None:
    done = run_here("runs", folder=folder)
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        "run",
        str(Path("runs", "bars-1")),
        str(Path("runs", "bars-2")),
    ]
    document = json.loads(run_here("runs", "--json", "--sort", "epochs", folder=folder).stdout)
    assert [(row["epochs"], row["finished"]) for row in document["runs"]] == [(4, True), (1, True)]
    assert document["runs"][0]["parameters"] == 3 * 9 + 3 + 4 * 108 + 4
    for order in ("accuracy", "time", "parameters", "date", "name"):
        assert run_here("runs", "--sort", order, folder=folder).returncode == 0
    compared = run_here("runs", "runs/bars-1", "runs/bars-2", folder=folder)
    assert "validation loss" in compared.stdout
    assert "* bars-1  o bars-2" in compared.stdout


def test_runs_sorted_by_accuracy_begin_with_the_best(tmp_path: Path) -> None:
    for name, accuracy in (("a-1", 0.5), ("a-2", 0.9), ("a-3", 0.7)):
        saved(tmp_path / "runs" / name, accuracy=accuracy)
    saved(tmp_path / "runs" / "a-4", epochs=2, finished=False)
    document = json.loads(run_here("runs", "--json", "--sort", "accuracy", folder=tmp_path).stdout)
    assert [Path(row["run"]).name for row in document["runs"]] == ["a-2", "a-3", "a-1", "a-4"]


def test_unfinished_runs_are_marked_and_broken_ones_named(tmp_path: Path) -> None:
    saved(tmp_path / "runs" / "a-1", epochs=2, finished=False)
    (tmp_path / "runs" / "a-2").mkdir()
    (tmp_path / "runs" / "a-2" / "model.safetensors").write_bytes(b"junk")
    done = run_here("runs", folder=tmp_path)
    assert done.returncode == 0
    assert re.search(r"a-1 .* unfinished .* 2/4 ", done.stdout)
    assert "a-2" in done.stderr
    assert "damaged" in done.stderr
    (broken,) = json.loads(run_here("runs", "--json", folder=tmp_path).stdout)["unread"]
    assert Path(broken["run"]).name == "a-2"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["runs", "nowhere"], 3, "there is no folder nowhere"),
        (["runs", "empty"], 3, "there are no runs in empty"),
        (["runs", "broken"], 3, "damaged"),
        (["report", "nowhere"], 3, "there is no run at nowhere"),
        (["report", "broken"], 3, "damaged"),
        (["report", "runs/bars-1", "--out", "page.txt"], 2, "does not end in .html"),
        (["report", "runs/bars-1", "--out", "no/page.html"], 3, "there is no folder"),
        (["evaluate", "runs/bars-1", "--sheet", "no/page.png"], 3, "there is no folder"),
    ],
)
def test_bad_input_is_an_error(words: list[str], code: int, said: str, folder: Path) -> None:
    (folder / "empty").mkdir(exist_ok=True)
    (folder / "broken").mkdir(exist_ok=True)
    (folder / "broken" / "model.safetensors").write_bytes(b"junk")
    done = run_here(*words, folder=folder)
    assert done.returncode == code
    assert said in done.stderr


def test_a_report_is_written_once_and_tells_how_to_repeat_the_run(folder: Path) -> None:
    done = run_here("report", "runs/bars-1", folder=folder)
    assert done.returncode == 0, done.stderr
    text = (folder / "bars-1.html").read_text(encoding="utf-8")
    again = run_here("report", "runs/bars-1", folder=folder)
    assert (again.returncode, "exists" in again.stderr) == (2, True)
    assert (folder / "bars-1.html").read_text(encoding="utf-8") == text
    from html import unescape

    command = re.search(r"<pre>(.*?)</pre>", text, re.DOTALL)
    assert command is not None
    program, *words = shlex.split(unescape(command[1]))
    assert program == "cnncalc"
    assert run_here(*words, "--out", "repeated", folder=folder).returncode == 0
    first, second = (load_file(folder / run / "model.safetensors") for run in ("runs/bars-1", "repeated"))
    assert {name: value.tobytes() for name, value in first.items()} == {
        name: value.tobytes() for name, value in second.items()
    }


def test_a_report_without_its_data_says_so_and_shows_the_rest(tmp_path: Path) -> None:
    saved(tmp_path / "runs" / "a-1", epochs=2, finished=False)
    done = run_here("report", "runs/a-1", "--out", "page.html", folder=tmp_path)
    assert done.returncode == 0
    assert "without test pictures" in done.stderr
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "This run is unfinished: 2 of 4 epochs are done." in text
    assert "could not be looked at" in text
    assert "<h2>Learning curves</h2>" in text
    assert "<h2>Confusion matrix</h2>" not in text
