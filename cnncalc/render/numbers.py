"""Numbers as the field writes them; without rich, which takes its time to load."""

from __future__ import annotations


def signed(number: float) -> str:
    """The number, of six digits where it is not whole, with the sign that the field writes."""
    text = str(number) if isinstance(number, int) else f"{number:.6g}"
    return ("0" if text == "-0" else text).replace("-", "−")
