"""Networks of shortcuts: ResNet and its kin, DenseNet."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from cnncalc.arithmetic.zoo.entry import Architecture, Source, joined, repeated, unit

HE = Source("He, Zhang, Ren, Sun", 2016, "Deep residual learning for image recognition")
IDENTITY = Source("He, Zhang, Ren, Sun", 2016, "Identity mappings in deep residual networks")
ZAGORUYKO = Source("Zagoruyko, Komodakis", 2016, "Wide residual networks")
XIE = Source(
    "Xie, Girshick, Dollár, Tu, He", 2017, "Aggregated residual transformations for deep neural networks"
)
HUANG = Source("Huang, Liu, van der Maaten, Weinberger", 2017, "Densely connected convolutional networks")

STEM = joined(unit("conv 64x7x7 stride 2 pad 3"), "maxpool 3x3 stride 2 pad 1")
HEAD = "globalavgpool; fc 1000; softmax"
WIDTHS = (64, 128, 256, 512)


def step(stride: int) -> str:
    return f" stride {stride}" if stride > 1 else ""


def block(body: str, shortcut: str = "") -> str:
    """The sum of a body and of what a shortcut makes of the input; relu stands behind it."""
    return f"residual {{ {body} }}" + (f" shortcut {{ {shortcut} }}" if shortcut else "") + "\nrelu"


def projection(filters: int, stride: int) -> str:
    """Option B of the paper."""
    return unit(f"conv {filters}x1x1{step(stride)}", "")


def basic_body(width: int, stride: int) -> str:
    return joined(unit(f"conv {width}x3x3{step(stride)} pad 1"), unit(f"conv {width}x3x3 pad 1", ""))


def basic_stage(width: int, blocks: int, stride: int, shortcut: str) -> str:
    if not shortcut:
        return repeated(blocks, block(basic_body(width, stride)))
    return joined(
        block(basic_body(width, stride), shortcut), repeated(blocks - 1, block(basic_body(width, 1)))
    )


def resnet_basic(*blocks: int) -> str:
    """Two convolutions of 3×3 to a block: ResNet-18 and -34."""
    stages = []
    for width, times in zip(WIDTHS, blocks, strict=True):
        stride = 1 if width == 64 else 2
        stages.append(basic_stage(width, times, stride, projection(width, stride) if stride > 1 else ""))
    return joined(STEM, *stages, HEAD)


def resnet(*blocks: int, inner: int = 1, groups: int = 1, v1: bool = False) -> str:
    """Bottlenecks: 1×1, 3×3, and 1×1 with four times the width.

    `inner` widens the first two; where a stage begins, the 3×3 has the stride, or, as first published, the 1×1.
    """
    grouped = f" groups {groups}" if groups > 1 else ""

    def body(width: int, stride: int) -> str:
        first, second = (step(stride), "") if v1 else ("", step(stride))
        return joined(
            unit(f"conv {inner * width}x1x1{first}"),
            unit(f"conv {inner * width}x3x3{second} pad 1{grouped}"),
            unit(f"conv {4 * width}x1x1", ""),
        )

    stages: list[str] = []
    for width, times in zip(WIDTHS, blocks, strict=True):
        stride = 1 if width == 64 else 2
        stages.append(block(body(width, stride), projection(4 * width, stride)))
        stages.append(repeated(times - 1, block(body(width, 1))))
    return joined(STEM, *stages, HEAD)


def resnet_cifar(blocks: int, *, project: bool = False) -> str:
    """Three stages of 16, 32, 64 channels (section 4.2); 6·blocks + 2 weight layers.

    The shortcut of option A takes every other pixel and adds channels of zeros.
    """
    stages = [basic_stage(16, blocks, 1, "")]
    for width in (32, 64):
        zeros = f"maxpool 1x1 stride 2; padchannels {width // 4}:{width // 4}"
        stages.append(basic_stage(width, blocks, 2, projection(width, 2) if project else zeros))
    return joined(unit("conv 16x3x3 pad 1"), *stages, "globalavgpool; fc 10; softmax")


def densenet(first: int, growth: int, *blocks: int) -> str:
    """Blocks whose layers see all before them; between blocks half the channels at half the size."""

    def before(convolution: str) -> str:
        return f"batchnorm; relu; {convolution} bias no"

    layer = joined(before(f"conv {4 * growth}x1x1"), before(f"conv {growth}x3x3 pad 1"))
    stages: list[str] = []
    channels = first
    for times in blocks:
        if stages:
            channels //= 2
            stages.append(joined(before(f"conv {channels}x1x1"), "avgpool 2x2"))
        stages.append(repeated(times, f"concat {{ {{ }} {{ {layer} }} }}"))
        channels += times * growth
    stem = joined(unit(f"conv {first}x7x7 stride 2 pad 3"), "maxpool 3x3 stride 2 pad 1")
    return joined(stem, *stages, "batchnorm; relu", HEAD)


BOTTLENECKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
ON_THE_3X3 = "with the stride on the 3×3 (v1.5), as torchvision has it"


def imagenet() -> Iterator[Architecture]:
    def entry(name: str, what: str, source: Source, layers: partial[str], *aliases: str) -> Architecture:
        return Architecture(name, what, source, "224x224x3", layers, aliases)

    for depth, blocks in {18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}.items():
        yield entry(f"resnet{depth}", f"ResNet-{depth}, basic blocks", HE, partial(resnet_basic, *blocks))
    for depth, blocks in BOTTLENECKS.items():
        yield entry(
            f"resnet{depth}",
            f"ResNet-{depth} {ON_THE_3X3}",
            HE,
            partial(resnet, *blocks),
            f"resnet{depth}-v1.5",
        )
        yield entry(
            f"resnet{depth}-v1",
            f"ResNet-{depth} with the stride on the first 1×1, as published",
            HE,
            partial(resnet, *blocks, v1=True),
            f"resnet{depth}-caffe",
        )
    yield entry(
        "resnet200",
        "ResNet-200, activation behind the sum, stride on the 3×3",
        IDENTITY,
        partial(resnet, 3, 24, 36, 3),
    )
    for depth in (50, 101):
        yield entry(
            f"wide-resnet{depth}-2",
            f"ResNet-{depth} with twice the width inside the blocks",
            ZAGORUYKO,
            partial(resnet, *BOTTLENECKS[depth], inner=2),
        )
    for depth, groups, width in ((50, 32, 4), (101, 32, 8), (101, 64, 4)):
        yield entry(
            f"resnext{depth}-{groups}x{width}d",
            f"ResNeXt-{depth}, {groups} groups of {width} channels",
            XIE,
            partial(resnet, *BOTTLENECKS[depth], inner=groups * width // 64, groups=groups),
        )
    for depth, first, growth, blocks in (
        (121, 64, 32, (6, 12, 24, 16)),
        (161, 96, 48, (6, 12, 36, 24)),
        (169, 64, 32, (6, 12, 32, 32)),
        (201, 64, 32, (6, 12, 48, 32)),
    ):
        yield entry(
            f"densenet{depth}",
            f"DenseNet-{depth}, growth {growth}",
            HUANG,
            partial(densenet, first, growth, *blocks),
        )


def cifar() -> Iterator[Architecture]:
    def entry(depth: int, project: bool, option: str, *names: str) -> Architecture:
        name, *aliases = [f"{name}{depth}{ending}" for name in ("resnet", "cifar-resnet") for ending in names]
        what = f"ResNet-{depth} for CIFAR-10, shortcuts of option {option}"
        layers = partial(resnet_cifar, (depth - 2) // 6, project=project)
        return Architecture(name, what, HE, "32x32x3", layers, tuple(aliases))

    for depth in (20, 32, 44, 56, 110, 1202):
        yield entry(depth, False, "A: zeros for new channels", "", "-a")
    yield entry(20, True, "B: projections", "-b", "-optb")


ENTRIES = (*imagenet(), *cifar())
