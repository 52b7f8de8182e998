"""Random layers as numbers, and the many ways to write them: for comparisons with what other libraries return."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

Pads = str | list[tuple[int, int]]
WINDOWED = ("conv", "depthwise", "separable", "deconv", "maxpool", "avgpool")
POOLS = ("maxpool", "avgpool")
PLAIN = (
    "relu",
    "leakyrelu",
    "sigmoid",
    "tanh",
    "softplus",
    "identity",
    "batchnorm",
    "dropout 0.3",
    "layernorm",
)
REST = (
    "upsample",
    "zeropad",
    "crop",
    "adaptiveavgpool",
    "adaptivemaxpool",
    "globalavgpool",
    "globalmaxpool",
    "channelshuffle",
    "padchannels",
    "channels",
)


@dataclass
class Written:
    """A layer as the numbers that it is written with, or a block with its branches."""

    word: str
    filters: int = 0
    kernel: list[int] = field(default_factory=list)
    stride: list[int] = field(default_factory=list)  # empty where it is left out
    pad: Pads = field(default_factory=list)
    dilation: list[int] = field(default_factory=list)
    outpad: list[int] = field(default_factory=list)
    groups: int = 1
    multiplier: int = 1
    bias: bool = True
    ceil: bool = False
    branches: list[list[Written]] = field(default_factory=list)

    @property
    def steps(self) -> list[int]:
        """The stride, where it is left out too."""
        return self.stride or (self.kernel if self.word in POOLS else [1] * len(self.kernel))

    @property
    def spacing(self) -> list[int]:
        return self.dilation or [1] * len(self.kernel)

    @property
    def ends(self) -> list[tuple[int, int]]:
        """The pads, where they are numbers."""
        assert not isinstance(self.pad, str)
        return self.pad or [(0, 0)] * len(self.kernel)


def some(rng: Random, axes: int, low: int, high: int) -> list[int]:
    """One number for all axes, or one for each."""
    return (
        [rng.randint(low, high)] * axes
        if rng.random() < 0.5
        else [rng.randint(low, high) for _ in range(axes)]
    )


def some_pads(rng: Random, axes: int, most: int) -> list[tuple[int, int]]:
    if rng.random() < 0.6:
        return [(n, n) for n in some(rng, axes, 0, most)]
    return [(rng.randint(0, most), rng.randint(0, most)) for _ in range(axes)]


def windowed(rng: Random, axes: int, channels: int, *, sloppy: float) -> Written:
    """A layer with a window; `sloppy` is how often a number is drawn without care for whether it fits."""
    word = rng.choice(("conv", "conv", *WINDOWED))
    layer = Written(word, kernel=some(rng, axes, 1, 4))
    careless = rng.random() < sloppy
    if rng.random() < 0.6:
        layer.stride = some(rng, axes, 0 if careless and rng.random() < 0.2 else 1, 3)
    if rng.random() < 0.4 and word != "avgpool":
        layer.dilation = some(rng, axes, 0 if careless and rng.random() < 0.2 else 1, 3)
    if word in POOLS:
        layer.ceil = rng.random() < 0.4
        kind = rng.random()
        if kind < 0.5:
            layer.pad = [(k // 2 + careless,) * 2 if rng.random() < 0.7 else (0, 0) for k in layer.kernel]
        elif kind < 0.6 and not layer.ceil:
            layer.pad = [(rng.randint(0, k // 2), rng.randint(0, k // 2)) for k in layer.kernel]
        elif kind < 0.7:
            layer.pad = "valid"
        return layer
    layer.filters = rng.randint(0 if careless and rng.random() < 0.1 else 1, 6)
    layer.bias = rng.random() < 0.7
    kind = rng.random()
    if kind < 0.5:
        layer.pad = some_pads(rng, axes, 3)
        if word == "deconv":
            layer.pad = [(before, before) for before, _ in layer.pad]
    elif kind < 0.65:
        layer.pad = rng.choice(("valid", "full", *(["causal"] if axes == 1 and word != "deconv" else [])))
    elif kind < 0.8 and word != "deconv":
        layer.pad, layer.stride = "same", []
    if word == "deconv" and rng.random() < 0.4:
        layer.outpad = some(rng, axes, 0, 3 if careless else 1)
    if word in ("conv", "deconv"):
        dividing = [g for g in range(1, 7) if channels % g == 0 and layer.filters % g == 0]
        layer.groups = rng.randint(1, 4) if careless else rng.choice(dividing)
    if word in ("depthwise", "separable"):
        layer.multiplier = rng.randint(1, 3)
    if word == "depthwise":
        layer.filters = 0
    return layer


def other(rng: Random, axes: int, channels: int, *, sloppy: float) -> Written:
    """A layer without a window."""
    word = rng.choice(REST) if rng.random() < 0.6 else rng.choice(PLAIN)
    layer = Written(word)
    if word in ("upsample", "adaptiveavgpool", "adaptivemaxpool"):
        layer.kernel = some(rng, axes, 1, 3)
    elif word in ("zeropad", "crop"):
        layer.pad = some_pads(rng, axes, 2)
    elif word == "channelshuffle":
        fitting = [g for g in range(1, channels + 1) if channels % g == 0]
        layer.groups = rng.randint(1, 5) if rng.random() < sloppy else rng.choice(fitting)
    elif word == "padchannels":
        layer.pad = [(rng.randint(0, 3), rng.randint(0, 3))]
    elif word == "channels":
        first = rng.randint(0, channels - 1)
        layer.pad = [(first, rng.randint(first + 1, channels))]
    return layer


def layer(rng: Random, axes: int, channels: int, *, sloppy: float = 0.0, depth: int = 1) -> Written:
    kind = rng.random()
    if kind < 0.12 and depth:
        return block(rng, axes, channels, sloppy=sloppy, depth=depth - 1)
    draw = windowed if kind < 0.75 else other
    return draw(rng, axes, channels, sloppy=sloppy)


def block(rng: Random, axes: int, channels: int, *, sloppy: float, depth: int) -> Written:
    """Branches that mostly keep the size."""

    def keeping(filters: int) -> Written:
        return Written("conv", filters, kernel=some(rng, axes, 1, 3), pad="same", bias=rng.random() < 0.5)

    if rng.random() < 0.5:
        body = [keeping(rng.randint(1, 4)), Written("relu"), keeping(channels)]
        if rng.random() < sloppy:
            body.append(layer(rng, axes, channels, sloppy=sloppy, depth=depth))
        return Written("residual", branches=[body, [keeping(channels)] if rng.random() < 0.4 else []])
    branches = [[keeping(rng.randint(1, 4))] for _ in range(rng.randint(1, 2))]
    return Written("concat", branches=[*branches, []] if rng.random() < 0.5 else branches)


# ── the words ──


def sizes(rng: Random, values: list[int]) -> str:
    if len(set(values)) == 1 and rng.random() < 0.7:
        return str(values[0])
    return full(rng, values)


def full(rng: Random, values: list[int]) -> str:
    return rng.choice("xxxX×").join(map(str, values))


def pads(rng: Random, values: list[tuple[int, int]]) -> str:
    sides = [str(a) if a == b and rng.random() < 0.7 else f"{a}:{b}" for a, b in values]
    if len(set(values)) == 1 and rng.random() < 0.7:
        return sides[0]
    return rng.choice("xX×").join(sides)


def head(rng: Random, layer: Written) -> str:
    """What stands right behind the layer's word."""
    if layer.word in ("conv", "separable", "deconv"):
        return full(rng, [layer.filters, *layer.kernel])
    if layer.word in (*WINDOWED, "upsample", "adaptiveavgpool", "adaptivemaxpool"):
        return full(rng, layer.kernel)
    if layer.word in ("zeropad", "crop"):
        return pads(rng, list(layer.pad))
    if layer.word == "channelshuffle":
        return str(layer.groups)
    if layer.word in ("padchannels", "channels"):
        return "{}:{}".format(*layer.pad[0])
    if layer.word == "fc":
        return str(layer.filters)
    return ""


def modifiers(rng: Random, layer: Written) -> list[tuple[str, str]]:
    """The modifiers in any order, a default now and then written out."""
    found: list[tuple[str, str]] = []
    if layer.word not in (*WINDOWED, "fc"):
        return found
    if layer.stride or (layer.word in ("conv", "depthwise") and rng.random() < 0.1):
        found.append(("stride", sizes(rng, layer.steps)))
    if layer.pad:
        found.append(("pad", layer.pad if isinstance(layer.pad, str) else pads(rng, layer.pad)))
    if layer.dilation:
        found.append(("dilation", sizes(rng, layer.dilation)))
    if layer.outpad:
        found.append(("outpad", sizes(rng, layer.outpad)))
    if layer.groups > 1:
        found.append(("groups", str(layer.groups)))
    if layer.multiplier > 1:
        found.append(("multiplier", str(layer.multiplier)))
    if not layer.bias:
        found.append(("bias", "no"))
    elif layer.word in ("conv", "fc") and rng.random() < 0.1:
        found.append(("bias", rng.choice(("yes", ""))))
    if layer.ceil:
        found.append(("ceil", rng.choice(("", "yes"))))
    rng.shuffle(found)
    return found


ALIASES = {"maxpool": "pool", "fc": "dense"}


def word_of(rng: Random, layer: Written) -> str:
    word = ALIASES[layer.word] if layer.word in ALIASES and rng.random() < 0.3 else layer.word
    return word.upper() if rng.random() < 0.05 else word


def statement(rng: Random, layer: Written) -> str:
    """A layer in the words of a text."""
    words = [word_of(rng, layer), head(rng, layer)]
    words += [f"{name} {value}" for name, value in modifiers(rng, layer)]
    if layer.word == "residual":
        body, shortcut = layer.branches
        words.append(f"{{ {inside(rng, body)} }}")
        words += [f"shortcut {{ {inside(rng, shortcut)} }}"] if shortcut else []
    elif layer.word == "concat":
        words.append(f"{{ {' '.join(f'{{ {inside(rng, branch)} }}' for branch in layer.branches)} }}")
    return " ".join(word for word in words if word)


def inside(rng: Random, layers: list[Written]) -> str:
    return "; ".join(statement(rng, layer) for layer in layers)


def options(rng: Random, layer: Written) -> list[str]:
    """A layer without layers in it as options of the command line."""

    def joined(name: str, value: str) -> list[str]:
        if not value:
            return [f"--{name}"]
        return [f"--{name}={value}"] if rng.random() < 0.3 else [f"--{name}", value]

    name, _, value = word_of(rng, layer).partition(" ")
    words = joined(name, value or head(rng, layer))
    for name, value in modifiers(rng, layer):
        words += (
            ["--no-bias"] if (name, value) == ("bias", "no") and rng.random() < 0.5 else joined(name, value)
        )
    return words
