"""A run as one HTML page: no script, no file besides it, light and dark, and fit to be printed."""

from __future__ import annotations

import shlex
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from io import BytesIO
from typing import Any

from cnncalc.arithmetic.report import Report
from cnncalc.layers import show
from cnncalc.learning.assessment import Assessment
from cnncalc.learning.data import DataSet
from cnncalc.learning.network import Network
from cnncalc.learning.runs import RunFacts, command
from cnncalc.render.confusion import MOST_PAIRS, caption, flat, percent
from cnncalc.render.history import clock, history_curves
from cnncalc.render.html_style import STYLE
from cnncalc.render.svg_curves import svg_curves

MOST_CLASSES = 40  # of which the matrix is shown; of more, the pairs most often mixed up
MOST_FILTERS = 64


def page(
    name: str,
    run: RunFacts,
    report: Report,
    network: Network,
    data: DataSet | None,
    found: Assessment | None,
    worst: int,
    missing: str = "",
) -> str:
    """The whole page; without the test pictures what the run itself tells."""
    parts = [
        headline(run, found, missing),
        section("Learning curves", curves(run)),
        section("Confusion matrix", matrix(found) if found else ""),
        section("Classes", classes(found) if found else ""),
        section("Worst mistakes", mistakes(found, data, worst) if found and data else ""),
        section("First layer", filters(network)),
        section("Model", model(report)),
        section("Settings", settings(run)),
        section("Epochs", epochs(run)),
        section("Repeat it", repeat(run)),
    ]
    title = escape(f"{name}: {run.trained.data}")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<link rel="icon" href="data:,">\n'  # or browsers ask for one
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(name)}</h1>\n{''.join(parts)}</main>\n</body>\n</html>\n"
    )


def section(title: str, content: str) -> str:
    return f"<section>\n<h2>{title}</h2>\n{content}\n</section>\n" if content else ""


def headline(run: RunFacts, found: Assessment | None, missing: str) -> str:
    """The figures that one looks for first."""
    accuracy = found.accuracy if found else run.accuracy
    error = f" ± {found.standard_error:.2%}" if found else ""
    best = run.best
    tiles = [
        ("accuracy on test pictures", percent(accuracy) + error),
        ("mean " + found.loss_name if found else "", f"{found.loss:.4f}" if found else ""),
        ("wrong", f"{found.pictures - found.right:,} of {found.pictures:,}" if found else ""),
        (
            "best on validation pictures",
            f"{percent(best.validation_accuracy)}, epoch {best.epoch}" if best else "",
        ),
        ("parameters", f"{run.parameters:,}"),
        ("epochs", f"{len(run.history)} of {run.epochs}"),
        ("time of training", clock(run.seconds)),
        ("data", run.trained.data),
        ("written", f"{datetime.fromtimestamp(run.written):%Y-%m-%d %H:%M}"),
    ]
    shown = "".join(
        f"<div><dt>{escape(what)}</dt><dd>{escape(value)}</dd></div>"
        for what, value in tiles
        if value and what
    )
    notes = []
    if not run.finished:
        notes.append(f"This run is unfinished: {len(run.history)} of {run.epochs} epochs are done.")
    if missing:
        notes.append(f"The test pictures could not be looked at: {missing}.")
    said = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    return f'{said}<dl class="tiles">{shown}</dl>\n'


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1, foot: Sequence[str] = ()
) -> str:
    """A table whose first columns are words and the others numbers; the cells are HTML already."""

    def cells(row: Sequence[str], tag: str) -> str:
        kinds = ("" if i < words else ' class="n"' for i in range(len(row)))
        return "".join(f"<{tag}{kind}>{cell}</{tag}>" for kind, cell in zip(kinds, row, strict=True))

    body = "".join(f"<tr>{cells(row, 'td')}</tr>\n" for row in rows)
    end = f"<tfoot><tr>{cells(foot, 'td')}</tr></tfoot>" if foot else ""
    top = f"<thead><tr>{cells(head, 'th')}</tr></thead>"
    return f'<div class="wide"><table>{top}\n<tbody>{body}</tbody>{end}</table></div>'


def curves(run: RunFacts) -> str:
    """Loss and accuracy; of a single epoch there are no curves."""
    found = history_curves(run.history)
    drawn = [svg_curves(name, part, share=name == "accuracy") for name, part in found.items() if part]
    return f'<div class="curves">{"".join(drawn)}</div>' if len(run.history) > 1 else ""


def matrix(found: Assessment) -> str:
    """Rows are classes, columns what they were taken for; the darker, the larger the share of the row."""
    if len(found.classes) > MOST_CLASSES:
        pairs = [
            (escape(found.classes[pair.label]), escape(found.classes[pair.guess]), f"{pair.pictures:,}")
            for pair in found.confusions()[:MOST_PAIRS]
        ]
        return table(("class", "taken for", "pictures"), pairs, words=2)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in found.classes)
    rows = []
    for label, counts in enumerate(found.matrix):
        wrong = max((n for guess, n in enumerate(counts) if guess != label), default=0)
        cells = "".join(
            cell(n, n / max(sum(counts), 1) if guess == label else n / max(wrong, 1), right=guess == label)
            for guess, n in enumerate(counts)
        )
        rows.append(f'<tr><th scope="row">{escape(found.classes[label])}</th>{cells}</tr>')
    return (
        "<p>Rows are the classes, columns what their pictures were taken for. Right ones are blue, by their share; "
        "wrong ones are red, the darker the more of a row.</p>"
        f'<div class="wide"><table class="matrix"><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def cell(pictures: int, strength: float, *, right: bool) -> str:
    if not pictures:
        return "<td>·</td>"
    kind = "right" if right else "wrong"
    return f'<td class="{kind}" style="--s:{0.25 + 0.75 * strength if right else 0.6 * strength:.2f}">{pictures:,}</td>'


def classes(found: Assessment) -> str:
    rows = [
        (escape(row.name), percent(row.precision), percent(row.recall), percent(row.f1), f"{row.support:,}")
        for row in found.by_class()
    ]
    foot = ("mean", *map(percent, found.means()), f"{found.pictures:,}")
    return table(("class", "precision", "recall", "F1", "pictures"), rows, foot=foot)


def mistakes(found: Assessment, data: DataSet, worst: int) -> str:
    """The pictures of the largest loss."""
    figures = []
    for mistake in found.mistakes[:worst]:
        picture, what, sure = caption(mistake, found.classes)
        image = picture_tag(flat(data.test.images[mistake.picture]), what)
        said = f"<b>{escape(what)}</b><br>{escape(sure)}<br>{picture}"
        figures.append(f"<figure>{image}<figcaption>{said}</figcaption></figure>")
    return f'<div class="pictures">{"".join(figures)}</div>' if figures else ""


def filters(network: Network) -> str:
    """The weights of the first layer that has some, where they are as pictures are: white +, black −."""
    import numpy as np

    step = next((step for step in network.steps if f"{step.path}.weight" in network.parameters.views), None)
    weights = network.parameters.views[f"{step.path}.weight"] if step else np.zeros(0)
    if step and weights.ndim == 2 and len(network.model.input) == 3:
        height, width, channels = network.model.input  # a layer that sees the whole picture
        if weights.shape[1] != height * width * channels:
            return ""
        weights = weights.reshape(-1, channels, height, width)
    if not step or weights.ndim != 4 or min(weights.shape[2:]) < 2:
        return ""
    if weights.shape[1] != 3:
        weights = weights.reshape(-1, 1, *weights.shape[2:])  # each channel a picture
    top = float(np.abs(weights).max()) or 1.0
    tiles = np.clip(np.rint(127.5 + 127.5 * weights / top), 0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
    shown = [picture_tag(flat(tile), f"filter {i}") for i, tile in enumerate(tiles[:MOST_FILTERS])]
    more = f" Of {len(tiles):,} the first {MOST_FILTERS}." if len(tiles) > MOST_FILTERS else ""
    about = (
        f"The weights of layer {step.path}, {escape(step.layer.word)}, as pictures: grey is 0, white {top:.3g}, "
        f"black −{top:.3g}.{more}"
    )
    return f'<p>{about}</p><div class="filters">{"".join(shown)}</div>'


def picture_tag(pixels: Any, words: str) -> str:
    """The pixels as a PNG within the page."""
    from PIL import Image

    data = BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return f'<img src="data:image/png;base64,{b64encode(data.getvalue()).decode()}" alt="{escape(words)}">'


def model(report: Report) -> str:
    rows = [
        (
            row.path,
            escape(row.text),
            show(row.input),
            show(row.output),
            f"{row.parameters:,}",
            f"{row.cost.macs:,}",
        )
        for row in report.rows
    ]
    foot = ("", "sum", "", "", f"{report.parameters:,}", f"{report.macs:,}")
    return table(("layer", "", "input", "output", "parameters", "MACs"), rows, words=2, foot=foot)


def settings(run: RunFacts) -> str:
    facts = run.trained
    rows = [
        ("data", facts.data),
        ("classes", ", ".join(facts.classes[:MOST_CLASSES])),
        ("pictures", show(facts.picture)),
        ("mean, deviation of pixels", f"{facts.mean:.4f}, {facts.deviation:.4f}"),
        *((name, "" if value is None else str(value)) for name, value in facts.settings.items()),
    ]
    return table(("", ""), [(escape(name), escape(value)) for name, value in rows if value], words=2)


def epochs(run: RunFacts) -> str:
    """All epochs, the best one marked."""

    def rows() -> Iterator[Sequence[str]]:
        for epoch in run.history:
            values = (epoch.loss, epoch.validation_loss)
            losses = ["–" if value is None else f"{value:.4f}" for value in values]
            yield (
                str(epoch.epoch) + (" <b>best</b>" if epoch is run.best else ""),
                *(losses[0], percent(epoch.accuracy), losses[1], percent(epoch.validation_accuracy)),
                *(f"{epoch.images_per_second:,.0f}", clock(epoch.seconds)),
            )

    head = ("epoch", "loss", "accuracy", "validation loss", "validation accuracy", "images/s", "time")
    return table(head, rows()) if run.history else ""


def repeat(run: RunFacts) -> str:
    return (
        f"<pre>{escape(shlex.join(command(run)))}</pre>"
        "<p>With the same version of cnncalc and numpy, on the same kind of machine and with as many threads, "
        "the weights come out the same to the last bit.</p>"
    )
