"""What is said of candidate runs, in sentences that a manager understands."""

from __future__ import annotations

import numpy as np

from bayescale.decision.buying.next_runs import NextRuns
from bayescale.decision.cost import write_amount
from bayescale.decision.plan import Plan
from bayescale.intervals import interval_name
from bayescale.numbers import write_point
from bayescale.words.known import margin, told
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
    return (
        f"Of {len(candidates)} candidates the choice {best}{unit} is {runs}, for {price}; after "
        f"{'it' if len(found.chosen) == 1 else 'them'} the interval's width on the log scale is "
        f"expected to be {last['width']:.3g} in the place of {found.width_now:.3g}, "
        f"{_narrower(float(last['reduction']), float(last['reduction_se']))}."
    )


def _narrower(change: float, error: float) -> str:
    if not told(change, error):
        return f"which is not told from no change (± {2 * error:.1%}, two standard errors)"
    says = f"{change:.1%} narrower" if change >= 0 else f"{-change:.1%} wider"
    return f"{says} (± {2 * error:.1%}, two standard errors)"


def _largest(found: NextRuns) -> str:
    """The largest gain of one run, for it often costs more than the best gain per cost."""
    by = "value" if found.question.by == "value" else "reduction"
    place = int(found.table[by].to_numpy().argmax())
    best, row = found.table.iloc[place], int(found.table.index.to_numpy()[place])
    gain, error = float(best[by]), float(best[f"{by}_se"])
    if not told(gain, error):
        return "No run alone has a gain that is told from none."
    does = _narrower(gain, error)
    if found.plan is not None and by == "value":
        unit = found.plan.task.scenarios.law.response.unit
        does = f"it saves {margin(gain, error)} {unit} of the plan's {found.plan.risk}"
    return (
        f"The largest gain of one run, at any cost, is that of {found.candidates.written(row)} for "
        f"{found.candidates.price(row)}: {does}."
    )


def _worth_its_price(found: NextRuns, plan: Plan) -> str:
    last, unit = found.choice.iloc[-1], found.candidates.unit
    value, error = float(last["value"]), float(last["value_se"])
    price = float(last["cost_so_far"])
    of = "it is" if len(found.choice) == 1 else "they are"
    start = f"Before {plan.budget} are committed {of} expected to save"
    if not (told(value, error) and value > plan.regret.precision):
        return f"{start} nothing measurable: not worth the price before we commit."
    return (
        f"{start} {margin(value, error)} {plan.task.scenarios.law.response.unit} of the plan's "
        f"{plan.risk} (two standard errors), which is worth "
        f"{worth(found.worth, plan.budget.unit)}, for {write_amount(price, unit)}: "
        f"{_verdict(found, plan, price, 2 * error / value)}."
    )


def _verdict(found: NextRuns, plan: Plan, price: float, share: float) -> str:
    """Whether the worth exceeds the price by more than its own error, a share of it."""
    if found.candidates.unit != plan.budget.unit:
        return "weigh the two"
    if found.worth * (1 - share) > price:
        return "worth the price before we commit"
    if found.worth * (1 + share) < price:
        return "not worth the price before we commit"
    return "too near to its price to tell"
