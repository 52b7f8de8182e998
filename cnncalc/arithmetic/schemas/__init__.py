"""The JSON documents of the commands, described as JSON Schema (draft 2020-12): every field with its meaning and unit.

`--json-schema` prints them. Sizes have the channels last and no batch axis; places in a model count from 0.
"""

from cnncalc.arithmetic.schemas.compare import COMPARE
from cnncalc.arithmetic.schemas.field import FIELDS
from cnncalc.arithmetic.schemas.shape import SHAPE
from cnncalc.arithmetic.schemas.solve import SOLVE

SCHEMAS = {"shape": SHAPE, "solve": SOLVE, "compare": COMPARE, "field": FIELDS}
