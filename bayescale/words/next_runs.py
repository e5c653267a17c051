"""What is said of candidate runs, in sentences that a manager understands."""

from __future__ import annotations

import numpy as np

from bayescale.decision.buying.next_runs import NextRuns
from bayescale.decision.cost import write_amount
from bayescale.decision.plan import Plan
from bayescale.intervals import interval_name
from bayescale.numbers import write_point
from bayescale.words.plan import worth


def next_runs_sentences(found: NextRuns) -> str:
    """What is known today, what to buy and what that does, and whether it is worth its price.

    Parameters
    ----------
    found : NextRuns
        Without a plan the last sentence is left out.

    Returns
    -------
    str
        A line each.
    """
    said = [_today(found), _chosen(found)]
    if found.question.per_cost and len(found.choice) == 1 and len(found.table) > 1:
        said.append(_largest(found))
    if found.plan is not None:
        said.append(_worth_its_price(found, found.plan))
    return "\n".join(said)


def _today(found: NextRuns) -> str:
    response, kind = found.question.scenarios.law.response, found.question.scenarios.kind
    of = "a new run's" if kind == "run" else "the curve's"
    interval = interval_name(found.mass)
    if len(found.targets) > 1:
        return (
            f"Today {of} {response.symbol} at {len(found.targets)} targets is known to a factor of "
            f"{np.exp(found.width_now):.4g} (mean {interval} interval, upper over lower)."
        )
    row = found.today.iloc[0]
    return (
        f"Today {of} {response.symbol} at {write_point(found.targets.iloc[0].to_dict())} is "
        f"{row['median']:.4g} ({interval}: {row['lower']:.4g} to {row['upper']:.4g})."
    )


def _chosen(found: NextRuns) -> str:
    candidates, last = found.candidates, found.choice.iloc[-1]
    runs = "; then ".join(candidates.written(row) for row in found.chosen)
    price = write_amount(float(last["cost_so_far"]), candidates.unit)
    by_value = found.question.by == "value"
    best = "by what it is worth" if by_value else "by the width of that interval"
    unit = " per unit of cost" if found.question.per_cost else ""
    change = float(last["reduction"])
    says = f"{change:.1%} narrower" if change >= 0 else f"{-change:.1%} wider"
    return (
        f"Of {len(candidates)} candidates the choice {best}{unit} is {runs}, for {price}; after "
        f"{'it' if len(found.chosen) == 1 else 'them'} the interval's width on the log scale is "
        f"expected to be {last['width']:.3g} in the place of {found.width_now:.3g}, {says} "
        f"(± {2 * last['reduction_se']:.1%}, two standard errors)."
    )


def _largest(found: NextRuns) -> str:
    """The largest gain of one run, for it often costs more than the best gain per cost."""
    gain = found.table["value" if found.question.by == "value" else "reduction"]
    place = int(gain.to_numpy().argmax())
    best, row = found.table.iloc[place], int(found.table.index.to_numpy()[place])
    return (
        f"The largest gain of one run, at any cost, is that of {found.candidates.written(row)} for "
        f"{found.candidates.price(row)}: {float(best['reduction']):.1%} narrower "
        f"(± {2 * float(best['reduction_se']):.1%})."
    )


def _worth_its_price(found: NextRuns, plan: Plan) -> str:
    last, unit = found.choice.iloc[-1], found.candidates.unit
    value, error = float(last["value"]), 2 * float(last["value_se"])
    price = float(last["cost_so_far"])
    of = "it is" if len(found.choice) == 1 else "they are"
    start = (
        f"Before {plan.budget} are committed {of} expected to save {value:.3g} "
        f"{plan.task.scenarios.law.response.unit} of the plan's {plan.risk} "
        f"(± {error:.2g}, two standard errors)"
    )
    if value < -error:
        return f"{start}: outcomes would mislead the fit. Not worth the price before we commit."
    if value <= error:
        return f"{start}, which may as well be nothing: not worth the price before we commit."
    verdict = "worth the price" if found.worth > price else "not worth the price"
    verdict = verdict if unit == plan.budget.unit else "weigh the two"
    return (
        f"{start}, which is worth {worth(found.worth, plan.budget.unit)}, for "
        f"{write_amount(price, unit)}: {verdict} before we commit."
    )
