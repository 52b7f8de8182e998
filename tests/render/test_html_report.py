"""The page of a run: well-formed, complete, holding all it shows, and escaped; and as a browser sees it."""

import io
import json
import re
import shutil
import socket
import subprocess
import time
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image

from cnncalc.arithmetic.report import analyse
from cnncalc.learning.assessment import Assessment, assess
from cnncalc.learning.checkpoint import load
from cnncalc.learning.data import DataSet
from cnncalc.learning.evaluation import inputs_for
from cnncalc.learning.runs import read_run
from cnncalc.learning.team import Team
from cnncalc.render.html_report import filters, page
from tests.learning.sets import bars
from tests.learning.test_runs import HISTORY, saved

VOID = {"meta", "link", "img", "br"}


class Reader(HTMLParser):
    """Raises where tags do not nest; keeps what is referred to, and the texts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "data", "action")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as the parser calls it
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


NAMES = ("<b>", "a & b", "\"'", "ü")


def made(folder: Path, name: str = "a-1", **changes: Any) -> tuple[str, Assessment, DataSet]:
    """The page of a run whose classes have names that are markup."""
    data = replace(bars(), classes=NAMES)
    run = saved(folder / "a-1", classes=NAMES, **changes)
    network, _ = load(run)
    with Team(1) as team:
        found = assess(network, data.test, data.classes, inputs_for(network, data), team)
    facts = read_run(run)
    return page(name, facts, analyse(facts.model), network, data, found, 5), found, data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_holds_all_it_shows(tmp_path: Path) -> None:
    text, found, data = made(tmp_path)
    reader = read(text)
    assert reader.links
    assert all(link.startswith("data:") for link in reader.links)
    assert not re.search(r"url\(|@import|https?:|<script", text)
    assert reader.tags.count("figure") == min(5, len(found.mistakes)) > 0
    assert reader.tags.count("svg") == 2
    images = [link.partition("base64,")[2] for link in reader.links if "base64" in link]
    first = np.asarray(Image.open(io.BytesIO(b64decode(images[0]))))
    assert np.array_equal(first, data.test.images[found.mistakes[0].picture][..., 0])


def test_the_page_says_what_the_records_say(tmp_path: Path) -> None:
    text, found, _ = made(tmp_path)
    words = read(text).texts
    assert f"{found.accuracy:.2%} ± {found.standard_error:.2%}" in words
    assert "90.00%, epoch 3" in words
    cells = re.findall(r'<tr><th scope="row">.*?</tr>', text)
    assert [
        [int(n) if n != "·" else 0 for n in re.findall(r"<td[^>]*>([\d,·]+)</td>", row)] for row in cells
    ] == [list(row) for row in found.matrix]
    assert "<td>3 <b>best</b></td>" in text
    assert all(f"{epoch.loss:.4f}" in words for epoch in HISTORY)
    assert any("cnncalc train bars --model" in word for word in words)


def test_names_are_not_taken_for_markup(tmp_path: Path) -> None:
    text, *_ = made(tmp_path, name="<i>")
    assert text.count("&lt;i&gt;") == 2, "the title, and the heading"
    assert "<i>" not in text
    assert "&lt;b&gt;" in text
    assert {name for name in NAMES if name in read(text).texts} == set(NAMES)


def test_an_unfinished_run_has_a_page_too(tmp_path: Path) -> None:
    text, *_ = made(tmp_path, epochs=1, finished=False)
    assert "This run is unfinished: 1 of 4 epochs are done." in read(text).texts
    assert "<h2>Learning curves</h2>" not in text, "of one epoch there is no curve"


def test_filters_are_grey_at_nought_and_white_at_the_largest(tmp_path: Path) -> None:
    network, _ = load(saved(tmp_path / "a"))
    weights = network.parameters.views["0.weight"]
    weights[...] = 0
    weights[1, 0, 0, 2], weights[1, 0, 2, 0] = 2.0, -1.0
    tiles = [
        np.asarray(Image.open(io.BytesIO(b64decode(data))))
        for data in re.findall(r'base64,([^"]+)"', filters(network))
    ]
    assert len(tiles) == 2
    assert np.all(tiles[0] == 128)
    assert tiles[1].tolist() == [[128, 128, 255], [128, 128, 128], [64, 128, 128]]


def call(method: str, url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urlopen(request, timeout=60) as answer:
        return json.load(answer)["value"]


@pytest.mark.bench
def test_a_browser_shows_it_without_a_complaint_and_asks_for_nothing(tmp_path: Path) -> None:
    driver, browser = shutil.which("chromedriver"), shutil.which("chromium")
    if not driver or not browser:
        pytest.skip("needs chromium and chromedriver")
    file = tmp_path / "page.html"
    file.write_text(made(tmp_path)[0], encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    root = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                call("GET", f"{root}/status")
                break
            except OSError:
                time.sleep(0.1)
        options = {"binary": browser, "args": ["--headless", "--no-sandbox", "--window-size=900,900"]}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        session = call("POST", f"{root}/session", {"capabilities": {"alwaysMatch": wanted}})
        here = f"{root}/session/{session['sessionId']}"
        try:
            call("POST", f"{here}/url", {"url": file.as_uri()})
            script = (
                "return [document.title, [...document.images].every(i => i.complete && i.naturalWidth > 0),"
                "document.documentElement.scrollWidth <= innerWidth, document.querySelectorAll('svg').length]"
            )
            seen = call("POST", f"{here}/execute/sync", {"script": script, "args": []})
            assert seen == ["a-1: bars", True, True, 2]
            assert call("POST", f"{here}/se/log", {"type": "browser"}) == []
            log = [
                json.loads(entry["message"])["message"]
                for entry in call("POST", f"{here}/se/log", {"type": "performance"})
            ]
            asked = {
                entry["params"]["request"]["url"]
                for entry in log
                if entry["method"] == "Network.requestWillBeSent"
            }
            assert {url for url in asked if not url.startswith("data:")} == {file.as_uri()}
        finally:
            call("DELETE", here)
    finally:
        server.terminate()
        server.wait(30)
