"""cnncalc filter: lay a kernel over a picture."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson

if TYPE_CHECKING:
    from cnncalc.imaging.filtering import Filtered
    from cnncalc.imaging.kernels import Kernel
    from cnncalc.imaging.pictures import Picture

SHIPPED = ("samples/chelsea.png", "samples/camera.png")

app = typer.Typer(add_completion=False)


@app.command("filter", cls=Command)
def filter_command(
    picture: Annotated[Path, typer.Argument(help=f"The picture; {' and '.join(SHIPPED)} are always there.")],
    kernel: Annotated[
        str, typer.Option("--kernel", "-k", help="The kernel's name; cnncalc kernels lists them.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file to write; else NAME-KERNEL.EXT beside the picture."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show the result in the terminal, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Lay a kernel over a picture: sharpen it, find its edges.

    Each colour channel is correlated with the kernel (nothing is flipped).
    The size stays; beyond the border the edge pixels are repeated.
    What falls outside the range of the pixels is clipped, and counted.
    Transparency stays as it is.
    """
    from cnncalc.errors import UsageError
    from cnncalc.imaging import kernels, pictures
    from cnncalc.imaging.filtering import filter_picture
    from cnncalc.numerics.cores import cores

    if show and as_json:
        raise UsageError("--show and --json both speak on stdout", "leave one of them out")
    entry = kernels.find(kernel)
    source, folder = locate(picture)
    if out is not None:
        refuse_itself(source, out, force)
        pictures.check_target(out, overwrite=force)
    before = pictures.read(source)
    target = out or default_target(folder / picture.name, before, entry)
    pictures.check_target(target, overwrite=force)
    start = perf_counter()
    after = filter_picture(before, entry, threads=cores())
    record = Record.of(picture, before, entry, after, target, perf_counter() - start)
    pictures.write(target, after.picture, overwrite=force)
    report(record, as_json)
    if show:
        from cnncalc.render.console import out as console
        from cnncalc.render.picture import show_picture

        show_picture(console(), after.picture.pixels)


def locate(path: Path) -> tuple[Path, Path]:
    """The file meant, and the folder for results: for a shipped sample that is the current one."""
    from cnncalc.errors import FileError, nearest
    from cnncalc.imaging.pictures import shown
    from cnncalc.shipped import sample

    parts = path.parts
    if len(parts) == 2 and parts[0] == "samples" and not os.path.lexists(path):
        shipped = sample(parts[1])
        if shipped is not None:
            return shipped, Path()
        if not path.parent.is_dir():
            raise FileError(f"there is no file {shown(path)}", nearest(shown(path), SHIPPED))
    return path, path.parent


def refuse_itself(source: Path, target: Path, force: bool) -> None:
    """UsageError where the result would take the picture's own place, unless that is what is wanted."""
    from cnncalc.errors import UsageError
    from cnncalc.imaging.pictures import shown

    if not force and source.exists() and target.exists() and source.samefile(target):
        fact = f"{shown(target)} is the picture itself"
        raise UsageError(fact, "--force overwrites it, --out names another file")


def default_target(path: Path, picture: Picture, kernel: Kernel) -> Path:
    """NAME-KERNEL.EXT; .png where the picture's own format is not written or would not hold the result."""
    from cnncalc.imaging.pictures import WRITERS

    writer = WRITERS.get(path.suffix.lower())
    suffix = path.suffix if writer and picture.mode in writer.modes else ".png"
    return path.with_name(f"{path.stem}-{kernel.name}{suffix}")


@dataclass(frozen=True)
class Record:
    """What was done, as it is printed and as --json gives it."""

    picture: str
    output: str
    size: tuple[int, int, int]  # H, W, C
    bits: int
    kernel: str
    kernel_size: tuple[int, int]
    sum: int
    divisor: int
    border: str
    clipped: int
    values: int
    seconds: float
    notes: tuple[str, ...]

    @classmethod
    def of(
        cls, path: Path, before: Picture, kernel: Kernel, after: Filtered, target: Path, seconds: float
    ) -> Record:
        from cnncalc.imaging.pictures import shown
        from cnncalc.numerics.taps import BORDER

        return cls(
            picture=shown(path),
            output=shown(target),
            size=before.shape,
            bits=before.pixels.itemsize * 8,
            kernel=kernel.name,
            kernel_size=kernel.size,
            sum=kernel.sum,
            divisor=kernel.divisor,
            border=BORDER,
            clipped=after.clipped,
            values=before.pixels.size,
            seconds=round(seconds, 6),
            notes=before.notes,
        )


def report(record: Record, as_json: bool) -> None:
    """Prints the record: the document, or a few lines and the notes on stderr."""
    if as_json:
        print_json({"schema": 1, **asdict(record)})
        return
    from cnncalc.render.console import err, out

    for note in record.notes:
        err().print(f"note: {note}", soft_wrap=True)
    h, w, c = record.size
    kh, kw = record.kernel_size
    divided = f" ÷ {record.divisor}" if record.divisor > 1 else ""
    lines = {
        "picture": f"{record.picture}, {h}×{w}×{c}, {record.bits} bits a channel",
        "kernel": f"{record.kernel}, {kh}×{kw}, sum {str(record.sum).replace('-', '−')}{divided}",
        "borders": record.border,
        "clipped": f"{record.clipped:,} of {record.values:,} values ({record.clipped / record.values:.1%})",
        "time": f"{record.seconds * 1000:.1f} ms, without reading and writing",
        "wrote": record.output,
    }
    for word, fact in lines.items():
        out().print(f"{word:8} {fact}", soft_wrap=True)
