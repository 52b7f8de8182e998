"""Networks of parallel branches: GoogLeNet, Inception v3, SqueezeNet."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from cnncalc.arithmetic.zoo.entry import Architecture, Source, joined, repeated, unit

SZEGEDY = Source("Szegedy et al.", 2015, "Going deeper with convolutions")
RETHINKING = Source(
    "Szegedy, Vanhoucke, Ioffe, Shlens, Wojna",
    2016,
    "Rethinking the Inception architecture for computer vision",
)
IANDOLA = Source(
    "Iandola et al.",
    2016,
    "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size",
)

Unit = Callable[[str], str]  # what stands for each convolution

# filters of 1×1; 3×3 reduced and whole; 5×5 reduced and whole; behind the pooling (table 1 of the paper)
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def biased(convolution: str) -> str:
    return f"{convolution}; relu"


def branches(*each: str) -> str:
    return f"concat {{ {' '.join(f'{{ {branch} }}' for branch in each)} }}"


def googlenet_module(filters: tuple[int, ...], conv: Unit, wide: str) -> str:
    ones, reduced, threes, narrowed, fives, pooled = filters
    return branches(
        conv(f"conv {ones}x1x1"),
        joined(conv(f"conv {reduced}x1x1"), conv(f"conv {threes}x3x3 pad 1")),
        joined(conv(f"conv {narrowed}x1x1"), conv(f"conv {fives}x{wide}")),
        joined("maxpool 3x3 stride 1 pad 1", conv(f"conv {pooled}x1x1")),
    )


def googlenet(
    conv: Unit = biased,
    wide: str = "5x5 pad 2",
    aux: str = "",
    between: str = "lrn 5",
    last_pool: str = "maxpool 3x3 stride 2 ceil",
) -> str:
    """`wide` is the window of the third branch, `between` stands around the second stage of convolutions."""
    module = {name: googlenet_module(filters, conv, wide) for name, filters in MODULES.items()}
    return joined(
        conv("conv 64x7x7 stride 2 pad 3"),
        "maxpool 3x3 stride 2 ceil",
        between,
        conv("conv 64x1x1"),
        conv("conv 192x3x3 pad 1"),
        between,
        "maxpool 3x3 stride 2 ceil",
        *(module[name] for name in ("3a", "3b")),
        "maxpool 3x3 stride 2 ceil",
        module["4a"],
        aux,
        *(module[name] for name in ("4b", "4c", "4d")),
        aux,
        module["4e"],
        last_pool,
        *(module[name] for name in ("5a", "5b")),
        "globalavgpool; dropout 0.4; fc 1000; softmax",
    )


AUXILIARY = "aux { avgpool 5x5 stride 3; conv 128x1x1; relu; fc 1024; relu; dropout 0.7; fc 1000; softmax }"
AUXILIARY_TORCHVISION = (
    f"aux training {{ adaptiveavgpool 4x4; {unit('conv 128x1x1')}; "
    "fc 1024; relu; dropout 0.7; fc 1000; softmax }"
)


def googlenet_torchvision(aux: str = "") -> str:
    return googlenet(unit, "3x3 pad 1", aux, "", "maxpool 2x2 ceil")


def stack(*convolutions: str) -> str:
    """Convolutions with batch normalisation one after the other."""
    return joined(*(unit(f"conv {convolution}") for convolution in convolutions))


def inception_a(pooled: int) -> str:
    return branches(
        stack("64x1x1"),
        stack("48x1x1", "64x5x5 pad 2"),
        stack("64x1x1", "96x3x3 pad 1", "96x3x3 pad 1"),
        joined("avgpool 3x3 stride 1 pad 1", stack(f"{pooled}x1x1")),
    )


def inception_c(n: int) -> str:
    """7×7 factorised into 1×7 and 7×1, with n filters in between."""
    row, column = "1x7 pad 0x3", "7x1 pad 3x0"
    return branches(
        stack("192x1x1"),
        stack(f"{n}x1x1", f"{n}x{row}", f"192x{column}"),
        stack(f"{n}x1x1", f"{n}x{column}", f"{n}x{row}", f"{n}x{column}", f"192x{row}"),
        joined("avgpool 3x3 stride 1 pad 1", stack("192x1x1")),
    )


SPREAD = branches(stack("384x1x3 pad 0x1"), stack("384x3x1 pad 1x0"))
INCEPTION_E = branches(
    stack("320x1x1"),
    joined(stack("384x1x1"), SPREAD),
    joined(stack("448x1x1", "384x3x3 pad 1"), SPREAD),
    joined("avgpool 3x3 stride 1 pad 1", stack("192x1x1")),
)


def inception_v3() -> str:
    return joined(
        stack("32x3x3 stride 2", "32x3x3", "64x3x3 pad 1"),
        "maxpool 3x3 stride 2",
        stack("80x1x1", "192x3x3"),
        "maxpool 3x3 stride 2",
        *(inception_a(pooled) for pooled in (32, 64, 64)),
        branches(
            stack("384x3x3 stride 2"),
            stack("64x1x1", "96x3x3 pad 1", "96x3x3 stride 2"),
            "maxpool 3x3 stride 2",
        ),
        *(inception_c(n) for n in (128, 160, 160, 192)),
        branches(
            stack("192x1x1", "320x3x3 stride 2"),
            stack("192x1x1", "192x1x7 pad 0x3", "192x7x1 pad 3x0", "192x3x3 stride 2"),
            "maxpool 3x3 stride 2",
        ),
        repeated(2, INCEPTION_E),
        "globalavgpool; dropout; fc 1000; softmax",
    )


def fire(squeezed: int, times: int = 1) -> str:
    """Squeeze to few channels, expand four times as far by 1×1 and by 3×3."""
    expanded = 4 * squeezed
    block = joined(
        f"conv {squeezed}x1x1; relu",
        branches(f"conv {expanded}x1x1; relu", f"conv {expanded}x3x3 pad 1; relu"),
    )
    return repeated(times, block)


def squeezenet(first: str, *stages: tuple[tuple[int, int], ...]) -> str:
    """A pooling before each stage, which is of (squeezed channels, how often)."""
    return joined(
        first,
        *(
            joined("maxpool 3x3 stride 2 ceil", *(fire(squeezed, times) for squeezed, times in stage))
            for stage in stages
        ),
        "dropout; conv 1000x1x1; relu; globalavgpool; flatten; softmax",
    )


ENTRIES = (
    Architecture(
        "googlenet",
        "GoogLeNet without its side classifiers, as Caffe has it",
        SZEGEDY,
        "224x224x3",
        googlenet,
        ("googlenet-caffe", "inception-v1"),
    ),
    Architecture(
        "googlenet-aux",
        "GoogLeNet with both side classifiers, which count everywhere",
        SZEGEDY,
        "224x224x3",
        partial(googlenet, aux=AUXILIARY),
        ("googlenet-caffe-aux",),
    ),
    Architecture(
        "googlenet-torchvision",
        "GoogLeNet of torchvision: batch normalisation, 3×3 in place of 5×5",
        SZEGEDY,
        "224x224x3",
        googlenet_torchvision,
    ),
    Architecture(
        "googlenet-torchvision-aux",
        "the same with its side classifiers, which run in training only",
        SZEGEDY,
        "224x224x3",
        partial(googlenet_torchvision, AUXILIARY_TORCHVISION),
    ),
    Architecture(
        "inception-v3",
        "Inception v3 without its side classifier, as torchvision has it",
        RETHINKING,
        "299x299x3",
        inception_v3,
        ("inception3",),
    ),
    Architecture(
        "squeezenet1.0",
        "fire modules: squeeze by 1×1, expand by 1×1 and 3×3",
        IANDOLA,
        "224x224x3",
        partial(
            squeezenet,
            "conv 96x7x7 stride 2; relu",
            ((16, 2), (32, 1)),
            ((32, 1), (48, 2), (64, 1)),
            ((64, 1),),
        ),
        ("squeezenet",),
    ),
    Architecture(
        "squeezenet1.1",
        "SqueezeNet with less than half the work, pooled earlier",
        IANDOLA,
        "224x224x3",
        partial(
            squeezenet,
            "conv 64x3x3 stride 2; relu",
            ((16, 2),),
            ((32, 2),),
            ((48, 2), (64, 2)),
        ),
    ),
)
