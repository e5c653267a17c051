"""What scenarios are made under, stated once for all that is asked together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from bayescale.forecast.forecast import check_kind
from bayescale.forecast.scenarios import Forecaster, Kind, Scenarios, scenarios


@dataclass(frozen=True)
class Assumptions:
    """What scenarios are made under; the fields as in :func:`bayescale.extrapolate`.

    Attributes
    ----------
    seed : int or None
    allow_unconverged : bool
    acknowledge : collection of str
        Codes of notes that the user knows of.
    """

    seed: int | None = None
    allow_unconverged: bool = False
    acknowledge: Collection[str] = ()

    @property
    def options(self) -> dict[str, Any]:
        """The same as arguments of what forecasts."""
        return dict(vars(self))

    def scenarios(self, forecaster: Forecaster, kind: Kind = "mean") -> Scenarios:
        """Joint scenarios of a forecaster, see :func:`scenarios`: of its curve, or new runs."""
        check_kind(kind)
        made = scenarios(forecaster, **self.options)
        return made if kind == "mean" else made.of_new_runs()
