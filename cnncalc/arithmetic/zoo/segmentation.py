"""Networks that put out a map as fine as their input: U-Net."""

from __future__ import annotations

from functools import partial

from cnncalc.arithmetic.zoo.entry import Architecture, Source, joined

RONNEBERGER = Source(
    "Ronneberger, Fischer, Brox", 2015, "U-Net: convolutional networks for biomedical image segmentation"
)


def unet(margins: tuple[int, ...] = (88, 40, 16, 4), pad: str = "", width: int = 64) -> str:
    """Two convolutions at each size on the way down and up; `margins` is what is cut before maps are joined."""

    def level(width: int, margins: tuple[int, ...]) -> str:
        two = joined(*(f"conv {width}x3x3{pad}; relu" for _ in range(2)))
        if not margins:
            return two
        across = f"crop {margins[0]}" if margins[0] else ""
        below = joined("maxpool 2x2", level(2 * width, margins[1:]), f"deconv {width}x2x2 stride 2")
        return joined(two, f"concat {{ {{ {across} }} {{ {below} }} }}", two)

    return joined(level(width, margins), "conv 2x1x1")


ENTRIES = (
    Architecture(
        "unet", "U-Net as published, without padding", RONNEBERGER, "572x572x1", unet, ("unet-2015",)
    ),
    Architecture(
        "unet-same",
        "U-Net with padding, so that the output is as large as the input",
        RONNEBERGER,
        "256x256x3",
        partial(unet, (0, 0, 0, 0), " pad 1"),
    ),
)
