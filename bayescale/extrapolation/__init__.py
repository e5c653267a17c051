"""From a fit to forecasts with honest intervals, and the scores that check them."""

from bayescale.extrapolation.extrapolate import Extrapolation, extrapolate
from bayescale.extrapolation.scores import score

__all__ = ["Extrapolation", "extrapolate", "score"]
