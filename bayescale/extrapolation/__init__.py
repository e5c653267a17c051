"""From a fit to forecasts with honest intervals, and the scores that check them."""

from bayescale.extrapolation.average import Average, average, compare
from bayescale.extrapolation.backtest import Backtest, backtest
from bayescale.extrapolation.extrapolate import Extrapolation, extrapolate
from bayescale.extrapolation.scores import score
from bayescale.extrapolation.sensitivity import sensitivity

__all__ = [
    "Average",
    "Backtest",
    "Extrapolation",
    "average",
    "backtest",
    "compare",
    "extrapolate",
    "score",
    "sensitivity",
]
