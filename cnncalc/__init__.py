"""Convolutional-network arithmetic, convolution on pictures, and training of small networks.

In Python there is one function, made for notebooks:

>>> import cnncalc
>>> found = cnncalc.analyse("input 32x32x3; conv 10x5x5 pad 2")
>>> found.output, found.parameters, found.macs
((32, 32, 10), 760, 768000)

`found` shows itself as a table, has the layers as `found.rows` and all figures as `found.to_dict()`. What cannot be
analysed raises `CnncalcError`. All else is the command line's, and may change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncalc.analysis import Analysis as Analysis
    from cnncalc.analysis import analyse as analyse
    from cnncalc.errors import CnncalcError as CnncalcError

__version__ = "0.1.0"
__all__ = ["Analysis", "CnncalcError", "analyse"]


def __getattr__(name: str) -> Any:
    """Loads what is public when it is asked for: the program starts without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from cnncalc import analysis

    return getattr(analysis, name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
