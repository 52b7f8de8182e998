"""The layers by family, the geometry of a window, and the model language. Start-up imports no numpy for it.

`Model` is the record everything else works on; `parse` and `write` turn words into it and back; `Layer.known`
maps every word of the language to its class. A new layer is one class in one of the families.
"""

# ruff: noqa: I001 - the families in the order in which --help lists them
from cnncalc.layers import (
    convolution,
    depthwise,
    transposed,
    pooling,
    dense,
    activation,
    normalisation,
    shaping,
    combining,
    branching,
)
from cnncalc.layers.base import Cost, Field, Formula, Layer, Shape, Step, count, number, show
from cnncalc.layers.combining import Model, Serial
from cnncalc.layers.language import parse
from cnncalc.layers.writing import write, write_layer, write_options

__all__ = [
    "Cost",
    "Field",
    "Formula",
    "Layer",
    "Model",
    "Serial",
    "Shape",
    "Step",
    "activation",
    "branching",
    "combining",
    "convolution",
    "count",
    "dense",
    "depthwise",
    "normalisation",
    "number",
    "parse",
    "pooling",
    "shaping",
    "show",
    "transposed",
    "write",
    "write_layer",
    "write_options",
]
