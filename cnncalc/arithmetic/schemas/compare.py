"""What `compare --json` prints, with and without --fc."""

from __future__ import annotations

from cnncalc.arithmetic.comparison import Totals
from cnncalc.arithmetic.schemas.forms import (
    MACS,
    PARAMETERS,
    PLACE,
    VERSION,
    axes,
    document,
    optional,
    real,
    record,
    several,
    shape,
    text,
    whole,
)

TOTALS = {
    "parameters": PARAMETERS,
    "trainable": whole("parameters that training changes"),
    "macs": MACS,
    "depth": whole("convolutions and fully connected layers on the longest way"),
    "field": axes(whole("pixels"), "input pixels that a unit of the last map sees"),
    "peak": whole("most numbers in memory at once in inference, for one example"),
    "kept": whole("numbers that training keeps for the way back, for one example"),
}
SIDE = optional(record("a layer", {**PLACE, "parameters": PARAMETERS, "macs": MACS}))
WIRING = {
    "name": text("fully connected, locally connected, or convolution"),
    "connections": whole("uses of weights, for one example"),
    "weights": whole("different weights"),
    "biases": whole("biases"),
    "parameters": PARAMETERS,
}
COMPARE = document(
    "compare",
    record(
        "models side by side",
        {
            "schema": VERSION,
            "models": several(
                record(
                    "a model",
                    {
                        "model": text("the words it was called by"),
                        "totals": record("for one example", {name: TOTALS[name] for name in Totals._fields}),
                        "ratios": record(
                            "how many times the first model's figures; null where that has none",
                            {name: optional(real("ratio")) for name in TOTALS if name != "field"},
                        ),
                    },
                ),
                "in the order given",
            ),
            "differences": several(
                record(
                    "how a model differs from the first",
                    {
                        "model": text("the words it was called by"),
                        "layers": several(
                            record("layers at the same place", {"first": SIDE, "second": SIDE}),
                            "in order; null where the other model has no such layer",
                        ),
                    },
                ),
                "for all models but the first",
            ),
        },
    ),
    record(
        "with --fc: what a map costs wired in several ways",
        {
            "schema": VERSION,
            "inputs": several(
                record(
                    "units that see an input, without biases",
                    {
                        "input": shape("the input; the channels may be missing"),
                        "window": several(whole("elements"), "of a unit that is not fully connected"),
                        "units": optional(whole("how many units; null is left open, figures are for one")),
                        "fully": whole("connections of the units, all to all"),
                        "locally": whole("connections of the units to their windows"),
                        "shared": whole("weights of a filter that all units share"),
                    },
                ),
                "in order",
            ),
            "layers": several(
                record(
                    "a convolution",
                    {**PLACE, "ways": several(record("a way to wire it", WIRING), "from most to least")},
                ),
                "the convolutions of the models given",
            ),
        },
    ),
)
