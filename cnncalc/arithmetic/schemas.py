"""The JSON documents of the commands, described as JSON Schema (draft 2020-12): every field with its meaning and unit.

`--json-schema` prints them. Sizes have the channels last and no batch axis; places in a model count from 0.
"""

from __future__ import annotations

from typing import Any

from cnncalc.arithmetic.columns import COLUMNS
from cnncalc.arithmetic.comparison import Totals
from cnncalc.arithmetic.conventions import CONVENTIONS
from cnncalc.arithmetic.documents import KEYS
from cnncalc.arithmetic.report import SCHEMA

Schema = dict[str, Any]

# ── forms of values ──


def whole(says: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": says}


def integer(says: str) -> Schema:
    return {"type": "integer", "description": says}


def real(says: str) -> Schema:
    return {"type": "number", "description": says}


def text(says: str) -> Schema:
    return {"type": "string", "description": says}


def truth(says: str) -> Schema:
    return {"type": "boolean", "description": says}


def several(items: Schema, says: str) -> Schema:
    return {"type": "array", "items": items, "description": says}


def optional(schema: Schema) -> Schema:
    """A value that may be null."""
    return {**schema, "type": [schema["type"], "null"]}


def record(says: str, fields: dict[str, Schema], maybe: dict[str, Schema] | None = None) -> Schema:
    """An object of these fields and no others; the last may be missing."""
    return {
        "type": "object",
        "description": says,
        "properties": {**fields, **(maybe or {})},
        "required": list(fields),
        "additionalProperties": False,
    }


def shape(says: str) -> Schema:
    return several({"type": "integer", "minimum": 1}, f"{says}: H, W, C; L, C; D, H, W, C; or N")


def axes(items: Schema, says: str) -> Schema:
    return several(items, f"{says}; one for each spatial axis")


VERSION: Schema = {
    "const": SCHEMA,
    "description": "version of the documents: fields may be added within a version, never changed",
}
DTYPE = text("type of the numbers in memory, such as float32")

# ── parts that several documents have ──

PLACE = {
    "path": text("where the layer stands, through blocks, such as 3.body.1"),
    "layer": text("the layer's word in the model language"),
    "text": text("the layer in the model language; of a block, without what is inside it"),
    "input": shape("shape that goes in"),
    "output": shape("shape that comes out"),
}
FIELD = {
    "size": axes(real("pixels"), "input pixels that a unit sees"),
    "jump": axes(real("pixels"), "input pixels from one unit's field to the next one's"),
    "start": axes(real("pixels"), "first input pixel that unit 0 sees, negative in the padding"),
}
PARAMETERS = whole("weights and biases, as numbers")
MACS = whole("multiply-adds of convolutions and fully connected layers, without bias, for one example")
ERROR = record(
    "what is printed instead where the command fails",
    {
        "schema": VERSION,
        "error": record(
            "the fact, its place and a remedy",
            {
                "kind": text("usage, language, shape, file or divergence"),
                "message": text("the fact, with the numbers in it"),
                "hint": text("a remedy; may be empty"),
                "layer": optional(text("path of the layer at fault")),
                "span": {
                    "type": ["array", "null"],
                    "items": {"type": "integer", "minimum": 0},
                    "description": "the culprit in the text given: first character and one behind the last",
                },
            },
        ),
    },
)


def document(command: str, *kinds: Schema) -> Schema:
    """The schema of what a command prints: one of some documents, or an error."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"cnncalc {command} --json",
        "oneOf": [*kinds, ERROR],
    }


# ── shape ──


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

# ── solve ──

SOLUTION = record(
    "values, and what the model comes to with them",
    {
        "values": several(text("a value"), "what is put in for each of the unknowns, in their order"),
        "command": text("a line for a shell that shows all figures"),
        "output": shape("what the model puts out"),
        "parameters": PARAMETERS,
        "macs": MACS,
        "notes": several(text("a note"), "what is legal but worth knowing"),
        "figures": record(
            "the figures under a limit, for the batch",
            {},
            {
                "parameters": PARAMETERS,
                "macs": whole("multiply-adds for the batch"),
                "memory": whole("bytes of parameters and activations"),
            },
        ),
    },
)
SOLVE = document(
    "solve",
    record(
        "the numbers that were written as ?",
        {
            "schema": VERSION,
            "unknowns": several(
                record(
                    "what one ?, or several along the axes of an option, stand for",
                    {
                        "option": text("the option, such as pad"),
                        "layer": text("the word of its layer; empty for the batch"),
                        "lowest": whole("smallest number tried"),
                        "highest": whole("largest number tried, beside those that are demanded"),
                    },
                ),
                "in the order in which they are written",
            ),
            "demands": several(
                record(
                    "an output that is demanded",
                    {
                        "after": whole("how many layers, as they are written, stand before it"),
                        "output": several(
                            optional({"type": "integer", "minimum": 1}),
                            "sizes; the channels may be missing, null is any",
                        ),
                    },
                ),
                "in order",
            ),
            "limits": several(
                record(
                    "a limit",
                    {
                        "figure": text("parameters, macs or memory"),
                        "most": whole("numbers, multiply-adds for the batch, or bytes"),
                        "training": truth("whether memory is what training keeps"),
                    },
                ),
                "in order",
            ),
            "batch": whole("examples, for work and memory"),
            "dtype": DTYPE,
            "count": whole("how many solutions there are"),
            "tried": whole("how many combinations of values were looked at"),
            "complete": truth("whether all usual values were, and no range was cut short"),
            "solutions": several(
                SOLUTION, "the plainest first, as many as were asked for; under limits the largest"
            ),
            "because": text("why there is none; else empty"),
            "nearest": several(
                SOLUTION, "what comes nearest where there is none; under limits, the next larger"
            ),
        },
    ),
)

# ── compare ──

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

# ── field ──

SPAN = several(integer("pixel"), "first and last pixel")
FIELDS = document(
    "field",
    record(
        "which input pixels units see",
        {
            "schema": VERSION,
            "input": shape("one example"),
            "layers": several(
                record(
                    "a layer or block",
                    {
                        **PLACE,
                        "field": record(
                            "of its units",
                            {
                                **FIELD,
                                "centre": axes(real("pixels"), "the middle of what unit 0 sees, in pixels"),
                            },
                        ),
                    },
                ),
                "in order",
            ),
            "seen": record(
                "what one unit sees",
                {
                    **PLACE,
                    "unit": several(whole("place"), "where the unit stands along each axis"),
                    "span": axes(SPAN, "its field with the padding, in pixels"),
                    "exact": truth("whether the pixels below were worked out; very large inputs are not"),
                },
                {
                    "rectangle": axes(SPAN, "the smallest box of input pixels around those that it sees"),
                    "area": whole("pixels in that box"),
                    "pixels": whole("pixels that it sees"),
                    "axes": several(several(whole("pixel"), "pixels"), "the pixels seen along each axis"),
                    "product": truth("whether it sees all pixels at the crossings of these"),
                    "runs": several(
                        several(whole("pixel"), "place of a row along the other axes, its first, its last"),
                        "the pixels as unbroken rows, where they are no such product",
                    ),
                },
            ),
        },
        {"output": text("the picture that was written, where one was asked for")},
    ),
)

SCHEMAS = {"shape": SHAPE, "solve": SOLVE, "compare": COMPARE, "field": FIELDS}
