"""The values that lead to a wanted output, all of them that are usual.

The layers are gone through once, with every shape that can reach them, not with every combination of values: many
values lead to the same shape, so what is to be tried adds up from layer to layer where combinations multiply.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import islice
from math import prod
from operator import add

from cnncalc.arithmetic.columns import Setting
from cnncalc.arithmetic.report import analyse
from cnncalc.arithmetic.solving.answer import Answer, Limit, Solution
from cnncalc.arithmetic.solving.levels import FLAWLESS, Blemishes, Level, Move, Values
from cnncalc.arithmetic.solving.problem import Demand, Problem
from cnncalc.arithmetic.solving.reasons import because
from cnncalc.arithmetic.solving.unknowns import Unknown, unknowns_of
from cnncalc.errors import CnncalcError, LanguageError, UsageError
from cnncalc.layers import Shape
from cnncalc.layers.language import build
from cnncalc.layers.values import LARGEST

BUDGET = 60_000  # layers that are tried, each for a shape; a few seconds
NEAREST = 3
CHECKED = 2_000  # solutions that are looked at where limits are set too


def solve(
    problem: Problem,
    *,
    each: bool = False,
    limits: list[Limit] | None = None,
    setting: Setting | None = None,
    most: int = 20,
    budget: int = BUDGET,
) -> Answer:
    """The solutions of a problem, the plainest first; at most so many of them are worked out.

    The ?s along the axes of one option stand for one number; with `each`, or where that has no solution, each for its
    own. Raises UsageError where nothing is unknown or demanded, and the LanguageError of words that make no model.
    """
    if not problem.demands:
        raise UsageError(
            "nothing is demanded", "say what shall come out, as in --output 16x16, or set a limit"
        )
    search = Search(problem, each=each, budget=budget)
    answer = search.answer(limits or [], setting or Setting(), most)
    if answer.solutions or each or search.is_square:
        return answer
    further = Search(problem, each=True, budget=budget)
    apart = further.answer(limits or [], setting or Setting(), most)
    return apart if apart.solutions else answer


class Search:
    """Every statement with the shapes that reach it, up to the first demand that nothing meets."""

    def __init__(self, problem: Problem, *, each: bool, budget: int) -> None:
        self.problem = problem
        statements = [problem.input, *problem.layers]
        self.levels = [
            Level(statement, unknowns_of(problem, statement, each=each), first=index == 0)
            for index, statement in enumerate(statements)
        ]
        if not self.unknowns:
            raise UsageError("nothing is written as ?", "put ? for the number to be found, as in --pad ?")
        self.demands = {demand.after: demand for demand in problem.demands}
        self.missed: Demand | None = None
        self.reached: list[Shape] = []  # behind the last level
        self.failed: CnncalcError | None = None  # why the last level takes none of the values
        self.explore(budget)

    @property
    def unknowns(self) -> list[Unknown]:
        return [unknown for level in self.levels for unknown in level.unknowns]

    def explore(self, budget: int) -> None:
        shapes: list[Shape] = [()]
        for index, level in enumerate(self.levels):
            level.explore(shapes, budget // 2)
            budget -= level.work
            found = dict.fromkeys(move.to for moves in level.moves.values() for move in moves)
            self.reached = shapes = list(found)
            demand = self.demands.get(index)
            if demand:
                shapes = [shape for shape in shapes if not demand.apart(shape)]
                self.missed = None if shapes else demand
            if not shapes:
                if isinstance(level.error, LanguageError) and not found:
                    raise level.error
                self.levels = self.levels[: index + 1]
                self.failed = level.error
                return
        self.reached = shapes

    @property
    def is_square(self) -> bool:
        """Whether all axes always have the same size, so that what no number leads to no two numbers do."""
        shapes = [move.to for level in self.levels for moves in level.moves.values() for move in moves]
        sizes: list[tuple[int | None, ...]] = [shape[:-1] for shape in shapes if len(shape) > 1]
        sizes += [demand.sizes[: len(sizes[0])] for demand in self.problem.demands if sizes]
        return all(len(set(axes)) <= 1 for axes in sizes)

    def answer(self, limits: list[Limit], setting: Setting, most: int) -> Answer:
        tried = prod(level.count for level in self.levels)
        complete = not any(level.cut for level in self.levels)
        base = Answer(self.unknowns, self.problem.demands, limits, setting, [], 0, tried, complete)
        whole = len(self.levels) == len(self.problem.layers) + 1
        if not self.reached or not whole or self.missed:
            reason = because(self.missed, self.reached, self.failed, self.levels[-1].statement)
            reason = reason if complete else f"among what was tried, {reason}"
            return base._replace(because=reason, nearest=self.nearest())
        count, best = self.best(set(self.reached), CHECKED if limits else most)
        solutions = [self.checked(values) for values in best]
        if limits:
            solutions = [with_figures(solution, limits, setting) for solution in solutions]
            kept = [solution for solution in solutions if below(solution, limits)]
            if not kept:
                over = min(solutions, key=lambda one: excess(one, limits))
                return base._replace(because=exceeded(over, limits), nearest=[over])
            return base._replace(
                solutions=kept[:most], found=len(kept), complete=complete and count <= CHECKED
            )
        return base._replace(solutions=solutions, found=count)

    def best(self, ends: set[Shape], most: int) -> tuple[int, list[Values]]:
        """How many ways lead to some shapes, and the plainest of them: blemishes add up along a way."""
        ways: dict[Shape, tuple[int, list[tuple[Blemishes, Values]]]] = {
            shape: (1, [(FLAWLESS, ())]) for shape in ends
        }
        for level in reversed(self.levels):
            before = {}
            for shape, moves in level.moves.items():
                onward = [move for move in moves if move.to in ways]
                if onward:
                    plainest = heapq.merge(*(longer(move, ways[move.to][1]) for move in onward))
                    count = sum(ways[move.to][0] for move in onward)
                    before[shape] = count, list(islice(plainest, most))
            ways = before
        count, found = ways.get((), (0, []))
        return count, [values for _, values in found]

    def nearest(self) -> list[Solution]:
        """For the outputs that come nearest to what is missed the plainest values, if the whole model takes them."""
        if not self.missed:
            return []
        missed = self.missed
        found: list[Solution] = []
        for shape in sorted(self.reached, key=missed.apart)[: 4 * NEAREST]:
            if len(found) == NEAREST or missed.apart(shape) == LARGEST:
                break
            for values in self.best({shape}, 1)[1]:
                rest = [self.plainest(level) for level in self.rest()]
                solution = self.solution((*values, *(value for one in rest for value in one)))
                if solution.report.error is None:
                    found.append(solution)
        return found

    def rest(self) -> list[list[Unknown]]:
        """The unknowns behind the demand that nothing meets."""
        statements = [self.problem.input, *self.problem.layers][len(self.levels) :]
        return [unknowns_of(self.problem, statement, each=False) for statement in statements]

    @staticmethod
    def plainest(unknowns: list[Unknown]) -> Values:
        return tuple(unknown.values()[0] for unknown in unknowns)

    def filled(self, values: Values) -> Problem:
        """The whole problem with values for all its unknowns."""
        left = iter(values)
        texts: dict[int, list[str]] = {}
        unknowns = [level.unknowns for level in self.levels] + self.rest()
        for statement, these in zip([self.problem.input, *self.problem.layers], unknowns, strict=True):
            at = {mark: value for one in these for value in [next(left)] for mark in one.marks}
            if at:
                texts[id(statement)] = [at[index] for index in sorted(at)]
        return self.problem.filled(texts)

    def solution(self, values: Values) -> Solution:
        """The whole model with values, through the report."""
        whole = self.filled(values)
        return Solution(values, whole.command(), analyse(whole.model()))

    def checked(self, values: Values) -> Solution:
        """A solution whose reports, of the model up to each demand, say what is demanded."""
        solution, whole = self.solution(values), self.filled(values)
        for demand in self.problem.demands:
            part = analyse(build([whole.input, *whole.layers[: demand.after]]))
            assert not demand.apart(part.output)
        assert solution.report.error is None
        return solution


def longer(move: Move, ways: list[tuple[Blemishes, Values]]) -> Iterator[tuple[Blemishes, Values]]:
    """The ways onward with a move in front, in their order."""
    for blemishes, values in ways:
        yield tuple(map(add, move.blemishes, blemishes)), (*move.values, *values)


def with_figures(solution: Solution, limits: list[Limit], setting: Setting) -> Solution:
    return solution._replace(figures=tuple(limit.of(solution.report, setting) for limit in limits))


def below(solution: Solution, limits: list[Limit]) -> bool:
    return all(figure <= limit.most for figure, limit in zip(solution.figures, limits, strict=True))


def excess(solution: Solution, limits: list[Limit]) -> float:
    """How many times a figure is its limit, at worst."""
    return max(figure / max(limit.most, 1) for figure, limit in zip(solution.figures, limits, strict=True))


def exceeded(solution: Solution, limits: list[Limit]) -> str:
    """Which figure is over its limit."""
    over = [
        f"{figure:,} is over the limit of {limit.most:,} for {limit.says}"
        for figure, limit in zip(solution.figures, limits, strict=True)
        if figure > limit.most
    ]
    return "at best " + "; ".join(over)
