"""What scenarios are made under, stated once for all that is asked together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bayescale.forecast.forecast import check_kind
from bayescale.forecast.scenarios import Forecaster, Kind, Scenarios, scenarios
from bayescale.law.discrepancy import Discrepancy


@dataclass(frozen=True)
class Assumptions:
    """What scenarios are made under; the fields as in :func:`bayescale.extrapolate`.

    Attributes
    ----------
    discrepancy : bool, float or Discrepancy
    seed : int
    allow_unconverged : bool
    """

    discrepancy: bool | float | Discrepancy = True
    seed: int = 0
    allow_unconverged: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """The same as arguments of what forecasts."""
        return dict(vars(self))

    def scenarios(self, forecaster: Forecaster, kind: Kind = "mean") -> Scenarios:
        """Make the scenarios of a forecaster, see :func:`scenarios`: of its curve, or new runs."""
        check_kind(kind)
        made = scenarios(forecaster, **self.options)
        return made if kind == "mean" else made.of_new_runs(self.seed)
