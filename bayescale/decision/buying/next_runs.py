"""Which run to buy next: what each candidate is expected to do to the forecast and to the plan.

The same simulated worlds are asked for every candidate how the run would come out, the law's
error beyond the data included. Each outcome weighs the posterior draws as a new fit would that
has seen it (the law and its noise, no error of the law where a run was observed), and the forecast
then starts from the further run where that is the nearer one. The width of the target's interval
is averaged over outcomes. Where the weights' Pareto diagnostic says that a few draws decide, the
runs are fitted again together with some of the outcomes.

With a plan, each outcome leads to the design that its weights find best. What that choice saves
against the choice of today is judged with all that was simulated: with draws weighted by the
outcome, the law's error in it. That is the expected value of sample information. It may be
negative, where outcomes mislead the fit more than they teach it.

Sets are chosen greedily: the first run is bought in every simulated scenario, its outcomes weigh
on, and the next is chosen.

References: Raiffa & Schlaifer (1961), Applied Statistical Decision Theory; Chaloner & Verdinelli
(1995), doi:10.1214/ss/1177009939 (Bayesian design of experiments).
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bayescale.decision.buying.alternatives import Decision, decision_of
from bayescale.decision.buying.candidates import Candidates, derived, read_candidates
from bayescale.decision.buying.choose import FAILING, Criterion, Step, choose
from bayescale.decision.buying.outcomes import Question
from bayescale.decision.buying.purchases import (
    REFIT_CHAINS,
    REFIT_DRAWS,
    one_curve,
    refittable,
)
from bayescale.decision.cost import Cost, read_budget, write_amount
from bayescale.delegates import later
from bayescale.errors import InputError
from bayescale.forecast.forecast import Extrapolation, check_kind
from bayescale.forecast.scenarios import Scenarios, scenarios
from bayescale.intervals import DEFAULT_MASS, check_mass, interval_name
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.prior import Array
from bayescale.numbers import brief
from bayescale.runs.points import read_points

if TYPE_CHECKING:
    import pandas as pd

    from bayescale.decision.plan import Plan
    from bayescale.forecast.mixture import Average
    from bayescale.posterior.fit import Fit

OUTCOMES = 64
By = Literal["width", "value"]


@dataclass(frozen=True, eq=False)
class NextRuns:
    """What candidate runs are expected to do, and which to buy.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per candidate, best first: inputs, ``reach``, ``cost``; ``width`` expected of the
        targets' log interval, ``width_now``; ``reduction``, the share by which it shrinks, with
        its standard error, and per unit of cost; ``value``, the risk that the plan's decision
        saves, in the response's unit, with its standard error and per unit of cost (where there
        is a plan); ``khat``, share of outcomes whose weights fail; ``how`` (weights or refit);
        ``rank``.
    choice : pandas.DataFrame
        The runs to buy, in order: inputs, cost, and width, reduction and value of all up to each.
    chosen : tuple of int
        Which candidates those are, by the index of ``table``; twice where a run is repeated.
    targets : pandas.DataFrame
    candidates : Candidates
        As given.
    width_now : float
        Of the targets' log interval.
    text : str
        A few sentences, a line each.
    mass : float
        Of the equal-tailed intervals.
    by : str
        What the rank is by.
    notes : tuple of str
        What changes how the numbers are read.
    """

    table: pd.DataFrame
    choice: pd.DataFrame
    chosen: tuple[int, ...]
    targets: pd.DataFrame
    candidates: Candidates
    width_now: float
    text: str
    mass: float
    by: str
    notes: tuple[str, ...] = ()

    def plot(self) -> Any:
        """What each candidate costs and does, the chosen ones marked."""
        return later("next_picture")(self)

    def __repr__(self) -> str:
        lines = [self.text, str(self.choice), str(self.table.head(10))]
        return "\n\n".join([*lines, *(f"Caution: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        told = [*self.text.split("\n"), *(f"Caution: {note}" for note in self.notes)]
        tables = [item.to_html(float_format=brief) for item in (self.choice, self.table)]
        return "".join(f"<p>{escape(line)}</p>" for line in told) + "".join(tables)


def next_runs(
    forecaster: Fit | Average,
    candidates: Any = None,
    target: Any = None,
    *,
    plan: Plan | None = None,
    cost: Cost | None = None,
    cost_cap: Any = None,
    total_cap: Any = None,
    count: int = 1,
    by: By | None = None,
    per_cost: bool = True,
    kind: Literal["run", "mean"] = "mean",
    mass: float = DEFAULT_MASS,
    discrepancy: bool | float | Discrepancy = True,
    outcomes: int = OUTCOMES,
    refits: Literal["auto", "never"] = "auto",
    seed: int = 0,
    allow_unconverged: bool = False,
) -> NextRuns:
    """Rank runs that might be bought by what they are expected to do.

    Parameters
    ----------
    forecaster : Fit or Average
    candidates : mapping or pandas.DataFrame, optional
        Raw inputs; numbers or human numbers. A column ``cost`` holds quoted costs (FLOPs, or
        ``"$40K"``) in the place of the formula's. A log grid under ``cost_cap`` if left out.
    target : mapping, pandas.DataFrame or Extrapolation, optional
        Where the forecast matters; the choice of ``plan`` if left out.
    plan : Plan, optional
        The decision that the runs may change; gives the value of each.
    cost : Cost, optional
        What a run costs, its training alone; the plan's, or 6*N*D FLOPs, if left out.
    cost_cap : float or str, optional
        What one run may cost at most: FLOPs, or ``"$40K"``; the total cap if left out.
    total_cap : float or str, optional
        What the chosen runs may cost together.
    count : int, default 1
        How many runs are chosen, greedily.
    by : {"width", "value"}, optional
        What is ranked: the forecast's width, or the value for the plan. Value if there is a plan.
    per_cost : bool, default True
        Rank by the gain per unit of cost; else by the gain alone. What is not told from
        nothing (less than two standard errors) comes after what is.
    kind : {"mean", "run"}, default "mean"
        Of the forecast at the target: the law's curve, or a new run there.
    mass : float, default 0.9
        Of the equal-tailed intervals.
    discrepancy : bool, float or Discrepancy, default True
        How wrong the law may be beyond the data, as for :func:`bayescale.extrapolate`.
    outcomes : int, default 64
        Simulated for each candidate.
    refits : {"auto", "never"}
        Fit again where weights fail, or only say where they do.
    seed : int, default 0
    allow_unconverged : bool, default False
        Use a fit whose sampler failed its checks; the notes then say so.

    Returns
    -------
    NextRuns

    Raises
    ------
    InputError
        For candidates or targets that the law does not take, no candidates at all, costs that
        are not positive, and options out of range.
    UnconvergedError
        If the fit failed its checks and that is not allowed.
    """
    by = by or ("width" if plan is None else "value")
    _check(count, outcomes, by, refits, plan)
    check_mass(mass)
    check_kind(kind)
    draws = scenarios(
        forecaster, discrepancy=discrepancy, seed=seed, allow_unconverged=allow_unconverged
    )
    if count > 1 and any(one_curve(fit) for fit in draws.members):
        raise InputError(
            "Along one learning curve a further point goes on from the last: choose one at a "
            "time (count=1)."
        )
    decision = None if plan is None else decision_of(plan, draws, seed)
    spending = cost or (Cost() if plan is None else plan.task.cost)
    targets = _targets(target, plan, draws, spending)
    unit = "FLOPs" if plan is None else plan.budget.unit
    highest = total_cap if cost_cap is None else cost_cap
    several = read_candidates(candidates, draws, targets, spending, unit, highest)
    total = _total(total_cap, several, count)
    asked = draws.of_new_runs(seed) if kind == "run" else draws
    question = Question(asked, several.points, targets, mass, decision, seed, discrepancy)
    hindrance = _hindrance(draws, decision) if refits == "auto" else "refits were left out (refits)"
    criterion = Criterion(by, per_cost)
    steps = choose(
        question,
        several.cost,
        criterion,
        count=count,
        outcomes=outcomes,
        refits=not hindrance,
        total=total,
    )
    return _answer(question, several, criterion, steps, hindrance, plan)


def _check(count: int, outcomes: int, by: str, refits: str, plan: Plan | None) -> None:
    if count < 1:
        raise InputError(f"At least one run is chosen; count is {count}.")
    if outcomes < 8:
        raise InputError(f"Outcomes are averaged over at least 8; outcomes is {outcomes}.")
    if by not in ("width", "value"):
        raise InputError(f"Runs are ranked by 'width' or 'value', not {by!r}.")
    if by == "value" and plan is None:
        raise InputError("The value of a run is for a decision: give a plan, or rank by 'width'.")
    if refits not in ("auto", "never"):
        raise InputError(f"refits is 'auto' or 'never', not {refits!r}.")


def _total(total_cap: Any, several: Candidates, count: int) -> float:
    if total_cap is None:
        return float("inf")
    cap, least = read_budget(total_cap), count * float(several.cost.min())
    if cap.unit != several.unit:
        raise InputError(f"The total cap is in {cap.unit}, the costs are in {several.unit}.")
    if least > cap.amount * (1 + 1e-9):
        raise InputError(
            f"{count} runs cost at least {write_amount(least, several.unit)}, more than the total "
            f"cap of {cap}: choose fewer, or raise it."
        )
    return cap.amount


def _targets(target: Any, plan: Plan | None, draws: Scenarios, cost: Cost) -> pd.DataFrame:
    if target is None:
        if plan is None:
            named = ", ".join(f"{name!r}: ..." for name in draws.law.input_symbols)
            raise InputError(
                f"Say where the forecast matters: give a target such as {{{named}}}, or a plan."
            )
        target = plan.design.inputs
    if isinstance(target, Extrapolation):
        target = target.points
    return read_points(target, draws.law, derive=derived(draws, cost))


def _hindrance(draws: Scenarios, decision: Decision | None) -> str:
    """Why no candidate can be fitted again; empty where it can."""
    most = REFIT_CHAINS * REFIT_DRAWS
    if decision is not None and decision.risk.minimum_draws > most:
        return f"{decision.risk} takes more than the {most} draws of a refit"
    return refittable(draws)


def _answer(
    question: Question,
    candidates: Candidates,
    criterion: Criterion,
    steps: list[Step],
    hindrance: str,
    plan: Plan | None,
) -> NextRuns:
    now = question.width_now()
    notes = [*question.scenarios.notes]
    skipped = sum(step.skipped for step in steps)
    if skipped:
        notes.append(
            f"the weights of {skipped} candidate{'s' * (skipped > 1)} fail in more than "
            f"{FAILING:.0%} of the outcomes (khat) and stand all the same: "
            + (hindrance or "only the most promising ones are fitted again")
        )
    table = _table(question, candidates, steps[0], now)
    choice = _choice(candidates, steps, now)
    return NextRuns(
        table=table,
        choice=choice,
        chosen=tuple(int(step.order[0]) for step in steps),
        targets=question.targets,
        candidates=candidates,
        width_now=now,
        text=later("next_runs_sentences")(question, candidates, table, choice, criterion, plan),
        mass=question.mass,
        by=criterion.by + " per unit of cost" * criterion.per_cost,
        notes=tuple(notes),
    )


def _table(question: Question, candidates: Candidates, step: Step, now: float) -> pd.DataFrame:
    table = candidates.points.copy()
    table["reach"] = question.scenarios.reach(candidates.inputs())
    table["cost"], table["unit"] = candidates.cost, candidates.unit
    width = [item.width for item in step.judged]
    table["width"], table["width_now"] = [float(values.mean()) for values in width], now
    table["reduction"] = 1 - table["width"] / now
    table["reduction_se"] = [_error(values) / now for values in width]
    table["reduction_per_cost"] = table["reduction"] / candidates.cost
    if question.decision is not None:
        saved = [item.saved for item in step.judged]
        table["value"] = [float(values.mean()) for values in saved]
        table["value_se"] = [_error(values) for values in saved]
        table["value_per_cost"] = table["value"] / candidates.cost
    table["khat"] = [item.failing for item in step.judged]
    table["how"] = [item.how for item in step.judged]
    table["interval"] = f"{interval_name(question.mass)} of the log response"
    table = table.iloc[step.order]
    table.insert(0, "rank", np.arange(len(table)) + 1)
    return table


def _choice(candidates: Candidates, steps: list[Step], now: float) -> pd.DataFrame:
    rows = [int(step.order[0]) for step in steps]
    choice = candidates.points.iloc[rows].reset_index(drop=True)
    choice["cost"] = candidates.cost[rows]
    choice["cost_so_far"], choice["unit"] = choice["cost"].cumsum(), candidates.unit
    choice["width"] = [float(step.best.width.mean()) for step in steps]
    choice["reduction"] = 1 - choice["width"] / now
    choice["reduction_se"] = [_error(step.best.width) / now for step in steps]
    if not np.isnan(steps[0].best.saved).all():
        choice["value"] = [float(step.best.saved.mean()) for step in steps]
        choice["value_se"] = [_error(step.best.saved) for step in steps]
    choice["how"] = [step.best.how for step in steps]
    choice.index = choice.index + 1
    choice.index.name = "order"
    return choice


def _error(values: Array) -> float:
    """Monte Carlo standard error of a mean over outcomes."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))
