"""What a data set is recognised by, so that one that has changed is not mistaken for what it was."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from cnncalc.errors import FileError
from cnncalc.learning.data.sets import DataSet, Split


def fingerprint(data: DataSet) -> dict[str, Any]:
    """Pictures in each part, and a SHA-256 over classes, labels, mean, deviation and pictures.

    Of pictures in memory it takes in every pixel. Of those on disk it takes in class folder, name and size of each
    file; their pixels count as far as mean and deviation do. Raises FileError where a file is gone.
    """
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    there = {name: part for name, part in parts.items() if part is not None}
    digest = hashlib.sha256(repr((data.classes, data.shape, data.mean, data.deviation)).encode())
    for part in there.values():
        digest.update(part.labels.astype("<i8").tobytes())
        add_pictures(part, digest)
    return {"pictures": {name: len(part) for name, part in there.items()}, "sha256": digest.hexdigest()}


def add_pictures(part: Split, digest: Any) -> None:
    """Takes in the pictures, or what is known of their files."""
    if isinstance(part.images, np.ndarray):
        digest.update(np.ascontiguousarray(part.images).data)
        return
    for row in range(len(part)):
        file = part.images.file(row)  # type: ignore[attr-defined]  # all that lie on disk have it
        try:
            size = file.stat().st_size
        except OSError as error:
            raise FileError(f"{file} cannot be read: {error.strerror}", "check the path") from None
        digest.update(f"{file.parent.name}/{file.name} {size}\n".encode(errors="surrogateescape"))


def change(then: dict[str, Any], now: dict[str, Any]) -> str:
    """What two fingerprints differ in, in words; nothing where they are the same."""
    if then == now:
        return ""
    names = [name for name in now["pictures"] if then["pictures"].get(name) != now["pictures"][name]]
    counts = [
        f"{now['pictures'][name]:,} {name} pictures, and it had {then['pictures'].get(name, 0):,}"
        for name in names
    ]
    return (
        "; ".join(f"it has {count}" for count in counts)
        or "its pictures or labels are others, as many as before"
    )
