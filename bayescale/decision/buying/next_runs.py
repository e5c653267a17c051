"""Which run to buy next: what each candidate is expected to do to the forecast and to the plan.

The same scenarios are asked for every candidate how the run would come out, and at the target. Each
outcome weighs them by how likely it is in each: what it tells of the law's parameters and of what
the law errs by enters alike, and a run just beyond the data counts like one just within. The width
of the target's interval is averaged over outcomes. Where the weights' Pareto diagnostic says that
a few scenarios decide, the runs are fitted again together with some of the outcomes.

With a plan, each outcome leads to the design that half of the weighted scenarios find best; what
that choice saves against the choice of today is judged in the other half. That is the expected
value of sample information. It may come out negative, by no more than its error, for a run that
tells nothing.

Sets are chosen greedily: the first run is bought in every simulated scenario, its outcomes weigh
on, and the next is chosen.

References: Raiffa & Schlaifer (1961), Applied Statistical Decision Theory; Chaloner & Verdinelli
(1995), doi:10.1214/ss/1177009939 (Bayesian design of experiments).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from bayescale.decision.buying.candidates import Candidates, columns, read_candidates
from bayescale.decision.buying.choose import (
    FAILING,
    choose,
    describe_candidates,
    describe_choice,
    failing,
)
from bayescale.decision.buying.outcomes import REFIT, By, Question
from bayescale.decision.cost import Cost
from bayescale.decision.describe import as_html, as_text
from bayescale.decision.loss import Contenders, contenders, extra_budget
from bayescale.decision.space import derived_with
from bayescale.delegates import later
from bayescale.errors import InputError, Problem
from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.forecast import Extrapolation
from bayescale.forecast.notes import marked, warned
from bayescale.forecast.scenarios import Forecaster, Kind, Scenarios
from bayescale.intervals import DEFAULT_MASS, check_mass, named_bounds
from bayescale.runs.points import read_points

if TYPE_CHECKING:
    from bayescale.decision.plan import Plan

OUTCOMES = 64


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
    width_now : float
        Of the targets' log interval.
    worth : float
        Budget beyond the plan's that would save as much as the chosen runs, in its unit; zero
        where they are not told from saving nothing, or nothing is decided.
    notes : tuple of Problem
        What changes how the numbers are read, as of a forecast at the targets.
    question : Question
        All that was asked of the candidates.
    plan : Plan or None
    """

    table: pd.DataFrame
    choice: pd.DataFrame
    chosen: tuple[int, ...]
    width_now: float
    worth: float
    notes: tuple[Problem, ...]
    question: Question = field(repr=False)
    plan: Plan | None = field(repr=False)

    @property
    def targets(self) -> pd.DataFrame:
        """Points of the forecast."""
        return self.question.targets

    @property
    def candidates(self) -> Candidates:
        """As given."""
        return self.question.candidates

    @property
    def mass(self) -> float:
        """Of the equal-tailed intervals."""
        return self.question.mass

    @property
    def by(self) -> str:
        """What the rank is by."""
        return self.question.by + " per unit of cost" * self.question.per_cost

    @cached_property
    def today(self) -> pd.DataFrame:
        """By target: median and bounds of the forecast as things stand."""
        return pd.DataFrame(named_bounds(self.question.scenarios(columns(self.targets)), self.mass))

    @cached_property
    def text(self) -> str:
        """What is known today, what to buy, and whether it is worth its price: a line each."""
        return str(later("next_runs_sentences")(self))

    def plot(self) -> Any:
        """What each candidate costs and does, the chosen ones marked."""
        return later("candidates")(self)

    def __repr__(self) -> str:
        return as_text([self.text, self.choice, self.table.head(10)], self.notes)

    def _repr_html_(self) -> str:
        return as_html(self.text, (self.choice, self.table), self.notes)


def next_runs(
    forecaster: Forecaster,
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
    kind: Kind = "mean",
    mass: float = DEFAULT_MASS,
    outcomes: int = OUTCOMES,
    refits: Literal["auto", "never"] = "auto",
    seed: int | None = None,
    allow_unconverged: bool = False,
    acknowledge: Collection[str] = (),
) -> NextRuns:
    """Rank runs that might be bought by what they are expected to do.

    Parameters
    ----------
    forecaster : Fit or Ensemble
    candidates : mapping or pandas.DataFrame, optional
        Raw inputs; numbers or human numbers. A column ``cost`` holds quoted costs (FLOPs, or
        ``"$40K"``) in the place of the formula's. A log grid under ``cost_cap`` if left out.
    target : mapping, pandas.DataFrame or Extrapolation, optional
        Points where the forecast matters (a response to reach is a matter of
        :func:`bayescale.plan`); the choice of ``plan`` if left out.
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
    outcomes : int, default 64
        Simulated for each candidate.
    refits : {"auto", "never"}
        Fit again where weights fail, or only say where they do.
    seed : int, optional
        The forecaster's own if left out.
    allow_unconverged : bool, default False
        Use a fit whose sampler failed its checks; the notes then say so.
    acknowledge : collection of str, optional
        Codes of notes that the user knows of, as for :func:`bayescale.extrapolate`.

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
    assumed = Assumptions(seed, allow_unconverged, acknowledge)
    made = assumed.scenarios(forecaster, kind)
    if count > 1 and made.one_curve:
        raise InputError(
            "Along one learning curve a further point goes on from the last: choose one at a "
            "time (count=1)."
        )
    decided = None if plan is None else _decided(plan, forecaster, assumed)
    cost = cost or (Cost() if plan is None else plan.task.pricing.cost)
    points = _points(target, plan, made, cost)
    unit = "FLOPs" if plan is None else plan.budget.unit
    highest = total_cap if cost_cap is None else cost_cap
    several = read_candidates(candidates, made, points, cost, unit, highest)
    total = several.total(total_cap, count)
    question = Question(made, several, points, mass, decided, assumed, by, per_cost)
    hindrance = _hindrance(made, decided) if refits == "auto" else "refits were left out (refits)"
    steps = choose(question, count=count, outcomes=outcomes, refits=not hindrance, total=total)
    return _answered(question, steps, hindrance, plan)


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


def _points(target: Any, plan: Plan | None, made: Scenarios, cost: Cost) -> pd.DataFrame:
    """Where the forecast matters."""
    if target is None and plan is not None:
        target = plan.design.inputs
    if target is None:
        named = ", ".join(f"{name!r}: ..." for name in made.law.input_symbols)
        raise InputError(
            f"Say where the forecast matters: give a target such as {{{named}}}, or a plan."
        )
    at = target.points if isinstance(target, Extrapolation) else target
    return read_points(at, made.law, derive=derived_with(made, cost))


def _decided(plan: Plan, forecaster: Forecaster, assumed: Assumptions) -> Contenders:
    """What a plan decides between, in the scenarios that candidates are judged in."""
    theirs = plan.task.scenarios
    ours = assumed.scenarios(forecaster, theirs.kind)
    if theirs.law.name != ours.law.name or theirs.n_draws != ours.n_draws:
        raise InputError(
            f"The plan is of {theirs.law.name!r} with {theirs.n_draws} draws, the runs are of "
            f"{ours.law.name!r} with {ours.n_draws}: plan with the same forecaster."
        )
    return contenders(plan.task, plan.design, plan.optimum, ours)


def _hindrance(made: Scenarios, decided: Contenders | None) -> str:
    """Why no candidate can be fitted again; empty where it can."""
    most = REFIT["chains"] * REFIT["draws"]
    if decided is not None and decided.risk.minimum_draws > most:
        return f"{decided.risk} takes more than the {most} draws of a refit"
    if len(made.members) > 1:
        return "an average over laws is weighed by hindcasts, which a refit would have to repeat"
    return ""


def _answered(
    question: Question, steps: list[pd.DataFrame], hindrance: str, plan: Plan | None
) -> NextRuns:
    made, last = question.scenarios, steps[-1].iloc[0]
    notes, skipped = [*made.notes_at(columns(question.targets))], 0
    skipped = sum(int(failing(step).sum()) for step in steps)
    if skipped:
        says = (
            f"The weights of {skipped} candidate{'s' * (skipped > 1)} fail in more than "
            f"{FAILING:.0%} of the outcomes (khat) and stand all the same: "
            + (hindrance or "only the most promising ones are fitted again")
        )
        notes.append(warned("weights-fail", f"{says}."))
    now, worth = question.width_of(made), 0.0
    if plan is not None and last["value"] > max(2 * last["value_se"], plan.regret.precision):
        saving = float(last["value"])
        worth = extra_budget(plan.task, plan.design, saving)
    return NextRuns(
        table=describe_candidates(question, steps[0], now),
        choice=describe_choice(question, steps, now),
        chosen=tuple(int(step.index[0]) for step in steps),
        width_now=now,
        worth=worth,
        notes=marked(notes, made.acknowledged),
        question=question,
        plan=plan,
    )
