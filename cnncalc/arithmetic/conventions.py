"""How well-known tools count work, each as one rule for every layer and what it does otherwise for some.

The rules were read off the tools themselves, run on single layers: thop 0.1.1, fvcore 0.1.5, ptflops 0.7.5,
torchinfo 1.8.0 and PyTorch 2.13's FlopCounterMode.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

from cnncalc.arithmetic.report import Row
from cnncalc.layers import Shape

Rule = Callable[[Row], int]


class Convention(NamedTuple):
    """A way to count: the rule for a layer, and by the layer's word the exceptions."""

    name: str
    unit: str  # what the tool calls the figure
    says: str
    rule: Rule
    otherwise: dict[str, Rule]

    def counts(self, row: Row) -> int:
        """What the tool counts for a layer, for one example."""
        return 0 if row.step.idle else self.otherwise.get(row.layer, self.rule)(row)


def macs(row: Row) -> int:
    return row.cost.macs


def connections(row: Row) -> int:
    return row.cost.connections if row.cost.macs else 0


def inputs(row: Row) -> int:
    return prod(row.input)


def outputs(row: Row) -> int:
    return prod(row.output)


def both(row: Row) -> int:
    return inputs(row) + outputs(row)


def scaled(plain: int, affine: int) -> Rule:
    """So many operations a number, without and with trained scale and shift."""
    return lambda row: outputs(row) * (affine if getattr(row.step.layer, "affine", False) else plain)


def on_outputs(*, bias: bool) -> Rule:
    """A transposed convolution's weights at every output position, as if it were a convolution."""

    def rule(row: Row) -> int:
        shapes: dict[str, Shape] = row.step.layer.param_shapes(row.input)
        weights = prod(shapes["weight"]) + (prod(shapes.get("bias", (0,))) if bias else 0)
        return weights * prod(row.output[:-1])

    return rule


def softmax(row: Row) -> int:
    return outputs(row) // row.output[-1] * (3 * row.output[-1] - 1)


CONVENTIONS = {
    entry.name: entry
    for entry in (
        Convention(
            "macs", "MACs", "multiply-adds of convolutions and fully connected layers, without bias", macs, {}
        ),
        Convention(
            "flops",
            "FLOPs",
            "two for each multiply-add, without bias, as PyTorch's FlopCounterMode counts",
            lambda row: 2 * row.cost.macs,
            {},
        ),
        Convention(
            "fvcore",
            "flops",
            "one for each multiply-add, without bias; normalisation and adaptive average pooling counted. "
            "(fvcore itself counts 0 where a convolution is written with padding='same'.)",
            macs,
            {
                "batchnorm": scaled(1, 2),
                "layernorm": scaled(4, 5),
                "globalavgpool": inputs,
                "adaptiveavgpool": inputs,
                "upsample": outputs,
            },
        ),
        Convention(
            "thop",
            "MACs",
            "one for each multiply-add, without bias; four for each normalised number; average pooling, softmax "
            "and upsampling counted; transposed convolutions at every output position, more than they take",
            macs,
            {
                "deconv": on_outputs(bias=False),
                "batchnorm": scaled(2, 4),
                "layernorm": scaled(2, 4),
                "avgpool": outputs,
                "globalavgpool": both,
                "adaptiveavgpool": both,
                "softmax": softmax,
                "upsample": outputs,
            },
        ),
        Convention(
            "ptflops",
            "MACs",
            "one for each multiply-add and each use of a bias, as its aten backend counts",
            connections,
            {},
        ),
        Convention(
            "torchinfo",
            "mult-adds",
            "one for each multiply-add and each use of a bias; of other layers the number of parameters; transposed "
            "convolutions at every output position, more than they take",
            lambda row: connections(row) or row.parameters,
            {"deconv": on_outputs(bias=True)},
        ),
    )
}
