"""Where everything stands in the drawing of a model: its pieces in rows on a sheet."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.layers import Shape
from cnncalc.render.drawing_items import Items, Volume, volumes
from cnncalc.render.drawing_parts import LINE, End, Frame, Piece, Place, Point, Scale, Wire, Words, shifted
from cnncalc.render.drawing_pieces import append, piece_of, station

TITLE = 17  # of letters of the head
ROW, MARGIN = 34.0, 24.0  # between rows; around
WIDE = 1100.0  # a row is at least so wide before there is another one
ASPECT = 1.9  # of the whole


class Layout(NamedTuple):
    """The whole drawing: what stands where on a sheet of width×height."""

    width: float
    height: float
    places: list[Place]
    words: list[Words]
    wires: list[Wire]
    frames: list[Frame]


def lay_out(shape: Shape, items: Items) -> Layout:
    """The input and the items in rows, each joined to the one before."""
    begin = Volume("input", (), shape, (), ())
    shapes = [volume.shape for volume in volumes(items) if isinstance(volume, Volume)]
    scale = Scale([shape, *shapes])
    first = station(begin, scale)
    first.entries = []
    rows = in_rows([first, *(piece_of(item, scale) for item in items)])
    sheet = Piece()
    y = 0.0
    ends: End | None = None
    for line in rows:
        whole = Piece()
        for piece in line:
            append(whole, piece)
        way = y + whole.up
        if ends:
            for entry in whole.entries:
                sheet.wires.append(
                    Wire(ends.id, entry.id, turned(ends.points, y, way, entry.points), entry.beside)
                )
        sheet.take(whole, 0, way)
        sheet.width = max(sheet.width, whole.width)
        if whole.exit:
            out = whole.exit._replace(points=(*whole.exit.points, (whole.width, 0.0)))
            ends = out.moved(0, way)
        y = way + whole.down + ROW
    move = MARGIN + ROW / 2
    placed = Piece()
    placed.take(sheet, move, MARGIN + LINE + TITLE)
    height = y + 2 * MARGIN + LINE + TITLE
    return Layout(sheet.width + 2 * move, height, placed.places, placed.words, placed.wires, placed.frames)


def turned(begin: tuple[Point, ...], top: float, way: float, points: tuple[Point, ...]) -> tuple[Point, ...]:
    """From the end of a row around to the beginning of the next one, whose top and way through these are."""
    x, y = begin[-1]
    between = top - ROW / 2
    return (
        *begin,
        (x + ROW / 3, y),
        (x + ROW / 3, between),
        (-ROW / 3, between),
        (-ROW / 3, way),
        *shifted(points, 0, way),
    )


def in_rows(pieces: list[Piece]) -> list[list[Piece]]:
    """As many rows as give the sheet its form, about equally long; what is hardly wider than a piece is one row."""
    widest = max(piece.width for piece in pieces)
    total = sum(piece.width for piece in pieces)
    tall = max(piece.up + piece.down for piece in pieces) + ROW
    if total < 1.4 * widest:
        return [pieces]
    width = max(WIDE, widest, (total * tall * ASPECT) ** 0.5)
    rows = broken(pieces, width)
    narrow = widest
    for _ in range(12):  # the narrowest sheet with as many rows
        middle = (narrow + width) / 2
        narrower = broken(pieces, middle)
        if len(narrower) > len(rows):
            narrow = middle
        else:
            rows, width = narrower, middle
    return rows


def broken(pieces: list[Piece], width: float) -> list[list[Piece]]:
    """Rows of at most that width; a row holds at least one piece."""
    rows: list[list[Piece]] = [[]]
    taken = 0.0
    for piece in pieces:
        if rows[-1] and taken + piece.width > width:
            rows.append([])
            taken = 0.0
        rows[-1].append(piece)
        taken += piece.width
    return rows
