"""Plans, next runs and options in a report: words, pictures and tables."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bayescale.decision.buying.next_runs import NextRuns
from bayescale.decision.cost import write_amount
from bayescale.decision.options import Options
from bayescale.decision.plan import Plan
from bayescale.intervals import interval_name
from bayescale.numbers import format_number
from bayescale.report.document import (
    Block,
    Budgets,
    Bullets,
    Heading,
    Section,
    digits,
    table,
)
from bayescale.report.drawing import picture
from bayescale.report.results import Results


def deciding(results: Results) -> tuple[Section, ...]:
    """A section on what to buy, where anything was decided."""
    blocks: list[Block] = []
    for number, found in enumerate(results.decisions):
        match found:
            case Plan():
                blocks += _of_plan(found, number)
            case NextRuns():
                blocks += _of_next(found, number)
            case Options():
                blocks += _of_options(found)
    return (Section("decision", "The decision", tuple(blocks)),) if blocks else ()


def _of_plan(plan: Plan, number: int) -> Iterator[Block]:
    from bayescale.plots.decisions import regret

    symbols = plan.task.scenarios.law.input_symbols
    interval = interval_name(plan.mass)
    yield Heading(f"Plan under {plan.budget} by {plan.risk}")
    if plan.notes:
        yield Bullets(plan.notes)
    yield picture(f"plan-{number}", plan.plot(), "Risk of the designs that use the budget up.")
    yield table(plan.choice.to_frame().T, f"The design; intervals {interval}", human=symbols)
    yield table(plan.valley, "Designs that are as good (risk within 0.5%)")
    yield table(plan.optimum, f"Posterior of the optimum itself, {interval}")
    if len(plan.limits):
        yield table(plan.limits, "Limits")
    yield picture(f"regret-{number}", regret(plan), "Regret of the plan over the scenarios.")
    yield table(plan.regret.table, "What it may cost to be wrong")
    yield table(plan.alternatives, "The plan under other assumptions", human=symbols)
    caption = f"Plans by budget ({plan.budget.unit}); {interval}"
    yield table(plan.frontier, caption, human=("budget", *symbols), folded=True)
    yield table(plan.table, "Designs that use the budget up", human=symbols, folded=True)


def _of_next(found: NextRuns, number: int) -> Iterator[Block]:
    from bayescale.plots.decisions import candidates

    symbols = tuple(map(str, found.targets.columns))
    yield Heading("The next runs")
    if found.notes:
        yield Bullets(found.notes)
    yield table(found.choice, "The runs to buy, in order", human=("cost", *symbols))
    yield picture(f"next-{number}", candidates(found), "What the best candidates would do.")
    caption = f"Every candidate; widths of {interval_name(found.mass)} of the log response"
    yield table(found.table, caption, human=("cost", *symbols), folded=True)


def _of_options(found: Options) -> Iterator[Block]:
    yield Heading("Options")
    if found.notes:
        yield Bullets(found.notes)
    yield table(found.table, f"Options, {found.response}; {interval_name(found.mass)}")
    yield table(found.pairwise, "Probability that the option of a row beats that of a column")


def budgets_of(plan: Plan) -> Budgets:
    """A slider over the budgets of a plan's frontier, to be laid beside a what-if.

    Its designs are those that the plan would choose under each budget; the page evaluates the
    draws there.
    """
    symbols = plan.task.scenarios.law.input_symbols
    frontier = plan.frontier[plan.frontier["possible"]]
    rows = []
    for row in frontier.to_dict("records"):
        label = write_amount(float(row["budget"]), plan.budget.unit)
        answers = [(name, format_number(float(row[name]))) for name in symbols]
        answers.append((f"risk ({plan.risk})", digits(float(row["risk"]))))
        rows.append((label, tuple(answers)))
    designs = frontier[list(symbols)].to_numpy(dtype=float)
    start = int(np.argmin(np.abs(np.log(frontier["budget"].to_numpy() / plan.budget.amount))))
    caption = f"Budget, spent as the plan by {plan.risk} would"
    return Budgets(caption, tuple(rows), start, tuple(map(tuple, designs.tolist())))
