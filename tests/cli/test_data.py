"""data list, fetch, verify and show as a user calls them, in a home of their own."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnncalc.learning.data import load
from cnncalc.learning.data.idx import FILES, header
from tests.cli.running import cnncalc
from tests.learning.data.mirror import Mirror, cut_off, mirror
from tests.learning.data.test_folders import lay, picture

OFFLINE = {"CNNCALC_OFFLINE": "1"}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """MNIST as a mirror has it, compressed in another way than the published archives."""
    data = load("mnist")
    arrays = [data.train.images[..., 0], data.train.labels, data.test.images[..., 0], data.test.labels]
    arrays = [array.astype(np.uint8) for array in arrays]
    return {
        f"mnist/{name}.gz": gzip.compress(header(array) + array.tobytes(), 1)
        for name, array in zip(FILES, arrays, strict=True)
    }


@pytest.fixture
def served(files: dict[str, bytes]) -> Iterator[Mirror]:
    with mirror(**files) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose home, cache and current folder are empty."""
    return {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "CNNCALC_CACHE": str(tmp_path / "cache")}


def test_list_names_what_there_is_and_where(tmp_path: Path, home: dict[str, str]) -> None:
    done = cnncalc("data", "list", folder=tmp_path, **home)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["name", "pictures", "of", "classes", "licence", "where"]
    assert re.split("  +", lines[1].strip()) == [
        "mnist",
        "60,000+10,000",
        "28×28×1",
        "10",
        "CC BY-SA 3.0",
        "ships with cnncalc",
    ]
    assert [line.split()[0] for line in lines[1:5]] == ["mnist", "fashion-mnist", "kmnist", "cifar10"]
    assert "to fetch: 21.2 MB" in lines[3]
    record = json.loads(cnncalc("data", "list", "--json", folder=tmp_path, **home).stdout)
    assert record["cache"] == str(tmp_path / "cache")
    assert [row["name"] for row in record["data"]] == [line.split()[0] for line in lines[1:5]]
    assert record["data"][3]["shape"] == [32, 32, 3]
    assert record["data"][3]["path"] is None


def test_what_is_here_already_is_not_fetched(tmp_path: Path, home: dict[str, str]) -> None:
    done = cnncalc("data", "fetch", "mnist", folder=tmp_path, **home, **OFFLINE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("mnist is here already, every file genuine (ships with cnncalc)")


def test_fetch_brings_it_into_the_cache_through_every_trouble(
    tmp_path: Path, home: dict[str, str], served: Mirror
) -> None:
    served.behaviours = [cut_off(1_000_000)]
    done = cnncalc(
        "data", "fetch", "mnist", "--force", "--json", folder=tmp_path, **home, CNNCALC_MIRROR=served.url
    )
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["fetched"] is True
    assert [Path(file).name for file in record["files"]] == [f"{name}.gz" for name in FILES]
    assert [path for path, _ in served.asked] == [
        f"/mnist/{FILES[0]}.gz",
        *(f"/mnist/{name}.gz" for name in FILES),
    ]
    assert served.asked[1][1] == "bytes=1000000-"
    assert "failed: cut off after 1,000,000 of" in done.stderr
    assert f"{FILES[0]}.gz is here, and genuine" in done.stderr
    verified = json.loads(cnncalc("data", "verify", "mnist", "--json", folder=tmp_path, **home).stdout)
    assert verified["good"] is True
    assert len(verified["files"]) == 8  # those that ship and those in the cache
    path = tmp_path / "cache" / "mnist" / f"{FILES[3]}.gz"
    path.write_bytes(path.read_bytes()[:-1])
    done = cnncalc("data", "verify", "mnist", folder=tmp_path, **home)
    assert done.returncode == 3
    assert "not good" in done.stdout
    assert str(path) in done.stdout
    assert done.stdout.splitlines()[-1] == "mnist: 8 files, 1 not good"


def test_offline_the_error_says_what_to_put_where(tmp_path: Path, home: dict[str, str]) -> None:
    for command in (["data", "fetch", "kmnist"], ["train", "kmnist"], ["data", "show", "kmnist"]):
        done = cnncalc(*command, folder=tmp_path, **home, **OFFLINE)
        assert (done.returncode, done.stdout) == (3, "")
        assert "error: kmnist is not here, and could not be fetched" in done.stderr
        assert "CNNCALC_OFFLINE is set" in done.stderr
        assert str(tmp_path / "cache" / "kmnist") in done.stderr
        assert "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4" in done.stderr
        assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_show_counts_measures_and_draws(tmp_path: Path, home: dict[str, str]) -> None:
    done = cnncalc("data", "show", "mnist", "--out", "sheet.png", folder=tmp_path, **home)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "mnist: 60,000 train, 10,000 test pictures of 28×28×1"
    assert lines[2] == "pixels: mean 0.1307, deviation 0.3081 on a scale of 0 to 1"
    assert ["7", "6,265", "1,028"] in [line.split() for line in lines]  # as LeCun's page has it
    assert "@" in done.stdout
    assert lines[-1] == "wrote sheet.png"
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > sheet.height > 10 * 28
    again = cnncalc("data", "show", "mnist", "--out", "sheet.png", folder=tmp_path, **home)
    assert again.returncode == 2
    assert "--force" in again.stderr
    record = json.loads(cnncalc("data", "show", "mnist", "--json", folder=tmp_path, **home).stdout)
    assert [sum(record["counts"][part]) for part in ("train", "test")] == [60_000, 10_000]
    assert record["classes"] == list("0123456789")


def test_a_folder_of_pictures_is_brought_to_one_size_as_the_options_say(tmp_path: Path) -> None:
    lay(tmp_path, *(f"mine/{name}/{number}.png" for name in "ab" for number in range(3)))
    picture(tmp_path / "mine" / "a" / "0.png", np.full((9, 7, 3), 200, np.uint8))
    refused = cnncalc("data", "show", "mine", folder=tmp_path)
    assert refused.returncode == 3
    assert f"is gray, the first picture, {Path('mine', 'a', '0.png')}, RGB" in refused.stderr
    assert "--gray" in refused.stderr
    refused = cnncalc("data", "show", "mine", "--gray", folder=tmp_path)
    assert "--resize" in refused.stderr
    options = ["--gray", "--resize", "crop", "--size", "8x6"]
    record = json.loads(cnncalc("data", "show", "mine", *options, "--json", folder=tmp_path).stdout)
    assert record["shape"] == [8, 6, 1]
    (tmp_path / "mine" / "b" / "1.png").write_bytes(b"no picture")
    done = cnncalc("data", "verify", "mine", folder=tmp_path)
    assert done.returncode == 3
    assert str(Path("mine", "b", "1.png")) in done.stdout
    assert done.stdout.splitlines()[-1] == "mine: 6 files, 1 not good"


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["fetch", "mnits"], 2, "did you mean mnist?"),
        (["show", "mnits"], 2, "did you mean mnist?"),
        (["verify", "mnits"], 2, "did you mean mnist?"),
        (["show", "gone.npz"], 3, "there is nothing at gone.npz"),
        (["show", "mnist", "--gray"], 2, "are for folders of pictures"),
        (["show", ".", "--resize", "shrink"], 2, "known: fit, crop, stretch"),
        (["show", ".", "--size", "5x5"], 2, "add --resize"),
        (["show", ".", "--resize", "fit", "--size", "5"], 2, "a size is HxW"),
        (["show", ".", "--resize", "fit", "--size", "0x5"], 2, "at least one pixel"),
        (["show", ".", "--out", "sheet.xyz"], 2, "no known format"),
        (["show", "."], 3, "holds 0 class folders"),
        (["verify", "."], 3, "holds 0 class folders"),
    ],
)
def test_bad_input_is_an_error_with_a_remedy(tmp_path: Path, args: list[str], code: int, said: str) -> None:
    done = cnncalc("data", *args, folder=tmp_path)
    assert said in done.stderr
    assert (done.returncode, done.stdout) == (code, "")
    assert "hint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_under_json_an_error_is_a_document(tmp_path: Path) -> None:
    done = cnncalc("data", "show", "gone.npz", "--json", folder=tmp_path)
    assert done.returncode == 3
    assert json.loads(done.stdout)["error"]["message"] == "there is nothing at gone.npz"


def test_train_and_evaluate_take_a_path(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80)
    images = (rng.integers(0, 60, (80, 5, 5)) + 150 * labels[:, None, None]).astype(np.uint8)
    np.savez(
        tmp_path / "my set.npz",
        x_train=images[:60],
        y_train=labels[:60],
        x_test=images[60:],
        y_test=labels[60:],
    )
    done = cnncalc("train", "my set.npz", "--fc", "2", "--epochs", "5", "--rate", "0.1", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    done = cnncalc("evaluate", "runs/my-set-1", "--json", folder=tmp_path)
    assert json.loads(done.stdout)["accuracy"] == 1.0
    assert json.loads(done.stdout)["data"] == "my set.npz"
