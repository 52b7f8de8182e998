"""Formulas worked out by Python's own arithmetic."""

import re


def worked_out(text: str) -> bool:
    """Whether the left side of the equals sign gives the figure behind it; before an arrow, to two places."""
    left, right = text.replace(",", "").replace("−", "-").rsplit(" = ", 1)
    value = eval(re.sub("·", "*", left))
    exact = right.split(" → ")[0]
    return abs(value - float(exact)) <= 0.0051 * max(1, "." in exact)
