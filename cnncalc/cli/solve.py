"""cnncalc solve: the numbers that are written as ?."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from cnncalc.cli.command import ModelCommand, print_json
from cnncalc.cli.models import statements_of
from cnncalc.cli.options import AsJson, AsJsonSchema, Spec
from cnncalc.errors import UsageError, nearest

app = typer.Typer(add_completion=False)

OUTPUT = "--output"
UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
UNITS |= {f"{letter}i": 1 << 10 * (power + 1) for power, letter in enumerate("kmgt")}


class SolveCommand(ModelCommand):
    """Leaves every --output where it stands among the layers."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        from cnncalc.layers.words import split_flags

        flags: list[str] = []
        others: list[str] = []
        for begin, part in parts(args):
            more, rest = split_flags(part)
            flags += [*begin, *more]
            others += rest
        left = super().parse_args(ctx, others)
        ctx.meta["flags"] = flags
        return left


def parts(args: list[str]) -> list[tuple[list[str], list[str]]]:
    """The arguments cut before every --output; that and its size, and what stands behind."""
    found: list[tuple[list[str], list[str]]] = [([], [])]
    rest = list(reversed(args))
    while rest:
        arg = rest.pop()
        name, equals, value = arg.partition("=")
        if name == OUTPUT:
            size = value if equals else rest.pop() if rest and not rest[-1].startswith("--") else ""
            found.append(([OUTPUT, size], []))
        else:
            found[-1][1].append(arg)
    return found


@app.command(cls=SolveCommand)
def solve(
    ctx: typer.Context,
    model: Spec = "",
    output: Annotated[  # noqa: ARG001 - listed only; it is taken out with the layers
        str,
        typer.Option(
            OUTPUT,
            help="What the layer before it shall put out: 16x16, 16x16x10, or 10; before all layers, the model.",
        ),
    ] = "",
    most_parameters: Annotated[
        str, typer.Option("--max-parameters", help="Find the largest ? with at most so many, such as 1M.")
    ] = "",
    most_macs: Annotated[
        str,
        typer.Option("--max-macs", help="… with at most so many multiply-adds for the batch, such as 100M."),
    ] = "",
    most_memory: Annotated[
        str,
        typer.Option(
            "--max-memory",
            help="… with at most so many bytes, such as 512MB or 2GiB, for parameters and activations in inference.",
        ),
    ] = "",
    training: Annotated[
        bool,
        typer.Option(
            "--training",
            help="Memory for training: parameters and all activations, without gradients and optimiser.",
        ),
    ] = False,
    batch: Annotated[str, typer.Option(help="Examples, for work and memory; ? for the largest batch.")] = "1",
    dtype: Annotated[
        str, typer.Option(help="Type of the numbers in memory: float64, float32, float16, bfloat16 or int8.")
    ] = "float32",
    each: Annotated[
        bool, typer.Option("--each", help="Let the numbers along the axes of an option differ.")
    ] = False,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="Show so many solutions.")] = 20,
    as_json: AsJson = False,
    _schema: AsJsonSchema = False,
) -> None:
    """Find the numbers of a stack that are written as ?, for a wanted output or under a limit.

    cnncalc solve --input 32x32x3 --conv 10x5x5 --stride 2 --pad ? --output 16x16

    cnncalc solve "input 224x224x3; conv ?x3x3 pad same; globalavgpool; fc 10" --max-parameters 1M

    A ? may stand for any size, stride, pad, dilation, number of filters, units or groups. Quote it where
    a shell takes it for the name of a file. Several along the axes of one option are one number, unless
    only different ones solve it, or --each is given. The figures are those of cnncalc shape.
    """
    from cnncalc.arithmetic.columns import BYTES, Setting
    from cnncalc.arithmetic.solving import Limit, Problem, largest
    from cnncalc.arithmetic.solving import solve as solved

    if dtype not in BYTES:
        raise UsageError(f"there is no type {dtype}", nearest(dtype, BYTES))
    largest_batch = batch == "?"
    if not largest_batch and not re.fullmatch("[1-9][0-9]{0,8}", batch):
        raise UsageError(f"a batch of {batch}", "write a number of examples, or ?")
    setting = Setting(1 if largest_batch else int(batch), dtype)
    texts = {"parameters": most_parameters, "macs": most_macs, "memory": most_memory}
    limits = [
        Limit(figure, amount_of(text, bytes_=figure == "memory"), training and figure == "memory")
        for figure, text in texts.items()
        if text
    ]
    if training and not most_memory:
        raise UsageError("--training is about memory", "set a limit: --max-memory 512MB")
    problem = Problem.of(model, statements_of(model) if model else [], ctx.meta["flags"])
    if limits and (largest_batch or not problem.demands):
        if problem.demands:
            raise UsageError("a batch has no output", "leave --output out, or fix the batch")
        answer = largest(problem, limits, setting, batch=largest_batch)
    elif largest_batch:
        raise UsageError("nothing limits the batch", "set a limit: --max-memory 512MB")
    else:
        answer = solved(problem, each=each, limits=limits, setting=setting, most=most)
    if as_json:
        print_json(answer.document())
    else:
        from cnncalc.render.console import err, out
        from cnncalc.render.solving import show_answer

        show_answer(answer, out(), err())
    if not answer.solutions:
        raise typer.Exit(1)


def amount_of(text: str, *, bytes_: bool = False) -> int:
    """1000000, 1e6, 1M, and of bytes 512MB or 512MiB, as a number; raises UsageError."""
    suffix = "b?" if bytes_ else ""
    match = re.fullmatch(
        rf"([0-9]{{1,15}}(?:\.[0-9]{{1,15}})?(?:e[0-9]{{1,2}})?)\s*((?:[kmgt]i?)?){suffix}", text.lower()
    )
    if not match:
        such = "512MB or 2GiB" if bytes_ else "1000000, 1e6 or 1M"
        raise UsageError(f"{text} is no amount", f"write a number such as {such}")
    return int(float(match[1]) * UNITS[match[2]])
