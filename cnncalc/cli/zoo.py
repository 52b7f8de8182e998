"""cnncalc zoo: the named architectures."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson
from cnncalc.errors import UsageError

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def zoo(
    name: Annotated[str, typer.Argument(help="A named network; without one, all are listed.")] = "",
    as_text: Annotated[
        bool, typer.Option("--text", help="Print the network in the model language, ready for a file.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the named networks, or tell what one of them is.

    Each name can stand wherever a model is expected: cnncalc shape resnet50
    """
    from cnncalc.arithmetic.zoo import ZOO
    from cnncalc.arithmetic.zoo.facts import Facts, listing

    if not name:
        if as_text:
            raise UsageError("--text prints one network", "name it, as in cnncalc zoo vgg16 --text")
        every = [Facts.of(entry) for entry in ZOO.values()]
        if as_json:
            print_json(listing(every))
            return
        from cnncalc.render.console import out
        from cnncalc.render.zoo import show_zoo

        show_zoo(out(), every)
        return
    if name not in ZOO:
        raise UsageError(f"there is no network {name} in the zoo", ZOO.hint(name))
    facts = Facts.of(ZOO[name])
    if as_json:
        print_json({**facts.document(), "text": facts.text})
    elif as_text:
        typer.echo(facts.text)
    else:
        from cnncalc.render.console import out
        from cnncalc.render.zoo import show_facts

        show_facts(out(), facts)
