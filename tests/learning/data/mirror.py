"""A server on the loopback address that can be told to stall, cut off, lie, and resume."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cnncalc.learning.data.catalogue import Archive, Entry, Part

Behaviour = Callable[[BaseHTTPRequestHandler, bytes], None]


class Mirror:
    """What it serves by path, how it behaves from request to request, and what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.behaviours: list[Behaviour] = []  # one a request; when they are used up, all is well
        self.asked: list[tuple[str, str | None]] = []  # path and Range
        self.released = threading.Event()  # for what stalls: the test is over
        self.url = ""


@contextmanager
def mirror(**files: bytes) -> Iterator[Mirror]:
    """A running server of files, whose names have underscores for what Python's names lack."""
    served = Mirror()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the name that http.server looks for
            served.asked.append((self.path, self.headers.get("Range")))
            behave = served.behaviours.pop(0) if served.behaviours else whole
            self.close_connection = True
            content = served.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            behave(self, content)

        def log_message(self, *args: Any) -> None:
            pass

        mirror = served

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is what some tests want."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}/"
        served.files |= {f"/{name}": content for name, content in files.items()}
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield served
        finally:
            served.released.set()
            server.shutdown()


def head(handler: BaseHTTPRequestHandler, status: int, **headers: Any) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()


def tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:8]}"'


def whole(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """Everything, or what was asked for if that is a range of this version."""
    asked = handler.headers.get("Range")
    if asked and handler.headers.get("If-Range") == tag(content):
        start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(content):
            head(handler, 416, Content_Length=0)
            return
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        head(handler, 206, Content_Length=len(content) - start, Content_Range=span, ETag=tag(content))
        handler.wfile.write(content[start:])
        return
    head(handler, 200, Content_Length=len(content), ETag=tag(content))
    handler.wfile.write(content)


def cut_off(after: int, **headers: str) -> Behaviour:
    """So many bytes of those announced, with an ETag unless other headers are given."""

    def behave(handler: BaseHTTPRequestHandler, content: bytes) -> None:
        head(handler, 200, Content_Length=len(content), **(headers or {"ETag": tag(content)}))
        handler.wfile.write(content[:after])

    return behave


def stalls(after: int) -> Behaviour:
    """So many bytes, then silence until the test is over."""

    def behave(handler: BaseHTTPRequestHandler, content: bytes) -> None:
        if after >= 0:
            head(handler, 200, Content_Length=len(content), ETag=tag(content))
            handler.wfile.write(content[:after])
        handler.wfile.flush()
        handler.mirror.released.wait(60)  # type: ignore[attr-defined]

    return behave


def drips(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """A byte now and then, for ever, as announced."""
    head(handler, 200, Content_Length=len(content))
    for place in range(len(content)):
        handler.wfile.write(content[place : place + 1])
        if handler.mirror.released.wait(0.02):  # type: ignore[attr-defined]
            return


def endless(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """More and more, and no word of how much."""
    head(handler, 200)
    while not handler.mirror.released.is_set():  # type: ignore[attr-defined]
        handler.wfile.write(content)


def answers(status: int = 200, body: bytes = b"", **headers: Any) -> Behaviour:
    """Always the same, with the length unless that is given."""

    def behave(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        head(handler, status, **{"Content_Length": len(body), **headers})
        handler.wfile.write(body)

    return behave


def archive(name: str, content: bytes, *, published: bool = True) -> tuple[Archive, bytes]:
    """An archive of one file, and its gzip bytes."""
    packed = gzip.compress(content, 1, mtime=0)
    inner = Part(name, len(content), hashlib.sha256(content).hexdigest() if published else "")
    return Archive(f"{name}.gz", len(packed), hashlib.sha256(packed).hexdigest(), (inner,)), packed


def entry(archives: list[Archive], mirrors: list[str]) -> Entry:
    return Entry(
        name="tiny",
        what="noise",
        archives=tuple(archives),
        mirrors=tuple(mirrors),
        shape=(2, 3, 1),
        train=2,
        test=2,
        classes=("a", "b"),
        licence="none",
        citation="none",
    )
