"""Arguments and options that several commands take, worded once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def print_schema(ctx: typer.Context, wanted: bool) -> None:
    """Prints the JSON Schema of what the command prints under --json."""
    if wanted:
        import json

        from cnncalc.arithmetic.schemas import SCHEMAS

        typer.echo(json.dumps(SCHEMAS[str(ctx.info_name)], indent=2))
        raise typer.Exit


AsJsonSchema = Annotated[
    bool,
    typer.Option(
        "--json-schema",
        callback=print_schema,
        is_eager=True,
        help="Print the JSON Schema of the --json document.",
    ),
]
Run = Annotated[
    Path, typer.Argument(help="The folder of a trained network, such as runs/mnist-1, or its file.")
]
Threads = Annotated[int, typer.Option(min=0, max=256, help="Worker threads; 0 is one per core.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")]
Plot = Annotated[
    Path | None, typer.Option(help="Draw curves and matrices into an .svg or .png file; needs cnncalc[plot].")
]
Resize = Annotated[
    str, typer.Option(help="Bring pictures to one size: fit (black around), crop (the middle), or stretch.")
]
Size = Annotated[str, typer.Option(help="The size for --resize, HxW; by default that of the first picture.")]
Gray = Annotated[bool, typer.Option("--gray", help="Bring pictures to one channel of 8 bits.")]
Spec = Annotated[
    str, typer.Argument(help="A text in quotes, a file, a named network, or the folder of a trained one.")
]


def takes(record: Any, panel: str, readers: dict[str, Callable[[str], Any]]) -> Callable[[Any], Any]:
    """Gives a command the fields of a settings record as options; it is called with the record, as `settings`.

    A field's metadata says what --help shows; `readers` read those values that are more than a number or a word.
    """
    hints = get_type_hints(record)
    options = [
        inspect.Parameter(
            part.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=part.default,
            annotation=Annotated[
                hints[part.name],
                typer.Option(
                    help=part.metadata["help"],
                    min=part.metadata["minimum"],
                    metavar=part.metadata["form"] or None,
                    parser=readers.get(part.name),
                    rich_help_panel=panel,
                ),
            ],
        )
        for part in fields(record)
    ]

    def decorate(command: Any) -> Any:
        signature = inspect.signature(command, eval_str=True)
        own = [option for option in signature.parameters.values() if option.name != "settings"]

        def wrapped(**given: Any) -> None:
            settings = record(**{option.name: given.pop(option.name) for option in options})
            command(settings=settings, **given)

        wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
        wrapped.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in [*own, *options]]
        )
        return wrapped

    return decorate
