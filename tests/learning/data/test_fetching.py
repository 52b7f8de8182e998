"""Downloads from real servers on the loopback address: good ones, and all kinds of bad ones."""

import gzip
import hashlib
import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnncalc.errors import FileError
from cnncalc.learning.data.fetching import Event, Failed, Fetched, Waiting, fetch
from cnncalc.learning.data.mirrors import Received, Trying
from cnncalc.learning.data.places import Sources
from tests.learning.data.mirror import (
    Behaviour,
    Mirror,
    answers,
    archive,
    cut_off,
    drips,
    endless,
    entry,
    head,
    mirror,
    stalls,
    tag,
    whole,
)

# an IDX file of 300,000 bytes that hardly shrink: five blocks of a download
NOISE = struct.pack(">HBBI", 0, 8, 1, 300_000) + random.Random(0).randbytes(300_000)
ARCHIVE, PACKED = archive("noise", NOISE)
PATIENCE = 0.3  # seconds


@pytest.fixture
def bad() -> Iterator[Mirror]:
    with mirror(**{ARCHIVE.name: PACKED}) as served:
        yield served


@pytest.fixture
def good() -> Iterator[Mirror]:
    with mirror(**{ARCHIVE.name: PACKED}) as served:
        yield served


def run(cache: Path, *mirrors: Mirror, own: str = "", patience: float = PATIENCE) -> list[Event]:
    """The events of fetching the archive; it must then lie in the cache, and nothing else of it."""
    events = list(
        fetch(
            entry([ARCHIVE], [served.url for served in mirrors]),
            Sources(cache=cache, mirror=own, patience=patience),
        )
    )
    path = cache / "tiny" / ARCHIVE.name
    assert gzip.decompress(path.read_bytes()) == NOISE
    assert [file.name for file in path.parent.iterdir() if file.name != ".lock"] == [path.name]
    assert events[-1] == Fetched(ARCHIVE.name, path)
    return events


def failures(events: list[Event]) -> list[str]:
    return [event.reason for event in events if isinstance(event, Failed)]


def test_a_file_is_fetched_once_and_its_progress_reported(tmp_path: Path, good: Mirror) -> None:
    events = run(tmp_path, good)
    assert events[0] == Trying(ARCHIVE.name, good.url + ARCHIVE.name, 0)
    received = [event.bytes for event in events if isinstance(event, Received)]
    assert received == sorted(received)
    assert received[-1] == len(PACKED)
    assert {event.of for event in events if isinstance(event, Received)} == {len(PACKED)}
    assert run(tmp_path, good) == events[-1:]
    assert len(good.asked) == 1


BAD: dict[str, tuple[Behaviour, str]] = {
    "a web page": (answers(200, b"<!DOCTYPE html><p>Sign in"), "a web page"),
    "something else": (answers(200, b"PK\3\4"), "not a gzip file"),
    "nothing": (answers(200, b""), "nothing came"),
    "not found": (answers(404), "404 Not Found"),
    "broken": (answers(503), "503 Service Unavailable"),
    "wrong contents": (answers(200, gzip.compress(NOISE[:-1])), "wrong contents, SHA-256 "),
    "right length, wrong bytes": (answers(200, PACKED[:-9] + b"\0" * 9), "wrong contents, SHA-256 "),
    "shorter than it is, says so": (answers(200, PACKED[:-50]), "wrong contents, SHA-256 "),
    "terabytes announced": (
        answers(200, PACKED, Content_Length=10**13),
        "10,000,000,000,000 bytes announced",
    ),
    "no number as length": (answers(200, PACKED[:-50], Content_Length="many"), "wrong contents"),
    "no end": (endless, "no end after 301,308 bytes"),
    "silent from the start": (stalls(-1), "silent for 0.3 seconds"),
    "silent after the header": (stalls(0), "silent for 0.3 seconds"),
    "dripping": (drips, "too slow, "),
    "cut off before anything came": (cut_off(0), "cut off after 0 of"),
    "a range nobody asked for": (answers(206, PACKED, Content_Range="bytes 5-9/10"), "bytes 5-9/10 came"),
    "round in circles": (answers(302, Location=f"/{ARCHIVE.name}"), "302"),
    "to a local file": (answers(302, Location="file:///etc/passwd"), "302"),
    "to another protocol": (answers(302, Location="ftp://127.0.0.1/x.gz"), "unknown url type: ftp"),
    "broken pieces": (answers(200, b"zz\r\n", Content_Length="", Transfer_Encoding="chunked"), ""),
}


@pytest.mark.parametrize("name", BAD)
def test_the_next_mirror_is_asked_when_one_is(name: str, tmp_path: Path, bad: Mirror, good: Mirror) -> None:
    behaviour, reason = BAD[name]
    bad.behaviours = [behaviour] * 20
    said = failures(run(tmp_path, bad, good))
    assert len(said) == 1
    assert reason in said[0]


def test_a_server_that_is_not_there_is_passed_over(tmp_path: Path, good: Mirror) -> None:
    with mirror() as gone:
        pass
    assert len(failures(run(tmp_path, gone, good))) == 1


def test_redirections_are_followed(tmp_path: Path, bad: Mirror, good: Mirror) -> None:
    bad.behaviours = [answers(302, Location=good.url + ARCHIVE.name)]
    assert failures(run(tmp_path, bad)) == []
    assert len(good.asked) == 1


def test_a_file_without_a_length_is_fetched(tmp_path: Path, good: Mirror) -> None:
    def silent_about_length(handler: object, content: bytes) -> None:
        head(handler, 200)  # type: ignore[arg-type]
        handler.wfile.write(content)  # type: ignore[attr-defined]

    good.behaviours = [silent_about_length]
    assert failures(run(tmp_path, good)) == []


def test_a_file_in_chunks_is_fetched(tmp_path: Path, good: Mirror) -> None:
    def chunked(handler: object, content: bytes) -> None:
        head(handler, 200, Transfer_Encoding="chunked")  # type: ignore[arg-type]
        for part in (content[:1000], content[1000:], b""):
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))  # type: ignore[attr-defined]

    good.behaviours = [chunked]
    assert failures(run(tmp_path, good)) == []


def test_other_gzip_bytes_of_the_same_contents_are_genuine(tmp_path: Path, good: Mirror) -> None:
    good.files[f"/{ARCHIVE.name}"] = gzip.compress(NOISE, 9, mtime=12345)
    assert failures(run(tmp_path, good)) == []


def test_where_only_the_archive_is_published_its_bytes_must_be_the_same(tmp_path: Path, good: Mirror) -> None:
    strict, _ = archive("noise", NOISE, published=False)
    good.files[f"/{ARCHIVE.name}"] = gzip.compress(NOISE, 1, mtime=12345)
    with pytest.raises(FileError):
        list(fetch(entry([strict], [good.url]), Sources(cache=tmp_path)))
    good.files[f"/{ARCHIVE.name}"] = PACKED
    assert list(fetch(entry([strict], [good.url]), Sources(cache=tmp_path)))[-1].file == ARCHIVE.name  # type: ignore[union-attr]


@pytest.mark.parametrize("behaviour", [cut_off(200_000), stalls(200_000)])
def test_what_breaks_off_is_continued_where_it_was(
    tmp_path: Path, good: Mirror, behaviour: Behaviour
) -> None:
    good.behaviours = [behaviour]
    events = run(tmp_path, good)
    assert [span for _, span in good.asked] == [None, "bytes=200000-"]
    assert [event.start for event in events if isinstance(event, Trying)] == [0, 200_000]
    received = [event.bytes for event in events if isinstance(event, Received)]
    assert received == sorted(received)  # nothing comes twice


def test_a_later_process_continues_what_an_earlier_one_began(tmp_path: Path, good: Mirror) -> None:
    good.behaviours = [cut_off(150_000)] + [answers(503)] * 9
    with pytest.raises(FileError):
        list(fetch(entry([ARCHIVE], [good.url]), Sources(cache=tmp_path, patience=PATIENCE)))
    good.behaviours = []
    run(tmp_path, good)
    assert good.asked[-1][1] == "bytes=150000-"


def test_an_interrupted_download_is_continued(tmp_path: Path, good: Mirror) -> None:
    events = fetch(entry([ARCHIVE], [good.url]), Sources(cache=tmp_path))
    for event in events:
        if isinstance(event, Received):
            break
    events.close()  # type: ignore[attr-defined]  # as an interrupt does
    kept = (tmp_path / "tiny" / f"{ARCHIVE.name}.part").stat().st_size
    assert kept
    run(tmp_path, good)
    assert good.asked[-1][1] == f"bytes={kept}-"


@pytest.mark.parametrize(
    ("second", "ranges"),
    [
        (cut_off(len(PACKED)), 2),  # takes no notice of the range and sends everything
        (answers(416), 3),
        (
            answers(206, PACKED[7:], Content_Range=f"bytes 7-{len(PACKED) - 1}/{len(PACKED)}"),
            3,
        ),  # another range
        (
            answers(
                206, b"\0" * (len(PACKED) - 1000), Content_Range=f"bytes 1000-{len(PACKED) - 1}/{len(PACKED)}"
            ),
            3,
        ),
    ],
)
def test_a_server_that_cannot_continue_begins_again(
    tmp_path: Path, good: Mirror, second: Behaviour, ranges: int
) -> None:
    good.behaviours = [cut_off(1000), second]
    run(tmp_path, good)
    assert [span for _, span in good.asked] == [None, "bytes=1000-", None][:ranges]


def test_a_new_version_on_the_server_is_fetched_from_its_beginning(tmp_path: Path, good: Mirror) -> None:
    other = gzip.compress(NOISE, 2, mtime=7)
    assert tag(other) != tag(PACKED)
    good.behaviours = [cut_off(1000), whole]
    for event in fetch(entry([ARCHIVE], [good.url]), Sources(cache=tmp_path)):
        if isinstance(event, Failed):
            good.files[f"/{ARCHIVE.name}"] = other
    assert (tmp_path / "tiny" / ARCHIVE.name).read_bytes() == other


@pytest.mark.parametrize("headers", [{"ETag": 'W/"1"'}, {"Server": "x"}])
def test_nothing_is_continued_that_has_no_strong_name(
    tmp_path: Path, good: Mirror, headers: dict[str, str]
) -> None:
    good.behaviours = [cut_off(1000, **headers)]
    run(tmp_path, good)
    assert [span for _, span in good.asked] == [None, None]


def test_what_one_mirror_began_is_not_continued_at_another(tmp_path: Path, bad: Mirror, good: Mirror) -> None:
    bad.behaviours = [cut_off(1000)] + [answers(503)] * 9
    run(tmp_path, bad, good)
    assert good.asked == [(f"/{ARCHIVE.name}", None)]


def test_a_mirror_that_gives_little_each_time_is_given_up(tmp_path: Path, bad: Mirror, good: Mirror) -> None:
    def a_little(handler: object, content: bytes) -> None:
        start = int((handler.headers["Range"] or "=0-").split("=")[1][:-1])  # type: ignore[attr-defined]
        span = {"Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        head(handler, 206 if start else 200, Content_Length=len(content) - start, ETag=tag(content), **span)  # type: ignore[arg-type]
        handler.wfile.write(content[start : start + 10])  # type: ignore[attr-defined]

    bad.behaviours = [a_little] * 20
    run(tmp_path, bad, good)
    assert [span for _, span in bad.asked] == [None, "bytes=10-", "bytes=20-", "bytes=30-"]


def test_a_damaged_file_in_the_cache_is_fetched_again(tmp_path: Path, good: Mirror) -> None:
    run(tmp_path, good)
    path = tmp_path / "tiny" / ARCHIVE.name
    path.write_bytes(PACKED[:-9] + b"\0" * 9)
    run(tmp_path, good)
    assert len(good.asked) == 2


def test_a_mirror_of_ones_own_is_asked_first(tmp_path: Path, bad: Mirror, good: Mirror) -> None:
    good.files[f"/tiny/{ARCHIVE.name}"] = PACKED
    run(tmp_path, bad, own=good.url)
    assert bad.asked == []


def test_when_nothing_works_the_error_says_what_to_put_where(tmp_path: Path, bad: Mirror) -> None:
    bad.behaviours = [answers(503)]
    with pytest.raises(FileError) as caught:
        list(fetch(entry([ARCHIVE], [bad.url]), Sources(cache=tmp_path)))
    assert caught.value.message == "tiny is not here, and could not be fetched"
    hint = caught.value.hint
    for part in (
        f"{bad.url}{ARCHIVE.name}: 503",
        str(tmp_path / "tiny"),
        ARCHIVE.name,
        f"{len(PACKED):,}",
        hashlib.sha256(PACKED).hexdigest(),
        "CNNCALC_CACHE",
    ):
        assert part in hint


def test_offline_nobody_is_asked(tmp_path: Path, good: Mirror) -> None:
    with pytest.raises(FileError) as caught:
        list(fetch(entry([ARCHIVE], [good.url]), Sources(cache=tmp_path, offline=True)))
    assert "CNNCALC_OFFLINE is set" in caught.value.hint
    assert ARCHIVE.sha256 in caught.value.hint
    assert good.asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named_and_no_other_mirror_asked(
    tmp_path: Path, good: Mirror
) -> None:
    (tmp_path / "tiny").write_text("a file where the folder should be")
    with pytest.raises(FileError, match="cannot be written to") as caught:
        list(fetch(entry([ARCHIVE], [good.url, good.url]), Sources(cache=tmp_path)))
    assert str(tmp_path / "tiny") in caught.value.message
    assert "CNNCALC_CACHE" in caught.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_full_disk_is_not_blamed_on_the_mirror(tmp_path: Path, good: Mirror) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / f"{ARCHIVE.name}.part").symlink_to("/dev/full")
    (tmp_path / "tiny" / f"{ARCHIVE.name}.part.json").mkdir()  # so that it is not taken away before
    with pytest.raises(FileError, match="cannot be written to"):
        list(fetch(entry([ARCHIVE], [good.url, good.url]), Sources(cache=tmp_path)))


FETCH = f"""
import sys
from pathlib import Path
from cnncalc.learning.data.fetching import fetch
from cnncalc.learning.data.places import Sources
from tests.learning.data.mirror import entry
from cnncalc.learning.data.catalogue import Archive, Part
archive = {ARCHIVE!r}
for event in fetch(entry([archive], [sys.argv[1]]), Sources(cache=Path(sys.argv[2]))):
    print(type(event).__name__, flush=True)
"""


def test_two_processes_fetch_it_once(tmp_path: Path, good: Mirror) -> None:
    good.behaviours = [held := Held()]

    def process() -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", FETCH, good.url, str(tmp_path)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    with process() as first:
        assert held.asked.wait(60)
        with process() as second:
            assert second.stdout is not None
            assert second.stdout.readline() == f"{Waiting.__name__}\n"
            held.go.set()
            assert first.wait(60) == second.wait(60) == 0
            assert second.stdout.read() == f"{Fetched.__name__}\n"
    assert len(good.asked) == 1


class Held:
    """Answers well, but only when it is let go."""

    def __init__(self) -> None:
        from threading import Event

        self.asked = Event()
        self.go = Event()

    def __call__(self, handler: object, content: bytes) -> None:
        self.asked.set()
        self.go.wait(60)
        whole(handler, content)  # type: ignore[arg-type]
