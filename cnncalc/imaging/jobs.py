"""From what the user names to pairs of source and target: every name and clash of names before anything is read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from itertools import chain
from pathlib import Path

from cnncalc.errors import FileError, UsageError, named, nearest, shown
from cnncalc.imaging import pictures
from cnncalc.imaging.pictures import Picture
from cnncalc.shipped import sample

STDIO = Path("-")  # standard input as a source, standard output as a target
SHIPPED = ("samples/chelsea.png", "samples/camera.png")


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
