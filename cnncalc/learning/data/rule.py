"""How pictures of another size or colour depth than the network's are brought to it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from cnncalc.errors import UsageError

RULES = ("fit", "crop", "stretch")


@dataclass(frozen=True)
class Rule:
    """How the pictures of a folder become one shape; what would need a rule that is not given is refused.

    resize: fit, the whole picture with black around it; crop, its middle; stretch, each axis by itself; all bilinear,
    over the area that a pixel comes from. size: (H, W); by default that of the first picture. gray: one channel of
    8 bits, 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) or the upper 8 of 16 bits, what is transparent laid on black.
    """

    resize: str = ""
    size: tuple[int, int] | None = None
    gray: bool = False

    def __post_init__(self) -> None:
        if self.resize and self.resize not in RULES:
            raise UsageError(f"there is no way to resize called {self.resize}", f"known: {', '.join(RULES)}")
        if self.size and min(self.size) < 1:
            raise UsageError("pictures have at least one pixel a side", "such as --size 32x32")

    def facts(self) -> dict[str, Any]:
        """The rule for the run's file; nothing where there is none."""
        return asdict(self) if self != Rule() else {}

    @classmethod
    def read(cls, facts: dict[str, Any]) -> Rule:
        """What facts() wrote down; raises ValueError, TypeError or KeyError where that makes no sense."""
        if not facts:
            return cls()
        size = None if facts["size"] is None else (int(facts["size"][0]), int(facts["size"][1]))
        return cls(str(facts["resize"]), size, bool(facts["gray"]))
