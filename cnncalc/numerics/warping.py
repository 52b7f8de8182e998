"""Pictures resampled at places that differ from picture to picture: affine maps, and fields of displacements."""

from __future__ import annotations

import numpy as np

from cnncalc.numerics.workspace import Array


class Warp:
    """Where each pixel of the new pictures is taken from: p ↦ A·p + b + D(p), of each picture.

    Places are (row, column) in pixels from the middle of the picture. At first nothing moves.
    """

    def __init__(self, pictures: int, height: int, width: int) -> None:
        self.shape = (pictures, height, width)
        self.maps: Array | None = None  # (N, 3, 3), acting on (row, column, 1)
        self.field: Array | None = None  # (2, N, H, W), rows first

    def map(self, maps: Array) -> None:
        """Behind what was said before, each picture is changed so: (N, 3, 3) from new places to old ones."""
        self.maps = maps if self.maps is None else self.maps @ maps

    def displace(self, field: Array) -> None:
        """Pixels are taken from so much further down and right, (2, N, H, W)."""
        self.field = field if self.field is None else self.field + field

    def places(self) -> Array:
        """The places to read at, (2, N, H·W), float32, counted from the corner of the first pixel's centre."""
        n, height, width = self.shape
        middle = np.array([(height - 1) / 2, (width - 1) / 2])
        rows, columns = np.meshgrid(
            np.arange(height) - middle[0], np.arange(width) - middle[1], indexing="ij"
        )
        grid = np.stack([rows.ravel(), columns.ravel(), np.ones(rows.size)]).astype(np.float32)
        maps = np.broadcast_to(np.eye(3), (n, 3, 3)) if self.maps is None else self.maps
        affine = maps[:, :2].transpose(1, 0, 2).copy()
        affine[..., 2] += middle[:, None]
        places: Array = (affine.reshape(-1, 3).astype(np.float32) @ grid).reshape(2, n, -1)
        if self.field is not None:
            places += self.field.reshape(2, n, -1)
        return places

    def resample(self, images: Array) -> Array:
        """The pictures (N, H, W, C), uint8, read between the pixels bilinearly, with black around them."""
        if self.maps is None and self.field is None:
            return images
        return bilinear(images, *self.places())


def bilinear(images: Array, rows: Array, columns: Array) -> Array:
    """Pictures (N, H, W, C), uint8, read at places (N, H·W) float32, which are overwritten; black outside.

    Pictures of less than 2²⁴ pixels, for the places are counted in float32.
    """
    n, height, width, channels = images.shape
    across = width + 2  # a black pixel on every side
    for places, length in ((rows, height), (columns, width)):
        places += 1
        np.clip(places, np.float32(0), np.float32(length + 1), out=places)
    corner_rows, corner_columns = np.floor(rows), np.floor(columns)
    rows -= corner_rows  # from here on the shares of the lower and of the right neighbour
    columns -= corner_columns
    corner_rows *= across
    corner_rows += corner_columns
    corners = corner_rows.astype(np.intp)
    size = (height + 2) * across
    corners += (np.arange(n) * size)[:, None]
    flat = np.zeros(n * size + across + 1, np.float32)
    framed = flat[: n * size].reshape(n, height + 2, across)
    found = np.empty((n, height * width, channels), np.uint8)
    upper, lower, other = (np.empty(corners.shape, np.float32) for _ in range(3))
    for channel in range(channels):
        framed[:, 1:-1, 1:-1] = images[..., channel]
        for line, start in ((upper, 0), (lower, across)):
            np.take(flat[start:], corners, out=line, mode="clip")
            np.take(flat[start + 1 :], corners, out=other, mode="clip")
            other -= line
            other *= columns
            line += other
        lower -= upper
        lower *= rows
        upper += lower
        upper += np.float32(0.5)  # the cast cuts off
        np.copyto(found[..., channel], upper, casting="unsafe")
    return found.reshape(images.shape)


def shifts(pixels: Array) -> Array:
    """Maps from new places to old ones, (N, 3, 3), for pictures moved by so many pixels down and right, (N, 2)."""
    maps = _identities(len(pixels))
    maps[:, :2, 2] = -pixels
    return maps


def rotations(degrees: Array) -> Array:
    """The same for pictures turned anticlockwise by so many degrees, (N,)."""
    maps = _identities(len(degrees))
    angles = np.radians(degrees)
    maps[:, 0, 0] = maps[:, 1, 1] = np.cos(angles)
    maps[:, 0, 1] = np.sin(angles)
    maps[:, 1, 0] = -maps[:, 0, 1]
    return maps


def scalings(factors: Array) -> Array:
    """The same for pictures made so many times as high and wide, (N, 2)."""
    maps = _identities(len(factors))
    maps[:, 0, 0], maps[:, 1, 1] = 1 / factors.T
    return maps


def _identities(pictures: int) -> Array:
    return np.tile(np.eye(3), (pictures, 1, 1))


def gaussian_matrix(size: int, sigma: float) -> Array:
    """A Gaussian blur along an axis as a matrix, (size, size) float32; it ends at 4σ, and beyond the ends are zeros."""
    reach = int(4 * sigma + 0.5)  # as in scipy.ndimage
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    weights /= weights.sum()
    apart = np.arange(size)[None, :] - np.arange(size)[:, None]
    matrix: Array = np.where(np.abs(apart) <= reach, weights[np.clip(apart + reach, 0, 2 * reach)], 0)
    return matrix.astype(np.float32)
