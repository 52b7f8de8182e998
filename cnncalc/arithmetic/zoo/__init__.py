"""The named architectures, each a text in the model language.

`ZOO` maps names to entries and is loaded at the first look; a new architecture is one entry in the `ENTRIES` of one of
the families. Parameters and multiply-adds are never written here: they come from the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

from cnncalc.errors import nearest

if TYPE_CHECKING:
    from cnncalc.arithmetic.zoo.entry import Architecture
    from cnncalc.layers import Model

__all__ = ["ZOO", "Zoo"]

FAMILIES = ("classic", "vgg", "inception", "residual", "mobile", "sequences", "segmentation", "training")
TRAINED = ("training", "classic")  # the families of networks that are trained on small pictures


def plain(name: str) -> str:
    """A name without what people write differently: ResNet_50, resnet-50 and resnet50 are one."""
    return name.lower().translate({ord(sign): None for sign in "-_."})


def family_of(name: str) -> tuple[Architecture, ...]:
    """The entries of one family."""
    entries: tuple[Architecture, ...] = import_module(f"cnncalc.arithmetic.zoo.{name}").ENTRIES
    return entries


class Zoo(Mapping[str, "Architecture"]):
    """Entries by name; aliases find them too, and so does a name with other dashes, dots and underscores."""

    @cached_property
    def entries(self) -> dict[str, Architecture]:
        return {entry.name: entry for family in FAMILIES for entry in family_of(family)}

    @cached_property
    def by_plain_name(self) -> dict[str, Architecture]:
        return {
            plain(name): entry for entry in self.entries.values() for name in (entry.name, *entry.aliases)
        }

    def exactly(self, name: str) -> bool:
        """Whether it is a name or an alias as it stands here; one that is not may be a file's, too."""
        return any(name in (entry.name, *entry.aliases) for entry in self.entries.values())

    def __getitem__(self, name: str) -> Architecture:
        return self.entries.get(name) or self.by_plain_name[plain(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def name_of(self, model: Model) -> str:
        """What a network that is trained on small pictures is called here, whatever its input; nothing for others."""
        entries = (entry for family in TRAINED for entry in family_of(family))
        return next((entry.name for entry in entries if entry.model.body == model.body), "")

    def hint(self, name: str) -> str:
        """The nearest name to one that is not known."""
        aliases = [alias for entry in self.entries.values() for alias in entry.aliases]
        return nearest(name, self.entries, nearest(name, aliases, "cnncalc zoo lists the named networks"))


ZOO = Zoo()
