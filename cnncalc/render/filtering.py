"""What was done to pictures: a few lines for one, one summary for many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cnncalc.errors import visible
from cnncalc.imaging.report import Record
from cnncalc.render.numbers import signed

Say = Callable[[str], None]  # prints a line; rich takes longer to load than most pictures to filter


def show_record(say: Say, record: Record, verbose: bool) -> None:
    """Prints the record, a line a fact."""
    for word, fact in lines(record, verbose):
        say(f"{word:8} {visible(fact)}")


def lines(record: Record, verbose: bool) -> Iterator[tuple[str, str]]:
    """A word and a fact each; what is as always is left out."""
    h, w, c = record.size
    changed = tuple(record.output_size[:2]) != (h, w)
    result = f" → {'×'.join(map(str, record.output_size))}" if changed else ""
    frames = f", {record.frames} frames" if record.frames > 1 else ""
    yield "picture", f"{record.picture}, {h}×{w}×{c}, {record.bits} bits a channel{frames}{result}"
    yield "kernel", facts(record)
    yield "borders", record.border
    settings = {
        "mode": "" if record.mode == "same" else record.mode,
        "stride": "×".join(map(str, record.stride)) if record.stride != (1, 1) else "",
        "dilation": "×".join(map(str, record.dilation)) if record.dilation != (1, 1) else "",
        "channels": "" if record.channels == "each" else record.channels,
    }
    for word, value in settings.items():
        if value:
            yield word, value
    if record.response != "clip":
        yield "response", f"{record.response}, {signed(record.low)} to {signed(record.high)}"
    if record.response != "raw":
        share = record.clipped / max(1, record.values)
        yield "clipped", f"{record.clipped:,} of {record.values:,} values ({share:.1%})"
    yield "time", f"{record.seconds * 1000:.1f} ms, without reading and writing"
    if verbose:
        for method in record.methods:
            yield "method", f"{method.name} ({method.reason})"
    yield "wrote", record.output


def facts(record: Record) -> str:
    """The kernel's name, and where there is only one its size and sum."""
    flipped = ", turned by 180°" if record.convolve else ""
    if record.kernel_size is None or record.sum is None:
        return record.kernel + flipped
    kh, kw = record.kernel_size
    divided = f" ÷ {record.divisor}" if record.divisor and record.divisor > 1 else ""
    return f"{record.kernel}, {kh}×{kw}, sum {signed(record.sum)}{divided}{flipped}"


def show_summary(say: Say, records: Sequence[Record], failed: int, seconds: float, verbose: bool) -> None:
    """Prints how many pictures were filtered, how fast, and how many values were clipped."""
    done = len(records)
    pace = f", {done / seconds:,.0f} a second" if seconds > 0 and done > 1 else ""
    say(f"filtered {done:,} of {done + failed:,} pictures in {seconds:.1f} s{pace}")
    if not records:
        return
    values, clipped = (sum(getattr(record, name) for record in records) for name in ("values", "clipped"))
    say(f"kernel   {facts(records[0])}")
    say(f"clipped  {clipped:,} of {values:,} values ({clipped / max(1, values):.1%})")
    if verbose:
        for method in dict.fromkeys(method for record in records for method in record.methods):
            say(f"method   {method.name} ({method.reason})")
    folders = {str(Path(record.output).parent) for record in records}
    place = f"in folder {folders.pop()}" if len(folders) == 1 else f"in {len(folders)} folders"
    say(f"wrote    {done:,} pictures {visible(place)}")
