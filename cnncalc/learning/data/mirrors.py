"""One file from one mirror over HTTP: resumed where it broke off, and never more than it can be."""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from cnncalc.errors import FileError
from cnncalc.learning.data.bounded import GZIP, is_file
from cnncalc.learning.data.catalogue import Archive
from cnncalc.learning.data.places import Sources, file_sha256, is_published

BLOCK = 1 << 16
SLOWEST = 1000  # bytes a second below which a server counts as stalled


class Trying(NamedTuple):
    """A mirror is asked for a file, from a byte on."""

    file: str
    url: str
    start: int


class Received(NamedTuple):
    """So much of a file has come."""

    file: str
    bytes: int
    of: int


class MirrorError(Exception):
    """Why a mirror did not give the file.

    again: it may give the rest, or all of it, when asked once more. discard: what has come is of no use.
    """

    def __init__(self, reason: str, *, again: bool = False, discard: bool = False) -> None:
        super().__init__(reason)
        self.again = again
        self.discard = discard


class Partial:
    """What has come of a file so far, beside its place, with a note of the version it is part of."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self.note = target.with_name(f"{target.name}.part.json")
        self.resumed = False  # whether it is put together from several answers

    def validator(self, url: str) -> str:
        """What the server of the url called the version that has come, or nothing."""
        try:
            known = json.loads(self.note.read_text(encoding="utf-8"))
            return str(known["validator"]) if known["url"] == url else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def size(self, url: str) -> int:
        """Bytes that have come from this url; 0 where they cannot be continued."""
        return self.path.stat().st_size if is_file(self.path) and self.validator(url) else 0

    @contextmanager
    def opened(self, url: str, start: int, headers: Any) -> Iterator[Callable[[bytes], None]]:
        """What appends to the file; from its start on it is made anew, with a note of the version that comes.

        A weak ETag does not tell bytes apart (RFC 9110, 8.8.1). Raises FileError where the disk is at fault.
        """
        self.resumed = start > 0
        if not start:
            self.discard()
            tag = headers.get("ETag") or ""
            validator = tag if tag and not tag.startswith("W/") else headers.get("Last-Modified") or ""
            with writing(self.target.parent):
                self.note.write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")
        with writing(self.target.parent):
            file = self.path.open("ab")

        def write(block: bytes) -> None:
            with writing(self.target.parent):
                file.write(block)

        try:
            yield write
        finally:
            with writing(self.target.parent):
                file.close()

    def discard(self) -> None:
        """Takes away what has come."""
        with writing(self.target.parent):
            self.path.unlink(missing_ok=True)
            self.note.unlink(missing_ok=True)

    def finish(self, archive: Archive) -> None:
        """Puts the file in its place if it is genuine; raises MirrorError if not."""
        if not self.path.stat().st_size:
            raise MirrorError("nothing came", discard=True)
        if not is_published(self.path, archive):
            fact = f"wrong contents, SHA-256 {file_sha256(self.path)} instead of {archive.sha256}"
            raise MirrorError(fact, again=self.resumed, discard=True)
        with writing(self.target.parent):
            with self.path.open("rb+") as file:
                os.fsync(file.fileno())
            self.path.replace(self.target)
            self.note.unlink(missing_ok=True)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Says that it is the cache where writing fails, which no other mirror helps against; raises FileError."""
    try:
        yield
    except OSError as error:
        raise FileError(
            f"{folder} cannot be written to: {error.strerror or error}",
            "make room there, or name another folder with CNNCALC_CACHE",
        ) from None


def transfer(url: str, archive: Archive, partial: Partial, sources: Sources) -> Iterator[Trying | Received]:
    """Receives one file, or the rest of it; raises MirrorError where less, more, or something else comes."""
    begun = received = partial.size(url)
    yield Trying(archive.name, url, begun)
    try:
        with ask(url, begun, partial.validator(url), sources) as response:
            for event in receive(response, url, archive, partial, sources.patience):
                received = event.bytes
                yield event
    except urllib.error.HTTPError as error:
        error.close()
        outdated = error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE
        raise MirrorError(f"{error.code} {error.reason}", again=outdated, discard=outdated) from None
    except TimeoutError:
        raise MirrorError(f"silent for {sources.patience:g} seconds", again=received > begun) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = str(getattr(error, "reason", None) or error) or type(error).__name__
        raise MirrorError(reason, again=received > begun) from None


def receive(
    response: Any, url: str, archive: Archive, partial: Partial, patience: float
) -> Iterator[Received]:
    """Takes in what a response brings, as far as it can be the file."""
    start = received = begin_at(response, partial.size(url))
    length = response.length  # of what is to come now; None where the server does not say
    whole = archive.size if length is None else start + length
    size = f"the file has {archive.size:,}"
    if whole > archive.most:
        raise MirrorError(f"{whole:,} bytes announced, {size}", discard=True)
    with partial.opened(url, start, response.headers) as write:
        for block in blocks(response, patience):
            if not received and block[: len(GZIP)] != GZIP[: len(block)]:
                page = b"<" in block[:200]
                raise MirrorError("a web page" if page else "not a gzip file", discard=True)
            received += len(block)
            if received > archive.most:
                raise MirrorError(f"no end after {archive.most:,} bytes, {size}", discard=True)
            write(block)
            yield Received(archive.name, received, whole)
    if length is not None and received < whole:
        raise MirrorError(f"cut off after {received:,} of {whole:,} bytes", again=received > start)


def ask(url: str, start: int, validator: str, sources: Sources) -> Any:
    """The response to a request for the file, or for its rest if that is still of the same version."""
    headers = {"User-Agent": "cnncalc", "Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": validator}
    opener = urllib.request.OpenerDirector()  # unlike urlopen's, it leads to no file and no FTP server
    for handler in (
        urllib.request.ProxyHandler(dict(sources.proxies or {})),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener.open(urllib.request.Request(url, headers=headers), timeout=sources.patience)


def begin_at(response: Any, start: int) -> int:
    """The byte that a response begins at: where it was asked to, or 0 where the server sends everything."""
    if response.status != http.client.PARTIAL_CONTENT:
        return 0
    given = response.headers.get("Content-Range") or "no range"
    if not start or not given.startswith(f"bytes {start}-"):
        raise MirrorError(f"{given} came, not what follows byte {start}", again=start > 0, discard=True)
    return start


def blocks(response: Any, patience: float) -> Iterator[bytes]:
    """What comes, piece by piece; raises MirrorError where it only drips."""
    since, some = time.monotonic(), 0
    while block := response.read1(BLOCK):
        yield block
        some += len(block)
        if time.monotonic() - since > patience:
            if some < SLOWEST * patience:
                raise MirrorError(f"too slow, {some:,} bytes in {patience:g} seconds")
            since, some = time.monotonic(), 0
