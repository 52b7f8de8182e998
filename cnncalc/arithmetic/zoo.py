"""The named architectures. A new one is one entry."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.layers import Model, parse


class Architecture(NamedTuple):
    """A network of the literature, written in the model language."""

    name: str
    what: str
    source: str
    text: str

    @property
    def model(self) -> Model:
        return parse(self.text)


ZOO = {
    entry.name: entry
    for entry in (
        Architecture(
            "lenet5",
            "LeNet-5 with full C3 connectivity and parameter-free pooling",
            "LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to document recognition",
            """
            input 32x32x1
            conv 6x5x5; tanh; avgpool 2x2; tanh
            conv 16x5x5; tanh; avgpool 2x2; tanh
            conv 120x5x5; tanh
            fc 84; tanh
            fc 10; softmax
            """,
        ),
        Architecture(
            "lwls",
            "three strided convolutions and two dense layers",
            "Lindholm, Wahlström, Lindsten, Schön 2022, Machine Learning, example 6.3",
            """
            input 28x28x1
            conv 4x5x5 pad same; relu
            conv 8x5x5 stride 2 pad same; relu
            conv 12x4x4 stride 2 pad same; relu
            fc 200; relu
            fc 10; softmax
            """,
        ),
        Architecture(
            "default",
            "what train uses where no other network is named",
            "cnncalc",
            """
            input 28x28x1
            conv 24x5x5; relu; maxpool 2x2
            conv 32x3x3; relu; maxpool 2x2
            fc 256; relu
            fc 10; softmax
            """,
        ),
    )
}
