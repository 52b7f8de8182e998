"""Data sets: by name, fetched once into a cache, or read from a path; pictures with labels, kept as bytes.

`load` finds a set by name or path; `DATASETS` is the catalogue, one entry each; `fetching.fetch` brings one into the
cache and yields what happens; `DataSet.split` holds a validation part out. One file a format: `idx`, `npz`, `cifar`,
`folders`. All of them refuse what is damaged before memory is asked for.
"""

from cnncalc.learning.data.catalogue import DATASETS, Entry
from cnncalc.learning.data.loading import load
from cnncalc.learning.data.places import Sources
from cnncalc.learning.data.rule import Rule
from cnncalc.learning.data.sets import DataSet, Images, Parts, Split

__all__ = ["DATASETS", "DataSet", "Entry", "Images", "Parts", "Rule", "Sources", "Split", "load"]
