"""The classes of the commands: errors end as place, fact and remedy; layers may be given as options, in order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from cnncalc.errors import CnncalcError, FileError, LanguageError, Place, UsageError, nearest, shown


@contextmanager
def errors_shown(*, as_json: bool) -> Iterator[None]:
    """Shows a CnncalcError and exits with its code; under --json the error is a document too."""
    try:
        with unread_names():
            yield
    except CnncalcError as error:
        if as_json:
            print_json({"schema": 1, "error": error.document()})
        else:
            from cnncalc.render.errors import show_error

            show_error(error)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        raise typer.Exit(130) from None


@contextmanager
def unread_names() -> Iterator[None]:
    """Makes a FileError of what the system says of a file and nobody foresaw, such as that its name is too long."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise
        reason = (error.strerror or str(error)).lower()
        raise FileError(f"{shown(error.filename)}: {reason}", "check the name and the place") from None


def print_json(document: dict[str, Any]) -> None:
    """Prints one document on stdout, in ASCII, whatever the stream encodes."""
    typer.echo(json.dumps(document))


@contextmanager
def slips(ctx: Any) -> Iterator[None]:
    """Makes a UsageError of what Typer finds wrong with the options."""
    try:
        yield
    except typer.BadParameter.__base__ as error:  # type: ignore[misc]  # Typer's UsageError, which has no public name
        raise UsageError(error.format_message(), f"{ctx.command_path} --help lists the options") from None


def in_paragraphs(text: str | None) -> str:
    """The text with a line for each paragraph: where lines end, the terminal's width says."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", text or "")


class Command(TyperCommand):
    """Shows errors instead of raising them, those of its options as those of its work."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        with errors_shown(as_json="--json" in args):
            return super().make_context(info_name, args, parent, **extra)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with slips(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with errors_shown(as_json=bool(ctx.params.get("as_json"))):
            return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.help = in_paragraphs(self.help)
        super().format_help(ctx, formatter)


class Group(TyperGroup):
    """Commands under one name; a slip in theirs is an error like any other."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        self.as_json = "--json" in args
        with errors_shown(as_json=self.as_json):
            return super().make_context(info_name, args, parent, **extra)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args:  # which shows the help
            return super().parse_args(ctx, args)
        with slips(ctx):
            return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if self.get_command(ctx, args[0]) is None:
            known = nearest(args[0], self.list_commands(ctx), f"{ctx.command_path} --help lists the commands")
            raise UsageError(f"there is no command {args[0]}", known)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with errors_shown(as_json=self.as_json):
            return super().invoke(ctx)


class ModelCommand(Command):
    """Takes a model as options too: --conv 10x5x5 --stride 2 …, left in their order in ctx.meta["flags"]."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        from cnncalc.layers.words import split_flags

        flags, others = split_flags(args)
        self.reject_unknown(others, args)
        ctx.meta["flags"] = flags
        try:
            return super().parse_args(ctx, others)
        except UsageError as error:
            if "unexpected extra argument" in error.message:  # words that belong to the model
                named = any(
                    param.name == "model" and param.param_type_name == "option" for param in self.params
                )
                error.hint = (
                    "name the network with --model" if named else "a model of several words stands in quotes"
                )
            raise

    def reject_unknown(self, others: list[str], args: list[str]) -> None:
        """Raises LanguageError for an option that neither the language nor the command knows."""
        own = {name for param in self.params for name in (*param.opts, *param.secondary_opts)} | {"--help"}
        for arg in others:
            name = arg.partition("=")[0]
            if arg.startswith("--") and len(arg) > 2 and name not in own:
                from cnncalc.layers.words import vocabulary

                words = [*own, *(f"--{word}" for word in vocabulary())]
                start = len(" ".join(args[: args.index(arg)])) + (args[0] != arg)
                place = Place(" ".join(args), start, start + len(name))
                raise LanguageError(f"unknown option {name}", nearest(name, sorted(words)), place=place)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from cnncalc.arithmetic.zoo import ZOO

        self.epilog = f"Named networks (cnncalc zoo tells more): {', '.join(ZOO)}."
        # only listed: parse_args takes the language's options out before the parser sees them
        self.params += language_options()
        super().format_help(ctx, formatter)


def language_options() -> list[TyperOption]:
    """The words of the model language as options to be listed: layers first, then modifiers."""
    from cnncalc.layers import Layer
    from cnncalc.layers.language import INPUT_FORM
    from cnncalc.layers.words import INPUT, modifiers
    from cnncalc.layers.writing import form

    def listed(words: list[str], help: str, metavar: str, panel: str) -> TyperOption:  # noqa: A002
        decls = [f"--{word}" for word in words]
        return TyperOption(
            param_decls=decls,
            help=help,
            metavar=metavar or " ",
            rich_help_panel=panel,
            type=str,
            show_default=False,
        )

    classes = dict.fromkeys(Layer.known.values())
    return [
        listed([INPUT], "size of one example", INPUT_FORM, "Layers, in order"),
        *(listed([cls.word, *cls.aliases], cls.help, form(cls), "Layers, in order") for cls in classes),
        *(
            listed([word], option.help, option.kind.form, "Modifiers of the layer before")
            for word, option in modifiers().items()
        ),
    ]
