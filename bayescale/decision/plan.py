"""What to buy under a budget, how sure that is, and what it may cost to be wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bayescale.decision.cost import Budget, Cost, read_budget
from bayescale.decision.frontier import Smallest, path, smallest_budget
from bayescale.decision.limits import Limit, Limits, read_limits
from bayescale.decision.loss import Regret, regret_of
from bayescale.decision.notes import notes_of
from bayescale.decision.optimum import (
    Design,
    Task,
    best_design,
    explain_infeasible,
    exponents,
    left_by_limits,
    may_leave_some,
    own_optima,
)
from bayescale.decision.risk import Risk, resolve
from bayescale.decision.space import demand_for, read_space
from bayescale.decision.valley import beside
from bayescale.delegates import later
from bayescale.errors import ComputationError, InputError
from bayescale.forecast.scenarios import scenarios
from bayescale.intervals import DEFAULT_MASS, bounds, check_mass, interval_name
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.prior import Array
from bayescale.numbers import brief, parse_number

if TYPE_CHECKING:
    import pandas as pd

    from bayescale.forecast.mixture import Average
    from bayescale.posterior.fit import Fit


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
        limits, whether they are allowed, and whether they are as good (within 0.5%). Their
        discrepancy counts from where the plan's own does, so that they compare.
    valley : pandas.DataFrame
        By free input: chosen, and lowest and highest among the designs that are as good.
    optimum : pandas.DataFrame
        Posterior of the law's own optimum, each scenario by itself and without limits: ``N*``
        and the exponent of its growth with the budget, with intervals.
    frontier : pandas.DataFrame
        Plans for budgets two decades either way, and the posterior of their optimum.
    limits : pandas.DataFrame
        By limit: probability here and wanted (for inequalities 1), and whether it binds.
    alternatives : pandas.DataFrame
        What the plan would be with the discrepancy off, without limits, by the mean.
    regret : Regret
    smallest : Smallest or None
        The smallest budget that meets the target, where one was given.
    budget : Budget
    risk : Risk
    mass : float
        Of all intervals, equal-tailed.
    notes : tuple of str
        What changes how the plan is read.
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
    budget: Budget
    risk: Risk
    mass: float
    notes: tuple[str, ...]
    task: Task = field(repr=False)
    design: Design = field(repr=False)

    @cached_property
    def text(self) -> str:
        """What to buy, how firm that is, and what is at stake: a sentence each."""
        return str(later("plan_sentences")(self))

    def plot(self) -> Any:
        """Risk of the designs that use the budget up, and the path over budgets."""
        return later("plan_picture")(self)

    def __repr__(self) -> str:
        lines = [f"Plan under {self.budget} by {self.risk}", self.text, str(self.optimum)]
        return "\n".join([*lines, *(f"Caution: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        tables = (self.choice.to_frame().T, self.optimum, self.regret.table, self.alternatives)
        return (
            f"<p>{escape(self.text)}</p>"
            + "".join(table.to_html(float_format=brief) for table in tables)
            + "".join(f"<p>Caution: {escape(note)}</p>" for note in self.notes)
        )


def plan(
    forecaster: Fit | Average,
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
    kind: Literal["mean", "run"] = "mean",
    discrepancy: bool | float | Discrepancy = True,
    mass: float = DEFAULT_MASS,
    seed: int = 0,
    allow_unconverged: bool = False,
) -> Plan:
    """Find the design with the least risk under a budget.

    Parameters
    ----------
    forecaster : Fit or Average
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
        In the response's unit; the smallest budget whose plan lies below it is found too.
    probability : float, default 0.9
        How surely.
    budget_risk : str or Risk, default "mean"
        What the budget holds of an uncertain cost: its mean, median or ``quantile(q)``.
    kind : {"mean", "run"}
        Response of the law's curve, or of one new run.
    discrepancy : bool, float or Discrepancy, default True
        Allow for the law being wrong beyond the data, as in :func:`bayescale.extrapolate`;
        fits that limit the plan have their own, or none where this is False.
    mass : float, default 0.9
        Of the equal-tailed intervals.
    seed : int, default 0
        Of discrepancy, demand and pairing.
    allow_unconverged : bool, default False
        Plan from fits whose sampler failed its checks; the notes then say so.

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
    Designs are compared within scenarios, with one origin of the discrepancy, that of the design
    which is chosen; what is said of the choice and of the frontier is what ``extrapolate`` says
    of these designs. Under perfect information budget and limits stay as they are: it is of the
    response alone.
    """
    check_mass(mass)
    amount, wanted = read_budget(budget), _target(target, probability)
    task = _task(
        forecaster,
        cost or Cost(),
        (resolve(risk), resolve(budget_risk), kind),
        (fixed, box),
        (limits, joint),
        {"discrepancy": discrepancy, "seed": seed, "allow_unconverged": allow_unconverged},
    )
    task = replace(task, partial=may_leave_some(task, amount))
    design = best_design(task, amount)
    if design is None and not task.partial:
        task = replace(task, partial=True)
        design = best_design(task, amount)
    if design is None:
        raise ComputationError(explain_infeasible(task, amount))
    return _assembled(task, design, wanted, mass)


def _task(
    forecaster: Fit | Average,
    cost: Cost,
    risks: tuple[Risk, Risk, str],
    space: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None],
    limits: tuple[Any, float | None],
    options: Mapping[str, Any],
) -> Task:
    risk, functional, kind = risks
    if kind not in ("mean", "run"):
        raise InputError(f"kind is 'run' (a new run) or 'mean' (the law's curve), not {kind!r}.")
    made = scenarios(forecaster, **options)
    risk.check(made.n_draws, kind)
    made = made if kind == "mean" else made.of_new_runs(options["seed"])
    first = made.members[0]
    chosen = read_space(made.law, first.inputs, first.derive, cost, *space)
    demand = cost.demand(made.n_draws, options["seed"])
    tokens = demand_for(cost, functional, demand, chosen)
    held = read_limits(limits[0], chosen, limits[1], **options)
    return Task(made, chosen, cost, demand, tokens, functional, risk, held)


def _target(target: Any, probability: float) -> tuple[float, float] | None:
    if target is None:
        return None
    value = parse_number(target)
    if not value > 0 or not 0 < probability < 1:
        raise InputError(
            f"A target is a positive response, met with a probability between 0 and 1; they are "
            f"{target!r} and {probability:g}."
        )
    return value, probability


def _assembled(task: Task, design: Design, wanted: tuple[float, float] | None, mass: float) -> Plan:
    budget = design.surface.budget
    free = replace(task, limits=Limits())
    own, growth = (find(free, budget, task.scenarios) for find in (own_optima, exponents))
    unlimited = (best_design(free, budget) if task.limits.texts else None) or design
    neutral = replace(task, risk=Risk("mean"), scenarios=replace(task.scenarios, error=None))
    same = task.risk == neutral.risk
    by_mean = (None if same else best_design(neutral, budget)) or design
    held = own
    if not task.limits.allow(unlimited.columns)[0]:
        held = own_optima(task, budget, task.scenarios, left_by_limits(task, design))
    table, valley = beside(task, design, mass)
    parts: dict[str, Any] = {
        "choice": _choice(task, design, mass),
        "table": table,
        "valley": valley,
        "optimum": _optimum(task, own, growth, mass),
        "frontier": path(task, design, mass, wanted[0] if wanted else None),
        "limits": _limits(task, design, unlimited),
        "alternatives": _alternatives(task, design, {"limits": unlimited, "mean": by_mean}, mass),
        "regret": regret_of(neutral, design, by_mean, held),
        "smallest": smallest_budget(task, budget, *wanted) if wanted else None,
    }
    parts |= {"budget": budget, "risk": task.risk, "mass": mass}
    draft = Plan(**parts, notes=(), task=task, design=design)
    return replace(draft, notes=notes_of(draft, own))


def _choice(task: Task, design: Design, mass: float) -> pd.Series:
    import pandas as pd

    draws, cost = task.scenarios(design.columns), task.cost
    middle, lower, upper = (float(value[0]) for value in bounds(draws, mass))
    served = cost.serving_flops(design.inputs, task.demand) if cost.serves else np.zeros(1)
    found = dict(design.inputs) | {
        "cost": float(design.surface.price(design.columns)[0]),
        "training_flops": float(cost.training_flops(design.inputs)),
        "serving_flops": float(served.mean()),
        **{"median": middle, "lower": lower, "upper": upper},
        "risk": float(task.risk(draws)[0]),
        "risk_error": float(task.risk.error(draws)[0]),
        "reach": float(task.scenarios.reach(design.columns)[0]),
    }
    return pd.Series(found, name="choice")


def _optimum(
    task: Task, own: Mapping[str, Array], growth: Mapping[str, Array], mass: float
) -> pd.DataFrame:
    import pandas as pd

    rows = {f"{name}*": own[name] for name in task.space.free}
    rows |= {f"exponent of {name}*": growth[name] for name in task.space.free}
    found = pd.DataFrame(
        [[float(value) for value in bounds(draws, mass)] for draws in rows.values()],
        index=pd.Index(list(rows), name="optimum"),
        columns=["median", "lower", "upper"],
    )
    found["interval"] = interval_name(mass)
    return found


def _limits(task: Task, design: Design, unlimited: Design) -> pd.DataFrame:
    import pandas as pd

    limits = task.limits
    found = limits.probabilities(design.columns)[:, 0] if limits.chances else np.zeros(0)
    wanted = [1.0] * len(limits.bounds) + [chance.probability for chance in limits.chances]
    here = [1.0] * len(limits.bounds) + list(found[:-1])
    if len(limits.chances) > 1 or limits.joint is not None:
        here.append(float(found[-1]))
        wanted.append(np.nan if limits.joint is None else limits.joint)
    texts = limits.texts if limits.joint is not None else [*limits.texts, "all of them"]
    binds = [not limits.only(k).allow(unlimited.columns)[0] for k in range(len(limits.texts))]
    rows = list(zip(texts, here, wanted, [*binds, False], strict=False))
    return pd.DataFrame(rows, columns=["limit", "probability", "wanted", "binds"]).set_index(
        "limit"
    )


def _alternatives(
    task: Task, design: Design, others: Mapping[str, Design], mass: float
) -> pd.DataFrame:
    import pandas as pd

    found = {"this plan": (task.scenarios, design)}
    if task.scenarios.shift.any():
        bare = task.scenarios.without_discrepancy()
        sure = best_design(replace(task, scenarios=bare), design.surface.budget)
        found["with the discrepancy off"] = bare, sure or design
    if task.limits.texts:
        found["without limits"] = task.scenarios, others["limits"]
    if others["mean"] is not design:
        found["by the mean"] = task.scenarios, others["mean"]
    rows = {}
    for name, (seen, other) in found.items():
        ends = bounds(seen(other.columns), mass)
        middle, lower, upper = (float(value[0]) for value in ends)
        rows[name] = dict(other.inputs) | {"median": middle, "lower": lower, "upper": upper}
    table = pd.DataFrame.from_dict(rows, orient="index")
    table["interval"] = interval_name(mass)
    return table
