"""The pieces of a model's drawing, each laid out by itself: volumes from left to right, lanes above each other.

A piece has its way in at (0, 0) and its way out at (width, 0); pieces are put behind each other in a row and beside
each other in lanes.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.layers import show
from cnncalc.render.drawing_items import Beside, Fork, Gap, Item, Items, Repeat, Volume
from cnncalc.render.drawing_parts import (
    LINE,
    NAME,
    RADIUS,
    SIZE,
    End,
    Frame,
    Piece,
    Place,
    Scale,
    Wire,
    Words,
    is_picture,
    shifted,
)
from cnncalc.render.film import text_width

SPLIT = 16.0  # before branches and behind them
LANE = 16.0


def piece_of(item: Item, scale: Scale) -> Piece:
    match item:
        case Volume():
            return station(item, scale)
        case Fork():
            return fork(item, scale)
        case Beside():
            return beside(item, scale)
        case Repeat():
            return repeated(item, scale)
        case Gap():
            return gap(item)


def station(volume: Volume, scale: Scale) -> Piece:
    """The names of the layers on an arrow, the volume, its size beneath."""
    if volume.sign:
        return disc(volume)
    w, h, back = scale.box(volume.shape, plates=is_picture(volume))
    size = show(volume.shape)
    over = max(0.0, (text_width(size, SIZE) - w - back) / 2 + 3)
    lines = lines_of(volume)
    names = max((text_width(line, NAME) for line in lines), default=0)
    way = max(names + 18.0, 30.0, over) if lines else over
    top = -(h + back) / 2
    piece = Piece(way + w + back + over + 2, max(-top, 10.0 + LINE * len(lines)), -top + 20)
    piece.places.append(Place(volume, way, top + back, w, h, back))
    piece.words += listed(lines, (way - 8) / 2)
    piece.words.append(Words(size, way + (w + back) / 2, -top + 11, SIZE, "ink"))
    # the arrow ends where the volume begins at the height of its middle
    piece.entries.append(End(volume.id, ((0, 0), (way + max(0.0, (back - h) / 2), 0))))
    piece.exit = End(volume.id, ((way + w + back / 2, 0), (piece.width, 0)))
    return piece


def lines_of(volume: Volume) -> list[str]:
    """The names of the layers, their modifiers on lines of their own."""
    return [line for name in volume.names for line in name.split(", ")]


def listed(lines: list[str], x: float) -> Iterator[Words]:
    """Lines above the way, the first one on top."""
    for index, line in enumerate(reversed(lines)):
        yield Words(line, x, -10 - LINE * index)


def disc(volume: Volume) -> Piece:
    """The sign that joins branches, its size beneath, the layers behind it on the way out."""
    size = show(volume.shape)
    half = max(RADIUS, text_width(size, SIZE) / 2)
    lines = lines_of(volume)
    names = max((text_width(line, NAME) + 14.0 for line in lines), default=6.0)
    centre = half + 2
    piece = Piece(centre + max(half, RADIUS + names) + 2, 10.0 + LINE * len(lines), RADIUS + 20)
    piece.places.append(Place(volume, centre - RADIUS, -RADIUS, 2 * RADIUS, 2 * RADIUS, disc=True))
    piece.words += listed(lines, centre + RADIUS + names / 2)
    piece.words.append(Words(size, centre, RADIUS + 11, SIZE, "ink"))
    piece.entries.append(End(volume.id, ((0, 0), (centre - RADIUS, 0))))
    piece.exit = End(volume.id, ((centre + RADIUS, 0), (piece.width, 0)))
    return piece


def gap(item: Gap) -> Piece:
    """Dots for what is left out."""
    text = f"{item.volumes:,} more"
    width = text_width(text, NAME) + 20.0
    piece = Piece(width + 20, 20, 24)
    piece.places.append(Place(item, 10, -5, width, 10))
    piece.words.append(Words(text, 10 + width / 2, 16))
    piece.entries.append(End(item.id, ((0, 0), (10, 0))))
    piece.exit = End(item.id, ((10 + width, 0), (piece.width, 0)))
    return piece


def row(items: Items, scale: Scale) -> Piece:
    """Items behind each other."""
    whole = Piece()
    for item in items:
        append(whole, piece_of(item, scale))
    return whole


def append(whole: Piece, piece: Piece) -> None:
    """Puts a piece behind what there is and joins the loose ends."""
    x = whole.width
    whole.take(piece, x, 0)
    for entry in piece.entries:
        points = shifted(entry.points, x, 0)
        if whole.exit:
            whole.wires.append(Wire(whole.exit.id, entry.id, whole.exit.points + points, entry.beside))
        else:
            whole.entries.append(entry._replace(points=((0, 0), *points)))
    whole.width += piece.width
    if piece.exit:
        whole.exit = piece.exit.moved(x, 0)


def fork(item: Fork, scale: Scale) -> Piece:
    """Lanes from one point to the volume in which they meet; lanes without layers are arcs above the others."""
    lanes = [row(lane, scale) for lane in item.lanes]
    end = station(item.end, scale)
    inner = max(lane.width for lane in lanes)
    meet = SPLIT + inner + SPLIT
    piece = Piece(meet + end.width)
    piece.take(end, meet, 0)
    for lane, y in zip(lanes, heights(lanes, centred=not item.end.sign), strict=True):
        piece.take(lane, SPLIT, y)
        piece.up, piece.down = max(piece.up, 4 - y), max(piece.down, y + 4)
        begin = ((0.0, 0.0), (SPLIT / 2, 0.0), (SPLIT / 2, y), (SPLIT, y))
        piece.entries += [
            entry._replace(points=begin + shifted(entry.points, SPLIT, y)) for entry in lane.entries
        ]
        last = end.entries[0].moved(meet, 0).points[-1]
        corner = last[0] + RADIUS if item.end.sign and y else meet - SPLIT / 2
        into = (corner, -RADIUS) if item.end.sign and y else last
        points = ((SPLIT + inner, y), (corner, y), (corner, into[1]), into)
        if lane.exit:
            wire = lane.exit.moved(SPLIT, y)
            piece.wires.append(Wire(wire.id, item.end.id, wire.points + points))
        else:
            piece.entries.append(End(item.end.id, begin + points))
    assert end.exit
    piece.exit = end.exit.moved(meet, 0)
    return piece


def heights(lanes: list[Piece], *, centred: bool) -> list[float]:
    """Where each lane runs: those with layers around the middle, or from it upwards; those without above them."""
    full = [index for index, lane in enumerate(lanes) if lane.places]
    found = dict.fromkeys(range(len(lanes)), 0.0)
    top = 0.0
    if full and centred:
        tall = sum(lanes[index].up + lanes[index].down for index in full) + LANE * (len(full) - 1)
        first, last = lanes[full[0]], lanes[full[-1]]
        # one lane runs on the way itself; several so that the middle lies between the outer ones
        y = -(tall - first.up - last.down) / 2
        top = y - first.up
        for index in full:
            found[index] = y
            below = full[full.index(index) + 1 :][:1]
            y += lanes[index].down + LANE + (lanes[below[0]].up if below else 0)
    elif full:
        top = -lanes[full[0]].up
        for index in full[1:]:
            found[index] = top - LANE - lanes[index].down
            top = found[index] - lanes[index].up
    for index in range(len(lanes)):
        if index not in full:
            top = min(top, -10.0) - LANE
            found[index] = top if len(lanes) > 1 else 0.0
    return list(found.values())


def beside(item: Beside, scale: Scale) -> Piece:
    """A lane that hangs below the way and leads nowhere."""
    lane = row(item.items, scale)
    y = lane.up + LANE
    piece = Piece(lane.width + 3 * SPLIT)
    piece.take(lane, 2 * SPLIT, y)
    begin = ((0.0, 0.0), (SPLIT, 0.0), (SPLIT, y), (2 * SPLIT, y))
    piece.entries = [
        End(entry.id, begin + shifted(entry.points, 2 * SPLIT, y), beside=True) for entry in lane.entries
    ]
    return piece


def repeated(item: Repeat, scale: Scale) -> Piece:
    """What is shown once, in a frame with the number of times."""
    inner = row(item.items, scale)
    text = f"× {item.times}"
    shown = inner.places[-1].volume if inner.places else None
    if item.shape and isinstance(shown, Volume) and item.shape != shown.shape:
        text += f", then {show(item.shape)}"
    width = max(inner.width, text_width(text, SIZE) + 8.0)
    piece = Piece(width + 2 * SPLIT, inner.up + 24, inner.down + 8)
    piece.take(inner, SPLIT, 0)
    piece.places = [place._replace(times=place.times * item.times) for place in piece.places]
    piece.frames.append(Frame(SPLIT - 8, -inner.up - 8, width + 8, inner.up + inner.down + 14))
    piece.words.append(Words(text, SPLIT - 6, -inner.up - 17, SIZE, "ink", "start"))
    piece.entries = [
        entry._replace(points=((0, 0), *shifted(entry.points, SPLIT, 0))) for entry in inner.entries
    ]
    if inner.exit:
        end = inner.exit.moved(SPLIT, 0)
        piece.exit = end._replace(points=(*end.points, (piece.width, 0)))
    return piece
