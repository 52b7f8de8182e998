"""Depthwise convolutions: MobileNet, EfficientNet, ConvNeXt."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cnncalc.arithmetic.zoo.entry import Architecture, Source, joined, repeated, unit
from cnncalc.arithmetic.zoo.residual import HEAD, step

HOWARD = Source(
    "Howard et al.",
    2017,
    "MobileNets: efficient convolutional neural networks for mobile vision applications",
)
SANDLER = Source(
    "Sandler, Howard, Zhu, Zhmoginov, Chen", 2018, "MobileNetV2: inverted residuals and linear bottlenecks"
)
TAN = Source("Tan, Le", 2019, "EfficientNet: rethinking model scaling for convolutional neural networks")
LIU = Source("Liu, Mao, Wu, Feichtenhofer, Darrell, Xie", 2022, "A ConvNet for the 2020s")


def mobilenet_v1() -> str:
    def pair(filters: int, stride: int = 1, times: int = 1) -> str:
        depthwise = unit(f"depthwise 3x3{step(stride)} pad 1")
        return repeated(times, joined(depthwise, unit(f"conv {filters}x1x1")))

    return joined(
        unit("conv 32x3x3 stride 2 pad 1"),
        pair(64),
        *(part for filters in (128, 256) for part in (pair(filters, 2), pair(filters))),
        pair(512, 2),
        pair(512, times=5),
        pair(1024, 2),
        pair(1024),
        HEAD,
    )


def excitation(squeezed: int, channels: int) -> str:
    """A factor for each channel, of what all of the map holds (Hu, Shen, Sun 2018)."""
    gate = f"globalavgpool; conv {squeezed}x1x1; silu; conv {channels}x1x1; sigmoid"
    return f"multiply {{ {{ }} {{ {gate} }} }}"


def inverted(
    channels: int, expand: int, kernel: int, stride: int, filters: int, activation: str, gated: bool
) -> str:
    """Expanded by 1×1, filtered channel by channel, gated if wanted, and projected."""
    wide = expand * channels
    return joined(
        unit(f"conv {wide}x1x1", activation) if expand > 1 else "",
        unit(f"depthwise {kernel}x{kernel}{step(stride)} pad {kernel // 2}", activation),
        excitation(channels // 4, wide) if gated else "",
        unit(f"conv {filters}x1x1", ""),
    )


def inverted_residuals(
    last: int, activation: str, *stages: tuple[int, int, int, int, int], gated: bool = False
) -> str:
    """Stages of (expansion, kernel, stride, filters, blocks) between a first and a last convolution."""
    parts, channels = [unit("conv 32x3x3 stride 2 pad 1", activation)], 32
    for expand, kernel, stride, filters, blocks in stages:
        parts.append(inverted(channels, expand, kernel, stride, filters, activation, gated))
        again = inverted(filters, expand, kernel, 1, filters, activation, gated)
        parts.append(repeated(blocks - 1, f"residual {{ {again} }}"))
        channels = filters
    return joined(
        *parts, unit(f"conv {last}x1x1", activation), "globalavgpool; dropout 0.2; fc 1000; softmax"
    )


mobilenet_v2 = partial(
    inverted_residuals,
    1280,
    "relu6",
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 3, 2, 32, 3),
    (6, 3, 2, 64, 4),
    (6, 3, 1, 96, 3),
    (6, 3, 2, 160, 3),
    (6, 3, 1, 320, 1),
)
efficientnet_b0 = partial(
    inverted_residuals,
    1280,
    "silu",
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
    gated=True,
)


def convnext(width: int, *blocks: int) -> str:
    """A stage halves the map and doubles the width; every block filters 7×7 by channel and mixes by 1×1."""
    parts = [f"conv {width}x4x4 stride 4; layernorm"]
    for index, times in enumerate(blocks):
        channels = width << index
        if index:
            parts.append(f"layernorm; conv {channels}x2x2 stride 2")
        mixed = f"conv {4 * channels}x1x1; gelu; conv {channels}x1x1; layerscale"
        parts.append(repeated(times, f"residual {{ depthwise 7x7 pad 3; layernorm; {mixed} }}"))
    return joined(*parts, "globalavgpool; layernorm; fc 1000; softmax")


def entry(name: str, what: str, source: Source, layers: Callable[[], str], *aliases: str) -> Architecture:
    return Architecture(name, what, source, "224x224x3", layers, aliases)


ENTRIES = (
    entry("mobilenet-v1", "MobileNet of full width", HOWARD, mobilenet_v1, "mobilenet"),
    entry("mobilenet-v2", "MobileNet v2 of full width, as torchvision has it", SANDLER, mobilenet_v2),
    entry("efficientnet-b0", "EfficientNet-B0, as torchvision has it", TAN, efficientnet_b0),
    *(
        entry(f"convnext-{name}", f"ConvNeXt, {name}, as torchvision has it", LIU, partial(convnext, *sizes))
        for name, sizes in {
            "tiny": (96, 3, 3, 9, 3),
            "small": (96, 3, 3, 27, 3),
            "base": (128, 3, 3, 27, 3),
            "large": (192, 3, 3, 27, 3),
        }.items()
    ),
)
