"""An error as the user sees it: the fact, the user's own words with the culprit underlined, the remedy."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from cnncalc.errors import CnncalcError, Place, shown, visible
from cnncalc.render.console import err


def show_error(error: CnncalcError, subject: str = "", *, console: Console | None = None) -> None:
    """Prints the error on stderr, and what it is about where its message does not name that."""
    console = console or err()
    subject = visible(subject)
    named = "" if subject in error.message else f"{subject}: "
    console.print(Text.assemble(("error: ", "bold red"), named, error.message), soft_wrap=True)
    if error.place:
        for line in excerpt(error.place, error.label, max(40, console.width - 2)):
            console.print(line, soft_wrap=True)
    if error.hint:
        console.print(Text.assemble(("hint: ", "bold cyan"), error.hint), soft_wrap=True)


def excerpt(place: Place, label: str = "", width: int = 100) -> list[Text]:
    """The line of the text that the place is in, cut to the width, and an underline with the label."""
    first = place.text.rfind("\n", 0, place.start) + 1
    last = place.text.find("\n", place.start)
    line = place.text[first : last if last >= 0 else len(place.text)].rstrip()
    line = "".join(sign if sign.isprintable() else " " if sign == "\t" else "\ufffd" for sign in line)
    start = place.start - first
    end = max(start + 1, min(place.end - first, len(line)))
    if len(line) > width:  # keep the culprit in view
        cut = max(0, min(start - width // 3, len(line) - width))
        line = ("…" if cut else "") + line[cut + (cut > 0) : cut + width - 1] + "…"
        start, end = start - cut, min(end - cut, width)
    rows = [Text("  " + line), Text("  " + " " * start + "^" * (end - start), style="red")]
    if label:
        rows[1].append(" " + label)
    if place.source:
        number = place.text.count("\n", 0, place.start) + 1
        rows.insert(0, Text(f"  {shown(place.source)}, line {number}", style="dim"))
    return rows
