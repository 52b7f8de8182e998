"""What the last bits of a result depend on besides the program: numpy, BLAS, the machine."""

from __future__ import annotations

import platform
from collections.abc import Iterator

import numpy as np
from threadpoolctl import threadpool_info


def surroundings() -> dict[str, str]:
    """Versions and the instruction sets in use, in words."""
    blas = (
        f"{library['internal_api']} {library['version']} for {library.get('architecture', 'any machine')}"
        for library in threadpool_info()
        if library["user_api"] == "blas"
    )
    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    return {
        "numpy": np.__version__,
        "BLAS": next(blas, "unknown"),
        "machine": " ".join([platform.system(), platform.machine(), *found]),
    }


def changes(then: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    """What is not as it was, in words."""
    for name, value in now.items():
        if then.get(name, value) != value:
            yield f"{name} was {then[name]}, is {value}"
