"""A saved network is the same network again, in names and layout that PyTorch reads; damage is noticed."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from cnncalc.errors import FileError
from cnncalc.layers import parse
from cnncalc.learning.checkpoint import (
    FILE,
    Trained,
    discard,
    load,
    named_folder,
    new_folder,
    read_text_of_model,
    save,
)
from cnncalc.learning.network import Network
from cnncalc.numerics.run import Run
from tests.learning.sets import bars

TEXT = "input 8x8x1; conv 6x3x2 stride 1; batchnorm; relu; maxpool 2x2; conv 5x2x3 stride 1; fc 4; softmax"


def network() -> Network:
    made = Network(parse(TEXT))
    made.initialise(np.random.default_rng(0))
    made.buffers["1.running_mean"] += 0.5
    return made


def saved(folder: Path) -> Path:
    return save(network(), Trained.on(bars(), {"epochs": 1}, [{"epoch": 1, "loss": 0.5}]), folder)


def test_a_network_comes_back_as_it_was(tmp_path: Path) -> None:
    path = saved(tmp_path)
    x = np.random.default_rng(1).normal(size=(1, 8, 8, 3)).astype(np.float32)
    expected = network().probabilities(x, Run(train=False))
    for run in (tmp_path, path):
        back, trained = load(run)
        assert np.array_equal(back.probabilities(x, Run(train=False)), expected)
        assert trained == Trained.on(bars(), {"epochs": 1}, [{"epoch": 1, "loss": 0.5}])
        assert read_text_of_model(run) == TEXT
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_the_tensors_have_pytorchs_names_and_layout(tmp_path: Path) -> None:
    tensors = load_file(saved(tmp_path))
    assert {name: tensor.shape for name, tensor in tensors.items()} == {
        "0.weight": (6, 1, 3, 2),
        "0.bias": (6,),
        "1.weight": (6,),
        "1.bias": (6,),
        "1.running_mean": (6,),
        "1.running_var": (6,),
        "4.weight": (5, 6, 2, 3),
        "4.bias": (5,),
        "6.weight": (4, 10),
        "6.bias": (4,),
    }
    assert all(tensor.dtype == np.float32 for tensor in tensors.values())
    for name, view in network().parameters.views.items():
        assert np.array_equal(tensors[name], view), name


def test_folders_are_numbered_and_never_used_twice(tmp_path: Path) -> None:
    assert [new_folder("mnist", tmp_path / "runs").name for _ in range(3)] == [
        "mnist-1",
        "mnist-2",
        "mnist-3",
    ]
    discard(tmp_path / "runs" / "mnist-2")
    assert new_folder("mnist", tmp_path / "runs").name == "mnist-2"
    saved(tmp_path / "runs" / "mnist-1")
    discard(tmp_path / "runs" / "mnist-1")
    assert (tmp_path / "runs" / "mnist-1" / FILE).is_file()
    assert named_folder(tmp_path / "runs" / "mnist-3").is_dir()
    with pytest.raises(FileError, match="not empty"):
        named_folder(tmp_path / "runs" / "mnist-1")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for make in (lambda: new_folder("mnist", tmp_path / "file"), lambda: named_folder(tmp_path / "file")):
        with pytest.raises(FileError, match="cannot be written to") as caught:
            make()
        assert "--out" in caught.value.hint


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left on device"):
        saved(tmp_path)
    assert list(tmp_path.iterdir()) == []


def header(content: bytes, **changes: object) -> bytes:
    """The file with other entries in its header."""
    (length,) = struct.unpack("<Q", content[:8])
    fields = {**json.loads(content[8 : 8 + length]), **changes}
    text = json.dumps(fields).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    good = saved(tmp_path).read_bytes()
    tensors = load_file(tmp_path / FILE)
    (length,) = struct.unpack("<Q", good[:8])
    metadata = json.loads(good[8 : 8 + length])["__metadata__"]
    damaged = {
        "empty": b"",
        "text": b"not a network at all",
        "cut": good[: len(good) - 100],
        "cut header": good[:40],
        "longer": good + b"0",
        "claims": struct.pack("<Q", 2**60) + good[8:],
        "model": header(good, __metadata__={**metadata, "model": "input 8x8x1; cnv 3x3x3"}),
        "no fit": header(good, __metadata__={**metadata, "model": "input 8x8x1; conv 6x9x9; fc 4"}),
        "giant": header(good, __metadata__={**metadata, "model": TEXT.replace("fc 4", "fc 2000000000")}),
        "metadata": header(good, __metadata__={"model": TEXT}),
        "json": header(good, __metadata__={**metadata, "mean": "{"}),
        "deviation": header(good, __metadata__={**metadata, "deviation": "0"}),
        "infinite": header(good, __metadata__={**metadata, "mean": "Infinity"}),
        "picture": header(good, __metadata__={**metadata, "picture": "[28, 28]"}),
        "word": header(good, __metadata__={**metadata, "mean": '"dark"'}),
        "few": header(good, __metadata__={**metadata, "classes": '["a", "b"]'}),
        "types": header(good, __metadata__={**metadata, "classes": "3"}),
    }
    for name, content in damaged.items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(content)
        with pytest.raises(FileError) as caught:
            load(path)
        assert str(path) in caught.value.message, name
    for name, change in {
        "shape": {"6.weight": np.zeros((4, 11), np.float32)},
        "extra": {"9.bias": np.zeros(1)},
    }.items():
        save_file({**tensors, **change}, tmp_path / name, metadata)
        with pytest.raises(FileError, match="its model has"):
            load(tmp_path / name)
    del tensors["0.bias"]
    save_file(tensors, tmp_path / "lacking", metadata)
    with pytest.raises(FileError, match=r"0\.bias"):
        load(tmp_path / "lacking")
    with pytest.raises(FileError, match="there is no run"):
        load(tmp_path / "nowhere")
