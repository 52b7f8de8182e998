"""What `field --json` prints."""

from __future__ import annotations

from cnncalc.arithmetic.schemas.forms import (
    FIELD,
    PLACE,
    VERSION,
    axes,
    document,
    integer,
    real,
    record,
    several,
    shape,
    text,
    truth,
    whole,
)

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
