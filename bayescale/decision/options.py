"""Named options against each other: designs, and variants with measurements of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bayescale.decision.cost import Cost
from bayescale.decision.risk import Risk, resolve
from bayescale.errors import InputError
from bayescale.forecast.mixture import Average
from bayescale.forecast.scenarios import scenarios
from bayescale.intervals import DEFAULT_MASS, bounds, check_mass, interval_name
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.prior import Array
from bayescale.numbers import brief, parse_number
from bayescale.posterior.fit import Fit
from bayescale.runs.points import read_points
from bayescale.runs.wording import short

if TYPE_CHECKING:
    import pandas as pd

_MEASURED = frozenset({"mean", "sd"})
_DRAWS = 4000
_TAIL = 0.9


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
    notes : tuple of str
    """

    draws: pd.DataFrame
    risk: Risk
    mass: float
    cost: Mapping[str, float]
    response: str
    notes: tuple[str, ...] = ()

    @property
    def regret(self) -> pd.DataFrame:
        """Response less that of the best option of the same scenario, (n_draws, n_options)."""
        return self.draws.sub(self.draws.min(axis=1), axis=0)

    @property
    def table(self) -> pd.DataFrame:
        """By option: median and bounds, risk, P(best), expected and tail regret, cost.

        Options that tie for the best of a scenario share it.
        """
        import pandas as pd

        values = self.draws.to_numpy()
        middle, lower, upper = bounds(values, self.mass)
        best = values == values.min(axis=1, keepdims=True)
        regret, worst = self.regret.to_numpy(), Risk("cvar", _TAIL)
        tail = worst(regret) if len(values) >= worst.minimum_draws else np.nan
        columns = {
            **{"median": middle, "lower": lower, "upper": upper},
            str(self.risk): self.risk(values),
            "P(best)": (best / best.sum(axis=1, keepdims=True)).mean(axis=0),
            "expected_regret": regret.mean(axis=0),
            "tail_regret": tail,
            "training_flops": [self.cost.get(str(name), np.nan) for name in self.draws],
            "interval": interval_name(self.mass),
        }
        names = pd.Index(self.draws.columns, name="option")
        return pd.DataFrame(columns, index=names).sort_values(str(self.risk), kind="stable")

    @property
    def pairwise(self) -> pd.DataFrame:
        """Probability that the option of a row beats that of a column; ties count half."""
        import pandas as pd

        values = self.draws.to_numpy()
        first, second = values[:, :, None], values[:, None, :]
        beats = (first < second).mean(axis=0) + 0.5 * (first == second).mean(axis=0)
        return pd.DataFrame(beats, index=self.draws.columns, columns=self.draws.columns)

    @property
    def text(self) -> str:
        """Which option is best, how surely, and what choosing it may cost, in two sentences."""
        table = self.table
        best = table.index[0]
        row = table.iloc[0].to_dict()
        worst = row["tail_regret"]
        tail = "" if np.isnan(worst) else f" ({worst:.2g} in the worst tenth of scenarios)"
        return (
            f"{best} has the least {self.risk} of {self.response}: {row['median']:.4g} "
            f"({interval_name(self.mass)}: {row['lower']:.4g} to {row['upper']:.4g}). "
            f"It is the best of {len(table)} with a probability of {row['P(best)']:.0%}; choosing "
            f"it gives away {row['expected_regret']:.2g} on average{tail}."
        )

    def __repr__(self) -> str:
        return "\n".join([self.text, str(self.table), *(f"Caution: {n}" for n in self.notes)])

    def _repr_html_(self) -> str:
        return (
            f"<p>{escape(self.text)}</p>"
            + "".join(t.to_html(float_format=brief) for t in (self.table, self.pairwise))
            + "".join(f"<p>Caution: {escape(note)}</p>" for note in self.notes)
        )


def compare_options(
    options: Mapping[str, Any] | pd.DataFrame,
    forecaster: Fit | Average | None = None,
    *,
    cost: Cost | None = None,
    risk: str | Risk = "mean",
    kind: Literal["mean", "run"] = "mean",
    discrepancy: bool | float | Discrepancy = True,
    mass: float = DEFAULT_MASS,
    seed: int = 0,
    allow_unconverged: bool = False,
) -> Options:
    """Compare named options, scenario by scenario.

    Parameters
    ----------
    options : mapping or pandas.DataFrame
        Name to a design (``{"N": "7B", "D": "2T"}``), a measured response
        (``{"mean": 2.03, "sd": 0.01}``, normal), draws of one (a flat list), or a design with a
        fit of its own (``{"fit": int4, "N": "7B", "D": "2T"}``: quantised, pruned, stopped
        early). As a table, a row each, named by its index, with inputs or mean and sd.
    forecaster : Fit or Average, optional
        For designs without a fit of their own.
    cost : Cost, optional
        Its training FLOPs are told where the design says them; ``6*N*D`` if left out.
    risk : str or Risk, default "mean"
        That the options are sorted by.
    kind : {"mean", "run"}
        The law's curve, or one new run each.
    discrepancy, mass, seed, allow_unconverged
        As in :func:`bayescale.plan`.

    Returns
    -------
    Options
        Designs of one fit are in the same scenarios; what has a fit or a measurement of its own
        is independent of them and paired at random.

    Raises
    ------
    InputError
        For fewer than two options, an empty table, and designs that no fit can forecast.
    """
    import pandas as pd

    check_mass(mass)
    chosen, given = resolve(risk), _named(options)
    sources: dict[int, Any] = {}
    rng = np.random.default_rng([seed, 0x0B])
    columns: dict[str, tuple[Array, int]] = {}
    flops: dict[str, float] = {}
    notes: list[str] = []
    for name, option in given.items():
        if not isinstance(option, Mapping):
            columns[name] = _own_draws(name, option)
            continue
        if _MEASURED & set(option):
            columns[name] = _measured(name, option, rng)
            continue
        source = option.get("fit", forecaster)
        if source is None:
            raise InputError(f"Option {short(name)} is a design: give a fit that forecasts it.")
        if id(source) not in sources:
            made = scenarios(
                source, discrepancy=discrepancy, seed=seed, allow_unconverged=allow_unconverged
            )
            notes += made.notes
            sources[id(source)] = made if kind == "mean" else made.of_new_runs(seed)
        made = sources[id(source)]
        design = {key: value for key, value in option.items() if key != "fit"}
        points = read_points(design, made.law, derive=made.members[0].derive)
        inputs = {key: points[key].to_numpy() for key in made.law.input_symbols}
        columns[name] = made(inputs)[:, 0], id(source)
        flops |= _flops(name, cost or Cost(), inputs)
    draws = pd.DataFrame(_paired(columns, rng))
    chosen.check(len(draws), kind)
    said = next(iter(sources.values())).law.response if sources else None
    response = f"{said.symbol} ({said.unit})" if said else "the response"
    return Options(draws, chosen, mass, flops, response, tuple(dict.fromkeys(notes)))


def _named(options: Any) -> dict[str, Any]:
    import pandas as pd

    if isinstance(options, pd.DataFrame):
        table = options.set_index("option") if "option" in options else options
        if not table.index.is_unique:
            raise InputError("Options must have names of their own; the table's index repeats one.")
        options = {
            str(name): {str(k): v for k, v in row.items() if not _missing(v)}
            for name, row in table.iterrows()
        }
    if not isinstance(options, Mapping) or len(options) < 2:
        count = len(options) if isinstance(options, Mapping) else 0
        raise InputError(f"A comparison takes at least two named options; there are {count}.")
    return {str(name): option for name, option in options.items()}


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and bool(np.isnan(value)))


def _own_draws(name: str, given: Any) -> tuple[Array, int]:
    try:
        draws = np.asarray(given, dtype=float)
    except (TypeError, ValueError) as fault:
        raise InputError(f"Option {short(name)} is neither a design nor draws.") from fault
    if draws.ndim != 1 or len(draws) < 2 or not np.isfinite(draws).all():
        raise InputError(f"Option {short(name)}: draws are a flat list of at least two numbers.")
    return draws, -1


def _measured(name: str, given: Mapping[str, Any], rng: np.random.Generator) -> tuple[Array, int]:
    if set(given) != _MEASURED:
        raise InputError(
            f"Option {short(name)}: a measurement has mean and sd, not {', '.join(given)}."
        )
    mean, sd = parse_number(given["mean"]), parse_number(given["sd"])
    if sd < 0:
        raise InputError(f"Option {short(name)}: sd must not be negative; it is {sd:g}.")
    return rng.normal(mean, sd, _DRAWS), -1


def _flops(name: str, cost: Cost, inputs: Mapping[str, Array]) -> dict[str, float]:
    from bayescale.expressions.arithmetic import Formula

    known = set(Formula(cost.train).names) <= set(inputs)
    return {name: float(cost.training_flops(inputs)[0])} if known else {}


def _paired(columns: Mapping[str, tuple[Array, int]], rng: np.random.Generator) -> dict[str, Array]:
    """One row per scenario: the same order for the designs of one fit, a random one for others."""
    size = max(len(draws) for draws, _ in columns.values())
    orders: dict[Any, Any] = {}
    found = {}
    for name, (draws, source) in columns.items():
        key = (source, name if source == -1 else "")
        if key not in orders:
            whole = np.resize(np.arange(len(draws)), size)
            orders[key] = rng.permutation(whole)
        found[name] = draws[orders[key]]
    return found
