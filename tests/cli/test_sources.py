"""Where the commands look for data sets, by system and environment."""

import sys
from pathlib import Path

import pytest

from cnncalc.cli.sources import cache_folder, sources

HOME = Path("home")


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {}, HOME / ".cache" / "cnncalc"),
        ("linux", {"XDG_CACHE_HOME": "xdg"}, Path("xdg", "cnncalc")),
        ("darwin", {}, HOME / "Library" / "Caches" / "cnncalc"),
        ("win32", {"LOCALAPPDATA": "local"}, Path("local", "cnncalc", "Cache")),
        ("win32", {}, None),
        ("linux", {"CNNCALC_CACHE": "mine", "XDG_CACHE_HOME": "xdg"}, Path("mine")),
        ("win32", {"CNNCALC_CACHE": "mine"}, Path("mine")),
    ],
)
def test_the_cache_is_where_each_system_has_such_things(
    monkeypatch: pytest.MonkeyPatch, platform: str, environment: dict[str, str], folder: Path | None
) -> None:
    for name in ("CNNCALC_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache_folder(HOME) == folder


@pytest.mark.parametrize(
    ("value", "offline"),
    [("", False), ("0", False), ("No", False), ("1", True), ("yes", True), ("true", True)],
)
def test_offline_is_what_is_not_no(monkeypatch: pytest.MonkeyPatch, value: str, offline: bool) -> None:
    monkeypatch.setenv("CNNCALC_OFFLINE", value)
    assert sources().offline is offline
    monkeypatch.delenv("CNNCALC_OFFLINE")
    assert sources().offline is False


def test_a_home_that_is_not_there_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", fails)
    for name in ("CNNCALC_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    found = sources()
    assert (found.home, found.cache) == (None, None)
