"""Photos of other sizes and colours: refused by default, brought to the network's input by the rule one asks for."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from safetensors import safe_open

from cnncalc.learning.checkpoint import load
from cnncalc.numerics.run import Run
from tests.cli.running import run_here

NET = ["--fc", "2", "--epochs", "4", "--batch", "4", "--rate", "0.01", "--threads", "1"]


def photo(path: Path, size: tuple[int, int], *, dark: bool, mode: str = "RGB") -> Path:
    """Noise around a dark or a bright level."""
    low, high = (0, 100) if dark else (150, 255)
    pixels = np.random.default_rng(len(str(path))).integers(low, high, (size[1], size[0], 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def lay(root: Path, mixed: str = "") -> Path:
    """Dark and bright photos, 12×10; one of the bright ones is of another size or colour."""
    for number in range(10):
        photo(root / "dark" / f"{number}.png", (12, 10), dark=True)
        odd = number == 3
        size = (40, 31) if odd and "size" in mixed else (12, 10)
        photo(
            root / "light" / f"{number}.png",
            size,
            dark=False,
            mode="L" if odd and "colour" in mixed else "RGB",
        )
    return root


@pytest.mark.parametrize(
    ("mixed", "remedy", "enough"),
    [
        ("size", "--resize fit, crop or stretch brings every picture to one size", ["--resize", "crop"]),
        ("colour", "--gray brings every picture to one channel", ["--gray"]),
        ("size and colour", "--gray", ["--gray", "--resize", "stretch", "--size", "8x8"]),
    ],
)
def test_photos_that_differ_are_refused_and_the_remedy_works(
    tmp_path: Path, mixed: str, remedy: str, enough: list[str]
) -> None:
    lay(tmp_path / "photos", mixed)
    refused = run_here("train", "photos", *NET, "--out", "run", folder=tmp_path)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert remedy in refused.stderr
    assert "3.png" in refused.stderr
    assert not (tmp_path / "run").exists()
    done = run_here("train", "photos", *NET, "--out", "run", *enough, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "100.00% of 4 test pictures" in done.stdout
    with safe_open(tmp_path / "run" / "model.safetensors", framework="numpy") as file:
        rule = json.loads(file.metadata()["rule"])
    size = [8, 8] if "--size" in enough else [10, 12] if "--resize" in enough else None
    resize = enough[enough.index("--resize") + 1] if "--resize" in enough else ""
    assert rule == {"resize": resize, "size": size, "gray": "--gray" in enough}
    again = run_here("evaluate", "run", "--json", folder=tmp_path)
    assert json.loads(again.stdout)["accuracy"] == 1


def test_a_run_without_a_rule_has_none_in_its_file(tmp_path: Path) -> None:
    lay(tmp_path / "photos")
    assert run_here("train", "photos", *NET, "--out", "run", folder=tmp_path).returncode == 0
    assert load(tmp_path / "run")[1].rule == {}


def test_evaluate_brings_other_folders_to_the_shape_that_was_learned(tmp_path: Path) -> None:
    lay(tmp_path / "photos")
    lay(tmp_path / "mixed", "size")
    for kind in ("dark", "light"):
        for number in range(5):
            photo(tmp_path / "large" / kind / f"{number}.png", (50, 50), dark=kind == "dark")
    assert run_here("train", "photos", *NET, "--out", "plain", folder=tmp_path).returncode == 0
    for data, said in (("mixed", "--resize"), ("large", "learned from 10×12×3")):
        refused = run_here("evaluate", "plain", "--data", data, folder=tmp_path)
        assert refused.returncode in (2, 3)
        assert said in refused.stderr
        assert "--resize" in refused.stderr
        done = run_here("evaluate", "plain", "--data", data, "--resize", "fit", "--json", folder=tmp_path)
        assert json.loads(done.stdout)["accuracy"] == 1, done.stderr
    ruled = run_here("train", "mixed", *NET, "--resize", "crop", "--gray", "--out", "ruled", folder=tmp_path)
    assert ruled.returncode == 0
    by_rule = run_here("evaluate", "ruled", "--data", "large", "--json", folder=tmp_path)
    assert json.loads(by_rule.stdout)["accuracy"] == 1, by_rule.stderr


def test_the_mean_is_that_of_what_was_learned_not_of_what_is_tested(tmp_path: Path) -> None:
    """By night what is called light is as dark as what was called dark by day, if not as dark as the rest."""
    lay(tmp_path / "photos")
    for kind, level in (("dark", 20), ("light", 80)):
        (tmp_path / "night" / kind).mkdir(parents=True)
        for number in range(5):
            Image.new("RGB", (12, 10), (level, level, level)).save(
                tmp_path / "night" / kind / f"{number}.png"
            )
    assert run_here("train", "photos", *NET, "--out", "run", folder=tmp_path).returncode == 0
    record = json.loads(run_here("evaluate", "run", "--data", "night", "--json", folder=tmp_path).stdout)
    assert (record["right"], record["pictures"]) == (1, 2)


def test_predict_brings_a_photo_to_the_network_by_the_rule_of_the_run(tmp_path: Path) -> None:
    """By hand: Pillow's crop to the middle, antialiased bilinear, its L; then the network's own standardisation."""
    lay(tmp_path / "photos", "size and colour")
    options = ["--resize", "crop", "--size", "9x7", "--gray"]
    assert run_here("train", "photos", *NET, *options, "--out", "run", folder=tmp_path).returncode == 0
    large = photo(tmp_path / "large.png", (90, 40), dark=False)
    done = run_here("predict", "run", "large.png", "--json", folder=tmp_path)
    record = json.loads(done.stdout)
    assert record["class"] == "light"
    network, trained = load(tmp_path / "run")
    gray = Image.open(large).convert("L")
    pixels = np.asarray(ImageOps.fit(gray, (7, 9), Image.Resampling.BILINEAR)).astype(np.float32) / 255
    x = ((pixels - trained.mean) / trained.deviation)[None, :, :, None].astype(np.float32)
    shares = network.probabilities(x, Run(train=False))[:, 0]
    assert list(record["probabilities"].values()) == pytest.approx(shares.tolist(), abs=1e-5)
    plain = run_here("predict", "run", "large.png", folder=tmp_path)
    assert plain.stdout.startswith("large.png; the network sees")


def test_predict_refuses_what_no_rule_covers_and_names_the_options(tmp_path: Path) -> None:
    lay(tmp_path / "photos")
    assert run_here("train", "photos", *NET, "--out", "colour", folder=tmp_path).returncode == 0
    gray = ["--gray", "--out", "gray"]
    assert run_here("train", "photos", *NET, *gray, folder=tmp_path).returncode == 0
    photo(tmp_path / "large.png", (90, 40), dark=False)
    photo(tmp_path / "gray.png", (12, 10), dark=False, mode="L")
    for run, name, hint in (
        ("colour", "large.png", "use --resize fit, crop or stretch"),
        ("gray", "large.png", "use --resize fit, crop or stretch"),
        ("colour", "gray.png", "convert it to RGB"),
    ):
        done = run_here("predict", run, name, folder=tmp_path)
        assert done.returncode == 3
        assert f"{name} is " in done.stderr
        assert hint in done.stderr
    assert "is 10×12×1, the network sees 10×12×3" in done.stderr
    assert run_here("predict", "colour", "large.png", "--resize", "fit", folder=tmp_path).returncode == 0
    assert run_here("predict", "gray", "gray.png", folder=tmp_path).returncode == 0


def test_pictures_that_are_too_large_to_learn_from_are_refused_in_time(tmp_path: Path) -> None:
    for kind in ("a", "b"):
        (tmp_path / "photos" / kind).mkdir(parents=True)
        for number in range(2):
            Image.new("L", (9000, 2000), 10 * number).save(tmp_path / "photos" / kind / f"{number}.png")
    done = run_here("train", "photos", *NET, folder=tmp_path)
    assert done.returncode == 3
    assert "pictures of 2000×9000×1" in done.stderr
    assert "--resize crop --size 224x224" in done.stderr
    assert not (tmp_path / "runs").exists()
