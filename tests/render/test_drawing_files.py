"""Drawings as files: the same marks as SVG and as PNG."""

from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from cnncalc.render.drawing import Drawing, Line, Polygon, Text
from cnncalc.render.drawing_files import PIXELS, png, svg

SVG = "{http://www.w3.org/2000/svg}"
SQUARE = Polygon(((10, 10), (30, 10), (30, 30), (10, 30)), "#ff0000", "#0000ff")
DRAWING = Drawing(
    60,
    40,
    'a <"title"> & more',
    "what is seen",
    "#ffffff",
    (SQUARE, Line(((5, 35), (55, 35)), "#00ff00"), Text(45, 20, "3×3 <&>", 12, "#000000")),
)


def test_the_svg_is_xml_with_title_description_and_texts() -> None:
    root = ElementTree.fromstring(svg(DRAWING))
    assert (root.get("viewBox"), root.get("role")) == ("0 0 60 40", "img")
    assert root.findtext(f"{SVG}title") == 'a <"title"> & more'
    assert root.findtext(f"{SVG}desc") == "what is seen"
    assert [text.text for text in root.iter(f"{SVG}text")] == ["3×3 <&>"]
    [polygon] = root.iter(f"{SVG}polygon")
    assert (polygon.get("points"), polygon.get("fill")) == (
        "10.0,10.0 30.0,10.0 30.0,30.0 10.0,30.0",
        "#ff0000",
    )
    assert len([*root.iter(f"{SVG}polyline")]) == 1


def test_the_png_shows_the_same_twice_as_large() -> None:
    pixels = np.asarray(Image.open(BytesIO(png(DRAWING))))
    assert pixels.shape == (80, 120, 3)
    assert tuple(pixels[40, 40]) == (255, 0, 0)
    assert tuple(pixels[20, 40]) == (0, 0, 255)  # the edge
    assert tuple(pixels[4, 4]) == (255, 255, 255)
    assert tuple(pixels[70, 60]) == (0, 255, 0)
    assert pixels[30:50, 70:118].min() < 60  # letters


def test_dashes_leave_gaps() -> None:
    line = Line(((0, 20), (60, 20)), "#000000", dashed=True)
    pixels = np.asarray(Image.open(BytesIO(png(DRAWING._replace(marks=(line,))))))
    assert 0.3 < (pixels[40, :, 0] < 128).mean() < 0.7
    assert b'stroke-dasharray="4"' in svg(DRAWING._replace(marks=(line,)))


def test_a_large_drawing_has_no_more_pixels_than_allowed() -> None:
    large = Image.open(BytesIO(png(DRAWING._replace(width=9000, height=3000))))
    assert large.width * large.height * 4 <= PIXELS * 1.01
    assert large.width / large.height == pytest.approx(3, rel=0.01)
