"""Solving for what is written as ?: the values that lead to a wanted output, the largest that keeps below limits.

`Problem` is a model with unknowns and what is demanded of it, `solve` finds the values for an output, `largest` the
largest one under limits. Both answer with an `Answer`, whose solutions have been through the report.
"""

from cnncalc.arithmetic.solving.answer import Answer, Limit, Solution
from cnncalc.arithmetic.solving.limits import largest
from cnncalc.arithmetic.solving.problem import Demand, Problem
from cnncalc.arithmetic.solving.search import solve

__all__ = ["Answer", "Demand", "Limit", "Problem", "Solution", "largest", "solve"]
