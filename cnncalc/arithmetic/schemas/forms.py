"""The forms that values in the documents have, and the parts that several documents share."""

from __future__ import annotations

from typing import Any

from cnncalc.arithmetic.report import SCHEMA

Schema = dict[str, Any]


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
