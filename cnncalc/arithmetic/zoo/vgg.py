"""The six columns of table 1 of Simonyan & Zisserman 2015, and those with batch normalisation."""

from functools import partial

from cnncalc.arithmetic.zoo.classic import classifier
from cnncalc.arithmetic.zoo.entry import Architecture, Source

SIMONYAN = Source(
    "Simonyan, Zisserman", 2015, "Very deep convolutional networks for large-scale image recognition"
)
WIDTHS = (64, 128, 256, 512, 512)
COLUMNS = {  # convolutions of each stage; -1 is one of 1×1 behind two of 3×3
    "a": (1, 1, 2, 2, 2),
    "b": (2, 2, 2, 2, 2),
    "c": (2, 2, -1, -1, -1),
    "d": (2, 2, 3, 3, 3),
    "e": (2, 2, 4, 4, 4),
}


def vgg(column: str, first: str = "", after: str = "") -> str:
    """`first` stands behind the first activation, `after` behind every convolution."""
    stages = []
    for width, convolutions in zip(WIDTHS, COLUMNS[column], strict=True):
        layers = [f"conv {width}x3x3 pad 1{after}; relu"] * (convolutions if convolutions > 0 else 2)
        if convolutions < 0:
            layers.append(f"conv {width}x1x1{after}; relu")
        stages.append("\n".join(layers) + "\nmaxpool 2x2")
    return "\n".join(stages).replace("relu", f"relu{first}", 1) + classifier()


def entry(name: str, column: str, what: str, *aliases: str, first: str = "", after: str = "") -> Architecture:
    return Architecture(name, what, SIMONYAN, "224x224x3", partial(vgg, column, first, after), aliases)


NORMALISED = "with batch normalisation, as torchvision has it"

ENTRIES = (
    entry("vgg11", "a", "VGG, column A: 11 weight layers", "vgg-a"),
    entry("vgg-a-lrn", "a", "VGG, column A-LRN", "vgg11-lrn", first="; lrn 5"),
    entry("vgg13", "b", "VGG, column B: 13 weight layers", "vgg-b"),
    entry("vgg-c", "c", "VGG, column C: 16 weight layers, three of them 1×1", "vgg16-c", "vgg16-1x1"),
    entry("vgg16", "d", "VGG, column D: 16 weight layers", "vgg", "vgg-d"),
    entry("vgg19", "e", "VGG, column E: 19 weight layers", "vgg-e"),
    entry("vgg11-bn", "a", f"VGG, column A {NORMALISED}", after="; batchnorm"),
    entry("vgg13-bn", "b", f"VGG, column B {NORMALISED}", after="; batchnorm"),
    entry("vgg16-bn", "d", f"VGG, column D {NORMALISED}", after="; batchnorm"),
    entry("vgg19-bn", "e", f"VGG, column E {NORMALISED}", after="; batchnorm"),
)
