"""A trained network as one safetensors file: tensors by PyTorch's names and in its layout, the rest in its metadata."""

from __future__ import annotations

import json
import math
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialise

from cnncalc.errors import CnncalcError, FileError
from cnncalc.layers import Shape, parse, write
from cnncalc.learning.data import DataSet
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.network import Network, tensor_shapes
from cnncalc.numerics.workspace import Array

FILE = "model.safetensors"
SCHEMA = "1"


@dataclass(frozen=True)
class Trained:
    """What is known of a trained network besides its tensors."""

    data: str  # the name of the data set
    classes: tuple[str, ...]
    picture: tuple[int, ...]  # (H, W, C) of the pictures it was trained on
    mean: float  # of their pixels, on a scale of 0 to 1
    deviation: float
    settings: dict[str, Any]
    history: list[dict[str, Any]]  # one record an epoch
    test: dict[str, Any] = field(default_factory=dict)  # what became of the test pictures, at the end

    @classmethod
    def on(
        cls,
        data: DataSet,
        settings: dict[str, Any],
        history: list[dict[str, Any]],
        test: dict[str, Any] | None = None,
    ) -> Trained:
        """What is known after a training on a data set."""
        facts = (data.name, data.classes, data.shape, data.mean, data.deviation)
        return cls(*facts, settings, history, test or {})

    @classmethod
    def read(cls, facts: dict[str, Any]) -> Trained:
        """What a file says; raises ValueError, TypeError or KeyError where that makes no sense."""
        classes = tuple(str(name) for name in list(facts["classes"]))
        picture = tuple(int(n) for n in facts["picture"])
        mean, deviation = float(facts["mean"]), float(facts["deviation"])
        if len(picture) != 3 or min(picture) < 1 or not (math.isfinite(mean) and 0 < deviation < math.inf):
            raise ValueError(f"pictures of {picture} with mean {mean} and deviation {deviation}")
        settings, history, test = facts["settings"], facts["history"], facts.get("test", {})
        return cls(str(facts["data"]), classes, picture, mean, deviation, settings, history, test)

    def inputs(self, network: Network) -> Inputs:
        """The door from pictures like those it was trained on to the network."""
        return Inputs(self.picture, network.model.input, self.mean, self.deviation)


def new_folder(name: str, root: Path) -> Path:
    """Makes and returns the first of NAME-1, NAME-2, … below root that does not exist; raises FileError."""
    try:
        for number in range(1, 1_000_000):
            try:
                folder = root / f"{name}-{number}"
                folder.mkdir(parents=True)
                return folder
            except FileExistsError:
                if not root.is_dir():
                    raise
    except OSError as error:
        raise unwritable(root, error) from None
    raise FileError(f"{root} is full of runs", "name another folder with --out")


def named_folder(folder: Path) -> Path:
    """Makes the folder, which may exist if it is empty; raises FileError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise FileError(
                f"{folder} is not empty, and nothing in it is overwritten", "name a new folder with --out"
            )
    except OSError as error:
        raise unwritable(folder, error) from None
    return folder


def discard(folder: Path) -> None:
    """Takes away the folder of a run that came to nothing, if it is empty."""
    with suppress(OSError):
        folder.rmdir()


def save(network: Network, trained: Trained, folder: Path) -> Path:
    """Writes the network into the folder under a temporary name, then gives it its own; returns the file."""
    # the library writes the bytes as they lie: a view in another order would come back scrambled
    tensors = {name: np.ascontiguousarray(value) for name, value in network.tensors().items()}
    metadata = {"schema": SCHEMA, "model": write(network.model)}
    metadata |= {name: json.dumps(value) for name, value in asdict(trained).items()}
    path = folder / FILE
    part = folder / f"{FILE}.part"
    try:
        with part.open("wb") as file:
            file.write(serialise(tensors, metadata))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise unwritable(path, error) from None
    return path


def load(run: Path) -> tuple[Network, Trained]:
    """The network of a run, given its folder or its file; raises FileError where it is missing or corrupt."""
    path = file_of(run)
    metadata, tensors = read_file(path)
    try:
        model = parse(metadata["model"], source=str(path))
        compare(
            path,
            tensor_shapes(list(model.leaves())),
            {name: tensor.shape for name, tensor in tensors.items()},
        )
        network = Network(model)
        known = metadata.keys() & Trained.__dataclass_fields__.keys()
        trained = Trained.read({name: json.loads(metadata[name]) for name in known})
        if len(trained.classes) != network.classes:
            raise ValueError(f"{len(trained.classes)} names for {network.classes} classes")
    except FileError:
        raise
    except KeyError as error:
        raise corrupt(path, f"its metadata lacks {error.args[0]}") from None
    except (CnncalcError, ValueError, TypeError) as error:
        raise corrupt(path, str(error)) from None
    for name, value in network.tensors().items():
        value[...] = tensors[name]
    return network, trained


def compare(path: Path, wanted: dict[str, Shape], found: dict[str, Shape]) -> None:
    """Raises FileError where a file does not hold the tensors that its model needs; before memory is asked for."""
    for name in wanted.keys() | found.keys():
        if wanted.get(name) != found.get(name):
            raise corrupt(path, f"its model has {name} {wanted.get(name)}, the file {found.get(name)}")


def read_text_of_model(run: Path) -> str:
    """The model of a run in the model language; its tensors stay on the disk."""
    path = file_of(run)
    metadata, _ = read_file(path, tensors=False)
    if "model" not in metadata:
        raise corrupt(path, "its metadata lacks model")
    return metadata["model"]


def read_file(path: Path, *, tensors: bool = True) -> tuple[dict[str, str], dict[str, Array]]:
    """Metadata and tensors of a safetensors file; raises FileError."""
    if not path.is_file():
        raise FileError(
            f"there is no run at {path}", "give the folder that train wrote, such as runs/mnist-1"
        )
    try:
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys()) if tensors else []
            return file.metadata() or {}, {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError, ValueError, TypeError) as error:
        raise corrupt(path, str(error)) from None


def file_of(run: Path) -> Path:
    """A run is named by its folder or by the file in it."""
    return run / FILE if run.is_dir() else run


def unwritable(path: Path, error: OSError) -> FileError:
    return FileError(f"{path} cannot be written to: {error.strerror}", "name another folder with --out")


def corrupt(path: Path, fact: str) -> FileError:
    return FileError(f"{path} is not a run of cnncalc, or damaged: {fact}", "train the network again")
