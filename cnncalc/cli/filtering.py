"""What filter, pool and lcn do: carry out a chain on the pictures that are named."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import typer

from cnncalc.cli.command import print_json
from cnncalc.cli.picture_options import read_place
from cnncalc.errors import UsageError, shown, visible

if TYPE_CHECKING:
    from cnncalc.imaging.chain import Chain
    from cnncalc.imaging.jobs import Job
    from cnncalc.imaging.pictures import Picture
    from cnncalc.imaging.report import Record


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
    from cnncalc.imaging.jobs import make_folders, plan_jobs
    from cnncalc.imaging.working import Failed, exit_code, run_jobs
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
    _check_kinds(request, jobs if writes else [])
    if instead:
        _one_only(jobs, "--explain" if request.explain else "--gif")
        _look_closer(request, jobs[0])
        if not writes:
            return
    if request.show:
        _one_only(jobs, "--show")
    start = perf_counter()
    make_folders(jobs)
    done = run_jobs(jobs, partial(_work, request), cores(), processes=True)
    if len(jobs) == 1:
        (event,) = done
        if isinstance(event, Failed):
            raise event.error
        report(event.record, request)
        return
    from cnncalc.render.jobs import show_jobs

    events = show_jobs(done, len(jobs))
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


def _check_kinds(request: Request, jobs: list[Job]) -> None:
    """UsageError where the numbers themselves are written, to a file of pictures or with a wish for a picture."""
    from cnncalc.imaging import pictures

    option = "--compare" if request.compare else "--show" if request.show else ""
    if option and not jobs:
        raise UsageError(
            f"{option} is for the result, and here none is written",
            f"give --out a name, or leave {option} out",
        )
    raw = request.chain.mapping.name == "raw"
    for job in jobs:
        if raw:
            pictures.check_raw(job.target)
        if option and _is_raw(request, job):
            fact = f"{option} is for pictures, and {shown(job.target)} holds the numbers themselves"
            other = "leave out --response raw" if raw else "give --out a name in .png or .tif"
            raise UsageError(fact, f"{other}, or leave out {option}")


def _is_raw(request: Request, job: Job) -> bool:
    return request.chain.mapping.name == "raw" or job.target.suffix.lower() == ".npy"


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
    if _is_raw(request, job):
        responses = respond_picture(before, chain, threads=threads)
        seconds = perf_counter() - start
        pictures.write_raw(job.target, responses, overwrite=request.force)
        chain = replace(chain, way=Way("raw"))
        return Done(Record.of_responses(job, before, chain, responses, seconds), None)
    after = filter_picture(before, chain, threads=threads, overwrite=not request.compare)
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
        from cnncalc.render.console import say_wrote
        from cnncalc.render.scan import write_scan

        target = Path(request.gif)
        facts = write_scan(picture, request.chain, target, overwrite=request.force)
        if not request.as_json:
            say_wrote(target, facts)


def report(done: Done, request: Request) -> None:
    """Prints the record of one picture: the document, or a few lines and the notes on stderr; and the picture."""
    if request.as_json:
        print_json({"schema": 1, **done.record.document()})
        return
    from cnncalc.render.filtering import show_record

    for note in done.record.notes:
        typer.echo(f"note: {visible(note)}", err=True)
    aside = "-" in (request.out, done.record.output)  # the picture itself goes to stdout
    show_record(partial(typer.echo, err=aside), done.record, request.verbose)
    if done.result is not None and request.show:
        from cnncalc.render.console import out
        from cnncalc.render.picture import show_picture

        show_picture(out(), done.result.pixels, how=request.show)


def summarise(events: list[Any], seconds: float, request: Request) -> None:
    """Prints what came of many pictures."""
    from cnncalc.imaging.working import Failed

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
