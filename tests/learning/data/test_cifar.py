"""CIFAR-10's records by hand, and archives that climb, link, lie or explode."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cnncalc.errors import FileError
from cnncalc.learning.data import cifar

Change = Callable[[tarfile.TarInfo], None]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of two records instead of 10,000."""
    monkeypatch.setattr(cifar, "BATCH", 2)
    monkeypatch.setattr(cifar, "LONGEST", 100_000)


def record(label: int, red: int, green: int, blue: int) -> bytes:
    """A label, then 1,024 values each of red, green and blue, as the data set's page describes it."""
    return bytes([label]) + bytes([red]) * 1024 + bytes([green]) * 1024 + bytes([blue]) * 1024


def batches() -> dict[str, bytes]:
    return {name: record(k, k, 10, 20) + record(9 - k, 30, 40, k) for k, name in enumerate(cifar.FILES)}


def archive(path: Path, *extra: tuple[str, bytes, Change | None], **changed: bytes) -> Path:
    with tarfile.open(path, "w:gz") as file:
        members = [(f"{cifar.FOLDER}/{name}", content, None) for name, content in batches().items()]
        for name, content, change in [*extra, (f"{cifar.FOLDER}/readme.html", b"<p>", None), *members]:
            content = changed.get(Path(name).stem, content)
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if change:
                change(info)
            file.addfile(info, io.BytesIO(content) if info.size == len(content) else None)
    return path


def test_records_become_pictures_with_channels_last(tmp_path: Path) -> None:
    read = {
        name: (records, sha256)
        for name, records, sha256 in cifar.from_archive(archive(tmp_path / "c.tar.gz"))
    }
    assert list(read) == list(cifar.FILES)
    assert {n: s for n, (_, s) in read.items()} == {
        n: hashlib.sha256(b).hexdigest() for n, b in batches().items()
    }
    part = cifar.split([records for records, _ in read.values()])
    assert part.images.shape == (12, 32, 32, 3)
    assert part.labels.tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 5, 4]
    assert part.images[2].reshape(-1, 3)[[0, -1]].tolist() == [[1, 10, 20]] * 2
    assert part.images[3][7, 8].tolist() == [30, 40, 1]


def test_rows_come_before_columns() -> None:
    pixels = np.zeros((3, 32, 32), np.uint8)
    pixels[0, 1, 2] = 99
    records = np.frombuffer(b"\x07" + pixels.tobytes() + record(0, 0, 0, 0), np.uint8).reshape(2, -1)
    assert np.argwhere(cifar.split([records]).images[0]).tolist() == [[1, 2, 0]]


def test_unpacked_batches_are_read_too(tmp_path: Path) -> None:
    for name, content in batches().items():
        (tmp_path / name).write_bytes(content)
    assert [name for name, _, _ in cifar.from_folder(tmp_path)] == list(cifar.FILES)
    (tmp_path / cifar.FILES[3]).write_bytes(b"short")
    with pytest.raises(
        FileError, match=r"data_batch_4\.bin cannot be read: it has 5 bytes; a batch has 6,146"
    ):
        list(cifar.from_folder(tmp_path))


def link(info: tarfile.TarInfo) -> None:
    info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0


def hard_link(info: tarfile.TarInfo) -> None:
    info.type, info.linkname, info.size = tarfile.LNKTYPE, "../../x", 0


def device(info: tarfile.TarInfo) -> None:
    info.type, info.size = tarfile.CHRTYPE, 0


def huge(info: tarfile.TarInfo) -> None:
    info.size = 2**40


@pytest.mark.parametrize(
    ("name", "change", "fact"),
    [
        ("../outside.bin", None, "climbs out"),
        ("cifar-10-batches-bin/../../outside.bin", None, "climbs out"),
        ("/etc/outside.bin", None, "climbs out"),
        ("..\\outside.bin", None, "climbs out"),
        ("cifar-10-batches-bin/link", link, "a link or a device"),
        ("cifar-10-batches-bin/link", hard_link, "a link or a device"),
        ("cifar-10-batches-bin/test_batch.bin", link, "a link or a device"),
        ("cifar-10-batches-bin/null", device, "a link or a device"),
        ("cifar-10-batches-bin/data_batch_1.bin", huge, "has 1,099,511,627,776 bytes, not 6,146"),
        ("cifar-10-batches-py/data_batch_1", None, "pickles, which can run code"),
    ],
)
def test_an_archive_with_a_dangerous_member_is_refused(
    tmp_path: Path, name: str, change: Change | None, fact: str
) -> None:
    path = archive(tmp_path / "c.tar.gz", (name, b"", change))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FileError, match=fact):
        list(cifar.from_archive(path))
    assert sorted(tmp_path.rglob("*")) == before  # nothing was extracted


def test_a_batch_that_is_missing_short_or_repeated_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"test_batch\.bin has 6,145 bytes"):
        list(cifar.from_archive(archive(tmp_path / "a.tar.gz", test_batch=batches()["test_batch.bin"][:-1])))
    whole = gzip.decompress(archive(tmp_path / "b.tar.gz").read_bytes())
    lacking = whole[: whole.rindex(f"{cifar.FOLDER}/test_batch.bin".encode())] + b"\0" * 1024
    (tmp_path / "b.tar.gz").write_bytes(gzip.compress(lacking))
    with pytest.raises(FileError, match=r"lacks test_batch\.bin"):
        list(cifar.from_archive(tmp_path / "b.tar.gz"))


def test_a_bomb_is_refused_when_it_has_grown_too_large(tmp_path: Path) -> None:
    bomb = archive(tmp_path / "c.tar.gz", ("cifar-10-batches-bin/zeros", b"\0" * 10_000_000, None))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(FileError, match="unpacks to more than CIFAR-10 has"):
        list(cifar.from_archive(bomb))


@pytest.mark.parametrize(
    "content", [b"", b"no archive", gzip.compress(b"no tar file" * 100, mtime=0), gzip.compress(b"", mtime=0)]
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.tar.gz").write_bytes(content)
    with pytest.raises(FileError, match=r"c\.tar\.gz"):
        list(cifar.from_archive(tmp_path / "c.tar.gz"))


def test_an_archive_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    whole = archive(tmp_path / "c.tar.gz").read_bytes()
    for length in range(0, len(whole) - 8, 97):
        (tmp_path / "c.tar.gz").write_bytes(whole[:length])
        with pytest.raises(FileError):
            list(cifar.from_archive(tmp_path / "c.tar.gz"))
