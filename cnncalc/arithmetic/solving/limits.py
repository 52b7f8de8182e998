"""The largest value that keeps below limits of parameters, multiply-adds or memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.arithmetic.columns import Setting
from cnncalc.arithmetic.report import analyse
from cnncalc.arithmetic.solving.answer import Answer, Limit, Solution
from cnncalc.arithmetic.solving.problem import Problem, marks
from cnncalc.arithmetic.solving.unknowns import TIMES, Unknown, unknowns_of
from cnncalc.errors import CnncalcError, LanguageError, ShapeError, UsageError
from cnncalc.layers import Model
from cnncalc.layers.values import LARGEST
from cnncalc.layers.words import INPUT

BATCH = "batch"
GROWING = (
    INPUT,
    "filters",
    "units",
    "multiplier",
    "factor",
    "size",
    TIMES,
    BATCH,
)  # every figure grows with them
COUNTED = ("kernel",)  # figures may fall again, so that every value is looked at
GAP = 256  # values in a row that may not fit the model, such as those that groups do not divide


class Probe(NamedTuple):
    """A value that fits the model, and its figures."""

    value: int
    solution: Solution


class Growth:
    """One value for every ?, and whether its figures keep below the limits."""

    def __init__(
        self, problem: Problem, limits: list[Limit], setting: Setting, unknowns: list[Unknown]
    ) -> None:
        self.problem = problem
        self.limits = limits
        self.setting = setting
        self.batch = unknowns[0].option == BATCH
        self.error: CnncalcError | None = None  # of the last value that did not fit

    def with_value(self, value: int) -> Problem:
        statements = self.problem.statements
        return self.problem.filled({id(one): [str(value)] * marks(one) for one in statements if marks(one)})

    def next_fit(self, value: int) -> Probe | None:
        """The first value from here on that fits the model; None where none of the next ones does."""
        for candidate in range(value, min(value + (1 if self.batch else GAP), LARGEST)):
            try:
                model = self.with_value(candidate).model()
                for _ in model.steps():
                    pass
            except (ShapeError, LanguageError) as error:
                self.error = error
                continue
            return Probe(candidate, self.solution(candidate, model))
        return None

    def solution(self, value: int, model: Model) -> Solution:
        setting = self.setting._replace(batch=value) if self.batch else self.setting
        report = analyse(model)
        extra = f" --batch {setting.batch}" if setting.batch > 1 else ""
        extra += f" --dtype {setting.dtype}" if setting.dtype != "float32" else ""
        figures = tuple(limit.of(report, setting) for limit in self.limits)
        return Solution((str(value),), self.with_value(value).command() + extra, report, figures)

    def keeps_below(self, probe: Probe | None) -> bool:
        pairs = zip(probe.solution.figures if probe else (), self.limits, strict=False)
        return probe is not None and all(figure <= limit.most for figure, limit in pairs)


def largest(problem: Problem, limits: list[Limit], setting: Setting, *, batch: bool = False) -> Answer:
    """The largest number that, put in for every ?, or taken as the batch, keeps below all limits.

    Filters, units, inputs, repetitions and the batch: every figure grows with them, so the number is found by halving;
    values that do not fit the model are passed over. Kernels are all tried. Raises UsageError for other unknowns.
    """
    unknowns = [
        one for statement in problem.statements for one in unknowns_of(problem, statement, each=False)
    ]
    if batch and unknowns:
        raise UsageError("the batch and a number of the model are both written as ?", "fix one of them")
    if batch:
        unknowns = [Unknown(BATCH, "", (), LARGEST)]
    if not unknowns:
        raise UsageError("nothing is written as ?", "put ? for the number to be found, as in --conv ?x3x3")
    options = {unknown.option for unknown in unknowns}
    if not options <= {*GROWING, *COUNTED}:
        [first, *_] = sorted(options - {*GROWING, *COUNTED})
        raise UsageError(
            f"there is no largest {first} under a limit", "demand an output too, as in --output 16x16"
        )
    growth = Growth(problem, limits, setting, unknowns)
    highest = max(unknown.highest for unknown in unknowns)
    probes = list(every(growth, highest)) if options & {*COUNTED} else [*bisected(growth)]
    below = [probe for probe in probes if growth.keeps_below(probe)]
    above = [probe for probe in probes if not growth.keeps_below(probe)]
    answer = Answer(unknowns, [], limits, setting, [], 0, len(probes), because=none_because(growth, above))
    if not below:
        return answer._replace(nearest=[probe.solution for probe in above[:1]])
    best = max(below, key=lambda probe: probe.value)
    following = [probe.solution for probe in above if probe.value > best.value]
    if not following and options <= {*GROWING}:
        said = " and ".join(limit.says for limit in limits)
        return answer._replace(because=f"{said}: under the limit however large ? is")
    if batch:
        answer = answer._replace(setting=setting._replace(batch=best.value))
    return answer._replace(solutions=[best.solution], found=1, because="", nearest=following[:1])


def none_because(growth: Growth, above: list[Probe]) -> str:
    """Why not even the smallest value does."""
    if not above:
        return (
            f"no value fits the model: {growth.error.message}" if growth.error else "no value fits the model"
        )
    smallest = min(above, key=lambda probe: probe.value)
    over = [
        f"{figure:,} for {limit.says}"
        for figure, limit in zip(smallest.solution.figures, growth.limits, strict=True)
        if figure > limit.most
    ]
    return f"? = {smallest.value} is over the limit already: {', '.join(over)}"


def every(growth: Growth, highest: int) -> Iterator[Probe]:
    """All values that fit, up to the highest."""
    value = 1
    while value <= highest and (probe := growth.next_fit(value)):
        yield probe
        value = probe.value + 1


def bisected(growth: Growth) -> Iterator[Probe]:
    """Values around the largest that keeps below the limits: that one, and the next one that fits."""
    low = growth.next_fit(1)
    if low is None and isinstance(growth.error, LanguageError):
        raise growth.error
    if low is None or not growth.keeps_below(low):
        yield from [low] if low else []
        return
    step = 1
    while low.value + step < LARGEST and growth.keeps_below(further := growth.next_fit(low.value + step)):
        assert further is not None
        low, step = further, 2 * step
    high = low.value + step  # from here on no value that fits keeps below
    if high >= LARGEST:
        yield low
        return
    while high - low.value > 1:
        middle = (low.value + high) // 2
        further = growth.next_fit(middle)
        if growth.keeps_below(further):
            assert further is not None
            low = further
        else:
            high = middle
    yield low
    following = growth.next_fit(low.value + 1)
    yield from [following] if following else []
