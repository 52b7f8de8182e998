"""cnncalc draw as a user calls it."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from tests.cli.running import cnncalc


def test_a_named_network_as_svg_and_png(tmp_path: Path) -> None:
    done = cnncalc("draw", "lenet5", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("wrote lenet5.svg, ")
    root = ElementTree.parse(tmp_path / "lenet5.svg").getroot()
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "lenet5: 32×32×1 → 10, 61,706 parameters, 416,520 MACs"
    assert {"32×32×1", "28×28×6", "14×14×6", "10×10×16", "5×5×16", "1×1×120", "84", "10"} <= set(texts)
    done = cnncalc("draw", "lenet5", "--out", "net.png", "--theme", "dark", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "net.png") as image:
        assert image.size == tuple(2 * int(root.get(side, "")) for side in ("width", "height"))
        assert max(image.convert("RGB").getpixel((1, 1))) < 60
    assert f"{int(root.get('width', ''))}×{root.get('height')}" in done.stdout


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    (tmp_path / "network.svg").write_text("mine")
    done = cnncalc("draw", "input 8x8x1; conv 1x3x3", folder=tmp_path)
    assert (done.returncode, "network.svg exists" in done.stderr) == (2, True)
    assert (tmp_path / "network.svg").read_text() == "mine"
    assert cnncalc("draw", "--input", "8x8x1", "--conv", "1x3x3", "--force", folder=tmp_path).returncode == 0
    assert (tmp_path / "network.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_file_gives_its_name(tmp_path: Path) -> None:
    (tmp_path / "mine.cnn").write_text("input 8x8x1\nconv 1x3x3\n")
    assert cnncalc("draw", "mine.cnn", folder=tmp_path).returncode == 0
    assert (tmp_path / "mine.svg").is_file()


@pytest.mark.parametrize(
    "layer", ["conv 1x3x3 stride 2 pad 1 dilation 2", "deconv 1x3x3 stride 2 pad 1", "maxpool 2x2"]
)
def test_the_window_of_a_layer_as_a_film(layer: str, tmp_path: Path) -> None:
    done = cnncalc(
        "draw", f"input 7x7x1; conv 4x3x3; {layer}", "--sliding", "2", "--out", "w.gif", folder=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    from cnncalc.layers import parse

    *_, last = parse(f"input 7x7x1; conv 4x3x3; {layer}").steps()
    with Image.open(tmp_path / "w.gif") as film:
        assert film.n_frames == last.output[0] * last.output[1]
    assert f"{last.output[0] * last.output[1]} frames" in done.stdout
    named = cnncalc("draw", f"input 7x7x1; conv 4x3x3; {layer}", "--sliding", "2", folder=tmp_path)
    assert (named.returncode, (tmp_path / "network-layer-2.gif").is_file()) == (0, True)


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["lenet5", "--out", "net.pdf"], 2, "net.pdf does not end in .svg or .png"),
        (["lenet5", "--out", "missing/net.svg"], 3, "there is no folder missing"),
        (["lenet5", "--theme", "pink"], 2, "pink"),
        (["lenet5", "--sliding", "99"], 2, "there is no layer 99\nhint: did you mean 9? cnncalc shape"),
        (["lenet5", "--sliding", "2"], 2, "tanh has no window that slides"),
        (["lenet5", "--sliding", "1"], 2, "too long"),
        (["lenet5", "--sliding", "3", "--out", "w.png"], 2, "w.png does not end in .gif or .svg"),
        (["input 9x9x1; conv 1x33x33"], 2, "does not fit"),
        (["lenet6"], 2, "did you mean"),
        (["lenet5", "--out", "a" * 300 + ".svg"], 3, "cannot write"),
    ],
)
def test_bad_input_has_its_exit_code(args: list[str], code: int, said: str, tmp_path: Path) -> None:
    done = cnncalc("draw", *args, folder=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []
