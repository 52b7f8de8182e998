"""train, evaluate and predict as a user calls them, one after the other in one folder."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import load_file

from cnncalc.layers import parse
from cnncalc.learning.network import Network
from tests.cli.running import cnncalc

SMALL = ["--conv", "4x5x5", "--stride", "2", "--relu", "--maxpool", "2x2", "--fc", "10"]
ONCE = ["--epochs", "1", "--rate", "0.02"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run of a small network in it, runs/mnist-1."""
    folder = tmp_path_factory.mktemp("training")
    done = cnncalc("train", "mnist", *SMALL, *ONCE, folder=folder)
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout, encoding="utf-8")
    (folder / "stderr.txt").write_text(done.stderr, encoding="utf-8")
    return folder


def test_train_says_what_it_does_what_came_of_it_and_what_to_type_next(folder: Path) -> None:
    out = (folder / "stdout.txt").read_text(encoding="utf-8").splitlines()
    err = (folder / "stderr.txt").read_text(encoding="utf-8").splitlines()
    assert out[0].endswith("% of 10,000 test pictures classified rightly")
    assert float(out[0].split("%")[0]) > 90
    assert [line.strip() for line in out[1:]] == [
        f"saved as {Path('runs', 'mnist-1', 'model.safetensors')}",
        "next:",
        f"cnncalc evaluate {Path('runs', 'mnist-1')}",
        f"cnncalc report {Path('runs', 'mnist-1')}",
        f"cnncalc predict {Path('runs', 'mnist-1')} PICTURE",
    ]
    assert "conv 4x5x5 stride 2 · relu · maxpool 2x2 · fc 10" in err[0]
    assert "55,000 pictures to learn from, 5,000 to validate, 10,000 to test" in " ".join(err)
    assert "cross-entropy; adam, rate 0.02 cyclic" in err
    assert [line.split()[:2] for line in err if line.startswith("epoch")] == [["epoch", "1/1"]]


def test_the_saved_network_is_the_model_and_a_state_dict(folder: Path) -> None:
    tensors = load_file(folder / "runs" / "mnist-1" / "model.safetensors")
    network = Network(parse("input 28x28x1; conv 4x5x5 stride 2; relu; maxpool 2x2; fc 10"))
    assert {name: value.shape for name, value in tensors.items()} == {
        name: value.shape for name, value in network.tensors().items()
    }
    shape = json.loads(cnncalc("shape", "runs/mnist-1", "--json", folder=folder).stdout)
    assert shape["totals"]["parameters"] == sum(value.size for value in tensors.values())


def test_evaluate_finds_the_accuracy_that_train_reported(folder: Path) -> None:
    done = cnncalc("evaluate", "runs/mnist-1", "--json", folder=folder)
    record = json.loads(done.stdout)
    reported = (folder / "stdout.txt").read_text(encoding="utf-8").split("%")[0]
    assert f"{100 * record['accuracy']:.2f}" == reported
    assert (record["pictures"], record["right"]) == (10_000, round(record["accuracy"] * 10_000))
    plain = cnncalc("evaluate", "runs/mnist-1/model.safetensors", folder=folder)
    assert plain.stdout.startswith(f"{reported}% of 10,000 test pictures of mnist classified rightly")


def test_runs_are_numbered_and_out_is_never_overwritten(folder: Path) -> None:
    linear = ["--fc", "10", *ONCE]
    done = cnncalc("train", "mnist", *linear, "--json", folder=folder)
    epoch, record = map(json.loads, done.stdout.splitlines())
    assert (epoch.pop("schema"), epoch.pop("event"), epoch.pop("epochs")) == (1, "epoch", 1)
    assert [epoch] == record["history"]
    assert (record["schema"], record["event"]) == (1, "result")
    assert record["test"]["pictures"] == 10_000
    assert record["history"][0]["validation_accuracy"] > 0.85
    assert record["run"] == str(Path("runs", "mnist-2"))
    assert len(record["history"]) == 1
    assert record["settings"]["seed"] == 0
    before = (folder / "runs" / "mnist-2" / "model.safetensors").read_bytes()
    done = cnncalc("train", "mnist", *linear, "--out", "runs/mnist-2", folder=folder)
    assert (done.returncode, done.stdout) == (3, "")
    assert "nothing in it is overwritten" in done.stderr
    assert (folder / "runs" / "mnist-2" / "model.safetensors").read_bytes() == before
    done = cnncalc("train", "mnist", *linear, "--out", "elsewhere", folder=folder)
    assert done.returncode == 0
    first, again = (load_file(folder / run / "model.safetensors") for run in ("runs/mnist-2", "elsewhere"))
    assert {name: value.tobytes() for name, value in first.items()} == {
        name: value.tobytes() for name, value in again.items()
    }


def test_all_that_can_be_chosen_is_taken_and_written_down(folder: Path) -> None:
    options = [
        *("--fc", "10", "--epochs", "1", "--batch", "all", "--validation", "0", "--loss", "mse"),
        *("--optimiser", "momentum:beta=0.8", "--rate", "0.5", "--schedule", "decay", "--warmup", "0.5"),
        *("--l2", "0.001", "--decay", "0.01", "--clip", "2", "--average", "0.9", "--augment", "crop:2,flip"),
        *("--keep", "last", "--seed", "3", "--threads", "1", "--examples", "5000"),
    ]
    done = cnncalc("train", "mnist", *options, "--json", "--out", "chosen", folder=folder)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    settings = result["settings"]
    assert settings == {
        "epochs": 1,
        "batch": 0,
        "rate": 0.5,
        "loss": "mse",
        "l2": 0.001,
        "optimiser": "momentum:beta=0.8",
        "decay": 0.01,
        "schedule": "decay:factor=0.95",
        "warmup": 0.5,
        "clip": 2.0,
        "average": 0.9,
        "augment": "crop:pixels=2,flip",
        "validation": 0,
        "examples": 5000,
        "freeze": 0,
        "keep": "last",
        "seed": 3,
        "threads": 1,
    }
    with safe_open(folder / "chosen" / "model.safetensors", framework="numpy") as file:
        metadata = file.metadata()
    assert json.loads(metadata["settings"]) == settings
    assert json.loads(metadata["test"]) == result["test"]
    record = json.loads(cnncalc("evaluate", "chosen", "--json", folder=folder).stdout)
    assert record["loss_name"] == "mse"
    assert record["loss"] == pytest.approx(result["test"]["loss"], rel=1e-5)


def test_help_lists_the_entries_of_every_family() -> None:
    from cnncalc.learning.augmentation import AUGMENTATIONS
    from cnncalc.learning.losses import LOSSES
    from cnncalc.learning.optimisers import OPTIMISERS
    from cnncalc.learning.schedules import SCHEDULES
    from cnncalc.learning.settings import Settings

    shown = " ".join(cnncalc("train", "--help", COLUMNS="200").stdout.replace("│", " ").split())
    for name in (*AUGMENTATIONS, *LOSSES, *OPTIMISERS, *SCHEDULES, *Settings.__dataclass_fields__):
        assert name in shown, name


def digit(number: int) -> Image.Image:
    """The first test picture of a digit, dark on light, enlarged on a sheet of paper."""
    from cnncalc.learning.data import load

    test = load("mnist").test
    picture = test.images[test.labels == number][0, ..., 0]
    large = Image.fromarray(255 - picture).resize((280, 280), Image.Resampling.BICUBIC)
    sheet = Image.new("RGB", (600, 500), (250, 245, 230))
    ink = np.asarray(large)[..., None] / 255
    colour = ink * np.array([250, 245, 230]) + (1 - ink) * np.array([20, 30, 110])
    sheet.paste(Image.fromarray(colour.astype(np.uint8)), (200, 90))
    return sheet


def test_predict_reads_a_digit_from_a_photo(folder: Path) -> None:
    digit(0).save(folder / "zero.jpg")
    record = json.loads(cnncalc("predict", "runs/mnist-1", "zero.jpg", "--json", folder=folder).stdout)
    assert record["class"] == "0"
    assert sum(record["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert record["polarity"] == "dark on light"
    plain = cnncalc("predict", "runs/mnist-1", "zero.jpg", folder=folder)
    assert plain.returncode == 0
    assert plain.stdout.splitlines()[-1].startswith("it is a 0 (")
    assert "@" in plain.stdout  # what the network sees, in shades


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["train", "mnits"], 2, "did you mean mnist?"),
        (["train", "mnist", "--model", "lenet"], 2, "did you mean lenet5?"),
        (
            ["train", "mnist", "--conv", "4x5x5", "--conv", "4x99x99", "--fc", "10"],
            2,
            "does not fit in 24×24",
        ),
        (["train", "mnist", "--fc", "11"], 2, "end it with fc 10"),
        (["train", "mnist", "--conv", "4x5x5"], 2, "a classifier ends in a vector"),
        (["train", "mnist", "--input", "20x20x1", "--fc", "10"], 2, "do not fit an input of 20×20×1"),
        (["train", "mnist", "--epochs", "0"], 2, "--epochs"),
        (["train", "mnist", "--epochs", "many"], 2, "--epochs"),
        (["train", "mnist", "--batch", "0"], 2, "0 is neither a number of pictures nor all"),
        (["train", "mnist", "--rate", "nan"], 2, "--rate nan makes no sense"),
        (["train", "mnist", "--optimiser", "adm"], 2, "did you mean adam?"),
        (["train", "mnist", "--optimizer", "adam"], 2, "did you mean --optimiser?"),
        (["train", "mnist", "--schedule", "step:every=0"], 2, "it is a number above 0"),
        (["train", "mnist", "--augment", "shift:x"], 2, "pixels is 'x', which is not a number"),
        (["train", "mnist", "--validation", "60000"], 2, "--validation takes 0 to 59999"),
        (["knn", "mnist", "--metric", "l3"], 2, "known: l1, l2"),
        (["knn", "mnist", "--k", "70000"], 2, "70000 of 60,000 pictures"),
        (["train"], 2, "which data set?"),
        (["train", "mnist", "--resize", "crop"], 2, "for folders of pictures"),
        (["train", "--resume", "runs/nothing"], 3, "there is no run at"),
        (["train", "--resume", "broken"], 3, "broken"),
        (["evaluate", "runs/nothing"], 3, "there is no run at"),
        (["evaluate", "broken"], 3, "broken"),
        (["predict", "runs/mnist-1", "nothing.png"], 3, "nothing.png"),
        (["predict", "runs/mnist-1", "broken.png"], 3, "broken.png"),
        (["predict", "runs/mnist-1", "white.png"], 2, "no ink"),
    ],
)
def test_bad_input_is_an_error_and_leaves_nothing_behind(
    args: list[str], code: int, said: str, folder: Path
) -> None:
    (folder / "broken").mkdir(exist_ok=True)
    (folder / "broken" / "model.safetensors").write_bytes(b"nonsense")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n cut off")
    Image.new("L", (50, 50), 255).save(folder / "white.png")
    before = set(folder.rglob("*"))
    done = cnncalc(*args, folder=folder)
    assert said in done.stderr
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr
    assert set(folder.rglob("*")) == before


def test_a_run_begins_from_another_with_a_new_head(folder: Path) -> None:
    first = cnncalc(
        "train",
        "mnist",
        *("--fc", "8", "--relu", "--fc", "10", "--epochs", "1", "--out", "first"),
        folder=folder,
    )
    assert first.returncode == 0, first.stderr
    more = ("--from", "first", "--new-head", "--freeze", "3", "--examples", "300", "--epochs", "1")
    done = cnncalc("train", "mnist", *more, "--out", "second", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    settings = json.loads(done.stdout.splitlines()[-1])["settings"]
    assert (settings["from"], settings["new_head"], settings["freeze"]) == ("first", True, 3)
    before, after = (load_file(folder / run / "model.safetensors") for run in ("first", "second"))
    assert {name for name in before if not (before[name] == after[name]).all()} == {"3.weight", "3.bias"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--freeze", "1"), "name the run with --from RUN"),
        (("--new-head",), "name the run with --from RUN"),
        (("--from", "nowhere", "--fc", "10"), "leave out --model and layers, or --from"),
    ],
)
def test_options_of_a_transfer_that_do_not_go_together_are_refused(
    options: tuple[str, ...], says: str, folder: Path
) -> None:
    done = cnncalc("train", "mnist", *options, "--out", "never", folder=folder)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (folder / "never").exists()
