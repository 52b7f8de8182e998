"""Safetensors files: tensors by name with metadata, read with suspicion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialise

from cnncalc.errors import FileError
from cnncalc.learning.data.bounded import is_file
from cnncalc.learning.folder import write_whole
from cnncalc.numerics.workspace import Array

DTYPE = "F32"  # of every tensor
MOST = 1 << 16  # tensors, more than any network has that can be trained here
ENDING = ".safetensors"
FACT = 200  # characters of an error that are shown


def write_file(path: Path, tensors: dict[str, Array], metadata: dict[str, str]) -> None:
    """Writes the file whole or not at all; raises OSError."""
    # the library writes the bytes as they lie: a view in another order would come back scrambled
    lying = {name: np.ascontiguousarray(value, np.float32) for name, value in tensors.items()}
    write_whole(path, serialise(lying, metadata))


def read_file(path: Path, *, tensors: bool = True) -> tuple[dict[str, str], dict[str, Array]]:
    """Metadata and tensors of a file; raises FileError. It takes no more memory than the file has bytes."""
    if not is_file(path):
        raise FileError(
            f"there is no run at {path}", "give the folder that train wrote, such as runs/mnist-1"
        )
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            names = list(file.keys()) if tensors else []
            if len(names) > MOST:
                raise ValueError(f"it has {len(names):,} tensors")
            for name in names:
                dtype = file.get_slice(name).get_dtype()
                if dtype != DTYPE:
                    raise ValueError(f"{name} is of type {dtype}, not {DTYPE}")
            return metadata, {name: file.get_tensor(name) for name in names}
    except MemoryError:
        raise FileError(f"{path} does not fit into memory", "use a larger machine") from None
    except (OSError, SafetensorError, ValueError, TypeError) as error:
        raise corrupt(path, str(error)) from None


def corrupt(path: Path, fact: str) -> FileError:
    """The error for a file that is not what it should be; a fact may quote the file, so only so much of it is shown."""
    fact = fact if len(fact) <= FACT else f"{fact[:FACT]} …"
    remedy = "train the network again"
    if path.suffix != ENDING:
        remedy = "give the folder that train wrote, such as runs/mnist-1"
    return FileError(f"{path} is not a run of cnncalc, or damaged: {fact}", remedy)
