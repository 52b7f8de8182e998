"""The arithmetic of one pixel as a slide writes it: the pixels under the kernel, the products, the sum, and so on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cnncalc.errors import UsageError
from cnncalc.imaging.chain import Chain, border_in_words, run_chain
from cnncalc.imaging.channels import LUMA, Plane, full, take
from cnncalc.imaging.explain_windows import Window, account, number_of
from cnncalc.imaging.filtering import settled
from cnncalc.imaging.pictures import Picture
from cnncalc.imaging.responses import Way, change_of, mapped


@dataclass(frozen=True)
class Account:
    """How one channel of the pixel comes about: windows, what is done with their sums, and its value."""

    channel: str
    windows: tuple[Window, ...]
    lines: tuple[str, ...]
    response: float
    pixel: tuple[float, ...] | None  # None where another step follows; of signed (R, G, B)


@dataclass(frozen=True)
class Explanation:
    """The pixel in column x and row y of a step's result."""

    x: int
    y: int
    step: str
    number: int  # of the step, from 1
    steps: int
    border: str
    convolve: bool
    weighted: bool  # whether colours count by alpha
    channels: tuple[Account, ...]

    def document(self) -> dict[str, Any]:
        """The explanation for --json."""
        return asdict(self)


def explain(picture: Picture, chain: Chain, x: int, y: int, number: int | None = None) -> Explanation:
    """Accounts for the pixel in column x, row y of the result of the step, the last one if none is named.

    UsageError where there is no such step or pixel, or where a pixel is not made of one window.
    """
    chain, _ = settled(picture, chain)
    count = len(chain.steps)
    number = count if number is None else number
    if not 1 <= number <= count:
        raise UsageError(f"there is no step {number}", f"the chain has {count}")
    step, last = chain.steps[number - 1], number == count
    start = take(picture, chain.channels, plain_alpha=chain.plain_alpha)
    before = run_chain(start, chain, 1, chain.steps[: number - 1], dtype=picture.pixels.dtype)
    if number > 1 and chain.round_between:
        before = before._replace(x=mapped(before.x, picture.pixels.dtype, Way()).pixels)
    after = run_chain(start, chain, 1, chain.steps[:number], dtype=picture.pixels.dtype)
    h, w = after.x.shape[:2]
    if not (x < w and y < h):
        raise UsageError(
            f"there is no pixel in column {x}, row {y} of a result of {h}×{w}",
            f"columns 0 to {w - 1}, rows 0 to {h - 1}",
        )
    parts = account(step, _deep(before), (y, x), chain.laid())
    names = _names(picture, chain, len(parts))
    accounts = []
    for c, (name, part) in enumerate(zip(names, parts, strict=True)):
        lines, pixel = list(part.lines), None
        if last:
            kept = _kept(after, chain, y, x)
            more, pixel = _to_pixel(part.response, after, c, picture, chain, kept)
            lines += more
        accounts.append(Account(name, tuple(part.windows), tuple(lines), part.response, pixel))
    return Explanation(
        x,
        y,
        step.name,
        number,
        count,
        border_in_words(chain),
        chain.flip,
        before.weight is not None,
        tuple(accounts),
    )


def _deep(plane: Plane) -> Plane:
    """(H, W, C), also where there is one channel."""
    return plane if plane.x.ndim == 3 else plane._replace(x=plane.x[..., None])


def _names(picture: Picture, chain: Chain, count: int) -> list[str]:
    """What the channels of the result are called."""
    if chain.bank is not None and count == len(chain.bank.labels):
        return list(chain.bank.labels)
    if isinstance(chain.channels, tuple):
        return [("red", "green", "blue")[i] for i in chain.channels]
    if count == 3:
        return ["red", "green", "blue"]
    if chain.channels == "luminance" and picture.pixels.ndim == 3:
        r, g, b = (weight / sum(LUMA) for weight in LUMA)
        return [f"luminance Y = {r:g} R + {g:g} G + {b:g} B"]
    return ["gray"] if count == 1 else [f"channel {i + 1}" for i in range(count)]


def _kept(after: Plane, chain: Chain, y: int, x: int) -> list[float]:
    """What is added to the luminance for each of R, G and B."""
    if chain.channels != "luminance" or after.kept is None:
        return []
    return [float(value) for value in after.kept[y, x]]


def _to_pixel(
    response: float, after: Plane, channel: int, picture: Picture, chain: Chain, colours: list[float]
) -> tuple[list[str], tuple[float, ...]]:
    """From the response to the pixel: the lines of it, and its value or values."""
    dtype, way = picture.pixels.dtype, chain.mapping
    whose = after.x[..., channel] if chain.bank is not None else after.x
    low, high = float(whose.min()), float(whose.max())
    reach = max(abs(low), abs(high))
    ends = (-reach, reach) if way.name == "signed" else (low, high)
    added = np.array(colours).reshape(1, 1, 3) if colours and way.name != "signed" else None
    pixel = tuple(mapped(np.array([[response]]), dtype, way, added, ends).pixels.ravel().tolist())
    if way.name == "signed":
        return [f"{number_of(response)} of ±{number_of(reach)} is the colour {pixel}"], pixel
    shifted = float(change_of(way, dtype, ends).apply(response))
    lines = []
    if way.name == "offset":
        lines.append(f"{number_of(response)} + {number_of(shifted - response)} = {number_of(shifted)}")
    elif way.name == "abs" and response < 0:
        lines.append(f"|{number_of(response)}| = {number_of(shifted)}")
    elif way.name == "turn":
        lines.append(f"{number_of(response)}° of 360° is {number_of(shifted)} of {full(dtype) + 1}")
    elif way.name == "normalise":
        of = f"({number_of(high)} − {number_of(low)})".replace("− −", "+ ")
        lines.append(
            f"({number_of(response)} − {number_of(low)})".replace("− −", "+ ")
            + f" · {full(dtype)} / {of} = {number_of(shifted)}"
        )
    if not colours:
        return lines + _ends(shifted, pixel[0], dtype), pixel
    for letter, colour, value in zip("RGB", colours, pixel, strict=True):
        exact = shifted + colour
        said = f"{letter} = Y + {number_of(colour)} = {number_of(exact)}".replace("+ −", "− ")
        lines += [said, *(f"{letter} {line}" for line in _ends(exact, value, dtype))]
    return lines, pixel


def _ends(value: float, pixel: float, dtype: np.dtype[Any]) -> list[str]:
    """How a value becomes a whole one within the range."""
    if dtype.kind != "u":
        return []
    rounded = round(value)
    lines = (
        [] if rounded == value else [f"rounded, halves to even: {number_of(value)} → {number_of(rounded)}"]
    )
    if rounded != pixel:
        lines.append(f"clipped to 0 … {full(dtype)}: {number_of(rounded)} → {number_of(pixel)}")
    return lines
