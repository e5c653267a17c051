"""What is said of candidate runs, in sentences that a manager understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayescale.decision.buying.candidates import Candidates, write_point
from bayescale.decision.buying.choose import Criterion
from bayescale.decision.buying.outcomes import Question
from bayescale.decision.buying.purchases import columns
from bayescale.decision.cost import write_amount
from bayescale.intervals import bounds, interval_name

if TYPE_CHECKING:
    import pandas as pd

    from bayescale.decision.plan import Plan


def next_runs_sentences(
    question: Question,
    candidates: Candidates,
    table: pd.DataFrame,
    choice: pd.DataFrame,
    criterion: Criterion,
    plan: Plan | None,
) -> str:
    """What is known today, what to buy and what that does, and whether it is worth its price.

    Parameters
    ----------
    question : Question
    candidates : Candidates
    table, choice : pandas.DataFrame
        Of :class:`bayescale.decision.buying.next_runs.NextRuns`.
    criterion : Criterion
    plan : Plan or None
        Without one the last sentence is left out.

    Returns
    -------
    str
        A line each.
    """
    now = float(table["width_now"].iloc[0])
    said = [_today(question, now), _chosen(candidates, choice, criterion, now)]
    if criterion.per_cost and len(choice) == 1 and len(table) > 1:
        said.append(_largest(candidates, table, criterion))
    if plan is not None:
        said.append(_worth_its_price(question, candidates, choice, plan))
    return "\n".join(said)


def _largest(candidates: Candidates, table: pd.DataFrame, criterion: Criterion) -> str:
    """The largest gain of one run, for it often costs more than the best gain per cost."""
    gain = table["value" if criterion.by == "value" else "reduction"]
    place = int(gain.to_numpy().argmax())
    found, row = table.iloc[place], int(table.index.to_numpy()[place])
    return (
        f"The largest gain of one run, at any cost, is that of {candidates.written(row)} for "
        f"{candidates.price(row)}: {float(found['reduction']):.1%} narrower "
        f"(± {2 * float(found['reduction_se']):.1%})."
    )


def _today(question: Question, now: float) -> str:
    law, target = question.scenarios.law, question.targets
    of = "a new run's" if question.scenarios.kind == "run" else "the curve's"
    if len(target) > 1:
        return (
            f"Today {of} {law.response.symbol} at {len(target)} targets is known to a factor of "
            f"{np.exp(now):.4g} (mean {interval_name(question.mass)} interval, upper over lower)."
        )
    draws = question.scenarios(columns(target))
    middle, lower, upper = (float(item[0]) for item in bounds(draws, question.mass))
    return (
        f"Today {of} {law.response.symbol} at {write_point(target.iloc[0])} is {middle:.4g} "
        f"({interval_name(question.mass)}: {lower:.4g} to {upper:.4g})."
    )


def _chosen(candidates: Candidates, choice: pd.DataFrame, criterion: Criterion, now: float) -> str:
    last = choice.iloc[-1]
    runs = "; then ".join(
        write_point(choice[list(candidates.points)].iloc[k]) for k in range(len(choice))
    )
    price = write_amount(float(last["cost_so_far"]), candidates.unit)
    best = "by what it is worth" if criterion.by == "value" else "by the width of that interval"
    unit = " per unit of cost" if criterion.per_cost else ""
    change = float(last["reduction"])
    says = f"{change:.1%} narrower" if change >= 0 else f"{-change:.1%} wider"
    return (
        f"Of {len(candidates)} candidates the choice {best}{unit} is {runs}, for {price}; after "
        f"{'it' if len(choice) == 1 else 'them'} the interval's width on the log scale is expected "
        f"to be {last['width']:.3g} in the place of {now:.3g}, {says} "
        f"(± {2 * last['reduction_se']:.1%}, two standard errors)."
    )


def _worth_its_price(
    question: Question, candidates: Candidates, choice: pd.DataFrame, plan: Plan
) -> str:
    response = question.scenarios.law.response
    last = choice.iloc[-1]
    value, error = float(last["value"]), 2 * float(last["value_se"])
    price = float(last["cost_so_far"])
    of = "it is" if len(choice) == 1 else "they are"
    start = (
        f"Before {plan.budget} are committed {of} expected to save {value:.3g} {response.unit} of "
        f"the plan's {plan.risk} (± {error:.2g}, two standard errors)"
    )
    if value < -error:
        return f"{start}: outcomes would mislead the fit. Not worth the price before we commit."
    if value <= error:
        return f"{start}, which may as well be nothing: not worth the price before we commit."
    gain = extra_budget(plan, value)
    verdict = "worth" if gain > price else "not worth"
    return (
        f"{start}, as much as {write_amount(gain, candidates.unit)} more budget would, for "
        f"{write_amount(price, candidates.unit)}: {verdict} the price before we commit."
    )


def extra_budget(plan: Plan, saving: float) -> float:
    """Budget beyond the plan's that would bring its risk down as far, along its frontier.

    Parameters
    ----------
    plan : Plan
    saving : float
        Risk, in the response's unit, not negative.

    Returns
    -------
    float
        In the budget's unit; infinite where the frontier never comes down that far.
    """
    path = plan.frontier.dropna(subset=["risk"])
    path = path[path["budget"] >= plan.budget.amount * (1 - 1e-9)]
    risk = np.minimum.accumulate(path["risk"].to_numpy())
    wanted = risk[0] - saving
    if wanted < risk[-1]:
        return float("inf")
    log_budget = np.interp(-wanted, -risk, np.log(path["budget"].to_numpy()))
    return float(np.exp(log_budget) - plan.budget.amount)
