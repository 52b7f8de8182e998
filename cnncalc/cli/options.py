"""Arguments and options that several commands take, worded once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Run = Annotated[
    Path, typer.Argument(help="The folder of a trained network, such as runs/mnist-1, or its file.")
]
Threads = Annotated[int, typer.Option(min=0, max=256, help="Worker threads; 0 is one per core.")]
Spec = Annotated[
    str, typer.Argument(help="A text in quotes, a file, a named network, or the folder of a trained one.")
]
