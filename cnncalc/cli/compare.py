"""cnncalc compare: models side by side, or one map wired in several ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.command import Command, print_json
from cnncalc.cli.options import AsJson, AsJsonSchema
from cnncalc.errors import LanguageError, UsageError

if TYPE_CHECKING:
    from cnncalc.arithmetic.report import Report
    from cnncalc.layers import Shape

app = typer.Typer(add_completion=False)


@app.command(cls=Command)
def compare(
    models: Annotated[
        list[str] | None,
        typer.Argument(help="Texts in quotes, files, named networks, folders of trained ones."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show every layer that differs, however many.")
    ] = False,
    wiring: Annotated[
        bool,
        typer.Option("--fc", help="What maps cost fully connected, locally connected, and as convolutions."),
    ] = False,
    sizes: Annotated[str, typer.Option("--input", help="With --fc: the input, such as 32x32.")] = "",
    units: Annotated[
        int, typer.Option(min=0, help="With --fc: how many units see it; 0 leaves it open.")
    ] = 0,
    kernel: Annotated[str, typer.Option(help="With --fc: the window of a unit.")] = "3x3",
    as_json: AsJson = False,
    _schema: AsJsonSchema = False,
) -> None:
    """Set models side by side: totals, ratios to the first, and the layers that differ.

    With --fc instead: why a convolution shares its weights, in figures.
    """
    specs = models or []
    if wiring:
        show_wiring(specs, sizes, units, kernel, as_json)
        return
    if sizes or units:
        raise UsageError("--input and --units belong to --fc", "put --fc before them")
    if len(specs) < 2:
        raise UsageError(
            "there is nothing to compare" if not specs else f"{specs[0]} has nothing to be compared with",
            "name at least two models, as in cnncalc compare vgg16 resnet50",
        )
    from cnncalc.arithmetic.comparison import Comparison

    comparison = Comparison.of(specs, [report_of(spec) for spec in specs])
    if as_json:
        print_json(comparison.document())
        return
    from cnncalc.render.compare import show_comparison
    from cnncalc.render.console import out

    show_comparison(out(), comparison, every=every)


def report_of(spec: str) -> Report:
    """The figures of a model; raises its error where a layer does not fit."""
    from cnncalc.arithmetic.report import analyse
    from cnncalc.cli.models import model_of

    report = analyse(model_of(spec, []))
    if report.error:
        raise report.error
    return report


def show_wiring(specs: list[str], sizes: str, units: int, kernel: str, as_json: bool) -> None:
    """The argument by which convolution is introduced: for some inputs, and for the maps of models."""
    from cnncalc.arithmetic import connections

    window = sizes_of(kernel, "--kernel")
    inputs = [sizes_of(sizes, "--input")] if sizes else [] if specs else list(connections.SIZES)
    reaches = [connections.Reach.of(shape, window, units or None) for shape in inputs]
    maps = [found for spec in specs for found in connections.wirings(report_of(spec))]
    if specs and not maps:
        raise UsageError(
            f"there is no convolution in {' or '.join(specs)}",
            'give a model with one, such as "input 32x32x3; conv 10x5x5"',
        )
    if not specs and not sizes:
        maps = [connections.five_to_five()]
    if as_json:
        print_json(connections.document(reaches, maps))
        return
    from cnncalc.render.compare import show_maps, show_reaches
    from cnncalc.render.console import out

    if reaches:
        show_reaches(out(), reaches)
    if maps:
        show_maps(out(), maps, gap=bool(reaches))


def sizes_of(text: str, option: str) -> Shape:
    from cnncalc.layers.values import read_sizes

    try:
        shape = read_sizes(text.replace("×", "x"))
    except ValueError as error:
        raise LanguageError(f"{option}: {error}", f"write {option} 3x3") from None
    if 0 in shape or len(shape) > 4:
        raise LanguageError(f"{option} {text} is no size", f"write {option} 3x3")
    return shape
