"""Random changes to pictures while a network learns. A new one is one class and one word in AUGMENTATIONS.

Those that move pixels by fractions are put together into one map, so that a picture is interpolated once, behind those
that move whole pixels. What comes in from outside is black, as around digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cnncalc.learning.choices import Choice, family, number

if TYPE_CHECKING:
    import numpy as np

    from cnncalc.numerics.warping import Warp
    from cnncalc.numerics.workspace import Array

AT_ONCE = 2**15  # pixels that are changed together, so that all that is worked out in between fits a cache


@dataclass(frozen=True)
class Augmentation(Choice):
    """A random change, drawn anew for every picture; its fields say how strong it may be."""

    def apply(self, images: Array, warp: Warp, rng: np.random.Generator) -> Array:
        """Pictures (N, H, W, C), uint8, with whole pixels moved; what else is to be moved is told to the warp."""
        raise NotImplementedError


@dataclass(frozen=True)
class Shift(Augmentation):
    """By −pixels to pixels along each axis, evenly drawn, fractions too."""

    name = "shift"

    pixels: float = number(2)

    def apply(self, images: Array, warp: Warp, rng: np.random.Generator) -> Array:
        from cnncalc.numerics.warping import shifts

        warp.map(shifts(rng.uniform(-self.pixels, self.pixels, (len(images), 2))))
        return images


@dataclass(frozen=True)
class Rotate(Augmentation):
    """Around the middle by −degrees to degrees, evenly drawn."""

    name = "rotate"

    degrees: float = number(10)

    def apply(self, images: Array, warp: Warp, rng: np.random.Generator) -> Array:
        from cnncalc.numerics.warping import rotations

        warp.map(rotations(rng.uniform(-self.degrees, self.degrees, len(images))))
        return images


@dataclass(frozen=True)
class Scale(Augmentation):
    """To 1 − share to 1 + share of its size, evenly drawn for each axis, around the middle."""

    name = "scale"

    share: float = number(0.1, below=1)

    def apply(self, images: Array, warp: Warp, rng: np.random.Generator) -> Array:
        from cnncalc.numerics.warping import scalings

        warp.map(scalings(rng.uniform(1 - self.share, 1 + self.share, (len(images), 2))))
        return images


@dataclass(frozen=True)
class Elastic(Augmentation):
    """Displacements drawn from −1 to 1 for each pixel and axis, blurred by a Gaussian of width sigma, times alpha.

    Simard, Steinkraus, Platt 2003, Best practices for convolutional neural networks, section 2.
    """

    name = "elastic"

    alpha: float = number(34)
    sigma: float = number(4, above=0)

    def apply(self, images: Array, warp: Warp, rng: np.random.Generator) -> Array:
        import numpy as np

        n, height, width = images.shape[:3]
        down, across, middle = blurs(height, width, self.sigma)
        drawn = rng.random((2 * n * height, width), np.float32)
        blurred = np.matmul(down, (drawn @ across).reshape(2 * n, height, width))  # of numbers from 0 to 1
        blurred -= middle
        blurred *= 2 * self.alpha
        warp.displace(blurred.reshape(2, n, height, width))
        return images


@lru_cache(maxsize=8)
def blurs(height: int, width: int, sigma: float) -> tuple[Array, Array, Array]:
    """The blur along columns, along rows (transposed), and what it makes of ½ everywhere."""
    from cnncalc.numerics.warping import gaussian_matrix

    down, across = gaussian_matrix(height, sigma), gaussian_matrix(width, sigma).T
    return down, across, down.sum(axis=1)[:, None] * across.sum(axis=0) / 2


@dataclass(frozen=True)
class Crop(Augmentation):
    """A window of the picture's size, at random in the picture with so many black pixels around it (He et al. 2016)."""

    name = "crop"

    pixels: int = number(4, whole=True)

    def apply(self, images: Array, warp: Warp, rng: np.random.Generator) -> Array:  # noqa: ARG002
        import numpy as np

        n, height, width = images.shape[:3]
        pad = (self.pixels, self.pixels)
        framed = np.pad(images, ((0, 0), pad, pad, (0, 0)))
        tops, lefts = rng.integers(0, 2 * self.pixels, (2, n), endpoint=True)
        windows = np.lib.stride_tricks.sliding_window_view(framed, (height, width), axis=(1, 2))
        return np.ascontiguousarray(windows[np.arange(n), tops, lefts].transpose(0, 2, 3, 1))


@dataclass(frozen=True)
class Flip(Augmentation):
    """Left and right exchanged, in half of the pictures."""

    name = "flip"

    def apply(self, images: Array, warp: Warp, rng: np.random.Generator) -> Array:  # noqa: ARG002
        import numpy as np

        turned = rng.random(len(images)) < 0.5
        return np.where(turned[:, None, None, None], images[:, :, ::-1], images)


AUGMENTATIONS = family(Shift, Rotate, Scale, Elastic, Crop, Flip)


def augment(images: Array, chosen: tuple[Augmentation, ...], rng: np.random.Generator) -> Array:
    """Pictures (N, H, W, C), uint8, each changed by all that is chosen, in this order."""
    import numpy as np

    from cnncalc.numerics.warping import Warp

    n, height, width = images.shape[:3]
    changed = np.empty_like(images)
    together = max(1, AT_ONCE // (height * width))
    for first in range(0, n, together):
        part = images[first : first + together]
        warp = Warp(len(part), height, width)
        for augmentation in chosen:
            part = augmentation.apply(part, warp, rng)
        changed[first : first + together] = warp.resample(part)
    return changed
