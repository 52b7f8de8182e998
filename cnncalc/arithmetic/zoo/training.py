"""The networks that train and its examples use: small ones for 28×28 and 32×32 pixels."""

from collections.abc import Callable, Iterator

from cnncalc.arithmetic.zoo.entry import Architecture, Source, joined, unit
from cnncalc.arithmetic.zoo.inception import googlenet_module
from cnncalc.arithmetic.zoo.residual import basic_stage, projection

CNNCALC = Source("cnncalc", 2026, "networks for the data sets that it trains on")
LINDHOLM = Source(
    "Lindholm, Wahlström, Lindsten, Schön",
    2022,
    "Machine Learning: a first course for engineers and scientists",
)
LECUN = Source(
    "LeCun, Bottou, Bengio, Haffner", 1998, "Gradient-based learning applied to document recognition"
)


def units(*convolutions: str) -> str:
    """Convolutions, each with batch normalisation and relu."""
    return "; ".join(map(unit, convolutions))


def small_vgg() -> str:
    """Pairs of 3×3 filters, and twice as many of them behind each pooling."""
    pairs = (f"{units(*[f'conv {width}x3x3 pad 1'] * 2)}; maxpool 2x2" for width in (16, 32, 64))
    return joined(*pairs, "dropout; fc 10; softmax")


def small_inception() -> str:
    """GoogLeNet's modules with an eighth of its filters, and batch normalisation."""

    def module(*filters: int) -> str:
        return googlenet_module(filters, unit, "5x5 pad 2")

    return joined(
        f"{unit('conv 16x3x3 pad 1')}; maxpool 2x2",
        module(8, 12, 16, 4, 8, 8),
        module(16, 16, 24, 4, 12, 8),
        "maxpool 2x2",
        module(24, 24, 32, 8, 16, 16),
        "globalavgpool; dropout; fc 10; softmax",
    )


def small_resnet() -> str:
    """ResNet for CIFAR-10 with one block a stage, and projections where the width changes."""
    wider = (basic_stage(width, 1, 2, projection(width, 2)) for width in (32, 64))
    return joined(
        unit("conv 16x3x3 pad 1"), basic_stage(16, 1, 1, ""), *wider, "globalavgpool; fc 10; softmax"
    )


def both_sizes(name: str, what: str, layers: Callable[[], str]) -> Iterator[Architecture]:
    """The same layers for gray pictures of 28×28 pixels, and for colour pictures of 32×32."""
    yield Architecture(name, f"{what}, for 28×28 pixels in gray", CNNCALC, "28x28x1", layers)
    yield Architecture(f"{name}-32", f"{what}, for 32×32 pixels in colour", CNNCALC, "32x32x3", layers)


ENTRIES = (
    Architecture(
        "default",
        "what train uses where no other network is named",
        CNNCALC,
        "28x28x1",
        """
        conv 24x5x5; relu; maxpool 2x2
        conv 32x3x3; relu; maxpool 2x2
        fc 256; relu
        fc 10; softmax
        """,
    ),
    Architecture(
        "lwls",
        "three strided convolutions and two dense layers, example 6.3",
        LINDHOLM,
        "28x28x1",
        """
        conv 4x5x5 pad same; relu
        conv 8x5x5 stride 2 pad same; relu
        conv 12x4x4 stride 2 pad same; relu
        fc 200; relu
        fc 10; softmax
        """,
    ),
    Architecture("linear", "one dense layer: ten templates", LECUN, "28x28x1", "fc 10; softmax"),
    Architecture("mlp", "784-300-10, with relu", LECUN, "28x28x1", "fc 300; relu; fc 10; softmax"),
    Architecture("mlp-tanh", "784-300-10, with tanh", LECUN, "28x28x1", "fc 300; tanh; fc 10; softmax"),
    Architecture(
        "mlp2-tanh",
        "784-300-100-10, with tanh",
        LECUN,
        "28x28x1",
        "fc 300; tanh; fc 100; tanh; fc 10; softmax",
    ),
    Architecture(
        "tiny",
        "five convolutions with fewer than 10,000 parameters in all",
        CNNCALC,
        "28x28x1",
        joined(
            f"{unit('conv 8x5x5 pad 2')}; maxpool 2x2",
            f"{units(*['conv 16x3x3 pad 1'] * 2)}; maxpool 2x2",
            units(*["conv 16x3x3"] * 2),
            "fc 10; softmax",
        ),
    ),
    Architecture(
        "best",
        "five wider convolutions with fewer than 250,000 parameters in all",
        CNNCALC,
        "28x28x1",
        joined(
            f"{unit('conv 16x5x5 pad 2')}; maxpool 2x2",
            f"{units('conv 32x3x3 pad 1', 'conv 48x3x3 pad 1')}; maxpool 2x2",
            units(*["conv 96x3x3"] * 2),
            "dropout 0.3; fc 10; softmax",
        ),
    ),
    *both_sizes("small-vgg", "six convolutions in the style of VGG", small_vgg),
    *both_sizes("small-inception", "three modules in the style of GoogLeNet", small_inception),
    *both_sizes("small-resnet", "three blocks in the style of ResNet", small_resnet),
)
