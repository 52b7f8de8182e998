"""What `shape --json` prints."""

from __future__ import annotations

from cnncalc.arithmetic.columns import COLUMNS
from cnncalc.arithmetic.conventions import CONVENTIONS
from cnncalc.arithmetic.documents import KEYS
from cnncalc.arithmetic.schemas.forms import (
    DTYPE,
    FIELD,
    MACS,
    PARAMETERS,
    PLACE,
    VERSION,
    Schema,
    axes,
    document,
    real,
    record,
    several,
    shape,
    text,
    whole,
)


def column(name: str) -> str:
    """A column's field in the document."""
    return KEYS.get(name, name.lower())


def of_columns(forms: dict[str, Schema]) -> dict[str, Schema]:
    """The fields that columns add where they are chosen: what they mean stands with the columns."""
    helps = {column(one.name): one.help for one in COLUMNS.values()}
    return {
        name: {**form, "description": f"{helps[name]}{form['description']}"} for name, form in forms.items()
    }


SHAPE = document(
    "shape",
    record(
        "what every layer of a model does",
        {
            "schema": VERSION,
            "input": shape("one example"),
            "output": shape("what the last layer puts out"),
            "layers": several(
                record(
                    "a layer; figures are for one example",
                    {
                        **PLACE,
                        "parameters": PARAMETERS,
                        "buffers": whole("numbers kept but not trained, such as running statistics"),
                        "macs": MACS,
                        "connections": whole("uses of weights and biases"),
                        "field": record("input pixels that a unit sees", FIELD),
                        "notes": several(text("a note"), "what is legal but worth knowing"),
                    },
                    of_columns(
                        {
                            "number": text(", counted from 1"),
                            "kernel": axes(whole("elements"), ", in elements"),
                            "stride": axes(whole("elements"), ", in elements"),
                            "pad": axes(several(whole("elements"), "before, after"), ", in elements"),
                            "share": real(", in percent"),
                            "flops": whole(", for the batch"),
                            "memory": whole(", in bytes, for the batch"),
                            "jump": FIELD["jump"] | {"description": ""},
                            "start": FIELD["start"] | {"description": ""},
                            "intensity": real(", for the batch"),
                        }
                    ),
                ),
                "the layers inside which there are no others, in order",
            ),
            "totals": record(
                "sums over all layers, for one example",
                {
                    "parameters": PARAMETERS,
                    "trainable": whole("parameters that training changes"),
                    "buffers": whole("numbers kept but not trained"),
                    "macs": MACS,
                    "activations": whole("numbers that all layers put out"),
                },
            ),
            "memory": record(
                "bytes",
                {
                    "dtype": DTYPE,
                    "batch": whole("examples"),
                    "parameters": whole("bytes of the parameters"),
                    "inference": whole("most bytes of activations at once, for the batch"),
                    "training": whole("bytes of activations that training keeps, for the batch"),
                },
            ),
        },
        {
            "blocks": several(
                record(
                    "a block", {**PLACE, "field": record("input pixels that a unit behind it sees", FIELD)}
                ),
                "what has layers inside; missing where there is none",
            ),
            "conventions": {
                "type": "object",
                "description": "the work as other tools count it, by the tool; where it is asked for",
                "properties": {
                    name: record(
                        f"as {name} counts",
                        {
                            "total": whole("for the batch"),
                            "unit": text("what the tool calls it"),
                            "says": text("what is counted"),
                        },
                    )
                    for name in CONVENTIONS
                },
                "additionalProperties": False,
            },
        },
    ),
)
