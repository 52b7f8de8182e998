"""Curves as SVG to stand in a page, whose style sheet gives them their colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from cnncalc.render.curves import Curve, axis_for, figure, round_step

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 34, 34
XTICKS = 8


def svg_curves(title: str, curves: Sequence[Curve], *, share: bool) -> str:
    """The curves with axes and a legend; x are epochs."""
    axis = axis_for(curves, share=share)
    xs = [x for curve in curves for x, _ in curve.points]
    low, high = min(xs), max(max(xs), min(xs) + 1)

    def across(x: float) -> float:
        return LEFT + (x - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        return HEIGHT - BOTTOM - axis.place(y) * (HEIGHT - TOP - BOTTOM)

    name = title + (" (log)" if axis.log else "")
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)}">',
        f'<text class="title" x="{LEFT}" y="20">{escape(name)}</text>',
    ]
    ticks = axis.ticks()
    for y in ticks:
        at = down(y)
        parts.append(f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        words = figure(y, ticks, share=share)
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{words}</text>')
    step = max(1, round(round_step((high - low) / XTICKS)))
    for x in range(math.ceil(low), math.floor(high) + 1, step):
        parts.append(f'<text x="{across(x):.1f}" y="{HEIGHT - 12}" text-anchor="middle">{x}</text>')
    for number, curve in enumerate(curves):
        places = [(across(x), down(y)) for x, y in curve.points if math.isfinite(y)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline class="c{number}" points="{line}"/>')
        if len(places) <= 2 * XTICKS:
            parts += [f'<circle class="c{number}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places]
        at = WIDTH - RIGHT - 110 * (len(curves) - number)
        parts.append(f'<rect class="c{number}" x="{at}" y="12" width="14" height="4"/>')
        parts.append(f'<text x="{at + 20}" y="19">{escape(curve.name)}</text>')
    return "".join([*parts, "</svg>"])
