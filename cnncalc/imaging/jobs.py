"""Many pictures at once: from what the user names to pairs of source and target, and work on all of them.

`plan_jobs` settles every name and every clash of names before anything is read; `run_jobs` works on several
pictures side by side and goes on after one that is broken.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from glob import glob, has_magic
from itertools import chain, groupby
from pathlib import Path
from queue import SimpleQueue
from typing import Generic, TypeVar

from cnncalc.errors import CnncalcError, FileError, UsageError, named, nearest, shown
from cnncalc.imaging import pictures
from cnncalc.imaging.helpers import Helper
from cnncalc.imaging.pictures import Picture
from cnncalc.imaging.pictures.side_by_side import AHEAD, in_order
from cnncalc.shipped import sample

STDIO = Path("-")  # standard input as a source, standard output as a target
SHIPPED = ("samples/chelsea.png", "samples/camera.png")
ALONE = 4_000_000  # pixels from which a picture is worked on alone, by all threads
MANY = 150  # pictures for which it is worth the time to start processes: each saves one or two milliseconds
BATCH = 16  # pictures that a process is given at a time
BATCHES = 8  # batches that are under way or wait to be taken, for each thread: until all processes are ready

T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """One picture to read and the file to write.

    name: the source in the user's words. target: where to write; where `settled` is false its ending may still
    become .png, if the source's own format does not hold the result (`target_for` says so).
    """

    source: Path
    target: Path
    name: str
    settled: bool = True

    def target_for(self, picture: Picture) -> Path:
        """The target for this result."""
        writer = pictures.WRITERS.get(self.target.suffix.lower())
        if self.settled or writer is None or self.target == STDIO:
            return self.target
        held = picture.mode in writer.modes and (writer.frames or not picture.more)
        if writer.format == "GIF" and not picture.more and picture.mode != "L":
            held = False  # of a still picture in colour, GIF keeps 256 colours
        return (
            self.target if held else self.target.with_suffix(".tif" if picture.mode.endswith("F") else ".png")
        )


@dataclass(frozen=True)
class Done(Generic[T]):
    """A picture that was worked on, and what the work returned."""

    job: Job
    record: T


@dataclass(frozen=True, eq=False)
class Failed:
    """A picture that could not be worked on, and why."""

    job: Job
    error: CnncalcError


Work = Callable[[Job, int], T]  # the second argument: how many threads the work may use


def plan_jobs(
    sources: Sequence[str],
    *,
    label: str,
    out: str | Path | None = None,
    suffix: str = "",
    force: bool = False,
) -> list[Job]:
    """The jobs for what the user names: files, folders, patterns such as photos/*.jpg, or - for standard input.

    A result stands beside its source as NAME-label.EXT, or NAMEsuffix.EXT if a suffix is given; a suffix that
    ends in a known ending (_edges.png, or .png alone) sets the format too. out is the file to write, or a folder,
    where names stay as they are (NAME.EXT, NAMEsuffix.EXT); it is a folder if it is one, if it ends in a
    separator, or if there are several sources. UsageError or FileError for every clash that can be told
    beforehand: folders and patterns without a picture, two sources for one target, a target that is its own
    source or that exists, without force.
    """
    found = list(chain.from_iterable(map(_found, sources)))
    if not found:
        raise UsageError("no picture is named", "name a file, a folder, a pattern, or - for standard input")
    found = list({os.path.abspath(entry.source): entry for entry in reversed(found)}.values())[::-1]  # noqa: PTH100
    if STDIO in (entry.source for entry in found) and len(found) > 1:
        raise UsageError(
            "standard input (-) is one picture, and there are others", "read it in a run of its own"
        )
    place = _Place(out, label, suffix, several=len(found) > 1)
    jobs = [place.job(entry) for entry in found]
    results = {job.target for job in jobs}
    listed = (entry.listed and entry.source in results for entry in found)
    jobs = [job for job, result in zip(jobs, listed, strict=True) if not result]  # results of an earlier run
    _check(jobs, force=force, folder=place.folder)
    return jobs


@dataclass(frozen=True)
class _Found:
    source: Path
    home: Path  # where its result stands by default
    name: str
    listed: bool = False  # found in a folder or by a pattern, not named itself


def _found(source: str) -> list[_Found]:
    """What one of the user's words stands for."""
    path = Path(source)
    if path == STDIO:
        return [_Found(STDIO, STDIO, "standard input")]
    if os.path.lexists(path):
        if not path.is_dir():
            return [_Found(path, path, named(path))]
        entries = [
            _Found(each, each, named(each), True) for each in sorted(path.iterdir()) if _is_listed(each)
        ]
        if not entries:
            raise FileError(
                f"there is no picture in {shown(path)}", "name another folder, or the files themselves"
            )
        return entries
    if has_magic(source):
        paths = sorted(Path(each) for each in glob(source, recursive=True))  # noqa: PTH207  # a pattern may be absolute
        entries = [_Found(each, each, named(each), True) for each in paths if _is_listed(each)]
        if not entries:
            raise FileError(f"no picture matches {shown(path)}", "check the pattern and the folder")
        return entries
    return [_shipped(path) or _Found(path, path, named(path))]


def _is_listed(path: Path) -> bool:
    """Whether a file is taken for a picture when nobody named it: by its ending."""
    known = pictures.ENDINGS
    return not path.name.startswith(".") and path.suffix.lower() in known and path.is_file()


def found_at(path: Path) -> Path:
    """Where a picture that was named lies: a sample may be inside the package."""
    shipped = _shipped(path)
    return shipped.source if shipped else path


def _shipped(path: Path) -> _Found | None:
    """A sample that comes with cnncalc; its result stands in the current folder."""
    if path == Path("samples"):
        raise FileError(f"there is no folder {path}", f"of those that ship, name one: {' or '.join(SHIPPED)}")
    if len(path.parts) != 2 or path.parts[0] != "samples":
        return None
    there = sample(path.parts[1])
    if there is not None:
        return _Found(there, Path(path.name), named(path))
    if not path.parent.is_dir():
        raise FileError(f"there is no file {shown(path)}", nearest(shown(path), SHIPPED))
    return None


class _Place:
    """Where results go."""

    def __init__(self, out: str | Path | None, label: str, suffix: str, *, several: bool) -> None:
        self.out = None if out is None else Path(out)
        ends_open = str(out).endswith(("/", os.sep))
        self.folder = (
            self.out is not None and self.out != STDIO and (ends_open or _is_folder(self.out) or several)
        )
        if several and self.out == STDIO:
            raise UsageError("several pictures cannot all go to standard output (-)", "--out names a folder")
        if (
            several
            and self.out is not None
            and self.out.suffix.lower() in pictures.WRITERS
            and not _is_folder(self.out)
        ):
            fact = f"several pictures cannot be written into one file, {shown(self.out)}"
            raise UsageError(fact, "--out names a folder")
        if suffix and self.out is not None and not self.folder:
            raise UsageError("--out names the file, and --suffix would, too", "leave one of them out")
        if os.path.basename(suffix) != suffix:  # noqa: PTH119  # a suffix is no path
            raise UsageError(
                f"a suffix is part of a name, and {suffix} holds a folder", "--out names a folder"
            )
        ending = Path("x" + suffix).suffix
        self.ending = ending if ending.lower() in pictures.WRITERS else ""
        self.added = suffix.removesuffix(self.ending) if self.ending else suffix
        if not self.folder and not self.added:
            self.added = f"-{label}"

    def job(self, found: _Found) -> Job:
        if self.out is not None and not self.folder:
            return Job(found.source, self.out, found.name)
        if found.source == STDIO and self.out is None:
            return Job(STDIO, STDIO, found.name)
        own = found.home.suffix if found.home.suffix.lower() in pictures.WRITERS else ".png"
        stem = "stdin" if found.source == STDIO else found.home.stem
        name = stem + self.added + (self.ending or own)
        folder = self.out if self.out is not None else found.home.parent
        return Job(found.source, folder / name, found.name, bool(self.ending))


def _check(jobs: list[Job], *, force: bool, folder: bool) -> None:
    """Raises for what would go wrong with names; makes no file, and not the folder that may still be missing."""
    first: dict[Path, Job] = {}
    for job in jobs:
        if job.target == STDIO:
            continue
        other = first.setdefault(job.target, job)
        if other is not job:
            fact = f"{other.name} and {job.name} would both be written to {shown(job.target)}"
            raise UsageError(fact, "filter them in two runs, or give them other names")
        _refuse_itself(job, force=force)
        if len(jobs) == 1 and (_is_folder(job.target.parent) or not folder):
            pictures.check_target(job.target, overwrite=force)
    taken = [] if force else [job.target for job in jobs if os.path.lexists(job.target)]
    if taken and len(jobs) > 1:
        fact = f"{len(taken):,} of {len(jobs):,} results exist already, {shown(taken[0])} the first"
        raise UsageError(fact, "--force overwrites them, --out or --suffix gives other names")


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  # Path's own raises where a name is too long


def _refuse_itself(job: Job, *, force: bool) -> None:
    """UsageError where the result would take the picture's own place, unless that is what is wanted."""
    if (
        not force
        and os.path.lexists(job.source)
        and os.path.lexists(job.target)
        and job.source.samefile(job.target)
    ):
        fact = f"{shown(job.target)} is the picture itself"
        raise UsageError(fact, "--force overwrites it; or give another name")


def make_folders(jobs: Iterable[Job]) -> None:
    """Makes the folders that the targets stand in."""
    for folder in {job.target.parent for job in jobs}:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FileError(
                f"cannot make the folder {shown(folder)}: {reason}", "--out names another place"
            ) from None


def run_jobs(
    jobs: Sequence[Job], work: Work[T], threads: int, *, processes: bool = False
) -> Iterator[Done[T] | Failed]:
    """Works on every job and yields what came of it, in order; a job that fails does not stop the others.

    Small pictures are worked on side by side, one thread each; one of ALONE pixels or more alone, with all
    threads. Few results wait to be yielded at a time. processes: whether the work, and what it returns, can be
    pickled; of MANY pictures all threads but one then work in processes of their own.
    """
    if threads <= 1 or len(jobs) == 1:
        return (_outcome(job, work, threads) for job in jobs)
    return _side_by_side(jobs, work, threads, threads - 1 if processes and len(jobs) >= MANY else 0)


def exit_code(events: Iterable[Done[T] | Failed]) -> int:
    """0, or the highest code among the failures: 3 where a file was at fault."""
    return max((event.error.exit_code for event in events if isinstance(event, Failed)), default=0)


def _side_by_side(
    jobs: Sequence[Job], work: Work[T], threads: int, helpers: int
) -> Iterator[Done[T] | Failed]:
    """Runs of small pictures in turn with large ones; so many of the threads have a process that helps."""
    here: Callable[[Job], Done[T] | Failed] = partial(_outcome, work=work, threads=1)
    helping = [Helper(here, _lost) for _ in range(helpers)]
    hands: SimpleQueue[Callable[[Sequence[Job]], list[Done[T] | Failed]]] = SimpleQueue()
    for _ in range(threads - helpers):
        hands.put(lambda batch: [here(job) for job in batch])
    for helper in helping:  # last, as they take a moment to be ready
        hands.put(helper)

    def outcomes(batch: Sequence[Job]) -> list[Done[T] | Failed]:
        hand = hands.get()
        try:
            return hand(batch)
        finally:
            hands.put(hand)

    most, ahead = (BATCH, BATCHES) if helpers else (1, AHEAD)
    try:
        for large, some in groupby(((job, _pixels(job)) for job in jobs), key=_is_large):
            if large:
                yield from (_outcome(job, work, threads) for job, _ in some)
            else:
                yield from chain.from_iterable(in_order(outcomes, _batches(some, most), threads, ahead))
    finally:
        for helper in helping:
            helper.close()


def _batches(some: Iterable[tuple[Job, int]], most: int) -> Iterator[list[Job]]:
    """So many jobs at a time, or fewer where their pixels are as many as those of a large picture."""
    batch: list[Job] = []
    total = 0
    for job, pixels in some:
        batch.append(job)
        total += pixels
        if len(batch) == most or total >= ALONE:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def _outcome(job: Job, work: Work[T], threads: int) -> Done[T] | Failed:
    try:
        return Done(job, work(job, threads))
    except CnncalcError as error:
        return Failed(job, error)
    except MemoryError:
        return Failed(job, FileError(f"{job.name} does not fit into memory", "scale it down"))


def _lost(job: Job) -> Failed:
    fact = f"the process that worked on {job.name} ended before the picture was done"
    return Failed(job, FileError(fact, "it may need too much memory: scale it down, or try it alone"))


def _is_large(sized: tuple[Job, int]) -> bool:
    return sized[1] >= ALONE


def _pixels(job: Job) -> int:
    return pictures.count_pixels(job.source)
