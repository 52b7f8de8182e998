"""What `solve --json` prints."""

from __future__ import annotations

from cnncalc.arithmetic.schemas.forms import (
    DTYPE,
    MACS,
    PARAMETERS,
    VERSION,
    document,
    optional,
    record,
    several,
    shape,
    text,
    truth,
    whole,
)

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
