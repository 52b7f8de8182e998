"""What filter, pool and lcn have in common: their options, and carrying out a chain on the pictures that are named."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.errors import LanguageError, Place, UsageError

if TYPE_CHECKING:
    from cnncalc.imaging.chain import Chain
    from cnncalc.imaging.jobs import Job
    from cnncalc.imaging.pictures import Picture
    from cnncalc.imaging.report import Record
    from cnncalc.imaging.responses import Way
    from cnncalc.numerics.borders import Geometry

Pictures = Annotated[
    list[str],
    typer.Argument(
        metavar="PICTURE...",
        help="Pictures, folders of them, patterns such as 'photos/*.jpg', or - for standard input; "
        "samples/chelsea.png and samples/camera.png are always there.",
    ),
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="PATH",
        help="The file to write, a folder, or - ; else NAME-KERNEL.EXT beside the picture.",
    ),
]
Suffix = Annotated[
    str,
    typer.Option(metavar="TEXT", help="Write NAMETEXT.EXT; an ending such as .png in it sets the format."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that exist.")]
Border = Annotated[
    str,
    typer.Option(
        metavar="BORDER", help="What lies beyond: zero, edge, reflect, symmetric, wrap, or constant=V."
    ),
]
Mode = Annotated[
    str | None,
    typer.Option(
        metavar="MODE", help="same: a result for each pixel; valid: inside only; full: wherever they touch."
    ),
]
Channels = Annotated[str, typer.Option(metavar="CHANNELS", help="each, gray, luminance, or some of r,g,b.")]
Response = Annotated[
    str | None,
    typer.Option(
        metavar="HOW",
        help="Negative and large results: clip, abs, offset (offset:128), normalise, signed (blue, white, red), "
        "or raw (.npy and .tif).",
    ),
]
PlainAlpha = Annotated[
    bool, typer.Option("--plain-alpha", help="Colours of transparent pixels count like all others.")
]
Compare = Annotated[bool, typer.Option("--compare", help="Write before and after side by side.")]
Show = Annotated[
    str | None,
    typer.Option(
        metavar="[=HOW]", help="Draw the result too; =blocks, ascii, kitty, iterm or sixel, else what fits."
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say which method was taken, and why.")]


class PictureCommand(Command):
    """Takes --show alone as --show=auto."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--show=auto" if arg == "--show" else arg for arg in args])


@dataclass(frozen=True)
class Request:
    """What the user asks for."""

    sources: list[str]
    chain: Chain
    out: str | None
    suffix: str
    force: bool
    compare: bool = False
    show: str | None = None
    explain: str | None = None
    explain_step: int | None = None
    gif: str | None = None
    verbose: bool = False
    as_json: bool = False


def carry_out(request: Request) -> None:
    """Filters what is named, writes and reports it; the exit code is that of the worst failure."""
    from cnncalc.imaging.jobs import Failed, exit_code, make_folders, plan_jobs, run_jobs
    from cnncalc.numerics.cores import cores

    _check(request)
    instead = request.explain is not None or request.gif is not None
    writes = not instead or request.out is not None or bool(request.suffix)
    label = request.chain.label + ("-compare" if request.compare else "")
    jobs = plan_jobs(
        request.sources,
        label=label,
        out=request.out,
        suffix=request.suffix,
        force=request.force or not writes,
    )
    if instead:
        _one_only(jobs, "--explain" if request.explain else "--gif")
        _look_closer(request, jobs[0])
        if not writes:
            return
    if request.show:
        _one_only(jobs, "--show")
    start = perf_counter()
    if len(jobs) == 1:
        make_folders(jobs)
        (event,) = run_jobs(jobs, lambda job, threads: _work(request, job, threads), cores())
        if isinstance(event, Failed):
            raise event.error
        report(event.record, request)
        return
    from cnncalc.render.jobs import show_jobs

    make_folders(jobs)
    events = show_jobs(run_jobs(jobs, lambda job, threads: _work(request, job, threads), cores()), len(jobs))
    summarise(events, perf_counter() - start, request)
    if code := exit_code(events):
        raise typer.Exit(code)


def _check(request: Request) -> None:
    """UsageError for wishes that exclude each other."""
    if request.as_json and request.show:
        raise UsageError("--show and --json both speak on stdout", "leave one of them out")
    if request.show is not None:
        from cnncalc.errors import nearest
        from cnncalc.render.picture import WAYS

        if request.show not in WAYS:
            raise UsageError(
                f"there is no way {request.show!r} to show a picture", nearest(request.show, WAYS)
            )
    if request.out == "-" and (request.as_json or request.show):
        raise UsageError(
            "the picture itself goes to stdout", "leave --json or --show out, or give --out a name"
        )
    if request.explain_step is not None and request.explain is None:
        raise UsageError("--explain-step says which step --explain explains", "give --explain X,Y too")
    if request.compare and request.chain.mapping.name == "raw":
        raise UsageError("numbers are not put side by side", "leave out --compare or --response raw")


def _one_only(jobs: list[Job], option: str) -> None:
    if len(jobs) > 1:
        raise UsageError(f"{option} is for one picture, not {len(jobs):,}", "name one of them")


def _work(request: Request, job: Job, threads: int) -> Done:
    """Reads, filters and writes one picture."""
    from dataclasses import replace

    from cnncalc.imaging import pictures
    from cnncalc.imaging.filtering import filter_picture, respond_picture
    from cnncalc.imaging.report import Record
    from cnncalc.imaging.responses import Way
    from cnncalc.imaging.sheets import beside

    before = _read(job, threads)
    chain = request.chain
    start = perf_counter()
    if chain.mapping.name == "raw" or job.target.suffix.lower() == ".npy":
        responses = respond_picture(before, chain, threads=threads)
        seconds = perf_counter() - start
        pictures.write_raw(job.target, responses, overwrite=request.force)
        chain = replace(chain, way=Way("raw"))
        return Done(Record.of_responses(job, before, chain, responses, seconds), None)
    again = request.compare  # before is looked at once more
    after = filter_picture(before, chain, threads=threads, overwrite=not again)
    seconds = perf_counter() - start
    result = beside(before, after.picture) if request.compare else after.picture
    target = job.target_for(result)
    _write(target, result, request.force, threads)
    return Done(Record.of(job, target, before, chain, after, seconds), result if request.show else None)


def _read(job: Job, threads: int) -> Picture:
    from cnncalc.imaging import pictures
    from cnncalc.imaging.jobs import STDIO

    if job.source == STDIO:
        return pictures.read(sys.stdin.buffer, name=job.name, threads=threads)
    return pictures.read(job.source, threads=threads)


def _write(target: Path, picture: Picture, force: bool, threads: int) -> None:
    """Writes a file, or to standard output in the format that was read, where that holds the result."""
    from cnncalc.imaging import pictures
    from cnncalc.imaging.jobs import STDIO, Job

    if target != STDIO:
        pictures.write(target, picture, overwrite=force, threads=threads)
        return
    ending = next(iter(pictures.READABLE.get(picture.format, ())), ".png")
    ending = ending if ending in pictures.WRITERS else ".png"
    held = Job(STDIO, Path("out" + ending), "", settled=False).target_for(picture)
    pictures.write_stream(sys.stdout.buffer, picture, held.suffix, threads=threads)


@dataclass(frozen=True, eq=False)
class Done:
    """The record of a picture that was filtered, and the result if it is to be shown."""

    record: Record
    result: Picture | None


def _look_closer(request: Request, job: Job) -> None:
    """Explains one pixel, writes the walk of the kernel, or both."""
    from cnncalc.numerics.cores import cores

    picture = _read(job, cores())
    if request.explain is not None:
        from cnncalc.imaging.explain import explain

        x, y = read_place(request.explain)
        explanation = explain(picture, request.chain, x, y, request.explain_step)
        if request.as_json:
            print_json({"schema": 1, "picture": job.name, **explanation.document()})
        else:
            from cnncalc.render.console import out
            from cnncalc.render.explain import show_explanation

            show_explanation(out(), explanation)
    if request.gif is not None:
        from cnncalc.render.console import out
        from cnncalc.render.scan import write_scan

        target = Path(request.gif)
        said = write_scan(picture, request.chain, target, overwrite=request.force)
        if not request.as_json:
            out().print(said, soft_wrap=True)


def report(done: Done, request: Request) -> None:
    """Prints the record of one picture: the document, or a few lines and the notes on stderr; and the picture."""
    if request.as_json:
        print_json({"schema": 1, **done.record.document()})
        return
    from cnncalc.render.filtering import show_record

    for note in done.record.notes:
        typer.echo(f"note: {note}", err=True)
    aside = "-" in (request.out, done.record.output)  # the picture itself goes to stdout
    show_record(partial(typer.echo, err=aside), done.record, request.verbose)
    if done.result is not None and request.show:
        from cnncalc.render.console import out
        from cnncalc.render.picture import show_picture

        show_picture(out(), done.result.pixels, how=request.show)


def summarise(events: list[Any], seconds: float, request: Request) -> None:
    """Prints what came of many pictures."""
    from cnncalc.imaging.jobs import Failed

    failed = [event for event in events if isinstance(event, Failed)]
    records = [event.record.record for event in events if not isinstance(event, Failed)]
    if request.as_json:
        print_json(
            {
                "schema": 1,
                "pictures": [record.document() for record in records],
                "failed": [{"picture": event.job.name, "error": event.error.document()} for event in failed],
                "seconds": round(seconds, 6),
            }
        )
        return
    from cnncalc.render.filtering import show_summary

    show_summary(typer.echo, records, len(failed), seconds, request.verbose)


def read_geometry(border: str) -> Geometry:
    """What lies beyond the border: a name, or constant=V; LanguageError."""
    from cnncalc.errors import nearest
    from cnncalc.numerics.borders import BORDERS, Geometry

    name, sign, value = border.partition("=")
    names = [each.name for each in BORDERS]
    if name not in names:
        known = nearest(name, names)
        raise LanguageError(f"there is no border {name!r}", known, place=Place(border, 0, max(1, len(name))))
    if (name == "constant") != bool(sign):
        fact = "constant needs its value" if not sign else f"{name} takes no value"
        raise LanguageError(fact, "for example --border constant=128", place=Place(border, 0, len(border)))
    try:
        number = float(value or 0)
        if not abs(number) <= 1e9:
            raise ValueError
    except ValueError:
        place = Place(border, len(name) + 1, max(len(border), len(name) + 2))
        raise LanguageError(
            f"{value or 'nothing'} is not a number", "for example --border constant=128", place=place
        ) from None
    return Geometry(name, number)


def read_mode(mode: str | None) -> str | None:
    """One of the modes; LanguageError."""
    from cnncalc.errors import nearest
    from cnncalc.numerics.borders import MODES

    if mode is not None and mode not in MODES:
        place = Place(mode, 0, max(1, len(mode)))
        raise LanguageError(f"there is no mode {mode!r}", nearest(mode, MODES), place=place)
    return mode


def read_the_channels(text: str) -> str | tuple[int, ...]:
    from cnncalc.imaging.channels import read_channels

    return read_channels(text)


def read_the_response(text: str | None) -> Way | None:
    from cnncalc.imaging.responses import read_way

    return None if text is None else read_way(text)


def read_place(text: str) -> tuple[int, int]:
    """Column and row of X,Y; LanguageError."""
    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() and len(part) < 12 for part in parts):
        raise LanguageError(
            "a pixel is its column and its row, counted from 0",
            "for example --explain 10,20",
            place=Place(text, 0, max(1, len(text))),
        )
    return int(parts[0]), int(parts[1])
