"""A contact sheet: examples of each class side by side."""

from __future__ import annotations

from typing import Any

from cnncalc.learning.data import DataSet
from cnncalc.learning.data.summary import examples

MOST_CLASSES = 40  # rows of a sheet
ACROSS = 12  # examples of each class
LARGEST = 96  # pixels of an example's longer side
SMALLEST = 64  # and at least, by whole steps
GAP = 4
TEXT = 14  # pixels that the letters are high


def sheet(data: DataSet) -> Any:
    """Pixels (H, W, 3) with a row for each class: its name, then examples from what is learned from."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    height, width = data.shape[:2]
    factor = min(LARGEST / max(height, width), max(1, SMALLEST // max(height, width)))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    classes = data.classes[:MOST_CLASSES]
    font = ImageFont.load_default(TEXT)
    margin = 2 * GAP + max(int(font.getlength(name)) for name in classes)
    row = max(size[1], TEXT) + GAP
    canvas = Image.new("RGB", (margin + ACROSS * (size[0] + GAP), len(classes) * row + GAP), (32, 32, 32))
    drawing = ImageDraw.Draw(canvas)
    method = Image.Resampling.NEAREST if factor >= 1 else Image.Resampling.BOX
    for label, name in enumerate(classes):
        top = GAP + label * row
        drawing.text((margin - GAP, top + size[1] // 2), name, (230, 230, 230), font, anchor="rm")
        for column, pixels in enumerate(examples(data.train, label, ACROSS)):
            picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).resize(size, method)
            canvas.paste(picture, (margin + column * (size[0] + GAP), top))
    return np.asarray(canvas)
