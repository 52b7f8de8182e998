"""A run as one safetensors file: the network by PyTorch's names and in its layout, the rest in its metadata.

As long as the training goes on, the file also holds all that the rest of it depends on, as tensors whose names begin
with "training."; when it is over they are gone. It is written anew as a whole, so it can be read at any moment.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cnncalc.errors import CnncalcError, FileError, ShapeError
from cnncalc.layers import Shape, parse, show, write
from cnncalc.learning.data import DataSet, Rule
from cnncalc.learning.folder import unwritable
from cnncalc.learning.inputs import Inputs
from cnncalc.learning.network import Network, tensor_shapes
from cnncalc.learning.tensorfile import corrupt, read_file, write_file
from cnncalc.numerics.workspace import Array

__all__ = [
    "FILE",
    "Trained",
    "corrupt",
    "file_of",
    "load",
    "load_all",
    "read_file",
    "read_text_of_model",
    "save",
]

FILE = "model.safetensors"
SCHEMA = 1  # of the file: a later one cannot be read
STATE = "training."  # how the names of tensors begin that only the rest of the training needs
LONGEST = 1 << 18  # characters of a model, some 10,000 layers
CANDIDATES = ("best.", "average.")  # of those, the networks that would be kept if the training ended here


@dataclass(frozen=True)
class Trained:
    """What is known of a network in training, or trained, besides its tensors: the record of a run."""

    data: str  # what the data set was called, a name or a path
    classes: tuple[str, ...]
    picture: tuple[int, ...]  # (H, W, C) of the pictures it was trained on
    mean: float  # of their pixels, on a scale of 0 to 1
    deviation: float
    settings: dict[
        str, Any
    ]  # those of Settings.facts(), with the pictures held out, the seed, and the threads
    history: list[dict[str, Any]]  # one record an epoch: the fields of training.Epoch
    test: dict[str, Any] = field(
        default_factory=dict
    )  # what became of the test pictures; empty before the end
    rule: dict[str, Any] = field(default_factory=dict)  # how pictures are brought to one shape: Rule.facts()
    fingerprint: dict[str, Any] = field(default_factory=dict)  # of the data set, as data.fingerprint makes it
    surroundings: dict[str, str] = field(default_factory=dict)  # numpy, BLAS, machine
    resumed: list[dict[str, Any]] = field(default_factory=list)  # each time: epoch, images, what had changed
    training: dict[str, Any] = field(
        default_factory=dict
    )  # Training.facts() but for the history; empty at the end

    @classmethod
    def on(
        cls,
        data: DataSet,
        settings: dict[str, Any],
        history: list[dict[str, Any]],
        test: dict[str, Any] | None = None,
        **more: Any,
    ) -> Trained:
        """What is known of a training on a data set; more are the other fields, by name."""
        facts = (data.name, data.classes, data.shape, data.mean, data.deviation)
        return cls(*facts, settings, history, test or {}, **more)

    @classmethod
    def read(cls, facts: dict[str, Any]) -> Trained:
        """What a file says; raises ValueError, TypeError or KeyError where that makes no sense."""
        kinds = {"data": str, "classes": list, "history": list, "resumed": list}
        wanted = {"picture": list, "mean": (int, float), "deviation": (int, float)}
        for name, value in facts.items():
            kind = kinds.get(name) or wanted.get(name, dict)
            if not isinstance(value, kind):  # type: ignore[arg-type]  # what isinstance takes
                raise TypeError(f"its {name} is a {type(value).__name__}")
        if not all(isinstance(epoch, dict) for epoch in facts["history"]):
            raise TypeError("its history is not one of epochs")
        classes = tuple(str(name) for name in facts["classes"])
        picture = tuple(int(n) for n in facts["picture"])
        mean, deviation = float(facts["mean"]), float(facts["deviation"])
        if len(picture) != 3 or min(picture) < 1 or not (math.isfinite(mean) and 0 < deviation < math.inf):
            raise ValueError(f"pictures of {picture} with mean {mean} and deviation {deviation}")
        Rule.read(facts.get("rule", {}))
        checked = {"classes": classes, "picture": picture, "mean": mean, "deviation": deviation}
        return cls(**{**facts, **checked, "settings": facts["settings"]})

    def inputs(self, network: Network) -> Inputs:
        """The door from pictures like those it was trained on to the network."""
        return Inputs(self.picture, network.model.input, self.mean, self.deviation)

    def inputs_from(self, network: Network, data: DataSet) -> Inputs:
        """The door from a data set; raises ShapeError where its pictures or classes are not like those learned."""
        if data.shape != self.picture:
            raise ShapeError(
                f"{data.name} has pictures of {show(data.shape)}, the network learned from {show(self.picture)}",
                "--resize and --gray bring the pictures of a folder to that",
            )
        if len(data.classes) != len(self.classes):
            raise ShapeError(
                f"the network tells {len(self.classes)} classes apart, {data.name} has {len(data.classes)}",
                f"it was trained on {self.data}",
            )
        return self.inputs(network)

    def rule_with(self, resize: str = "", gray: bool = False) -> Rule:
        """How others are brought to the shape of the pictures learned: by the run's rule, unless one is asked for."""
        own = self.chosen_rule
        resize = resize or own.resize
        return Rule(resize, (self.picture[0], self.picture[1]) if resize else None, gray or own.gray)

    @property
    def chosen_rule(self) -> Rule:
        """How pictures were brought to one shape."""
        return Rule.read(self.rule)

    @property
    def finished(self) -> bool:
        """Whether the training went to its end."""
        return not self.training


def save(network: Network, trained: Trained, folder: Path, state: dict[str, Array] | None = None) -> Path:
    """Writes the run's file whole or not at all; returns it, raises FileError.

    state: tensors by name that the rest of the training depends on.
    """
    path = folder / FILE
    tensors = {**network.tensors(), **{f"{STATE}{name}": value for name, value in (state or {}).items()}}
    metadata = {"schema": str(SCHEMA), "model": write(network.model)}
    metadata |= {name: json.dumps(value) for name, value in asdict(trained).items()}
    try:
        write_file(path, tensors, metadata)
    except OSError as error:
        raise unwritable(path, error) from None
    return path


def load(run: Path) -> tuple[Network, Trained]:
    """The network of a run, given its folder or its file; raises FileError where it is missing or corrupt.

    Of a training that is not over, the one that would be kept if it ended here: the best one so far, else the
    average, else the network as it stands.
    """
    network, trained, state = load_all(run)
    for kind in CANDIDATES:
        if any(name.startswith(kind) for name in state):
            for name, value in {
                **network.parameters.views,
                **network.buffers,
            }.items():  # what training changes
                found = state.get(kind + name)
                if found is None or found.shape != value.shape:
                    fact = f"its tensor {STATE}{kind}{name} is missing, or of another shape"
                    raise corrupt(file_of(run), fact)
                value[...] = found
            break
    return network, trained


def load_all(run: Path) -> tuple[Network, Trained, dict[str, Array]]:
    """The network as it stands, and the tensors that the rest of its training depends on; raises FileError."""
    path = file_of(run)
    metadata, tensors = read_file(path)
    text = text_of_model(path, metadata)
    try:
        model = parse(text, source=str(path))
        known = metadata.keys() & Trained.__dataclass_fields__.keys()
        trained = Trained.read({name: json.loads(metadata[name]) for name in known})
        state = {
            name.removeprefix(STATE): tensors.pop(name)
            for name in list(tensors)
            if trained.training and name.startswith(STATE)
        }
        shapes = tensor_shapes(list(model.leaves()))
        compare(path, shapes, {name: tensor.shape for name, tensor in tensors.items()})
        network = Network(model, frozen=0 if trained.finished else int(trained.settings.get("freeze", 0)))
        if len(trained.classes) != network.classes:
            raise ValueError(f"{len(trained.classes)} names for {network.classes} classes")
    except FileError:
        raise
    except KeyError as error:
        raise corrupt(path, f"its metadata lacks {error.args[0]}") from None
    except RecursionError:
        raise corrupt(path, "its metadata is nested too deeply") from None
    except (CnncalcError, ValueError, TypeError, LookupError, OverflowError) as error:
        raise corrupt(path, str(error)) from None
    for name, value in network.tensors().items():
        value[...] = tensors[name]
    return network, trained, state


def check_schema(path: Path, metadata: dict[str, str]) -> None:
    """Raises FileError where a file is of a later schema than this program knows, or of none."""
    text = metadata.get("schema", "")
    if not (text.isdecimal() and text.isascii() and len(text) < 10) or int(text) < 1:
        raise corrupt(path, f"its schema is {text[:20]!r}" if text else "its metadata lacks schema")
    if int(text) > SCHEMA:
        raise FileError(
            f"{path} was written by a later cnncalc: its schema is {text}, this one reads up to {SCHEMA}",
            "update cnncalc",
        )


def compare(path: Path, wanted: dict[str, Shape], found: dict[str, Shape]) -> None:
    """Raises FileError where a file does not hold the tensors that its model needs; before memory is asked for."""
    for name in wanted.keys() | found.keys():
        if wanted.get(name) != found.get(name):
            raise corrupt(path, f"its model has {name} {wanted.get(name)}, the file {found.get(name)}")


def read_text_of_model(run: Path) -> str:
    """The model of a run in the model language; its tensors stay on the disk."""
    path = file_of(run)
    metadata, _ = read_file(path, tensors=False)
    return text_of_model(path, metadata)


def text_of_model(path: Path, metadata: dict[str, str]) -> str:
    """The model of a file whose schema is known; raises FileError."""
    check_schema(path, metadata)
    if "model" not in metadata:
        raise corrupt(path, "its metadata lacks model")
    if len(metadata["model"]) > LONGEST:
        raise corrupt(path, f"its model is written in {len(metadata['model']):,} characters")
    return metadata["model"]


def file_of(run: Path) -> Path:
    """A run is named by its folder or by the file in it."""
    return run / FILE if run.is_dir() else run
