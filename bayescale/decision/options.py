"""Named options against each other: designs, and variants with measurements of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from bayescale.decision.cost import Cost
from bayescale.decision.describe import as_html, as_text, describe_chances
from bayescale.decision.limits import Limit, read_limits
from bayescale.decision.loss import tail_of
from bayescale.decision.risk import Risk, resolve
from bayescale.decision.space import Given, derived_with
from bayescale.delegates import later
from bayescale.errors import ComputationError, InputError, Problem
from bayescale.expressions.arithmetic import Formula
from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.forecast import check_kind
from bayescale.forecast.notes import marked
from bayescale.forecast.scenarios import MEANINGS, Forecaster, Kind, Scenarios
from bayescale.intervals import DEFAULT_MASS, check_mass, interval_name, named_bounds
from bayescale.law.prior import Array
from bayescale.numbers import parse_number
from bayescale.runs.points import read_points
from bayescale.runs.wording import short

_MEASURED = frozenset({"mean", "sd"})
_DRAWS = 4000


@dataclass(frozen=True, eq=False)
class Options:
    """Named options, compared scenario by scenario.

    Attributes
    ----------
    draws : pandas.DataFrame, shape (n_draws, n_options)
        Responses; a row is one scenario.
    risk : Risk
    mass : float
        Of the equal-tailed intervals.
    cost : mapping of str to float
        Training FLOPs where they are known.
    response : str
        Symbol and unit.
    kind : {"mean", "run"}
        What is compared of designs: the law's curve, or one new run each.
    limits : pandas.DataFrame
        By option: probability of each limit on a fit, ``all together`` where there are several,
        ``allowed``. What is not allowed is never best, and nothing is given away against it.
    notes : tuple of Problem
    """

    draws: pd.DataFrame
    risk: Risk
    mass: float
    cost: Mapping[str, float]
    response: str
    kind: Kind
    limits: pd.DataFrame
    notes: tuple[Problem, ...] = ()

    @property
    def regret(self) -> pd.DataFrame:
        """Response less that of the best allowed option of the scenario, (n_draws, n_options).

        NaN where the limits do not allow the option.
        """
        regret = self.draws.sub(self._allowed.min(axis=1), axis=0)
        return regret * np.where(self.limits["allowed"], 1.0, np.nan)

    @property
    def _allowed(self) -> pd.DataFrame:
        return self.draws.loc[:, self.limits["allowed"]]

    @cached_property
    def table(self) -> pd.DataFrame:
        """By option: median and bounds, risk, P(best), expected and tail regret, limits, cost.

        Options that tie for the best of a scenario share it. Columns ``..._error`` are Monte
        Carlo standard errors of those before them. What the limits allow comes first.
        """
        values, regret = self.draws.to_numpy(), self.regret.to_numpy()
        best = values == self._allowed.to_numpy().min(axis=1, keepdims=True)
        best &= self.limits["allowed"].to_numpy()
        shares, mean = best / best.sum(axis=1, keepdims=True), Risk("mean")
        names = pd.Index(self.draws.columns, name="option")
        found = pd.DataFrame(named_bounds(values, self.mass), names)
        found[str(self.risk)] = self.risk(values)
        found["P(best)"], found["P(best)_error"] = shares.mean(axis=0), mean.error(shares)
        found["expected_regret"] = regret.mean(axis=0)
        found["expected_regret_error"] = mean.error(regret)
        found["tail_regret"] = tail_of(regret)
        found["training_flops"] = [self.cost.get(str(name), np.nan) for name in self.draws]
        found = found.join(self.limits)
        found["interval"] = f"{interval_name(self.mass)} of {MEANINGS[self.kind]}"
        order = np.lexsort((found[str(self.risk)], ~found["allowed"]))
        return found.iloc[order]

    @property
    def pairwise(self) -> pd.DataFrame:
        """Probability that the option of a row beats that of a column; ties count half."""
        values = self.draws.to_numpy()
        first, second = values[:, :, None], values[:, None, :]
        beats = (first < second).mean(axis=0) + 0.5 * (first == second).mean(axis=0)
        return pd.DataFrame(beats, index=self.draws.columns, columns=self.draws.columns)

    @cached_property
    def text(self) -> str:
        """Which option is best, how surely, and what choosing it may cost, in two sentences."""
        return str(later("options_sentences")(self))

    def __repr__(self) -> str:
        return as_text([self.text, self.table], self.notes)

    def _repr_html_(self) -> str:
        return as_html(self.text, (self.table, self.pairwise), self.notes)


def compare_options(
    options: Mapping[str, Any] | pd.DataFrame,
    forecaster: Forecaster | None = None,
    *,
    cost: Cost | None = None,
    risk: str | Risk = "mean",
    limits: Sequence[Limit | str] | Limit | str = (),
    joint: float | None = None,
    kind: Kind = "mean",
    mass: float = DEFAULT_MASS,
    seed: int | None = None,
    allow_unconverged: bool = False,
    acknowledge: Collection[str] = (),
) -> Options:
    """Compare named options, scenario by scenario.

    Parameters
    ----------
    options : mapping or pandas.DataFrame
        Name to a design (``{"N": "7B", "D": "2T"}``), a measured response
        (``{"mean": 2.03, "sd": 0.01}``, normal), draws of one (a flat list), or a design with a
        fit of its own (``{"fit": int4, "N": "7B", "D": "2T"}``: quantised, pruned, stopped
        early). As a table, a row each, named by its index, with inputs or mean and sd.
    forecaster : Fit or Ensemble, optional
        For designs without a fit of their own.
    cost : Cost, optional
        Its training FLOPs are told where the design says them; ``6*N*D`` if left out.
    risk : str or Risk, default "mean"
        That the options are sorted by.
    limits, joint
        As in :func:`bayescale.plan`, of designs of the forecaster's inputs.
    kind : {"mean", "run"}
        The law's curve, or one new run each, whose noise is its own.
    mass, seed, allow_unconverged, acknowledge
        As in :func:`bayescale.plan`.

    Returns
    -------
    Options
        Designs of one fit are in the same scenarios, as those of a plan are; what has a fit or a
        measurement of its own is independent of them and paired at random.

    Raises
    ------
    InputError
        For fewer than two options, an empty table, designs that no fit can forecast, and limits
        on what is no design of the forecaster's inputs.
    ComputationError
        If no option keeps the limits, or there are too few draws for the risk.
    """
    check_mass(mass)
    check_kind(kind)
    assumed = Assumptions(seed, allow_unconverged, acknowledge)
    chosen, given, cost = resolve(risk), _named(options), cost or Cost()
    rng = np.random.default_rng([seed or 0, 0x0B])
    seen: dict[int, Scenarios] = {}
    # What shares its scenarios with others: the designs of one forecaster.
    shared: dict[str, int] = {}
    draws: dict[str, Array] = {}
    notes: list[Problem] = []
    flops: dict[str, float] = {}
    designs: dict[str, dict[str, Array]] = {}
    for name, option in given.items():
        if not isinstance(option, Mapping) or _MEASURED & set(option):
            draws[name] = _measured(name, option, rng)
            continue
        by = option.get("fit", forecaster)
        if by is None:
            raise InputError(f"Option {short(name)} is a design: give a fit that forecasts it.")
        shared[name] = id(by)
        made = seen[id(by)] = seen.get(id(by)) or assumed.scenarios(by)
        design = {key: value for key, value in option.items() if key != "fit"}
        points = read_points(design, made.law, derive=made.derive)
        inputs = {key: points[key].to_numpy() for key in made.law.input_symbols}
        # Two new runs scatter each for itself, around curves of the same scenario.
        asked = made if kind == "mean" else made.of_new_runs(len(designs))
        draws[name], designs[name] = asked(inputs)[:, 0], inputs
        notes += _of_option(name, made, made.notes_at(inputs))
        if set(Formula(cost.train).names) <= set(inputs):
            flops[name] = float(cost.training_flops(inputs)[0])
    table = _paired(draws, shared, rng)
    chosen.check(len(table), kind)
    said = next(iter(seen.values())).law.response if seen else None
    response = f"{said.symbol} ({said.unit})" if said else "the response"
    held = _held(draws, designs, seen.get(id(forecaster)), limits, joint, assumed, cost)
    return Options(table, chosen, mass, flops, response, kind, held, marked(notes, ()))


def _held(
    options: Iterable[str],
    designs: Mapping[str, Mapping[str, Array]],
    made: Scenarios | None,
    limits: Sequence[Limit | str] | Limit | str,
    joint: float | None,
    assumed: Assumptions,
    cost: Cost,
) -> pd.DataFrame:
    """Limits at the options, see :attr:`Options.limits`."""
    names = pd.Index(options, name="option")
    if made is None or (not limits and joint is None):
        if limits:
            raise InputError("Limits are for designs: give the fit that forecasts them.")
        return pd.DataFrame({"allowed": True}, names)
    law = made.law
    for name in names:
        if set(designs.get(name, ())) != set(law.input_symbols):
            raise InputError(
                f"Option {short(name)} is no design of {', '.join(law.input_symbols)}, so that "
                "limits say nothing of it: compare it without limits."
            )
    follows: Given = {name: Formula(text) for name, text in derived_with(made, cost).items()}
    read = read_limits(limits, law, follows, joint, assumed)
    inputs = {
        symbol: np.concatenate([designs[name][symbol] for name in names])
        for symbol in law.input_symbols
    }
    found = describe_chances(read, inputs).set_axis(names)
    if not found["allowed"].any():
        nearest = names[int(np.argmin(read.excess(inputs)))]
        raise ComputationError(
            f"No option keeps {', '.join(read.texts)}; the nearest to it is {short(nearest)}. "
            "Add one that does, or ask for less."
        )
    return found


def _of_option(name: str, made: Scenarios, notes: Sequence[Problem]) -> Iterator[Problem]:
    """Notes of one option; those that are not of all that is forecast name it."""
    for note in notes:
        of_all = note in made.notes
        yield note if of_all else replace(note, message=f"{name}: {note.message}")


def _paired(
    draws: Mapping[str, Array], shared: Mapping[str, int], rng: np.random.Generator
) -> pd.DataFrame:
    """A row per scenario: in one order what shares its scenarios, all else at random."""
    size = max(map(len, draws.values()))
    orders: dict[int | str, Any] = {}
    found = {}
    for name, column in draws.items():
        source = shared.get(name, name)
        if source not in orders:
            orders[source] = rng.permutation(np.resize(np.arange(len(column)), size))
        found[name] = column[orders[source]]
    return pd.DataFrame(found)


def _named(options: Any) -> dict[str, Any]:
    if isinstance(options, pd.DataFrame):
        table = options.set_index("option") if "option" in options else options
        if not table.index.is_unique:
            raise InputError("Options must have names of their own; the table's index repeats one.")
        options = {
            str(name): {str(key): value for key, value in row.dropna().items()}
            for name, row in table.iterrows()
        }
    if not isinstance(options, Mapping) or len(options) < 2:
        count = len(options) if isinstance(options, Mapping) else 0
        raise InputError(f"A comparison takes at least two named options; there are {count}.")
    return {str(name): option for name, option in options.items()}


def _measured(name: str, given: Any, rng: np.random.Generator) -> Array:
    """Draws of a response that was measured, or that are given as they are."""
    if not isinstance(given, Mapping):
        try:
            draws = np.asarray(given, dtype=float)
        except (TypeError, ValueError) as fault:
            raise InputError(f"Option {short(name)} is neither a design nor draws.") from fault
        if draws.ndim != 1 or len(draws) < 2 or not np.isfinite(draws).all():
            raise InputError(
                f"Option {short(name)}: draws are a flat list of at least two numbers."
            )
        return draws
    if set(given) != _MEASURED:
        raise InputError(
            f"Option {short(name)}: a measurement has mean and sd, not {', '.join(given)}."
        )
    mean, sd = parse_number(given["mean"]), parse_number(given["sd"])
    if sd < 0:
        raise InputError(f"Option {short(name)}: sd must not be negative; it is {sd:g}.")
    return rng.normal(mean, sd, _DRAWS)
