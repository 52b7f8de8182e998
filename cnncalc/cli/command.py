"""The class of every command: errors end as place, fact and remedy, with the right exit code."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

from cnncalc.errors import CnncalcError


class Command(TyperCommand):
    """Shows a CnncalcError instead of raising it; under --json the error is a document too."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CnncalcError as error:
            from cnncalc.render.errors import show_error

            show_error(error, as_json=bool(ctx.params.get("as_json")))
            raise typer.Exit(error.exit_code) from None
