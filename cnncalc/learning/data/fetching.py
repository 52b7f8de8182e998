"""Fetching a data set into the cache: file after file, mirror after mirror, kept only if it is genuine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from cnncalc.errors import FileError
from cnncalc.learning.data.bounded import is_file
from cnncalc.learning.data.catalogue import Archive, Entry
from cnncalc.learning.data.mirrors import MirrorError, Partial, Received, Trying, transfer, writing
from cnncalc.learning.data.places import Sources, is_published

ATTEMPTS = 4  # at one mirror, as long as each brings the file further
LOOK_AGAIN = 0.1  # seconds between two looks at a lock that another process holds


class Waiting(NamedTuple):
    """Another process is fetching the same data set."""

    folder: Path


class Failed(NamedTuple):
    """A mirror did not give a file, and why."""

    file: str
    url: str
    reason: str


class Fetched(NamedTuple):
    """A file is there, and genuine."""

    file: str
    path: Path


Event = Waiting | Trying | Received | Failed | Fetched


def fetch(entry: Entry, sources: Sources) -> Iterator[Event]:
    """Brings all files of a data set into the cache; those that are there already are checked.

    Raises FileError, which says what to put where by hand, when nothing works.
    """
    if not sources.cache or sources.offline:
        raise by_hand(entry, sources, ["nothing: CNNCALC_OFFLINE is set"] if sources.offline else [])
    folder = sources.cache / entry.name
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")  # a process that dies gives it up
    if not taken(lock, folder, wait=False):
        yield Waiting(folder)
        taken(lock, folder, wait=True)
    try:
        for archive in entry.archives:
            yield from fetch_file(entry, archive, folder / archive.name, sources)
    finally:
        lock.release()


def taken(lock: FileLock, folder: Path, *, wait: bool) -> bool:
    """Takes the lock; False where another process holds it."""
    with writing(folder):
        try:
            lock.acquire(timeout=-1 if wait else 0, poll_interval=LOOK_AGAIN)
        except Timeout:  # an OSError, too
            return False
    return True


def fetch_file(entry: Entry, archive: Archive, target: Path, sources: Sources) -> Iterator[Event]:
    """Brings one file, from the first mirror that gives it."""
    if is_file(target) and is_published(target, archive):
        yield Fetched(archive.name, target)
        return
    failures = []
    own = [f"{sources.mirror.rstrip('/')}/{entry.name}/"] if sources.mirror else []
    for mirror in (*own, *entry.mirrors):
        url = mirror + archive.name
        for _ in range(ATTEMPTS):
            partial = Partial(target)
            try:
                yield from transfer(url, archive, partial, sources)
                partial.finish(archive)
                yield Fetched(archive.name, target)
                return
            except MirrorError as error:
                failures.append(f"{url}: {error}")
                yield Failed(archive.name, url, str(error))
                if error.discard:
                    partial.discard()
                if not error.again:
                    break
    raise by_hand(entry, sources, failures)


def by_hand(entry: Entry, sources: Sources, failures: list[str]) -> FileError:
    """What a user can do who has the files from elsewhere."""
    folder = sources.cache / entry.name if sources.cache else Path(entry.name)
    lines = [
        *(f"tried {failure}" for failure in failures),
        f"put these files into {folder} (or name another cache with CNNCALC_CACHE):",
        *(
            f"  {archive.name}, {archive.size:,} bytes, SHA-256 {archive.sha256}"
            for archive in entry.archives
        ),
        *(f"they are offered at {mirror}" for mirror in entry.mirrors),
    ]
    return FileError(f"{entry.name} is not here, and could not be fetched", "\n".join(lines))
