"""Plans, next runs and options in a report: words, pictures and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from bayescale.decision.buying.next_runs import NextRuns
from bayescale.decision.cost import write_amount
from bayescale.decision.options import Options
from bayescale.decision.plan import Plan
from bayescale.forecast.notes import lines
from bayescale.intervals import interval_name
from bayescale.numbers import format_number
from bayescale.plots.next_runs import candidates
from bayescale.plots.plan import regret
from bayescale.report.document import Block, Budgets, Heading, bullets, digits, picture, table
from bayescale.report.results import Decision


def deciding(decisions: Sequence[Decision]) -> Iterator[Block]:
    """What to buy, where anything was decided."""
    for number, found in enumerate(decisions):
        match found:
            case Plan():
                yield from _of_plan(found, number)
            case NextRuns():
                yield from _of_next(found, number)
            case Options():
                yield from _of_options(found)


def _of_plan(plan: Plan, number: int) -> Iterator[Block]:
    symbols = plan.task.scenarios.law.input_symbols
    interval = f"{interval_name(plan.mass)} of {plan.task.scenarios.meaning}"
    yield Heading(f"Plan under {plan.budget} by {plan.risk}")
    yield from bullets(lines(plan.notes))
    yield picture(f"plan-{number}", plan.plot(), "Risk of the designs that use the budget up.")
    yield table(plan.choice.to_frame().T, f"The design; {interval}", human=symbols)
    yield table(plan.valley, "Designs that are as good (risk within 0.5%)")
    yield table(plan.optimum, "Posterior of the optimum itself")
    if len(plan.limits):
        yield table(plan.limits, "Limits")
    yield picture(f"regret-{number}", regret(plan), "Regret of the plan over the scenarios.")
    yield table(plan.regret.table, "What it may cost to be wrong")
    yield table(plan.alternatives, "The plan under other assumptions", human=symbols)
    caption = f"Plans by budget ({plan.budget.unit})"
    yield table(plan.frontier, caption, human=("budget", *symbols), folded=True)
    yield table(plan.table, "Designs that use the budget up", human=symbols, folded=True)


def _of_next(found: NextRuns, number: int) -> Iterator[Block]:
    symbols = tuple(map(str, found.targets.columns))
    yield Heading("The next runs")
    yield from bullets(lines(found.notes))
    yield table(found.choice, "The runs to buy, in order", human=("cost", *symbols))
    yield picture(f"next-{number}", candidates(found), "What the best candidates would do.")
    yield table(found.table, "Every candidate", human=("cost", *symbols), folded=True)


def _of_options(found: Options) -> Iterator[Block]:
    yield Heading("Options")
    yield from bullets(lines(found.notes))
    yield table(found.table, f"Options, {found.response}")
    yield table(found.pairwise, "Probability that the option of a row beats that of a column")


def budgets_of(plan: Plan) -> Budgets:
    """A slider over the budgets of a plan's frontier, to be laid beside a what-if.

    Its designs are those that the plan would choose under each budget; the page evaluates the
    draws there.
    """
    symbols = list(plan.task.scenarios.law.input_symbols)
    frontier = plan.frontier[plan.frontier["possible"]]
    shown = frontier[symbols].map(format_number)
    shown.insert(0, "budget", [write_amount(x, plan.budget.unit) for x in frontier["budget"]])
    shown[f"risk ({plan.risk})"] = frontier["risk"].map(digits)
    start = np.abs(np.log(frontier["budget"] / plan.budget.amount)).argmin()
    designs = tuple(frontier[symbols].astype(float).itertuples(index=False, name=None))
    caption = f"Budget, spent as the plan by {plan.risk} would"
    return Budgets(table(shown, caption), int(start), designs)
