"""What was solved: each solution as a line for the shell with what is put in above it; or why there is none."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from cnncalc.arithmetic.columns import amount
from cnncalc.arithmetic.solving import Answer, Limit, Solution
from cnncalc.layers import show

PLURAL = {"filters", "units"}


def show_answer(answer: Answer, out: Console, err: Console) -> None:
    """Prints the solutions on out; where there is none, why, and what comes nearest, on err."""
    if answer.solutions:
        out.print(Text(heading(answer), style="bold"))
        for solution in answer.solutions:
            show_solution(answer, solution, out)
        left = answer.found - len(answer.solutions)
        if left:
            out.print(
                Text(
                    f"and {left:,} more; --most {answer.found if answer.found <= 10_000 else 100} shows more"
                )
            )
        if answer.limits and answer.nearest:
            out.print(
                Text(f"the next larger, {values_of(answer, answer.nearest[0])}: {over(answer)}", style="dim")
            )
    else:
        err.print(Text.assemble(("none: ", "bold red"), answer.because), soft_wrap=True)
        if answer.nearest:
            err.print(Text("nearest:", style="bold cyan"))
        for solution in answer.nearest:
            show_solution(answer, solution, err)
    if answer.demands:
        (out if answer.solutions else err).print(Text(scope(answer), style="dim"))


def heading(answer: Answer) -> str:
    """What was asked."""
    if not answer.demands:
        options = dict.fromkeys(one.word for one in answer.unknowns)
        most = "most" if {*options} <= PLURAL else "largest"
        return f"the {most} {' and '.join(options)} with {within(answer)}"
    wanted = " and ".join(str(demand) for demand in answer.demands)
    solutions = f"{answer.found:,} solution{'s' * (answer.found != 1)}"
    return f"{solutions} for {wanted}" + (f" with {within(answer)}" if answer.limits else "")


def within(answer: Answer) -> str:
    return " and ".join(f"at most {figure(limit, limit.most)} {limit.says}" for limit in answer.limits)


def figure(limit: Limit, value: int) -> str:
    return f"{value:,} bytes ({amount(value)}) of" if limit.figure == "memory" else f"{value:,}"


def show_solution(answer: Answer, solution: Solution, console: Console) -> None:
    """The values and what they lead to, the line for a shell, and what is worth knowing."""
    facts = Text.assemble((values_of(answer, solution), "cyan"), f" → {show(solution.report.output)}")
    for limit, value in zip(answer.limits, solution.figures, strict=False):
        facts.append(f", {figure(limit, value)} {limit.says}")
    console.print(facts, soft_wrap=True)
    console.print(Text(f"  {solution.command}"), soft_wrap=True)
    for note in solution.notes[:3]:
        console.print(Text.assemble(("  note: ", "yellow"), note), soft_wrap=True)


def values_of(answer: Answer, solution: Solution) -> str:
    """pad 1:2."""
    if len(solution.values) < len(answer.unknowns):  # one number for all
        words = " and ".join(dict.fromkeys(unknown.word for unknown in answer.unknowns))
        return f"{words} {solution.values[0]}"
    return ", ".join(
        f"{unknown.word} {value}" for unknown, value in zip(answer.unknowns, solution.values, strict=True)
    )


def over(answer: Answer) -> str:
    """What of the next larger value is over its limit."""
    figures = zip(answer.limits, answer.nearest[0].figures, strict=True)
    return ", ".join(f"{figure(limit, value)} {limit.says}" for limit, value in figures if value > limit.most)


def scope(answer: Answer) -> str:
    """What was tried."""
    ranges = ", ".join(unknown.tried for unknown in answer.unknowns)
    more = "" if answer.complete else "; not all combinations of larger ones: fix some numbers to try more"
    return f"tried: {ranges}{more}."
