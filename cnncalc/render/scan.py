"""The walk of a kernel over a picture as an animated GIF: left the picture and the window, right the result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.errors import UsageError
from cnncalc.imaging.kernels import Bank, Contrast, Kernel, Pool, Step

if TYPE_CHECKING:
    from cnncalc.imaging.chain import Chain
    from cnncalc.imaging.pictures import Picture

SIDE = 40  # pixels of the picture that is walked over, at most
CELL = 8  # pixels that each of them is drawn with
GAP = 2 * CELL
FRAMES = 240  # at most; where there are more places, the window leaps
DURATION = 60  # milliseconds of a frame
WINDOW, PENDING = (230, 60, 30), (128, 128, 128)


def write_scan(picture: Picture, chain: Chain, target: Path, *, overwrite: bool) -> str:
    """Writes the walk of the chain's last kernel over the picture; how long it is and what was scaled down, in words.

    UsageError where the last step is none that a window walks for.
    """
    from PIL import Image

    from cnncalc.imaging.drawings import check_drawing, write_drawing

    check_drawing(target, ".gif", overwrite=overwrite)
    if isinstance(chain.steps[-1], Bank):
        raise UsageError("a walk shows one kernel, and these are the filters of a layer", "leave out --gif")
    small = scaled_down(picture)
    images = list(frames(small, chain))
    palette = images[-1].quantize(250)
    images = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    data = BytesIO()
    images[0].save(data, "GIF", save_all=True, append_images=images[1:], duration=DURATION, loop=0)
    write_drawing(target, data.getvalue(), overwrite=overwrite)
    (h, w), (rows, columns) = picture.pixels.shape[:2], small.pixels.shape[:2]
    change = f", the picture scaled down from {h}×{w} to {rows}×{columns}" if h > rows or w > columns else ""
    return f": {len(images)} frames{change}"


def scaled_down(picture: Picture) -> Picture:
    """The picture in eight bits, without transparency, at most SIDE pixels wide and high."""
    import numpy as np
    from PIL import Image

    from cnncalc.imaging.pictures import Picture
    from cnncalc.render.picture import eight_bits

    x = eight_bits(picture.pixels)
    h, w = x.shape[:2]
    factor = min(1.0, SIDE / h, SIDE / w)
    if factor < 1:
        size = (max(1, round(w * factor)), max(1, round(h * factor)))
        x = np.asarray(Image.fromarray(x).resize(size, Image.Resampling.BOX))
    return Picture(x)


def frames(picture: Picture, chain: Chain) -> Iterator[Any]:
    """What the window sees and the result, the result only as far as the window has come; images of Pillow."""
    import numpy as np
    from PIL import Image, ImageDraw

    from cnncalc.imaging.filtering import filter_picture

    result = filter_picture(picture, chain).picture.pixels
    seen = seen_by_last(picture, chain)
    size, geometry = window(chain.steps[-1], chain)
    down, across = geometry.positions(seen.shape, size)
    high, wide = ((side - 1) * step + 1 for side, step in zip(size, geometry.dilation, strict=True))
    margin = 0 if geometry.mode == "valid" else CELL * min(max(high, wide), 6)
    left, right = enlarged(seen), enlarged(result)
    at = margin * 2 + left.shape[1] + GAP  # the column in which the result begins
    shape = (margin * 2 + max(len(left), len(right)), at + right.shape[1], 3)
    canvas = np.full(shape, 255, np.uint8)
    canvas[margin : margin + len(left), margin : margin + left.shape[1]] = left
    places = len(down) * len(across)
    for place in [*range(0, places - 1, ceil(places / FRAMES)), places - 1]:
        row, column = divmod(place, len(across))
        done = right.copy()
        done[(row + 1) * CELL :] = PENDING
        done[row * CELL : (row + 1) * CELL, (column + 1) * CELL :] = PENDING
        canvas[margin : margin + len(right), at:] = done
        image = Image.fromarray(canvas)
        draw = ImageDraw.Draw(image)
        top, side = margin + down[row] * CELL, margin + across[column] * CELL
        draw.rectangle((side, top, side + wide * CELL - 1, top + high * CELL - 1), outline=WINDOW, width=2)
        top, side = margin + row * CELL, at + column * CELL
        draw.rectangle((side, top, side + CELL - 1, top + CELL - 1), outline=WINDOW, width=2)
        yield image


def seen_by_last(picture: Picture, chain: Chain) -> Any:
    """The pixels that the last step works on: the picture, or the result of the steps before."""
    from cnncalc.imaging.filtering import filter_picture, settled

    chain, _ = settled(picture, chain)
    if len(chain.steps) > 1:
        return filter_picture(picture, replace(chain, steps=chain.steps[:-1], way=None)).picture.pixels
    alone = replace(chain, steps=(Kernel("identity", ((1,),)),), way=None, mode=None)
    return filter_picture(picture, replace(alone, geometry=type(chain.geometry)())).picture.pixels


def window(step: Step, chain: Chain) -> tuple[tuple[int, int], Any]:
    """Rows and columns of the window that walks, and its geometry."""
    laid = chain.laid()
    if isinstance(step, Pool):
        return step.size, laid.pooling(step)
    if isinstance(step, Contrast):
        return step.size, type(chain.geometry)()
    return step.kernels[0].size, laid.over(step.kernels[0])[1]


def enlarged(x: Any) -> Any:
    """Each pixel as a square, in colour."""
    import numpy as np

    x = np.repeat(np.repeat(x, CELL, axis=0), CELL, axis=1)
    return np.dstack([x] * 3) if x.ndim == 2 else x
