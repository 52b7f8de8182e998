"""Films as GIF and SVG: every frame whole, every part seen when it should be."""

from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnncalc.errors import UsageError
from cnncalc.render.film import (
    FRAMES,
    SIDE,
    Film,
    Label,
    Part,
    Rectangle,
    check_size,
    gif,
    picture,
    save_gif,
    save_svg,
    svg,
)

SVG = "{http://www.w3.org/2000/svg}"


def moving(frames: int) -> Film:
    """A square that goes right, over a ground, under a dashed frame that comes late."""
    squares = [Part(Rectangle(10 * t, 10, 10, 10, "#ff0000"), t, t + 1) for t in range(frames)]
    ground = Part(Rectangle(0, 0, 79, 39, "#ccddee", "#000000", 2), 0, frames)
    late = Part(Rectangle(5, 25, 60, 10, "", "#00aa00", dashed=True), frames // 2, frames)
    label = Part(Label(40, 30, "a < b & −1", 12), 0, frames)
    return Film(80, 40, frames, (ground, *squares, late, label), "moving & more")


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_every_frame_of_a_gif_is_what_was_drawn(frames: int) -> None:
    film = moving(frames)
    image = Image.open(BytesIO(gif(film)))
    assert getattr(image, "n_frames", 1) == frames
    for t in range(frames):
        image.seek(t)
        shown = np.asarray(image.convert("RGB")).astype(int)
        drawn = np.asarray(picture(film, t)).astype(int)
        assert np.array_equal(shown[:20], drawn[:20])
        assert np.abs(shown - drawn).max() <= 24  # the edges of the letters: the palette is small
    assert image.info.get("loop", 0) == 0


def test_the_last_frame_stays_longer() -> None:
    image = Image.open(BytesIO(gif(moving(3))))
    durations = []
    for t in range(3):
        image.seek(t)
        durations.append(image.info["duration"])
    assert durations == [700, 700, 1400]
    assert moving(40).durations[:2] == [250, 250]


def test_what_is_drawn_is_where_it_should_be() -> None:
    shown = picture(moving(7), 3)
    assert shown.size == (80, 40)
    assert [shown.getpixel((x, 15)) for x in (5, 35, 45)] == [(204, 221, 238), (255, 0, 0), (204, 221, 238)]
    dashes = {shown.getpixel((x, 25)) for x in range(5, 65)}
    assert (0, 170, 0) in dashes
    assert len(dashes) > 1


def seen(document: ElementTree.Element, at: float) -> list[tuple[str, ...]]:
    """The positions of the shapes that an SVG shows at a point of its time, 0 to 1, by the rules of SMIL."""
    found = []
    for group in document.iter(SVG + "g"):
        visibility = group.get("visibility", "visible")
        for animation in group.iter(SVG + "animate"):
            times = [float(time) for time in animation.attrib["keyTimes"].split(";")]
            values = animation.attrib["values"].split(";")
            assert times[0] == 0.0
            assert times == sorted(times)
            visibility = [value for time, value in zip(times, values, strict=True) if time <= at][-1]
        if visibility == "visible":
            found += [
                (shape.attrib["x"], shape.attrib["y"]) for shape in group if shape.tag != SVG + "animate"
            ]
    return found


@given(st.integers(1, 40))
def test_an_svg_shows_in_time_what_the_frames_show(frames: int) -> None:
    film = moving(frames)
    document = ElementTree.fromstring(svg(film))
    total = sum(film.durations)
    for t in range(frames):
        middle = (sum(film.durations[:t]) + film.durations[t] / 2) / total
        assert seen(document, middle) == [(str(shape.x), str(shape.y)) for shape in film.shapes(t)]
    assert document.find(SVG + "title").text == "moving & more"  # type: ignore[union-attr]
    assert document.attrib["viewBox"] == "0 0 80 40"


def test_without_motion_the_first_frame_is_seen() -> None:
    film = moving(5)
    document = ElementTree.fromstring(svg(film))
    for animation in list(document.iter(SVG + "g")):
        for child in animation.findall(SVG + "animate"):
            animation.remove(child)
    assert seen(document, 0) == [(str(shape.x), str(shape.y)) for shape in film.shapes(0)]


def test_films_are_saved_under_their_own_endings(tmp_path: Path) -> None:
    save_gif(moving(2), tmp_path / "a.gif")
    save_svg(moving(2), tmp_path / "a.svg")
    assert (tmp_path / "a.gif").read_bytes()[:6] == b"GIF89a"
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == svg(moving(2))
    with pytest.raises(UsageError, match="exists"):
        save_gif(moving(2), tmp_path / "a.gif")
    with pytest.raises(UsageError, match=r"does not end in \.gif"):
        save_gif(moving(2), tmp_path / "b.png")
    save_gif(moving(3), tmp_path / "a.gif", overwrite=True)
    with Image.open(tmp_path / "a.gif") as image:
        assert getattr(image, "n_frames", 1) == 3


def test_what_nobody_looks_at_is_refused() -> None:
    check_size(FRAMES, SIDE, SIDE, "smaller")
    with pytest.raises(UsageError, match="257 positions is too long") as caught:
        check_size(FRAMES + 1, 1, 1, "smaller")
    assert caught.value.hint == "smaller"
    with pytest.raises(UsageError, match="1,401×1 pixels is too large"):
        check_size(1, SIDE + 1, 1, "smaller")
