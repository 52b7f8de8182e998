"""A folder of class folders of pictures: decoded when asked for, so that it may be larger than memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from cnncalc.errors import FileError, shown
from cnncalc.imaging.pictures import Picture, read
from cnncalc.layers import Shape, show
from cnncalc.learning.data.bounded import is_file, is_folder
from cnncalc.learning.data.rule import RULES, Rule
from cnncalc.learning.data.sets import ONE_IN, DataSet, Images, Split, blocks, data_set, divided
from cnncalc.numerics.workspace import Array

ENDINGS = frozenset(
    ".png .jpg .jpeg .jpe .gif .bmp .tif .tiff .webp .ppm .pgm .pbm .pnm .jp2 .avif".split()  # noqa: SIM905
)
TRAIN = ("train", "training")
TEST = ("test", "testing")
VALIDATION = ("val", "valid", "validation")
LARGEST = 2**24  # numbers in a picture that a network is given
CACHE = 2**28  # bytes of decoded pictures that are kept
LAYOUT = "make one folder for each class in it, or in its subfolders train and test (or val)"


class Reader:
    """Files as pictures (H, W, C) of one shape, uint8; the decoded ones are kept until so many bytes are reached.

    All parts of a data set share one. It may be used by several threads.
    """

    def __init__(self, files: list[Path], rule: Rule, cache: int = CACHE) -> None:
        self.files = files
        self.rule = rule
        self.room = cache
        self.kept: dict[int, Array] = {}
        self.lock = Lock()
        first = self.prepared(files[0])
        size = rule.size if rule.size and rule.resize else first.shape[:2]
        self.shape: Shape = (*size, first.shape[2])
        if prod(self.shape) > LARGEST:
            raise FileError(
                f"pictures of {show(self.shape)}, as {shown(files[0])}, are too large to be learned from",
                "bring them to another size, such as --resize crop --size 224x224",
            )

    def picture(self, row: int) -> Array:
        """The picture of a file, brought to the shape; raises FileError, which names it."""
        known = self.kept.get(row)
        if known is not None:
            return known
        pixels = self.fitted(self.prepared(self.files[row]), self.files[row])
        with self.lock:
            if self.room >= pixels.nbytes and row not in self.kept:
                self.kept[row] = pixels
                self.room -= pixels.nbytes
        return pixels

    def prepared(self, path: Path) -> Array:
        """The pixels (H, W, C) of a file, upright and 8 bits deep; raises FileError where that would lose something."""
        picture = read(path)
        if self.rule.gray:
            return gray(picture)[..., None]
        faults = [*picture.notes]
        if picture.pixels.dtype != np.uint8:
            faults.append("it has 16 bits a pixel")
        if faults:
            raise FileError(
                f"{shown(path)} is not of 8 bits a channel, gray or RGB: {faults[0]}",
                "--gray brings every picture to one channel of 8 bits; or convert it",
            )
        if picture.alpha is not None and int(picture.alpha.min()) < 255:
            raise FileError(
                f"{shown(path)} is transparent in places", "--gray lays it on black; or convert it"
            )
        pixels: Array = picture.pixels
        return pixels.reshape(*pixels.shape[:2], -1)

    def fitted(self, pixels: Array, path: Path) -> Array:
        """Pixels brought to the shape by the rule; raises FileError where there is none."""
        height, width, channels = self.shape
        if pixels.shape[2] != channels:
            kinds = {1: "gray", 3: "RGB"}
            first = f"the first picture, {shown(self.files[0])}, {kinds[channels]}"
            raise FileError(
                f"{shown(path)} is {kinds[pixels.shape[2]]}, {first}",
                "--gray brings every picture to one channel; or convert it",
            )
        if pixels.shape[:2] == (height, width):
            return pixels
        if not self.rule.resize:
            raise FileError(
                f"{shown(path)} is {show(pixels.shape)}, the first picture, {shown(self.files[0])}, {show(self.shape)}",
                f"--resize {', '.join(RULES[:-1])} or {RULES[-1]} brings every picture to one size",
            )
        image = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
        method = Image.Resampling.BILINEAR
        if self.rule.resize == "stretch":
            image = image.resize((width, height), method)
        elif self.rule.resize == "crop":
            image = ImageOps.fit(image, (width, height), method)
        else:
            image = ImageOps.pad(image, (width, height), method, color=0)
        return np.asarray(image).reshape(self.shape)


def picture(path: Path, rule: Rule, shape: Shape) -> Array:
    """One picture (H, W, C) in a shape that must be met; raises FileError where the rule does not lead to it."""
    pixels = Reader([path], rule).picture(0)
    if pixels.shape == shape:
        return pixels
    wanted = [f"--resize {', '.join(RULES[:-1])} or {RULES[-1]}"] if pixels.shape[:2] != shape[:2] else []
    wanted += ["--gray"] if pixels.shape[2] > shape[2] else []
    raise FileError(
        f"{shown(path)} is {show(pixels.shape)}, the network sees {show(shape)}",
        "convert it to RGB" if pixels.shape[2] < shape[2] else f"use {' and '.join(wanted)}",
    )


def gray(picture: Picture) -> Array:
    """Pixels (H, W) of 8 bits, what is transparent laid on black."""
    pixels: Array = picture.pixels
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 3:
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))
    if picture.alpha is not None:
        pixels = (pixels.astype(np.uint16) * picture.alpha // 255).astype(np.uint8)
    return pixels


@dataclass(frozen=True)
class Stream:
    """Pictures (N, H, W, C) of a reader, indexed as an array is along its first axis."""

    reader: Reader
    chosen: Array  # rows of the reader

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.chosen), *self.reader.shape)

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, rows: Any) -> Array:
        """The pictures of a slice or of an array of rows, (n, H, W, C); of one row, (H, W, C)."""
        chosen = self.chosen[rows]
        if chosen.ndim == 0:
            return self.reader.picture(int(chosen))
        images = np.empty((len(chosen), *self.reader.shape), np.uint8)
        for image, row in zip(images, chosen.tolist(), strict=True):
            image[...] = self.reader.picture(row)
        return images

    def taken(self, rows: Any) -> Images:
        """Those of some rows, still on disk."""
        return replace(self, chosen=self.chosen[rows])

    def file(self, row: int) -> Path:
        """Where a picture comes from."""
        return self.reader.files[int(self.chosen[row])]


def load(folder: Path, rule: Rule) -> DataSet:
    """The data set of a folder: classes by name; without a test part one picture in five of each class is tested on.

    A part called val (valid, validation) is tested on where there is no test part, else it is validated on.
    Raises FileError where the folder is laid out otherwise, or a picture cannot be read as the rule wants it.
    """
    train, test, validation = (part(folder, names) for names in (TRAIN, TEST, VALIDATION))
    if not train:
        train, test, validation = folder, None, None
    classes = classes_of(train)
    if len(classes) < 2:
        raise FileError(f"{train} holds {len(classes)} class folders with pictures", LAYOUT)
    # where test is missing, validation is the second
    parts = [pictures_of(place, classes) for place in (train, test, validation) if place]
    reader = Reader([file for files, _ in parts for file in files], rule)
    splits = []
    row = 0
    for files, labels in parts:
        splits.append(Split(Stream(reader, np.arange(row, row + len(files))), np.array(labels, np.int64)))
        row += len(files)
    if len(splits) == 1:
        splits = [*divided(splits[0], max(1, row // ONE_IN))]
    for split in splits[1:]:  # a mistake is to show now, not when the training is over
        for _ in blocks(split.images):
            pass
    facts = {"classes": tuple(classes), "origin": f"a folder, {shown(folder)}"}
    return data_set(str(folder), splits[0], splits[1], **facts, validation=splits[2] if splits[2:] else None)


def part(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The subfolder that has one of the names, in whatever case."""
    return next((place for place in folders_in(folder) if place.name.lower() in names), None)


def classes_of(folder: Path) -> list[str]:
    """The names of the folders with pictures in them."""
    return [place.name for place in folders_in(folder) if files_in(place)]


def pictures_of(folder: Path, classes: list[str]) -> tuple[list[Path], list[int]]:
    """The pictures of a part and their classes; raises FileError where it has a class that the others lack."""
    unknown = [name for name in classes_of(folder) if name not in classes]
    if unknown:
        raise FileError(
            f"{shown(folder)} has a class {unknown[0]} that there is nothing to learn from", LAYOUT
        )
    files, labels = [], []
    for label, name in enumerate(classes):
        found = files_in(folder / name) if is_folder(folder / name) else []
        files += found
        labels += [label] * len(found)
    if not files:
        raise FileError(f"{shown(folder)} holds no pictures", LAYOUT)
    return files, labels


def folders_in(folder: Path) -> list[Path]:
    """Subfolders by name, without hidden ones; raises FileError."""
    return sorted(path for path in entries(folder) if is_folder(path))


def files_in(folder: Path) -> list[Path]:
    """Picture files by name, told by their endings."""
    return sorted(path for path in entries(folder) if path.suffix.lower() in ENDINGS and is_file(path))


def entries(folder: Path) -> list[Path]:
    """What is in a folder, without hidden things; raises FileError."""
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise FileError(f"{shown(folder)} cannot be read: {error.strerror}", "check the path") from None


def all_pictures(folder: Path) -> list[Path]:
    """Every picture in the class folders of every part."""
    parts = [part(folder, names) for names in (TRAIN, TEST, VALIDATION)]
    places = [place for place in parts if place] or [folder]
    return [file for place in places for name in folders_in(place) for file in files_in(name)]
