"""Where the commands find data sets: the one place that looks at the environment for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncalc.learning.checkpoint import Trained
    from cnncalc.learning.data import DataSet, Rule, Sources

NO = ("", "0", "no", "false", "off")


def sources() -> Sources:
    """The user's cache and the places where other programs put data sets.

    CNNCALC_CACHE names another cache, CNNCALC_OFFLINE=1 forbids to fetch, CNNCALC_MIRROR is a server asked first.
    """
    from urllib.request import getproxies

    from cnncalc.learning.data import Sources

    home = home_folder()
    return Sources(
        cache=cache_folder(home),
        offline=os.environ.get("CNNCALC_OFFLINE", "").lower() not in NO,
        home=home,
        here=Path(),
        mirror=os.environ.get("CNNCALC_MIRROR", ""),
        proxies=getproxies(),
    )


def home_folder() -> Path | None:
    """The user's home, which a bare container may lack."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def cache_folder(home: Path | None) -> Path | None:
    """The folder for what can be fetched again, where each system keeps such things."""
    named = os.environ.get("CNNCALC_CACHE")
    if named:
        return Path(named).expanduser() if home else Path(named)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local, "cnncalc", "Cache") if local else None
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "cnncalc" if home else None
    root = os.environ.get("XDG_CACHE_HOME")
    return Path(root, "cnncalc") if root else home / ".cache" / "cnncalc" if home else None


def dataset(what: str, rule: Rule | None = None) -> DataSet:
    """The data set of a name or path; one that is known by name and not here is fetched first."""
    from cnncalc.learning.data import DATASETS, load
    from cnncalc.learning.data.places import find

    places = sources()
    if what in DATASETS and not any(find(DATASETS[what], places)):
        from cnncalc.learning.data.fetching import fetch
        from cnncalc.render.data import FetchDisplay

        with FetchDisplay(DATASETS[what]) as display:
            for event in fetch(DATASETS[what], places):
                display.show(event)
    return load(what, places, rule)


def dataset_for(trained: Trained, what: str, resize: str, *, gray: bool) -> DataSet:
    """A data set for a trained network, by default the one it learned from; a folder by the run's rule or another."""
    from cnncalc.learning.data.bounded import is_folder

    what = what or trained.data
    asked = bool(resize or gray)
    return dataset(what, trained.rule_with(resize, gray) if asked or is_folder(Path(what)) else None)


def rule_of(resize: str, size: str, gray: bool) -> Rule:
    """The rule that options ask for."""
    import re

    from cnncalc.errors import UsageError
    from cnncalc.learning.data import Rule

    if size and not re.fullmatch(r"\d{1,5}[x×X]\d{1,5}", size):
        raise UsageError(f"--size {size} is no size", "a size is HxW, such as 32x32")
    if size and not resize:
        raise UsageError("--size is what --resize brings pictures to", "add --resize fit, crop or stretch")
    sides = re.split("[x×X]", size) if size else []
    return Rule(resize, (int(sides[0]), int(sides[1])) if sides else None, gray)
