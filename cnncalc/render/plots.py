"""Curves and matrices as SVG or PNG files, drawn by matplotlib, which is asked for with the extra `plot`."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cnncalc.errors import UsageError
from cnncalc.learning.assessment import Assessment
from cnncalc.learning.training import Epoch
from cnncalc.render.curves import Curve, axis_for
from cnncalc.render.history import history_curves

if TYPE_CHECKING:
    from pathlib import Path

ENDINGS = (".svg", ".png")
MOST_NUMBERS = 20  # classes up to which the matrix has its numbers written in
DOTS = 150  # an inch, of PNG


def check_plot(path: Path, *, overwrite: bool) -> None:
    """Raises what plotting would raise, as far as can be told beforehand."""
    from importlib.util import find_spec

    from cnncalc.imaging.drawings import check_drawing

    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"{path} does not end in {' or '.join(ENDINGS)}", "--plot names the file to write")
    check_drawing(path, path.suffix.lower(), overwrite=overwrite)
    if find_spec("matplotlib") is None:
        raise UsageError(
            "--plot draws with matplotlib, which is not installed", 'pip install "cnncalc[plot]"'
        )


def evaluation_plot(assessment: Assessment, history: Sequence[Epoch], ending: str) -> bytes:
    """The curves of the training above the confusion matrix."""
    from matplotlib.figure import Figure

    size = max(6.0, min(16.0, 0.45 * len(assessment.classes) + 2))
    curves = {name: found for name, found in history_curves(history).items() if found}
    figure = Figure(figsize=(max(9.0, size), size + 3.2 * bool(curves)), layout="constrained")
    if curves:
        top, bottom = figure.subfigures(2, 1, height_ratios=[3.2, size])
        draw_curves(top, curves)
    else:
        bottom = figure
    draw_matrix(bottom, assessment)
    return saved(figure, ending)


def runs_plot(curves: dict[str, list[Curve]], ending: str) -> bytes:
    """The curves of several runs in the same axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 4.0), layout="constrained")
    draw_curves(figure, curves)
    return saved(figure, ending)


def draw_curves(figure: Any, groups: dict[str, list[Curve]]) -> None:
    for axes, (name, curves) in zip(
        figure.subplots(1, len(groups), squeeze=False)[0], groups.items(), strict=True
    ):
        for curve in curves:
            axes.plot(*zip(*curve.points, strict=True), marker="o", markersize=3, label=curve.name)
        if axis_for(curves, share=name == "accuracy").log:
            axes.set_yscale("log")
        axes.set(title=name, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)


def draw_matrix(figure: Any, assessment: Assessment) -> None:
    """Shares of each class in shades, the numbers written in."""
    axes = figure.subplots()
    shares = [[n / max(sum(row), 1) for n in row] for row in assessment.matrix]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    places = range(len(assessment.classes))
    axes.set_xticks(places, assessment.classes, rotation=90 if max(map(len, assessment.classes)) > 3 else 0)
    axes.set_yticks(places, assessment.classes)
    axes.set(
        xlabel="taken for",
        ylabel="class",
        title=f"{assessment.accuracy:.2%} of {assessment.pictures:,} right",
    )
    if len(assessment.classes) <= MOST_NUMBERS:
        for y, row in enumerate(assessment.matrix):
            for x, n in enumerate(row):
                colour = "white" if shares[y][x] > 0.5 else "black"
                if n:
                    axes.text(x, y, f"{n:,}", ha="center", va="center", color=colour, fontsize=8)


def saved(figure: Any, ending: str) -> bytes:
    """The bytes of the file; texts of an SVG are texts, and the same figure gives the same bytes."""
    import matplotlib

    data = BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "cnncalc"}):
        date = {"Date": None} if ending == ".svg" else {}
        figure.savefig(data, format=ending[1:], dpi=DOTS, metadata=date)
    return data.getvalue()
