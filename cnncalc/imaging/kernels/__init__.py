"""The kernels and the other steps of a chain, as records; nothing here touches a pixel or loads numpy.

`records` holds what a step is, `catalogue` the steps by name with their parameters, `own` reads what the user wrote
or saved; `course`, `smoothing`, `edges` and `steps` are the entries; `elsewhere` says what other tools call a kernel.
"""

from cnncalc.imaging.kernels.catalogue import CATALOGUE, find
from cnncalc.imaging.kernels.family import Family
from cnncalc.imaging.kernels.records import Bank, Compass, Contrast, Gradient, Kernel, Pool, Step

__all__ = ["CATALOGUE", "Bank", "Compass", "Contrast", "Family", "Gradient", "Kernel", "Pool", "Step", "find"]
