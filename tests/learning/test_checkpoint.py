"""A saved network is the same network again, in names and layout that PyTorch reads; damage is noticed."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from cnncalc.errors import FileError
from cnncalc.layers import parse
from cnncalc.learning.checkpoint import FILE, Trained, load, read_text_of_model, save
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
        "deep": header(good, __metadata__={**metadata, "history": "[" * 200_000}),
        "large": header(good, __metadata__={**metadata, "mean": "1" + 400 * "0"}),
        "rule": header(good, __metadata__={**metadata, "rule": '{"resize": "fold", "size": [1], "gray": 0}'}),
        "epochs": header(good, __metadata__={**metadata, "history": "[1]"}),
        "no schema": header(good, __metadata__={**metadata, "schema": ""}),
        "odd schema": header(good, __metadata__={**metadata, "schema": "²"}),
        "tensor": header(good, **{"0.bias": {"dtype": "I32", "shape": [6], "data_offsets": [0, 24]}}),
        "overlap": header(good, **{"0.bias": {"dtype": "F32", "shape": [6], "data_offsets": [4, 28]}}),
        "negative": header(good, **{"0.bias": {"dtype": "F32", "shape": [-6], "data_offsets": [0, 24]}}),
        "huge": header(
            good, **{"0.bias": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 24]}}
        ),
        "long": header(good, __metadata__={**metadata, "model": TEXT + "; relu" * 50_000}),
        "many": header(
            good, **{f"t{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(70_000)}
        ),
        "nan": header(good, **{"0.bias": {"dtype": "F32", "shape": [float("nan")], "data_offsets": [0, 24]}}),
    }
    for name, content in damaged.items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(content)
        with pytest.raises(FileError) as caught:
            load(path)
        assert str(path) in caught.value.message, name
        assert len(caught.value.message) < 500, name
        assert ("70,010 tensors" in caught.value.message) == (name == "many"), name
    for name, change in {
        "shape": {"6.weight": np.zeros((4, 11), np.float32)},
        "extra": {"9.bias": np.zeros(1, np.float32)},
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


def test_a_file_of_a_later_schema_is_refused_with_its_number(tmp_path: Path) -> None:
    content = saved(tmp_path).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    metadata = json.loads(content[8 : 8 + length])["__metadata__"]
    assert metadata["schema"] == "1"
    (tmp_path / "later").write_bytes(header(content, __metadata__={**metadata, "schema": "12"}))
    for read in (load, read_text_of_model):
        with pytest.raises(FileError, match=r"its schema is 12, this one reads up to 1") as caught:
            read(tmp_path / "later")
        assert caught.value.hint == "update cnncalc"


def test_a_run_that_is_not_over_gives_the_network_that_would_be_kept(tmp_path: Path) -> None:
    """The best one so far, else the average, else the network as it stands."""
    now = network()
    trained = Trained.on(bars(), {"epochs": 1}, [], training={"epoch": 1})
    values = {"optimiser.first": 0, "average": 1, "best": 2}
    for kinds, value in ((["optimiser.first"], None), (["optimiser.first", "average"], 1), ([*values], 2)):
        state = {
            f"{kind}.{name}": np.full_like(tensor, values[kind])
            for kind in kinds
            for name, tensor in now.tensors().items()
        }
        save(now, trained, tmp_path, state)
        found, back = load(tmp_path)
        assert not back.finished
        for name, tensor in now.tensors().items():
            wanted = tensor if value is None else np.full_like(tensor, value)
            assert np.array_equal(found.tensors()[name], wanted), (kinds, name)
    save(now, trained, tmp_path, {"best.0.weight": np.zeros((6, 1, 3, 2))})
    with pytest.raises(FileError, match=r"training\.best\.\S+ is missing"):
        load(tmp_path)


def test_random_bytes_never_come_out_as_anything_but_an_error_with_a_remedy(tmp_path: Path) -> None:
    """The header is cut at every length, and bytes of it changed."""
    good = saved(tmp_path).read_bytes()
    (length,) = struct.unpack("<Q", good[:8])
    rng = np.random.default_rng(0)
    path = tmp_path / "hurt"
    for case in range(400):
        if case % 2:
            hurt = bytearray(good)
            for at in rng.integers(0, 8 + length, 1 + case % 3):
                hurt[at] = rng.integers(256)
        else:
            hurt = bytearray(good[: rng.integers(len(good))])
        path.write_bytes(hurt)
        try:
            load(path)
            assert case % 2  # a changed byte may be one of a name
        except FileError as error:
            assert str(path) in error.message
            assert error.hint


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("photo.jpg", "give the folder that train wrote"), ("model.safetensors", "train the network")],
)
def test_a_picture_given_for_a_run_has_another_remedy_than_a_damaged_run(
    tmp_path: Path, name: str, remedy: str
) -> None:
    (tmp_path / name).write_bytes(b"\xff\xd8\xff\xe0 and so on")
    with pytest.raises(FileError, match="is not a run of cnncalc") as caught:
        load(tmp_path / name)
    assert caught.value.hint.startswith(remedy)
