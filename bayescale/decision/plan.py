"""What to buy under a budget, how sure that is, and what it may cost to be wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from bayescale.decision.cost import Budget, Cost, read_budget, write_amount
from bayescale.decision.describe import (
    as_html,
    as_text,
    beside,
    describe_alternatives,
    describe_choice,
    describe_limits,
    describe_optimum,
)
from bayescale.decision.frontier import Smallest, path, smallest_budget
from bayescale.decision.limits import Limit, read_limits
from bayescale.decision.loss import Regret, regret_of
from bayescale.decision.optimum import best_design, explain_infeasible, may_leave_some, own_optima
from bayescale.decision.risk import Risk, resolve
from bayescale.decision.space import reached, read_space
from bayescale.decision.task import Design, Task, read_pricing
from bayescale.delegates import later
from bayescale.errors import ComputationError, InputError, Problem
from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.notes import marked, noted
from bayescale.forecast.scenarios import Forecaster, Kind
from bayescale.intervals import DEFAULT_MASS, check_mass
from bayescale.law.prior import Array
from bayescale.numbers import parse_number


@dataclass(frozen=True, eq=False)
class Plan:
    """A design under a budget, with its risk.

    Attributes
    ----------
    choice : pandas.Series
        The design: every input, its cost in the budget's unit, FLOPs of training and (mean) of
        serving, median and bounds of the response, risk and its Monte Carlo error, reach.
    table : pandas.DataFrame
        Designs that use the same budget, up to 5% worse: the same, probabilities of the
        limits, whether they are allowed, and whether they are as good (within 0.5%).
    valley : pandas.DataFrame
        By free input: chosen, and lowest and highest among the designs that are as good.
    optimum : pandas.DataFrame
        Posterior of the optimum, each scenario by itself and without limits: ``N*``
        and the exponent of its growth with the budget, with intervals; ``on_edge``, the share of
        scenarios whose optimum the edge of the box holds. Exponents are of the others, and NaN
        where these are less than half.
    frontier : pandas.DataFrame
        Plans for budgets two decades either way, whether they lie on an edge of the box, and
        the posterior of their optimum.
    limits : pandas.DataFrame
        By limit: probability here and wanted (for inequalities 1), and whether it binds.
    alternatives : pandas.DataFrame
        What the plan would be without limits, by the mean.
    regret : Regret
    smallest : Smallest or None
        The smallest budget that meets the target, where one was given.
    mass : float
        Of all intervals, equal-tailed.
    notes : tuple of Problem
        What changes how the plan is read, as of a forecast of its design.
    task : Task
        All that was decided on; ``task.scenarios`` are the scenarios.
    design : Design
    """

    choice: pd.Series
    table: pd.DataFrame
    valley: pd.DataFrame
    optimum: pd.DataFrame
    frontier: pd.DataFrame
    limits: pd.DataFrame
    alternatives: pd.DataFrame
    regret: Regret
    smallest: Smallest | None
    mass: float
    notes: tuple[Problem, ...]
    task: Task = field(repr=False)
    design: Design = field(repr=False)

    @property
    def budget(self) -> Budget:
        """That the design uses."""
        return self.task.budget

    @property
    def risk(self) -> Risk:
        """That it makes small."""
        return self.task.risk

    @cached_property
    def text(self) -> str:
        """What to buy, how firm that is, and what is at stake: a sentence each."""
        return str(later("plan_sentences")(self))

    def plot(self) -> Any:
        """Risk of the designs that use the budget up, and the path over budgets."""
        return later("designs")(self)

    def __repr__(self) -> str:
        return as_text(
            [f"Plan under {self.budget} by {self.risk}", self.text, self.optimum], self.notes
        )

    def _repr_html_(self) -> str:
        tables = (self.choice.to_frame().T, self.optimum, self.regret.table, self.alternatives)
        return as_html(self.text, tables, self.notes)


def plan(
    forecaster: Forecaster,
    *,
    budget: float | str | Budget,
    cost: Cost | None = None,
    risk: str | Risk = "mean",
    limits: Sequence[Limit | str] | Limit | str = (),
    joint: float | None = None,
    box: Mapping[str, Any] | None = None,
    fixed: Mapping[str, Any] | None = None,
    target: float | str | None = None,
    probability: float = 0.9,
    budget_risk: str | Risk = "mean",
    kind: Kind = "mean",
    mass: float = DEFAULT_MASS,
    seed: int | None = None,
    allow_unconverged: bool = False,
    acknowledge: Collection[str] = (),
) -> Plan:
    """Find the design with the least risk under a budget.

    Parameters
    ----------
    forecaster : Fit or Ensemble
        Of an average, each scenario follows one of its laws, see :func:`scenarios`.
    budget : float, str or Budget
        A number is FLOPs, ``"$2M"`` money.
    cost : Cost, optional
        What a design costs; training at ``6*N*D`` FLOPs if left out.
    risk : str or Risk, default "mean"
        What is made small, e.g. ``"cvar(0.9)"``: see :data:`RISKS`.
    limits : sequence of Limit or str
        Inequalities such as ``"N <= 70B"``, and limits by probability on other fits.
    joint : float, optional
        Probability with which all limits on fits must hold together.
    box : mapping of str to (low, high) or "low..high", optional
        Where free inputs are looked for; three decades beyond the observed runs, either way,
        for those that are left out.
    fixed : mapping of str to float or str, optional
        Inputs that are not chosen: numbers, or formulas of other inputs.
    target : float or str, optional
        A response to reach, in its unit (where to forecast is chosen by the plan itself): the
        smallest budget whose plan lies below it is found too.
    probability : float, default 0.9
        How surely.
    budget_risk : str or Risk, default "mean"
        What the budget holds of an uncertain cost: its mean, median or ``quantile(q)``.
    kind : {"mean", "run"}
        Response of the law's curve, or of one new run.
    mass : float, default 0.9
        Of the equal-tailed intervals.
    seed : int, optional
        Of demand and pairing; each forecaster's own if left out.
    allow_unconverged : bool, default False
        Plan from fits whose sampler failed its checks; the notes then say so.
    acknowledge : collection of str, optional
        Codes of notes that the user knows of, as for :func:`bayescale.extrapolate`.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        For a bad budget, risk, cost, limit, box, or name.
    ComputationError
        If no design keeps the limits (it says which binds, and what would help), or there are
        too few draws for the risk.
    UnconvergedError
        If a fit failed its checks and that is not allowed.

    Notes
    -----
    Designs are compared within scenarios. Under perfect information budget and limits stay as
    they are: it is of the response alone.
    """
    check_mass(mass)
    assumed = Assumptions(seed, allow_unconverged, acknowledge)
    amount, aim = read_budget(budget), _read_aim(target, probability)
    made, cost, wanted = assumed.scenarios(forecaster, kind), cost or Cost(), resolve(risk)
    wanted.check(made.n_draws, kind)
    space = read_space(made, cost, fixed, box)
    pricing = read_pricing(cost, resolve(budget_risk), cost.demand(made.n_draws, made.seed), space)
    held = read_limits(limits, made.law, space.given, joint, assumed)
    task = Task(made, space, pricing, amount, wanted, held)
    task = replace(task, partial=may_leave_some(task))
    design = best_design(task)
    if design is None and not task.partial:
        task = replace(task, partial=True)
        design = best_design(task)
    if design is None:
        raise ComputationError(explain_infeasible(task))
    smallest = None if aim is None else smallest_budget(task, aim, probability)
    return _planned(task, design, path(task, design, mass, aim), smallest, mass)


def _read_aim(target: Any, probability: float) -> float | None:
    """The response to reach."""
    aim = None if target is None else parse_number(target)
    if aim is not None and not (aim > 0 and 0 < probability < 1):
        raise InputError(
            f"A target is a positive response, met with a probability between 0 and 1; they are "
            f"{target!r} and {probability:g}."
        )
    return aim


def _planned(
    task: Task, design: Design, frontier: pd.DataFrame, smallest: Smallest | None, mass: float
) -> Plan:
    """All that is told of a design, and of what would be chosen in its place."""
    free, neutral = task.unlimited, task.neutral
    own = held = own_optima(free)
    unlimited = (best_design(free) if task.limits.each else None) or design
    by_mean = (None if task.risk == neutral.risk else best_design(neutral)) or design
    if not task.limits.allow(unlimited.columns)[0]:
        held = own_optima(task, design)
    table, valley = beside(task, design, mass)
    limits = describe_limits(task, design, unlimited)
    return Plan(
        choice=describe_choice(task, design, mass),
        table=table,
        valley=valley,
        optimum=describe_optimum(free, own, mass),
        frontier=frontier,
        limits=limits,
        alternatives=describe_alternatives(task, design, unlimited, by_mean, mass),
        regret=regret_of(neutral, design, by_mean, held),
        smallest=smallest,
        mass=mass,
        notes=_notes(task, design, own, limits.index[limits["binds"]]),
        task=task,
        design=design,
    )


def _notes(
    task: Task, design: Design, own: Mapping[str, Array], binding: pd.Index
) -> tuple[Problem, ...]:
    """What changes how a plan is read; limits that bind, and the best design of each scenario."""
    made = task.scenarios
    known = made.notes_at(design.columns)
    return marked((*known, *_of_design(task, design, own, binding)), made.acknowledged)


def _of_design(
    task: Task, design: Design, own: Mapping[str, Array], binding: pd.Index
) -> Iterator[Problem]:
    space, cost, budget = task.space, task.pricing.cost, task.budget
    for name in space.free:
        edges = zip(("lower", "upper"), space.on_edge(name, design.inputs[name]), strict=True)
        says = f"{name} lies on the {{}} edge of the box: widen the box (box=, --box)."
        yield from (noted("box-edge", says.format(edge)) for edge, there in edges if there)
    paid = reached(cost.names, space.given)
    for name in space.free:
        if name not in paid:
            says = f"Nothing holds {name} back: it costs nothing, so the law alone sets it."
            yield noted("unpaid-input", says)
    for name in space.free:
        share = space.on_edge(name, own[name]).any(axis=1).mean()
        if share > 0.01:
            says = f"In {share:.0%} of the scenarios the best {name} lies on the box's edge."
            yield noted("box-edge", says)
    if len(binding):
        yield noted(
            "binding", f"Binding: {', '.join(binding)}; alternatives tell the plan without."
        )
    spent = float(task.price(design.columns)[0])
    if spent < budget.amount * (1 - 1e-6):
        amount = write_amount(spent, budget.unit)
        yield noted("budget-left", f"The plan leaves a part of the budget: it costs {amount}.")
    if cost.uncertain:
        held = task.pricing.functional
        says = f"The budget holds the {held} of the cost; demand is uncertain."
        yield noted("uncertain-cost", says)
    if task.risk.name == "tail_distance":
        says = "tail_distance is the spread alone: it does not see the response's level."
        yield noted("spread-alone", says)
    if len(task.scenarios.members) > 1:
        says = "Of an average over laws each scenario follows one law, by their weights."
        yield noted("several-laws", says)
